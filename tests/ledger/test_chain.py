"""The chains: every change of history shows, an erasure does not."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from connector.ledger import SqlLedger
from connector.ledger.database import Executor
from connector.model import Account
from connector.records import AuditEntry
from tests.ledger.samples import NOW, claimed_ticket, decided, effect, later

Tamper = Callable[[SqlLedger, str], None]


@pytest.fixture
def history(ledger: SqlLedger, acme: Account) -> SqlLedger:
    """Five receipts and five audit entries."""
    taken = claimed_ticket(ledger, acme.id, "7")
    for number in range(5):
        decided(ledger, taken, id=f"r{number}", body={"requester_id": "u", "draft": f"text {number}"})
        ledger.watch.record(
            AuditEntry(account_id=acme.id, actor="ann", verb="edit", detail=f"entry {number}", at=later(number))
        )
    return ledger


def run(ledger: SqlLedger, *statements: str) -> None:
    """Reach past the ledger, as somebody with the database in hand would."""

    def unit(transaction: Executor) -> None:
        for statement in statements:
            transaction.define(statement)

    ledger.database.write(unit)


def test_an_untouched_history_is_whole(history: SqlLedger) -> None:
    assert history.watch.verify_chain() is None


def test_an_empty_history_is_whole(ledger: SqlLedger) -> None:
    assert ledger.watch.verify_chain() is None


def test_the_chains_go_on_in_another_process(history: SqlLedger, open_again: Callable[[], SqlLedger]) -> None:
    other = open_again()
    other.watch.record(AuditEntry(account_id=None, actor="ben", verb="login", detail="", at=NOW))

    assert history.watch.verify_chain() is None


RECEIPT_TAMPERINGS = {
    "body": ('UPDATE receipts SET body = \'{"draft":"another"}\' WHERE seq = 3', "entry 3"),
    "body emptied without its salt": ("UPDATE receipts SET body = NULL WHERE seq = 3", "entry 3"),
    "salt": ("UPDATE receipts SET salt = 'x' WHERE seq = 3", "entry 3"),
    "body digest": ("UPDATE receipts SET body_digest = 'x' WHERE seq = 3", "entry 3"),
    "action": ("UPDATE receipts SET action = 'auto_send' WHERE seq = 3", "entry 3"),
    "account": ("UPDATE receipts SET intent = 'refund' WHERE seq = 1", "entry 1"),
    "time": ("UPDATE receipts SET decided_at = decided_at + 1 WHERE seq = 2", "entry 2"),
    "would_send": ("UPDATE receipts SET would_send = 1 WHERE seq = 5", "entry 5"),
    "deleted": ("DELETE FROM receipts WHERE seq = 3", "entry 3"),
    "first deleted": ("DELETE FROM receipts WHERE seq = 1", "entry 1"),
    "tail cut off": ("DELETE FROM receipts WHERE seq > 3", "entry 4"),
    "all deleted": ("DELETE FROM receipts", "entry 1"),
    "deleted and renumbered": (
        "DELETE FROM receipts WHERE seq = 3; UPDATE receipts SET seq = 3 WHERE seq = 4;"
        "UPDATE receipts SET seq = 4 WHERE seq = 5",
        "entry 3",
    ),
    "two swapped": (
        "UPDATE receipts SET seq = 99 WHERE seq = 2; UPDATE receipts SET seq = 2 WHERE seq = 3;"
        "UPDATE receipts SET seq = 3 WHERE seq = 99",
        "entry 2",
    ),
    "tail cut off and head put back": (
        "DELETE FROM receipts WHERE seq > 3; UPDATE chains SET entries = 3, digest = "
        "(SELECT digest FROM receipts WHERE seq = 3) WHERE name = 'receipts'",
        "head",
    ),
    "head deleted": ("DELETE FROM chains WHERE name = 'receipts'", "head"),
}


@pytest.mark.parametrize("name", RECEIPT_TAMPERINGS)
def test_a_tampered_receipt_is_found_and_its_place_named(history: SqlLedger, name: str) -> None:
    statements, place = RECEIPT_TAMPERINGS[name]

    run(history, *statements.split(";"))

    found = history.watch.verify_chain()
    assert found is not None
    assert found.startswith("receipts: ")
    assert place in found


AUDIT_TAMPERINGS = {
    "detail": ("UPDATE audit SET detail = 'nothing' WHERE seq = 2", "entry 2"),
    "actor": ("UPDATE audit SET actor = 'ben' WHERE seq = 2", "entry 2"),
    "account": ("UPDATE audit SET account_id = '' WHERE seq = 2", "entry 2"),
    "deleted": ("DELETE FROM audit WHERE seq = 2", "entry 2"),
    "tail cut off": ("DELETE FROM audit WHERE seq = 5", "entry 5"),
}


@pytest.mark.parametrize("name", AUDIT_TAMPERINGS)
def test_a_tampered_audit_entry_is_found_and_its_place_named(history: SqlLedger, name: str) -> None:
    statement, place = AUDIT_TAMPERINGS[name]

    run(history, statement)

    found = history.watch.verify_chain()
    assert found is not None
    assert found.startswith("audit: ")
    assert place in found


def test_a_row_forged_with_another_key_is_found(history: SqlLedger) -> None:
    run(
        history,
        "INSERT INTO audit SELECT 6, account_id, actor, verb, at, detail, salt, detail_digest, digest, "
        f"'{'ab' * 32}' FROM audit WHERE seq = 5",
    )

    assert history.watch.verify_chain() == "audit: entry 6 was changed"


def test_any_one_changed_cell_is_found(history: SqlLedger) -> None:
    """A hundred random changes of one character in one cell, each put right again before the next."""
    chance = random.Random(7)
    cells = [
        (table, column, seq)
        for table, columns in (
            ("receipts", ("body", "salt", "body_digest", "previous", "digest", "action", "template", "answers")),
            ("audit", ("detail", "salt", "detail_digest", "previous", "digest", "verb", "actor")),
        )
        for column in columns
        for seq in range(1, 6)
    ]
    missed = []
    for table, column, seq in chance.choices(cells, k=100):
        run(history, f"UPDATE {table} SET {column} = {column} || '~' WHERE seq = {seq}")
        if history.watch.verify_chain() is None:
            missed.append((table, column, seq))
        run(history, f"UPDATE {table} SET {column} = substr({column}, 1, length({column}) - 1) WHERE seq = {seq}")
    assert missed == []
    assert history.watch.verify_chain() is None


def test_an_erased_ticket_leaves_the_chain_whole_and_no_words_behind(history: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(history, acme.id, "8")
    decided(history, taken, effect(acme.id, "8", "note", text="private words"), id="r8", body={"draft": "private"})
    history.work.finish(taken, "note", now=NOW, state="void", reason="agent_answered")

    emptied = history.decisions.erase(acme.id, "8")  # type: ignore[attr-defined]  # not part of the port

    assert emptied == 1
    assert history.watch.verify_chain() is None
    (erased,) = history.decisions.receipts(acme.id, ticket_id="8")
    assert (erased.id, erased.action, erased.body) == ("r8", "draft", {})
    (kept,) = history.decisions.effects(acme.id, ticket_id="8")
    assert (kept.effect.id, kept.effect.text, kept.reason) == ("note", "", "agent_answered")
    assert all(found.body for found in history.decisions.receipts(acme.id, ticket_id="7"))
