"""How many calls one ticket takes, by outcome: the table in docs/reference/providers.md says the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from connector.model import Signal, SignalHit, Ticket, Triage
from connector.ports import TriageContext
from connector.sandbox import Sandbox
from tests.faults.world import ManualClock, ScriptedTriager, Steps, World, prepare
from tests.pipeline.test_rates import credits_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "providers.md"
OUTCOMES = {
    "draft": {"zendesk": (5, 5), "freshdesk": (7, 8)},
    "automatic reply": {"zendesk": (5, 5), "freshdesk": (8, 9)},
    "hand-off": {"zendesk": (5, 5), "freshdesk": (7, 8)},
    "ignored": {"zendesk": (2, 2), "freshdesk": (2, 3)},
}
"""(calls, credits)."""


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_ticket_takes_so_many_calls(tmp_path: Path, monkeypatch, vendor: str, outcome: str) -> None:
    clock, plain = ManualClock(), ScriptedTriager.triage

    def asks(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        hit = SignalHit(signal=Signal.ASKS_FOR_HUMAN, rule="r", matched="x")
        return replace(plain(self, ticket, context), hits=(hit,))

    if outcome == "hand-off":
        monkeypatch.setattr(ScriptedTriager, "triage", asks)
    with Sandbox(clock=clock) as sandbox:
        prepare(tmp_path, sandbox, vendor, "reply" if outcome == "automatic reply" else "note")
        world = World(sandbox, vendor, tmp_path, clock, Steps())
        world.customer_writes()
        if outcome == "ignored":
            sandbox.add_comment(vendor, int(world.ticket_id), author="agent", text="It is on its way.", notify=False)
        world.run()
        calls = sandbox.journal.calls(vendor=vendor)
        world.close()
    assert (world.notes, world.replies) == {"ignored": (0, 0), "automatic reply": (0, 1)}.get(outcome, (1, 0))
    assert (len(calls), sum(credits_of(world, call.query) for call in calls)) == OUTCOMES[outcome][vendor]


def test_the_page_says_the_same() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for outcome, taken in OUTCOMES.items():
        calls, credits_taken = taken["freshdesk"]
        assert f"| {outcome} | {taken['zendesk'][0]} | {calls} ({credits_taken}) |" in page
