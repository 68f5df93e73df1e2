"""The accounts' own models, and the editions of would-be sends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account
from connector.records import Bearing, ModelContent, ModelState, OwnExample, OwnModel, Verdict
from tests.ledger.samples import NOW, account, claimed_ticket, decided, later


def model(version: str, account_id: str = "acme", *, at: float = 0) -> OwnModel:
    return OwnModel(
        account_id=account_id,
        version=version,
        data_hash=f"{version} in full",
        made_at=later(at),
        made_by="ann",
        comparison={"reserved": 3, "champion": {"bound": None}},
    )


def content(*tickets: str, trained: bytes = b"\x00numbers\xff") -> ModelContent:
    examples = tuple(
        OwnExample(ticket_id=ticket, intent="refund", language="de", text=f"Geld zurück {ticket}") for ticket in tickets
    )
    return ModelContent(trained=trained, base=b"\x00base\xff", examples=examples, sends=frozenset({("90", "refund")}))


def versions(ledger: SqlLedger, account_id: str = "acme") -> dict[str, ModelState]:
    return {item.version: item.state for item in ledger.models.all(account_id)}


def test_a_challenger_is_kept_with_all_its_parts(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.models.champion(acme.id) is None
    assert ledger.models.put(model("own-1"), content("1", "2"))

    assert ledger.models.all(acme.id) == (replace(model("own-1"), changed_at=NOW),)
    assert ledger.models.content(acme.id, "own-1") == content("1", "2")
    assert ledger.models.bearing(acme.id, "own-1") == Bearing(
        learnt=frozenset({"1", "2"}), sends=frozenset({("90", "refund")})
    )
    assert ledger.models.champion(acme.id) is None
    assert ledger.models.content(acme.id, "own-2") is None
    assert ledger.models.bearing(acme.id, "own-2") == Bearing()


def test_a_promotion_retires_the_one_before_and_every_process_sees_it(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    other = open_again()
    ledger.models.put(model("own-1"), content("1"))
    ledger.models.promote(acme.id, "own-1", by="ben", now=later(5))
    champion = other.models.champion(acme.id)
    assert champion is not None
    assert (champion.version, champion.promoted_by, champion.promoted_at) == ("own-1", "ben", later(5))

    ledger.models.put(model("own-2", at=6), content("1", "2"))
    assert versions(other) == {"own-2": ModelState.CHALLENGER, "own-1": ModelState.CHAMPION}
    ledger.models.promote(acme.id, "own-2", by="ben", now=later(7))
    assert versions(other) == {"own-2": ModelState.CHAMPION, "own-1": ModelState.RETIRED}
    ledger.models.promote(acme.id, None, by="ben", now=later(8))
    assert other.models.champion(acme.id) is None
    assert set(versions(other).values()) == {ModelState.RETIRED}


def test_an_unknown_version_changes_nothing(ledger: SqlLedger, acme: Account) -> None:
    ledger.models.put(model("own-1"), content("1"))
    ledger.models.promote(acme.id, "own-1", by="ben", now=NOW)
    for version in ("own-9", ""):
        with pytest.raises(StoreError):
            ledger.models.promote(acme.id, version, by="ben", now=NOW)
    assert versions(ledger) == {"own-1": ModelState.CHAMPION}
    with pytest.raises(StoreError):
        ledger.models.put(model("own-1", "nobody"), content("1"))


def test_the_same_data_again_replaces_what_was_found_but_never_the_champion(ledger: SqlLedger, acme: Account) -> None:
    ledger.models.put(model("own-1"), content("1"))
    assert ledger.models.put(model("own-1", at=3), content("2", trained=b"new"))
    assert ledger.models.content(acme.id, "own-1") == content("2", trained=b"new")

    ledger.models.promote(acme.id, "own-1", by="ben", now=NOW)
    assert not ledger.models.put(model("own-1", at=9), content("3"))
    assert ledger.models.content(acme.id, "own-1") == content("2", trained=b"new")
    assert versions(ledger) == {"own-1": ModelState.CHAMPION}


def test_a_newer_challenger_retires_an_older_one_of_the_same_account_only(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.models.put(model("own-1"), content("1"))
    ledger.models.put(model("own-1", "bravo"), content("1"))
    ledger.models.put(model("own-2", at=1), content("1"))
    assert versions(ledger) == {"own-2": ModelState.CHALLENGER, "own-1": ModelState.RETIRED}
    assert versions(ledger, "bravo") == {"own-1": ModelState.CHALLENGER}


def test_an_erased_ticket_is_unlearnt(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    for name in ("acme", "bravo"):
        ledger.models.put(model("own-1", name), content("1", "2"))
    ledger.models.put(model("own-2", at=1), content("2"))

    ledger.decisions.erase(acme.id, "1")  # type: ignore[attr-defined]  # not part of the port

    assert ledger.models.content(acme.id, "own-1") == content("2", trained=b"")
    assert ledger.models.content(acme.id, "own-2") == content("2")
    assert ledger.models.content("bravo", "own-1") == content("1", "2")
    first = next(item for item in ledger.models.all(acme.id) if item.version == "own-1")
    assert first.changed_at == NOW + timedelta(microseconds=1)


# --- Editions ---------------------------------------------------------------------------------------


def send(ledger: SqlLedger, ticket: str, *, edition: str, at: float = 0, would_send: bool = True) -> None:
    taken = claimed_ticket(ledger, "acme", ticket)
    decided(ledger, taken, edition=edition, would_send=would_send, decided_at=later(at))
    ledger.work.settle(taken, now=NOW, event_state="done", reason="draft")


def verdict(ticket: str, *, at: float = 60, word: str = "right", who: str = "ann", edition: str = "") -> Verdict:
    return Verdict(
        account_id="acme",
        ticket_id=ticket,
        intent="order_status",
        template="order_status.en",
        verdict=word,
        who=who,
        given_at=later(at),
        edition=edition,
    )


def test_a_verdict_gets_the_edition_of_the_send_it_is_about(ledger: SqlLedger, acme: Account) -> None:
    send(ledger, "1", edition="a.b.starter")
    send(ledger, "1", edition="a.c.starter", at=100)
    send(ledger, "2", edition="")
    send(ledger, "3", edition="a.b.starter", would_send=False)

    ledger.policies.add_verdicts([verdict("1"), verdict("1", at=200, who="ben"), verdict("1", at=-9, who="cleo")])
    ledger.policies.add_verdicts([verdict("2"), verdict("3"), verdict("4"), verdict("5", edition="given")])

    found = {(item.ticket_id, item.who): item.edition for item in ledger.policies.verdicts("acme")}
    assert found == {
        ("1", "ann"): "a.b.starter",
        ("1", "ben"): "a.c.starter",
        ("1", "cleo"): "a.c.starter",  # before any send: the clocks disagree, the newest is meant
        ("2", "ann"): "",
        ("3", "ann"): "",
        ("4", "ann"): "",
        ("5", "ann"): "given",
    }


def test_a_verdict_has_the_place_of_the_send_it_is_about(ledger: SqlLedger, acme: Account) -> None:
    send(ledger, "1", edition="e", at=10)
    send(ledger, "2", edition="e", at=5)
    ledger.policies.add_verdicts([verdict("2"), verdict("1", at=99), verdict("3", at=1)])
    found = {item.ticket_id: (item.sent_at, item.sent_seq) for item in ledger.policies.verdicts("acme")}
    rows = ledger.database.read(lambda view: view.all("receipt_chain", after=0, limit=99))
    seqs = {row["ticket_id"]: row["seq"] for row in rows}
    assert found == {"1": (later(10), seqs["1"]), "2": (later(5), seqs["2"]), "3": (None, 0)}


def test_the_first_edition_is_that_of_the_oldest_send_with_one(ledger: SqlLedger, acme: Account) -> None:
    first = ledger.decisions.first_edition
    assert first("acme", "order_status", "order_status.en") == ""
    send(ledger, "1", edition="")
    send(ledger, "2", edition="one")
    send(ledger, "3", edition="two")
    assert first("acme", "order_status", "order_status.en") == "one"
    assert first("acme", "order_status", "other") == ""
    assert first("bravo", "order_status", "order_status.en") == ""


def test_the_edition_is_part_of_the_chain(ledger: SqlLedger, acme: Account) -> None:
    send(ledger, "1", edition="")
    send(ledger, "2", edition="a.b.starter")
    assert [item.edition for item in ledger.decisions.receipts("acme")] == ["a.b.starter", ""]
    assert ledger.watch.verify_chain() is None
    for value in ("''", "'a.c.starter'"):
        ledger.database.write(
            lambda view, value=value: view.define(f"UPDATE receipts SET edition = {value} WHERE ticket_id = '2'")
        )
        assert "was changed" in (ledger.watch.verify_chain() or "")


def test_coverage_counts_tickets_once(ledger: SqlLedger, acme: Account) -> None:
    send(ledger, "1", edition="e", would_send=False, at=1)
    send(ledger, "1", edition="e", at=2)
    send(ledger, "2", edition="e", would_send=False, at=3)
    send(ledger, "3", edition="e", at=-5)
    for_ignored = claimed_ticket(ledger, "acme", "4")
    decided(ledger, for_ignored, action="ignore", decided_at=later(5))
    assert ledger.decisions.coverage("acme", since=NOW) == {"order_status": (2, 1)}
    assert ledger.decisions.coverage("bravo", since=NOW) == {}


def test_wrong_verdicts_are_counted_by_account_and_intent(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.policies.wrong_verdicts() == {}
    ledger.policies.add_verdicts([verdict("1"), verdict("2", word="tone"), verdict("3", word="wrong_facts")])
    assert ledger.policies.wrong_verdicts() == {("acme", "order_status"): 2}
