"""Twelve faults of a language model, under the real worker of an account that sends: a draft or a card, never a send.

With the model's own drafts certified, so that a good one would go out: `tests/attacks/test_models.py`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.model import Action
from connector.records import Verdict
from connector.sandbox import Sandbox
from tests.faults.world import policy_template
from tests.long.stand import ACCOUNT, Stand

FAULTS = (
    *("drip", "timeout", "429", "500", "reset"),
    *("truncated", "empty", "bad_json", "wrong_schema", "refusal", "content_filter", "huge"),
)
MODEL_SECONDS = 2
"""What a model may take for a ticket; the product's own default is longer."""


def modelled(folder: Path, *, seconds: int) -> Iterator[Stand]:
    """A stand whose worker asks the sandbox's model."""
    sandbox = Sandbox()
    environ = {
        "HANDRAIL_LLM_BASE_URL": sandbox.model.url,
        "HANDRAIL_LLM_MODEL": "sandbox",
        "HANDRAIL_LLM_SECONDS": str(seconds),
        "HANDRAIL_LLM_BUDGET": "0",
        "HANDRAIL_LEASE_SECONDS": str(seconds + 30),
    }
    with Stand("zendesk", "reply", folder, sandbox=sandbox, environ=environ) as stand:
        stand.begin()
        demote_the_embedded_drafter(stand)
        yield stand


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    yield from modelled(tmp_path / "stand", seconds=MODEL_SECONDS)


def demote_the_embedded_drafter(stand: Stand) -> None:
    """People found its drafts wrong: the model is asked from now on."""
    account = stand.ledger.accounts.get(ACCOUNT)
    (receipt,) = [item for item in stand.ledger.decisions.receipts(account.id) if item.would_send]
    assert receipt.action == Action.AUTO_SEND, "this account does not send: nothing would be tested"
    stand.ledger.policies.add_verdicts(
        Verdict(
            account_id=account.id,
            ticket_id=f"wrong-{number}",
            intent="order_status",
            template=policy_template(),
            verdict="wrong_facts",
            who="Ines",
            given_at=datetime.now(UTC) - timedelta(hours=1),
            edition=receipt.edition,
        )
        for number in range(1000)
    )


def well_again(stand: Stand) -> None:
    """A good answer, which the breaker hears of, too."""
    stand.sandbox.model.mode = "good"
    before, ticket = stand.sandbox.model.calls, stand.customer_writes()
    stand.wait_until_settled(ticket)
    assert stand.sandbox.model.calls > before, "nobody asked the model"


def ill(stand: Stand, fault: str, *, tickets: int) -> tuple[list[int], float]:
    """The model answers so while these customers write. The tickets, and seconds until the last was written to."""
    stand.sandbox.model.mode = fault
    before, began = stand.sandbox.model.calls, time.monotonic()
    written = [stand.customer_writes() for _ in range(tickets)]
    stand.wait_until_all_written(written, seconds=300)
    seconds = time.monotonic() - began
    stand.wait_until_all_settled(written, seconds=300)
    assert stand.sandbox.model.calls > before, "nobody asked the model"
    return written, seconds


def sends(stand: Stand, tickets: Sequence[int]) -> dict[int, tuple[int, int]]:
    """The tickets that have not got exactly one note, with their notes and replies."""
    found = {ticket: (stand.notes(ticket), stand.replies(ticket)) for ticket in tickets}
    return {ticket: written for ticket, written in found.items() if written != (1, 0)}


def test_no_fault_of_a_model_ends_in_a_send_or_in_silence(stand: Stand) -> None:
    for fault in FAULTS:
        well_again(stand)
        tickets, _ = ill(stand, fault, tickets=1)
        assert sends(stand, tickets) == {}, fault
