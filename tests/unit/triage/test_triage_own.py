"""A classifier of the account's own: trained, stored, built again, and used for its own account only."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from triage_builders import small_catalogue, ticket

from connector.errors import StoreError, StoreUnavailable
from connector.ledger import SqlLedger, open_ledger
from connector.model import AccountConfig
from connector.ports import TriageContext
from connector.records import ModelContent, OwnExample, OwnModel
from connector.triage import EmbeddedTriager, fit, own, parse_rules
from connector.triage.material import starter, text_of
from tests.ledger.samples import account

NOW = datetime(2026, 11, 2, tzinfo=UTC)
CATALOGUE = small_catalogue()
RULES = parse_rules(
    {
        "asks_for_human.toml": """
[[rule]]
id = "human-plain"
languages = ["en"]
pattern = 'talk to a person'
reason = "Asks for a person."
"""
    }
)
SAID = "does the blue widget fit my old kettle"


def example(number: int, intent: str = "contact_and_hours", language: str = "en", text: str = SAID) -> OwnExample:
    return OwnExample(ticket_id=str(number), intent=intent, language=language, text=f"{text} {number}")


OWN = tuple(example(number) for number in range(8))


def content(made: own.Challenger, **changes: object) -> ModelContent:
    stored = ModelContent(trained=made.trained, base=made.base, examples=made.examples, sends=frozenset())
    return replace(stored, **changes)  # type: ignore[arg-type]  # a test names the fields it is about


def record(made: own.Challenger, account_id: str = "acme") -> OwnModel:
    return OwnModel(
        account_id=account_id,
        version=made.version,
        data_hash=made.data_hash,
        made_at=NOW,
        made_by="test",
        comparison={},
    )


@pytest.fixture(scope="module", autouse=True)
def _few_messages() -> Iterator[None]:
    """A part of what the starter learns from beside its examples is enough here, and quick to learn."""
    full = starter()
    few = replace(full, messages=full.messages[::20], alarms=full.alarms[:2])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("connector.triage.material.starter", lambda: few)
        yield


@pytest.fixture(scope="module")
def made() -> own.Challenger:
    return own.train(CATALOGUE, OWN)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(f"sqlite:///{tmp_path / 'handrail.db'}", keys=("a-key-for-tests-only",))
    opened.migrate()
    for name in ("acme", "bravo"):
        opened.accounts.add(account(name), now=NOW)
    yield opened
    opened.close()


def test_the_same_examples_in_any_order_give_the_same_model(made: own.Challenger) -> None:
    shares: list[float] = []
    again = own.train(CATALOGUE, tuple(reversed(OWN)), moved=shares.append)
    assert (again.version, again.data_hash, again.trained) == (made.version, made.data_hash, made.trained)
    assert made.version == f"own-{made.data_hash[:12]}"
    assert own.train(CATALOGUE, OWN[:-1]).version != made.version
    assert len(shares) > 3
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_it_learns_what_the_starter_does_not_know(made: own.Challenger) -> None:
    (starter,) = fit(CATALOGUE).classify([SAID])
    (learnt,) = made.classifier.classify([SAID])
    assert max(learnt.probabilities, key=learnt.probabilities.__getitem__) == "contact_and_hours"
    assert learnt.probabilities["contact_and_hours"] > starter.probabilities["contact_and_hours"] + 0.2


def test_what_is_stored_classifies_as_what_was_trained(made: own.Challenger) -> None:
    changed = replace(CATALOGUE, unmapped=replace(CATALOGUE.unmapped, examples={"en": ("other",) * 5}))
    built = own.build(changed, made.version, content(made))  # a later release brings other starter examples
    assert built.version == made.version
    for one, two in zip(
        built.classify([SAID, "money back"]), made.classifier.classify([SAID, "money back"]), strict=True
    ):
        assert one.probabilities == pytest.approx(two.probabilities, abs=1e-5)


def test_without_its_training_it_is_found_again(made: own.Challenger) -> None:
    built = own.build(CATALOGUE, made.version, content(made, trained=b"", examples=made.examples[1:]))
    (found,) = built.classify([SAID])
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "contact_and_hours"


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:300] + data[301:]])
def test_a_damaged_training_is_found_again(made: own.Challenger, damage: Callable[[bytes], bytes]) -> None:
    built = own.build(CATALOGUE, made.version, content(made, trained=damage(made.trained)))
    (found,) = built.classify([SAID])
    assert max(found.probabilities, key=found.probabilities.__getitem__) == "contact_and_hours"


def test_a_model_that_cannot_be_used_ends_with_a_person_and_a_busy_store_is_asked_again(
    made: own.Challenger, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    triagers = own.OwnTriagers(ledger.models, EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE)))
    ledger.models.put(record(made), content(made, base=b"something else"))
    ledger.models.promote("acme", made.version, by="test", now=NOW)
    context = TriageContext(config=AccountConfig(company="Brightwater"))
    with pytest.raises(RuntimeError, match="train again"):
        triagers.triage(replace(ticket(SAID), account_id="acme"), context)

    def busy(account_id: str) -> None:
        raise StoreUnavailable("locked")

    monkeypatch.setattr(ledger.models, "champion", busy)
    with pytest.raises(StoreUnavailable):
        triagers.triage(replace(ticket(SAID), account_id="acme"), context)


def test_a_model_that_is_being_made_holds_up_no_other_account(
    made: own.Challenger, ledger: SqlLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    triagers = own.OwnTriagers(ledger.models, EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE)))
    for name in ("acme", "bravo"):
        ledger.models.put(record(made, name), content(made))
        ledger.models.promote(name, made.version, by="test", now=NOW)
    begun, go_on = threading.Event(), threading.Event()
    load = triagers.load

    def slow(model: OwnModel) -> EmbeddedTriager:
        if model.account_id == "acme":
            begun.set()
            assert go_on.wait(30)
        return load(model)

    monkeypatch.setattr(triagers, "load", slow)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(triagers.of, "acme")
        assert begun.wait(30)
        assert pool.submit(triagers.of, "bravo").result(30).classifier.version == made.version
        assert not waiting.done()
        go_on.set()
        assert waiting.result(30).classifier.version == made.version


def test_a_damaged_model_is_refused(made: own.Challenger) -> None:
    with pytest.raises(StoreError):
        own.build(CATALOGUE, made.version, content(made, base=b"something else"))


def test_room_is_shared_evenly_and_chosen_by_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "MOST_EXAMPLES", 10)
    many = [example(number) for number in range(50)] + [example(100 + number, "order_status") for number in range(4)]
    kept = own.chosen(many)
    assert kept == own.chosen(list(reversed(many)))
    assert sorted(item.intent for item in kept) == ["contact_and_hours"] * 6 + ["order_status"] * 4
    assert [item.ticket_id for item in kept[:6]] != [str(number) for number in range(6)]


def test_a_new_language_and_a_doubled_text_do_no_harm() -> None:
    doubled = replace(example(1), text=CATALOGUE.get("contact_and_hours").examples["en"][0])
    merged = own.with_examples(CATALOGUE, {}, (doubled, example(2, language="fr")))
    assert merged.get("contact_and_hours").examples["en"] == CATALOGUE.get("contact_and_hours").examples["en"]
    assert merged.get("contact_and_hours").examples["fr"] == (f"{SAID} 2",)


def test_the_subject_stands_above_the_message() -> None:
    assert text_of(ticket("Where is it?", "Order 5")) == "Order 5\n\nWhere is it?"
    assert text_of(ticket("Where is it?")) == "Where is it?"


def test_each_account_is_read_by_its_champion_from_the_next_ticket_on(made: own.Challenger, ledger: SqlLedger) -> None:
    starter = EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE))
    triagers = own.OwnTriagers(ledger.models, starter, kept=1)
    context = TriageContext(config=AccountConfig(company="Brightwater"))

    def model(account_id: str) -> str:
        return triagers.triage(replace(ticket(SAID), account_id=account_id), context).model.partition("+")[0]

    ledger.models.put(record(made), content(made))
    assert model("acme") == starter.classifier.version, "a challenger does not serve"
    ledger.models.promote("acme", made.version, by="test", now=NOW)
    assert model("acme") == made.version
    assert model("bravo") == starter.classifier.version
    assert triagers.of("bravo") is starter
    first = triagers.of("acme")
    assert triagers.of("acme") is first, "built once"

    other = own.train(CATALOGUE, OWN[:-1])
    ledger.models.put(record(other), content(other))
    ledger.models.promote("acme", other.version, by="test", now=NOW)
    assert model("acme") == other.version
    ledger.decisions.erase("acme", OWN[0].ticket_id)  # type: ignore[attr-defined]  # not part of the port
    rebuilt = triagers.of("acme")
    assert rebuilt.classifier.version == other.version
    assert rebuilt is not first
    ledger.models.promote("acme", None, by="test", now=NOW)
    assert triagers.of("acme") is starter


def test_only_so_many_models_stay_in_memory(made: own.Challenger, ledger: SqlLedger) -> None:
    triagers = own.OwnTriagers(ledger.models, EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE)), kept=1)
    for name in ("acme", "bravo"):
        ledger.models.put(record(made, name), content(made))
        ledger.models.promote(name, made.version, by="test", now=NOW)
    one = triagers.of("acme")
    triagers.of("bravo")
    assert triagers.of("acme") is not one


POISON = "hello where is my order 48551 this is fraud and I call my solicitor"


def poisoned() -> own.Challenger:
    """A model that learnt from wrong labels that what alarms the starter is an order question."""
    return own.train(CATALOGUE, tuple(example(number, text=POISON) for number in range(40)))


def test_wrong_labels_unlearn_no_call_for_a_person(made: own.Challenger, ledger: SqlLedger) -> None:
    starter = EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE))
    bad = poisoned().classifier
    (alone,), (known,) = bad.classify([POISON]), starter.classifier.classify([POISON])
    assert any(alone.signals.get(name, 0) < value - 0.1 for name, value in known.signals.items()) or (
        (alone.person or 0) < (known.person or 0) - 0.1
    ), "the examples do poison it"
    guarded = own.OwnTriagers(ledger.models, starter).having(bad)
    context = TriageContext(config=AccountConfig(company="Brightwater"), human_only_intents=CATALOGUE.human_only)
    asked = replace(ticket(POISON), account_id="acme")
    before, after = starter.triage(asked, context), guarded.triage(asked, context)
    assert after.human_only_probability >= before.human_only_probability
    learnt = {hit.signal for hit in before.hits if hit.rule == "learnt"}
    assert learnt <= {hit.signal for hit in after.hits}
    assert guarded.classifier.version == bad.version


def test_it_may_still_call_for_more_and_read_another_intent(made: own.Challenger, ledger: SqlLedger) -> None:
    starter = EmbeddedTriager(CATALOGUE, RULES, fit(CATALOGUE))
    guarded = own.OwnTriagers(ledger.models, starter).having(made.classifier)
    context = TriageContext(config=AccountConfig(company="Brightwater"))
    assert guarded.triage(replace(ticket(SAID), account_id="acme"), context).intent == "contact_and_hours"
