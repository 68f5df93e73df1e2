"""Policies, kill switches, goals, verdicts, postures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account
from connector.records import Goal, KillSwitch, Verdict
from tests.ledger.samples import NOW, account, later


def test_a_published_policy_is_in_force_and_the_earlier_ones_stay(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.policies.current(acme.id) is None

    first = ledger.policies.publish(acme.id, "one ü", by="ann", comment="start", now=NOW)
    second = ledger.policies.publish(acme.id, "two", by="ben", comment="", now=later(1))

    assert (first.version, second.version) == (1, 2)
    assert ledger.policies.current(acme.id) == second
    assert ledger.policies.history(acme.id) == (second, first)


def test_versions_count_per_account(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.policies.publish(acme.id, "one", by="ann", comment="", now=NOW)

    assert ledger.policies.publish("bravo", "one", by="ann", comment="", now=NOW).version == 1
    assert len(ledger.policies.history("bravo")) == 1


def test_a_policy_needs_an_account(ledger: SqlLedger) -> None:
    with pytest.raises(StoreError):
        ledger.policies.publish("nobody", "one", by="ann", comment="", now=NOW)


@pytest.mark.parametrize(
    ("switch", "stops"),
    [
        ((None, None), {("acme", "refund"), ("acme", "order"), ("bravo", "refund"), ("bravo", "order")}),
        (("acme", None), {("acme", "refund"), ("acme", "order")}),
        ((None, "refund"), {("acme", "refund"), ("bravo", "refund")}),
        (("acme", "refund"), {("acme", "refund")}),
    ],
)
def test_a_kill_switch_stops_what_it_names_for_every_process_at_once(
    ledger: SqlLedger,
    open_again: Callable[[], SqlLedger],
    switch: tuple[str | None, str | None],
    stops: set[tuple[str, str]],
) -> None:
    other = open_again()
    pairs = [(name, intent) for name in ("acme", "bravo") for intent in ("refund", "order")]
    assert not any(other.policies.killed(*pair) for pair in pairs)

    ledger.policies.kill(account_id=switch[0], intent=switch[1], by="ann", now=NOW)

    assert {pair for pair in pairs if other.policies.killed(*pair)} == stops
    assert other.policies.kill_switches() == (KillSwitch(account_id=switch[0], intent=switch[1], since=NOW, by="ann"),)

    ledger.policies.unkill(account_id=switch[0], intent=switch[1], by="ben", now=later(5))

    assert not any(other.policies.killed(*pair) for pair in pairs)


def test_the_widest_switch_is_named_and_only_the_named_one_is_turned_off(ledger: SqlLedger) -> None:
    for account_id, intent in (("acme", "refund"), (None, "refund"), ("acme", None), (None, None)):
        ledger.policies.kill(account_id=account_id, intent=intent, by="ann", now=NOW)

    named = []
    while switch := ledger.policies.killed("acme", "refund"):
        named.append((switch.account_id, switch.intent))
        ledger.policies.unkill(account_id=switch.account_id, intent=switch.intent, by="ann", now=NOW)

    assert named == [(None, None), ("acme", None), (None, "refund"), ("acme", "refund")]


def test_a_switch_that_is_on_keeps_its_first_time(ledger: SqlLedger) -> None:
    ledger.policies.kill(account_id=None, intent=None, by="ann", now=NOW)
    ledger.policies.kill(account_id=None, intent=None, by="ben", now=later(60))

    (switch,) = ledger.policies.kill_switches()
    assert (switch.since, switch.by) == (NOW, "ann")


def test_the_goal_in_force_is_the_one_frozen_last(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.policies.goal(acme.id, "refund") is None
    for number in range(3):
        ledger.policies.freeze_goal(_goal(acme.id, f"goal {number}", number))

    assert ledger.policies.goal(acme.id, "refund") == _goal(acme.id, "goal 2", 2)
    assert ledger.policies.goal(acme.id, "order") is None


def _goal(account_id: str, text: str, at: float) -> Goal:
    return Goal(account_id=account_id, intent="refund", text=text, frozen_at=later(at), frozen_by="ann")


def _verdict(ticket_id: str, *, who: str = "ann", intent: str = "refund", at: float = 0) -> Verdict:
    return Verdict(
        account_id="acme",
        ticket_id=ticket_id,
        intent=intent,
        template="refund.en",
        verdict="right",
        who=who,
        given_at=later(at),
    )


def test_the_same_word_is_stored_once(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.policies.add_verdicts([_verdict("1"), _verdict("1"), _verdict("2", at=1)]) == 2
    assert ledger.policies.add_verdicts([_verdict("1"), _verdict("1", who="ben", at=-2)]) == 1
    assert ledger.policies.add_verdicts([]) == 0

    assert ledger.policies.verdicts(acme.id) == (_verdict("1"), _verdict("2", at=1), _verdict("1", who="ben", at=-2))


def test_a_person_may_take_a_verdict_back_and_judge_again(ledger: SqlLedger, acme: Account) -> None:
    first, corrected = _verdict("1"), replace(_verdict("1", at=9), verdict="wrong_facts")
    ledger.policies.add_verdicts([first])
    assert ledger.policies.add_verdicts([corrected]) == 1
    assert ledger.policies.add_verdicts([replace(first, edition="another")]) == 1
    assert ledger.policies.add_verdicts([replace(first, verdict="tone")]) == 1, "at the very same time"

    found = ledger.policies.verdicts(acme.id)
    assert [(item.verdict, item.edition, item.batch) for item in found] == [
        ("right", "", 1),
        ("wrong_facts", "", 2),
        ("right", "another", 3),
        ("tone", "", 4),
    ]
    assert ledger.policies.wrong_verdicts() == {("acme", "refund"): 2}


def test_verdicts_need_an_account(ledger: SqlLedger) -> None:
    with pytest.raises(StoreError):
        ledger.policies.add_verdicts([_verdict("1")])


def test_verdicts_are_read_by_intent(ledger: SqlLedger, acme: Account) -> None:
    ledger.policies.add_verdicts([_verdict("1"), _verdict("2", intent="order")])

    assert ledger.policies.verdicts(acme.id, "order") == (_verdict("2", intent="order"),)
    assert ledger.policies.verdicts("bravo") == ()


def test_the_last_posture_counts(ledger: SqlLedger, acme: Account) -> None:
    ledger.policies.set_posture(acme.id, "ticket", "7", "off", by="ann", now=NOW)
    ledger.policies.set_posture(acme.id, "ticket", "7", "draft", by="ben", now=later(1))
    ledger.policies.set_posture(acme.id, "requester", "u1", "off", by="ann", now=NOW)

    keys = {"ticket": "7", "requester": "u1", "brand": "b1"}
    assert set(ledger.policies.postures(acme.id, keys)) == {"draft", "off"}
    assert ledger.policies.postures(acme.id, {"ticket": "u1"}) == ()
    assert ledger.policies.postures("bravo", keys) == ()
