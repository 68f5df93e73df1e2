"""A database that the release before has written is opened by this one: rows survive, and the work goes on."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigurationError, StoreUnavailable
from connector.ledger import SqlLedger, migrations, open_ledger
from connector.ledger.migrations import Migration
from connector.model import EffectState, Proof, Writing
from connector.records import CardState, EventState, HandOff
from tests.ledger.release_before import Rows, fill
from tests.ledger.samples import KEY, NOW, claimed, delivery, effect, hand_off, later, receipt

BEFORE = 10
"""The schema of the release before; its rows stand in schema-10.json."""

ROWS: Rows = json.loads((Path(__file__).parent / f"schema-{BEFORE}.json").read_text(encoding="utf-8"))

WRITING = Writing(prompt="card-1", model="small", tokens_in=900, tokens_out=40, cost_micros=7, seconds=0.5)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'handrail.db'}"
    empty: str = request.getfixturevalue("empty_postgres_url")
    return empty


@pytest.fixture
def before(url: str) -> str:
    """A database as the release before left it."""
    ledger = open_ledger(url, keys=(KEY,))
    migrations.migrate(ledger.database, to=BEFORE)
    fill(ledger, ROWS)
    ledger.close()
    return url


@pytest.fixture
def upgraded(before: str) -> Iterator[SqlLedger]:
    """The same after this release has started."""
    ledger = open_ledger(before, keys=(KEY,))
    ledger.migrate()
    yield ledger
    ledger.close()


def stored(ledger: SqlLedger, table: str, columns: list[str]) -> list[dict[str, Any]]:
    """The rows as they stand there, in the columns that the release before knew."""

    def unit(transaction: Any) -> list[dict[str, Any]]:
        cursor = transaction._execute(f"SELECT {', '.join(columns)} FROM {table}", None)
        return [{column: row[column] for column in columns} for row in cursor.fetchall()]

    return ledger.database.read(unit)


def in_order(rows: Any) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def test_the_rows_are_of_an_earlier_schema() -> None:
    """Every migration since is run over them. A release brings the rows of the one that it ends:
    `python -m tests.ledger.release_before`.
    """
    assert migrations.migrations()[-1].version > BEFORE


def test_every_row_survives(upgraded: SqlLedger) -> None:
    assert migrations.stored_version(upgraded.database) == migrations.migrations()[-1].version
    assert len(ROWS) >= 15
    for table, rows in ROWS.items():
        assert in_order(stored(upgraded, table, list(rows[0]))) == in_order(rows), table


def test_what_was_stored_is_understood(upgraded: SqlLedger) -> None:
    account = upgraded.accounts.get("acme")
    assert account is not None
    assert (account.credentials["access_token"], account.webhook_secrets) == (
        "canary-token-acme",
        ("canary-secret-acme",),
    )
    assert upgraded.watch.verify_chain() is None
    policy = upgraded.policies.current("acme")
    assert policy is not None
    assert policy.text == "stage = 'draft'\n# 100 % ours; it's Zoë's"
    assert [(switch.account_id, switch.intent) for switch in upgraded.policies.kill_switches()] == [("acme", "refund")]
    assert [verdict.verdict for verdict in upgraded.policies.verdicts("acme")] == ["right"]
    assert upgraded.watch.cursor("acme", "poll") == ("page-7", NOW)
    assert [alarm.kind for alarm in upgraded.watch.alarms()] == ["dead_letter"]
    assert [entry.verb for entry in upgraded.watch.audit()] == ["account stage"]
    assert [day.tokens_in for day in upgraded.spend.spent("acme", since=NOW)] == [100]
    assert upgraded.watch.hand_offs_overdue(now=later(600)) == (hand_off("acme", "handed"),)


def test_every_ticket_is_finished_and_none_is_written_twice(upgraded: SqlLedger) -> None:
    """Leases of the release before run out; then each ticket is taken up where it stood."""
    again = upgraded.inbox.receive(delivery("acme", "waiting", key="key-waiting"))
    assert again.duplicate, "the helpdesk delivers again what the release before has stored"
    taken = Counter[str]()
    for _ in range(10):
        claim = upgraded.work.claim(now=later(3600), lease_seconds=60, account_cap=16)
        if claim is None:
            break
        taken[claim.ticket_id] += 1
        for written in claim.effects:
            looked_for = written.state is EffectState.INTENT
            proof = Proof(remote_id="777", posted_at=later(1), found=looked_for)
            if not looked_for:
                upgraded.work.begin(claim, written.effect.id, now=later(3600))
            upgraded.work.finish(claim, written.effect.id, now=later(3600), state="done", proof=proof)
        upgraded.work.settle(claim, now=later(3600), event_state=EventState.DONE, reason="draft")
    assert taken == Counter(("halfway", "ordered", "failed", "waiting"))
    proofs = {stored.effect.id: stored.proof for stored in upgraded.decisions.effects("acme")}
    assert proofs["e-written"] == Proof(remote_id="501", posted_at=later(1), found=False)
    assert proofs["e-halfway"] == Proof(remote_id="777", posted_at=later(1), found=True)
    assert proofs["e-ordered"] == Proof(remote_id="777", posted_at=later(1), found=False)
    backlog = upgraded.work.backlog(now=later(3600))
    assert (backlog.waiting_events, backlog.unsettled_effects, backlog.dead_events) == (0, 0, 1)
    assert upgraded.watch.verify_chain() is None


def test_what_this_release_adds_works_on_the_old_tickets(upgraded: SqlLedger) -> None:
    """A hand-off of a ticket that the release before has met gets a better card."""
    upgraded.inbox.receive(delivery("acme", "handed", key="key-handed-again"))
    claim = claimed(upgraded, at=1)
    while claim.ticket_id != "handed":
        claim = claimed(upgraded, at=1)
    card = HandOff(
        account_id="acme",
        ticket_id="handed",
        effect_id="e-card",
        intent="refund",
        owner="billing",
        since=NOW,
        take_by=later(60),
        improve=True,
    )
    made = receipt("acme", "handed", id="receipt-again", answers="comment-2")
    written = effect("acme", "handed", "e-card")
    upgraded.work.decide(claim, made, (written,), card, now=later(1), event_state=EventState.DONE, reason="hand_off")
    upgraded.work.begin(claim, "e-card", now=later(1))
    proof = Proof(remote_id="778", posted_at=later(1), found=False)
    upgraded.work.finish(claim, "e-card", now=later(1), state="done", proof=proof)
    upgraded.work.settle(claim, now=later(1), event_state=EventState.DONE, reason="")
    asked = upgraded.cards.claim(now=later(2), lease_seconds=60)
    assert asked is not None
    assert asked.receipt_id == made.id
    upgraded.cards.begin(asked)
    upgraded.cards.end(asked, now=later(3), state=CardState.DONE, summary="They ask again.", writing=WRITING)
    assert [better.summary for better in upgraded.cards.of_ticket("acme", "handed")] == ["They ask again."]


def test_a_migration_that_fails_leaves_the_database_to_the_release_before(
    before: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whole or not at all: the next start tries again."""
    whole = migrations.migrations()
    broken = Migration(
        version=BEFORE + 1, name="broken", statements=(*whole[BEFORE].statements, "INSERT INTO nowhere VALUES (1)")
    )
    ledger = open_ledger(before, keys=(KEY,))
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "migrations", lambda: (*whole[:BEFORE], broken))
        with pytest.raises(StoreUnavailable):
            ledger.migrate()
    assert migrations.stored_version(ledger.database) == BEFORE
    assert in_order(stored(ledger, "events", list(ROWS["events"][0]))) == in_order(ROWS["events"])
    ledger.migrate()
    assert migrations.stored_version(ledger.database) == whole[-1].version
    ledger.close()


def test_the_release_before_refuses_an_upgraded_database_in_one_sentence(
    before: str, upgraded: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    newest, known = migrations.migrations()[-1].version, migrations.migrations()[:BEFORE]
    monkeypatch.setattr(migrations, "migrations", lambda: known)
    with pytest.raises(ConfigurationError) as refused:
        open_ledger(before, keys=(KEY,))
    (sentence,) = str(refused.value).splitlines()
    assert f"schema version {newest}, this release knows {BEFORE}" in sentence
    assert "handrail restore FILE" in sentence
