"""`make demo`: both sandbox helpdesks and Handrail on loopback, a week in shadow, then the sample tickets."""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import socket
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from demo import sidebar
from demo.history import PastTicket, past_tickets, verdicts
from demo.play import ACCOUNTS, Row, play
from demo.samples import JONAS, MARA, POSY
from demo.world import DemoFailed, World

TOLERATED_ERROR = 0.02
"""What this team accepts in its pilot. The starter policy's 0.01 needs twice the verdicts and the time."""

PAST_TICKETS = 190
"""A little more than the verdicts this tolerance needs for its first look, as some questions stay drafts."""

PLANS = {
    "zendesk": {"calls_per_minute": 2500, "updates_per_minute": 300, "incremental_per_minute": 30},
    "freshdesk": {"calls_per_minute": 2000, "ticket_updates_per_minute": 800, "ticket_lists_per_minute": 400},
}
"""The largest that the vendors sell (High Volume; 2,000 a minute), as a week is played in a minute."""

CALL_SHARE = 0.9
"""Of what Freshdesk allows; its tickets take four credits each to read."""

OWNER = "Ana Ruiz"
SETTLE_SECONDS = 1.0
console = Console(width=None if sys.stdout.isatty() else 160)


def main() -> int:
    """0 when every sample ended as its row says."""
    options = argparse.ArgumentParser(prog="make demo")
    options.add_argument("--once", action="store_true", help="print the table and end")
    options.add_argument("--model", choices=("sandbox",), help="draft through the sandbox's model server")
    chosen = options.parse_args()
    home = Path(tempfile.mkdtemp(prefix="handrail-demo-"))
    world = World(home=home, settle_seconds=SETTLE_SECONDS)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        return run(world, stopped, once=chosen.once, modelled=chosen.model is not None)
    except DemoFailed as error:
        console.print(f"[bold red]The demo could not go on:[/] {error}")
        return 1
    finally:
        world.stop()
        shutil.rmtree(home, ignore_errors=True)


def run(world: World, stopped: threading.Event, *, once: bool, modelled: bool = False) -> int:
    """Set everything up, play, show.

    A model joins after the release: what goes out stays the approved words that people judged, and the drafts for
    people are the model's.
    """
    began = time.monotonic()
    past = {vendor: list(past_tickets(PAST_TICKETS, seed=seed, first_number=first)) for vendor, seed, first in PAST}
    (world.home / "lookups.json").write_text(json.dumps(lookups([item for items in past.values() for item in items])))
    world.start_sandbox(0 if once else free_port(8090, count=4))
    world.start_handrail(0 if once else free_port(8080, count=1))
    connect(world)
    say(began, "Both helpdesks are connected; the accounts are in shadow: nothing is written.")
    certify(world, past, began)
    if modelled:
        world.draft_with(world.sandbox["model"])
        say(began, f"Drafts are written by the model server at {world.model}.")
    rows = play(world)
    say(began, "The samples are through.")
    return finish(world, rows, sidebar.faults(world, rows), stopped, once=once)


def finish(world: World, rows: list[Row], troubles: list[str], stopped: threading.Event, *, once: bool) -> int:
    """Show what happened and, unless `once`, keep serving until stopped.

    A sample that failed and a `trouble` of the sidebar show in the exit code.
    """
    show(rows)
    code = report([row for row in rows if row.faults], troubles)
    if not once:
        console.print(
            f"\nOpen the agent view: [bold]{world.desk}[/]   Handrail: {world.handrail}   Ctrl-C ends the demo.\n"
            "Beside each ticket stands the sidebar, as an agent has it."
        )
        stopped.wait()
    return code


PAST = (("zendesk", 11, 61_000), ("freshdesk", 12, 82_000))


def connect(world: World) -> None:
    """What the admins do: an account and the app in each helpdesk, and pasting the Freshdesk webhook into its rule.

    Both helpdesks keep to the limits of the plans that the team has.
    """
    for vendor, plan in PLANS.items():
        world.control("POST", f"{vendor}/settings", {**plan, "enforce_limits": True})
    with ThreadPoolExecutor() as pool:
        package = pool.submit(sidebar.build_package, world)
        zendesk = pool.submit(connect_zendesk, world)
        connect_freshdesk(world)
        sidebar.install_in_freshdesk(world, package.result())
        zendesk.result()


def connect_zendesk(world: World) -> None:
    """Two commands, and the installation of the app between them."""
    secrets = world.sandbox["credentials"]["zendesk"]
    world.command(
        *("account", "add", "zendesk", "--name", ACCOUNTS["zendesk"], "--base-url", world.sandbox["zendesk"]),
        *("--client-id", secrets["client_id"], "--client-secret", secrets["client_secret"]),
        *("--webhook", "create", "--owner", OWNER),
    )
    sidebar.install_in_zendesk(world)


def connect_freshdesk(world: World) -> None:
    """One command, and its webhook in an automation rule."""
    api_key = world.sandbox["credentials"]["freshdesk"]["api_key"]
    added = world.command(
        *("account", "add", "freshdesk", "--name", ACCOUNTS["freshdesk"], "--base-url", world.sandbox["freshdesk"]),
        *("--api-key", api_key, "--owner", OWNER),
    )
    world.control("POST", "freshdesk/webhook", {"url": added["webhook_url"], "secret": added["webhook_secret"]})
    take_most_calls(world, ACCOUNTS["freshdesk"])


def take_most_calls(world: World, account: str) -> None:
    """A week is played in a minute: with half of a minute's calls for the team's other apps it would take two."""
    text = world.command("account", "config", "show", account)["text"]
    file = world.home / f"config-{account}.toml"
    file.write_text(f"call_share = {CALL_SHARE}\n{text}", encoding="utf-8")
    world.command("account", "config", "publish", account, str(file))


def certify(world: World, past: dict[str, list[PastTicket]], began: float) -> None:
    """A week in shadow, people's verdicts, goals, and the release of one intent: all by the public commands."""
    truth = {vendor: ask_in_the_past(world, vendor, items) for vendor, items in past.items()}
    world.control("POST", "deliveries/drain", {"timeout_seconds": 120})
    world.wait_until_quiet(seconds=180)
    say(began, f"{sum(map(len, truth.values()))} past order questions were read in shadow.")
    with ThreadPoolExecutor(len(ACCOUNTS)) as pool:
        told = list(pool.map(lambda vendor: release(world, vendor, truth[vendor]), ACCOUNTS))
    for line in told:
        say(began, line)


def release(world: World, vendor: str, truth: dict[str, PastTicket]) -> str:
    """Judge what would have been sent on one account and let the certified intent go live; returns what came of it."""
    account = ACCOUNTS[vendor]
    tolerate(world, account)
    file = world.home / f"verdicts-{account}.jsonl"
    world.command("verdicts", "export", str(file), "--account", account, "--pending")
    sends = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    judged = list(verdicts([{**item, "when": item["decided_at"]} for item in sends], truth))
    file.write_text("".join(json.dumps(item) + "\n" for item in judged), encoding="utf-8")
    world.command("verdicts", "import", str(file), "--account", account)
    world.command("account", "stage", account, "live")
    world.command("intent", "stage", "order_status", "pilot", "--pilot-share", "100", "--account", account)
    (proof,) = world.command("fit", "--intent", "order_status", "--account", account)
    certified = f"certified (at most {proof['bound']:.2%} wrong)" if proof["certified"] else "not certified"
    return f"{account}: {len(judged)} verdicts on would-be replies, {certified}"


def tolerate(world: World, account: str) -> None:
    """Publish the policy with the error this team accepts for order questions."""
    text = world.command("policy", "show", "--account", account)["text"]
    table = "[intents.order_status]\n"
    file = world.home / f"policy-{account}.toml"
    file.write_text(text.replace(table, f"{table}tolerated_error = {TOLERATED_ERROR}\n"), encoding="utf-8")
    world.command("policy", "publish", str(file), "--account", account, "--comment", "the demo team's tolerance")


def ask_in_the_past(world: World, vendor: str, items: list[PastTicket]) -> dict[str, PastTicket]:
    """The past customers write; returns the truth by ticket number."""
    tickets = [
        {
            "subject": item.subject,
            "body": item.body,
            "requester": {"name": item.name, "email": item.address, "verified": True},
            "channel": "email",
        }
        for item in items
    ]
    made = world.control("POST", f"{vendor}/tickets", tickets)
    return dict(zip((str(number) for number in made["ids"]), items, strict=True))


def lookups(items: list[PastTicket]) -> list[dict[str, Any]]:
    """The orders and invoices of the sandbox team's shop."""
    rows = [
        order(item.order_number, item.address, item.state, item.tracking_number if item.state == "shipped" else "")
        for item in items
    ]
    rows.append(order("48551", MARA[1], "shipped", "PK-4021983310"))
    rows.append(order("47903", MARA[1], "delivered", ""))
    rows.append(order("5530-2310", JONAS[1], "shipped", "PK-7719204455"))
    link = "https://billing.nordlicht.example/copies/R-2025-11873"
    facts = {"invoice_number": "R-2025-11873", "invoice_date": "12.11.2025", "invoice_url": link}
    return [*rows, {"kind": "invoice", "reference": "R-2025-11873", "email": POSY[1], "facts": facts}]


def order(number: str, address: str, state: str, tracking: str) -> dict[str, Any]:
    """One order as the look-up file holds it."""
    facts = {"order_number": number, "status": state, "carrier": "Parcelkite"}
    if tracking:
        facts["tracking_number"] = tracking
    return {"kind": "order", "reference": number, "email": address, "facts": facts}


def show(rows: list[Row]) -> None:
    """The table: what each ticket was taken for, what was done and why."""
    table = Table(title="What happened to each ticket", show_lines=False)
    for column in ("Sample", "Helpdesk", "Ticket", "Intent", "Done", "Drafted by", "Why", "Seconds", ""):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row.sample.title,
            row.sample.vendor,
            row.ticket,
            row.intent,
            row.action.replace("_", " "),
            row.author,
            row.why,
            "" if row.seconds is None else f"{row.seconds:.1f}",
            "[green]as meant[/]" if not row.faults else f"[red]{'; '.join(row.faults)}[/]",
        )
    console.print(table)


def report(faults: list[Row], troubles: list[str]) -> int:
    """How the samples ended and whether the sidebar answers, and the exit code."""
    for trouble in troubles:
        console.print(f"[bold red]Warning:[/] {trouble}")
    if not troubles:
        console.print("The sidebar answers beside a ticket of each helpdesk.")
    if not faults:
        console.print("Every sample ended as it should.")
        return 1 if troubles else 0
    samples = "1 sample" if len(faults) == 1 else f"{len(faults)} samples"
    console.print(
        f"[bold red]Warning: {samples} did not end as meant[/]: the red lines of the table say what is wrong."
    )
    return 1


def say(began: float, text: str) -> None:
    """A line of progress."""
    console.print(f"[dim]{time.monotonic() - began:5.1f} s[/] {text}")


def free_port(wanted: int, *, count: int) -> int:
    """The wanted port if it and the ones after it are free, else 0 (any)."""
    for port in range(wanted, wanted + count):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return 0
    return wanted


if __name__ == "__main__":
    sys.exit(main())
