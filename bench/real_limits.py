"""From a customer's message to our note, on plans as small as teams have them: what waiting for calls costs."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bench.tables import Row, Table
from demo.__main__ import connect
from demo.history import PastTicket, past_tickets
from demo.play import ACCOUNTS
from demo.world import World

SETTLE_SECONDS = 15.0
"""The product's own default."""

PATIENCE_SECONDS = 900.0
STEADY_MINUTES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One vendor's plan: its limits as the sandbox enforces them, and how tickets come in."""

    vendor: str
    name: str
    limits: Mapping[str, int] = field(hash=False)
    steady: int  # tickets a minute
    burst: int  # tickets at once


PLANS = (
    Plan(
        vendor="zendesk",
        name="Zendesk, 200 calls a minute (Suite Team)",
        limits={"calls_per_minute": 200, "updates_per_minute": 100, "incremental_per_minute": 10},
        steady=8,
        burst=40,
    ),
    Plan(
        vendor="freshdesk",
        name="Freshdesk, 100 calls a minute (Growth)",
        # The smaller of the two figures that are published; see `UPDATES` and `LISTS` of the provider.
        limits={"calls_per_minute": 100, "ticket_updates_per_minute": 40, "ticket_lists_per_minute": 10},
        steady=3,
        burst=15,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What came of some tickets of one account: seconds from message to note, calls, and how many were refused."""

    seconds: Sequence[float]
    calls: float
    refused: int


def measure() -> Table:
    """The table: both accounts at the same time, tickets first at a steady pace, then all at once."""
    rows: list[Row] = []
    with connected() as world:
        for how, arrivals in (("steady", steady()), ("burst", burst())):
            for plan, played in play(world, arrivals, seed=len(how)).items():
                pace = f"{plan.steady} tickets a minute" if how == "steady" else f"{plan.burst} tickets at once"
                rows += figures(f"{plan.name}, {pace}", played)
    return Table(
        name="real_limits",
        title="From event to note under the vendors' real limits",
        about=(
            "The whole service against the sandbox helpdesks, which enforce the limits of small plans; Handrail takes "
            f"half of them. Seconds from a customer's message to our note, by the helpdesk's journal, with the "
            f"{SETTLE_SECONDS:.0f} seconds of settling in it: the median with the smallest and the largest. Steady: "
            f"{STEADY_MINUTES} minutes long. Calls: all that Handrail made meanwhile, our own notes that came back as "
            "events, polls and the reading of the help centre included, by ticket. One run, mostly waiting; load of "
            f"the machine at its end: {os.getloadavg()[0]:.0f}."
        ),
        rows=rows,
    )


def figures(name: str, played: Played) -> list[Row]:
    """The rows of one account and pace."""
    slowest = statistics.quantiles(played.seconds, n=20, method="inclusive")[-1]
    return [
        Row(name=f"{name}: event to note", values=played.seconds, unit="s"),
        Row(name=f"{name}: 95th percentile", values=[slowest], unit="s"),
        Row(name=f"{name}: calls for a ticket", values=[played.calls], unit="calls"),
        Row(name=f"{name}: calls refused with 429", values=[played.refused], unit="calls", target=0.0, most=True),
    ]


def steady() -> list[tuple[float, Plan]]:
    """When each ticket arrives, in seconds."""
    return sorted(
        ((number * 60.0 / plan.steady, plan) for plan in PLANS for number in range(plan.steady * STEADY_MINUTES)),
        key=lambda arrival: arrival[0],
    )


def burst() -> list[tuple[float, Plan]]:
    """All of them at the start."""
    return [(0.0, plan) for plan in PLANS for _ in range(plan.burst)]


def play(world: World, arrivals: Sequence[tuple[float, Plan]], *, seed: int) -> dict[Plan, Played]:
    """Write the tickets when they are due, wait until all is answered, and read the journal."""
    before = {plan.vendor: calls(world, plan) for plan in PLANS}
    messages = past_tickets(len(arrivals), seed=seed, first_number=30_000 + 1_000 * seed)
    tickets: dict[str, list[int]] = {plan.vendor: [] for plan in PLANS}
    began = time.monotonic()
    for (at, plan), message in zip(arrivals, messages, strict=True):
        time.sleep(max(0.0, began + at - time.monotonic()))
        tickets[plan.vendor].append(arrive(world, plan, message))
    world.control("POST", "deliveries/drain", {"timeout_seconds": 60})
    world.wait_until_quiet(seconds=PATIENCE_SECONDS)
    world.control("POST", "deliveries/drain", {"timeout_seconds": 60})  # our own echoes
    world.wait_until_quiet(seconds=PATIENCE_SECONDS)
    found = {}
    for plan in PLANS:
        mine = tickets[plan.vendor]
        made = calls(world, plan)[len(before[plan.vendor]) :]
        found[plan] = Played(
            seconds=[answered_after(world, plan, ticket) for ticket in mine],
            calls=len(made) / len(mine),
            refused=made.count(429),
        )
    return found


def arrive(world: World, plan: Plan, message: PastTicket) -> int:
    """A customer writes; the ticket's number."""
    requester = {"name": message.name, "email": message.address, "verified": True}
    ticket = {"subject": message.subject, "body": message.body, "requester": requester, "channel": "email"}
    return int(world.control("POST", f"{plan.vendor}/tickets", ticket)["id"])


def calls(world: World, plan: Plan) -> list[int]:
    """The statuses of all calls so far."""
    return [call["status"] for call in world.control("GET", f"calls?vendor={plan.vendor}")["calls"]]


def answered_after(world: World, plan: Plan, ticket: int) -> float:
    """Seconds from the ticket's creation to our note."""
    entries = world.control("GET", f"journal?vendor={plan.vendor}&ticket={ticket}")["entries"]
    made = next(entry for entry in entries if entry["verb"] == "created")
    note = next(entry for entry in entries if entry["by_integration"] and entry["verb"] == "note")
    return (datetime.fromisoformat(note["exact"]) - datetime.fromisoformat(made["exact"])).total_seconds()


@contextmanager
def connected() -> Iterator[World]:
    """Sandbox and service as processes, with an account of each vendor that gets drafts."""
    home = Path(tempfile.mkdtemp(prefix="handrail-bench-"))
    world = World(home=home, settle_seconds=SETTLE_SECONDS)
    try:
        (home / "lookups.json").write_text("[]")
        world.start_sandbox(0)
        world.start_handrail(0)
        connect(world)
        for plan in PLANS:
            world.control("POST", f"{plan.vendor}/settings", {**plan.limits, "enforce_limits": True})
            world.command("account", "stage", ACCOUNTS[plan.vendor], "draft")
        yield world
    finally:
        world.stop()
        shutil.rmtree(home, ignore_errors=True)
