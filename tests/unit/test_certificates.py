"""Which verdicts count: those on the edition in force, and carried ones on reserved tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from connector import starters
from connector.certificates import Certificates, counting, model_named
from connector.drafting import Template, Templates, parse_templates
from connector.intents import Catalogue, parse_catalogue
from connector.model import Tier
from connector.records import Bearing, Verdict

CATALOGUE = parse_catalogue(starters.folder("intents"))
TEMPLATES = parse_templates(starters.folder("templates"))
MOMENT = datetime(2026, 11, 2, tzinfo=UTC)


def verdict(ticket: str, edition: str = "", intent: str = "order_status") -> Verdict:
    return Verdict(
        account_id="acme",
        ticket_id=ticket,
        intent=intent,
        template=intent,
        verdict="right",
        who="mara",
        given_at=MOMENT,
        edition=edition,
    )


def counted(*given: Verdict, edition: str = "i.t.starter", first: str = "", bearing: Bearing | None = None) -> str:
    return "".join(
        item.ticket_id for item in counting(given, edition=edition, first=first, bearing=bearing or Bearing())
    )


def edition(catalogue: Catalogue = CATALOGUE, templates: Templates = TEMPLATES, model: str = "starter") -> str:
    made = Certificates(ledger=None, catalogue=catalogue, templates=templates)  # type: ignore[arg-type]  # not asked
    return made.edition("order_status", model)


def test_verdicts_on_another_definition_template_or_model_do_not_count() -> None:
    given = [verdict("1", "i.t.starter"), verdict("2", "j.t.starter"), verdict("3", "i.u.starter")]
    assert counted(*given, verdict("4", "i.t.own-1")) == "1"


def test_after_a_promotion_reserved_tickets_that_the_new_model_answers_too_go_on_counting() -> None:
    bearing = Bearing(sends=frozenset({("1", "order_status"), ("3", "invoice_copy"), ("4", "order_status")}))
    given = [
        verdict("1", "i.t.starter"),  # carried
        verdict("2", "i.t.starter"),  # not known to be answered by the new model
        verdict("3", "i.t.starter"),  # the new model reads it otherwise
        verdict("4", "i.u.starter"),  # another template
        verdict("5", "i.t.own-1"),  # sent by the new model
    ]
    assert counted(*given, edition="i.t.own-1", bearing=bearing) == "15"


def test_what_the_model_learnt_from_never_counts() -> None:
    bearing = Bearing(learnt=frozenset({"1", "2"}), sends=frozenset({("1", "order_status")}))
    given = [verdict("1", "i.t.starter"), verdict("2", "i.t.own-1"), verdict("3", "i.t.own-1")]
    assert counted(*given, edition="i.t.own-1", bearing=bearing) == "3"


@pytest.mark.parametrize(
    ("first", "in_force", "counts"),
    [
        ("", "i.t.starter", True),  # nothing was recorded since, so nothing changed
        ("i.t.starter", "i.t.starter", True),  # unchanged since the upgrade
        ("i.t.starter", "i.u.starter", False),  # another template since the upgrade
        ("i.t.starter", "i.t.own-1", False),  # another model since the upgrade
    ],
)
def test_a_verdict_from_before_editions_counts_for_the_first_one(first: str, in_force: str, *, counts: bool) -> None:
    assert counted(verdict("1"), edition=in_force, first=first) == ("1" if counts else "")


def test_verdicts_on_one_authors_drafts_do_not_certify_anothers() -> None:
    made = Certificates(ledger=None, catalogue=CATALOGUE, templates=TEMPLATES)  # type: ignore[arg-type]  # not asked
    embedded, model, other = (made.edition("order_status", "starter", name) for name in ("", "reply-1:m", "reply-2:m"))
    given = [verdict("1", embedded), verdict("2", model), verdict("3", other), verdict("4")]
    assert counted(*given, edition=embedded) == "14"  # what was never recorded is about embedded drafts
    assert counted(*given, edition=model) == "2"
    assert counted(*given, edition=embedded, first=model) == "14"
    assert counted(*given, edition=model, first=embedded) == "2"


def test_what_one_author_wrote_is_not_carried_to_another() -> None:
    made = Certificates(ledger=None, catalogue=CATALOGUE, templates=TEMPLATES)  # type: ignore[arg-type]  # not asked
    bearing = Bearing(sends=frozenset({("1", "order_status")}))
    old = verdict("1", made.edition("order_status", "starter", "reply-1:m"))
    assert counted(old, edition=made.edition("order_status", "own-1", "reply-1:m"), bearing=bearing) == "1"
    assert counted(old, edition=made.edition("order_status", "own-1"), bearing=bearing) == ""


def test_a_second_reader_belongs_to_the_edition() -> None:
    alone = Certificates(ledger=None, catalogue=CATALOGUE, templates=TEMPLATES)  # type: ignore[arg-type]  # not asked
    read = replace(alone, reader="opinion-1:m")
    for author in ("", "reply-1:m"):
        before, after = (
            alone.edition("order_status", "starter", author),
            read.edition("order_status", "starter", author),
        )
        assert before != after
        assert counted(verdict("1", before), verdict("2"), edition=after) == ""


def test_an_old_verdict_on_a_reserved_ticket_is_carried_like_any_other() -> None:
    bearing = Bearing(sends=frozenset({("1", "order_status")}))
    assert counted(verdict("1"), edition="i.t.own-1", first="i.t.starter", bearing=bearing) == "1"
    assert counted(verdict("1"), edition="i.u.own-1", first="i.t.starter", bearing=bearing) == ""


def test_the_edition_changes_with_the_intents_own_examples_and_tier_alone() -> None:
    before = edition()
    assert edition() == before
    intent = CATALOGUE.get("order_status")
    for changed in (
        replace(intent, tier=Tier.APPROVAL),
        replace(intent, examples={**intent.examples, "en": (*intent.examples["en"], "one more")}),
    ):
        assert edition(replace(CATALOGUE, intents={**CATALOGUE.intents, "order_status": changed})) != before
    label = replace(intent, label={"en": "Another label"})
    assert edition(replace(CATALOGUE, intents={**CATALOGUE.intents, "order_status": label})) == before
    other = replace(CATALOGUE.get("invoice_copy"), tier=Tier.APPROVAL)
    assert edition(replace(CATALOGUE, intents={**CATALOGUE.intents, "invoice_copy": other})) == before


def test_the_edition_changes_with_one_word_of_the_template() -> None:
    before, template = edition(), TEMPLATES.by_intent["order_status"]
    variant = template.variants[0]
    language, sentences = next(iter(variant.texts.items()))
    worded = replace(variant, texts={**variant.texts, language: (*sentences, "Bye.")})
    assert edition(templates=_with(replace(template, variants=(worded, *template.variants[1:])))) != before
    assert edition(templates=Templates(by_intent={})) != before
    assert edition(templates=_with(replace(template, intent="order_status"))) == before


def _with(template: Template) -> Templates:
    return Templates(by_intent={**TEMPLATES.by_intent, "order_status": template})


@pytest.mark.parametrize(
    ("said", "model"),
    [
        ("own-1f2e3d4c5b6a+rules-3", "own-1f2e3d4c5b6a"),
        ("tfidf-lr-1-c10-abc+rules-3", "starter"),
        ("", "starter"),
        ("scripted", "starter"),
    ],
)
def test_the_model_is_known_from_the_triage(said: str, model: str) -> None:
    assert model_named(said) == model


def test_verdicts_without_any_edition_are_on_the_starter_and_on_no_model_of_ones_own() -> None:
    ledger = SimpleNamespace(
        policies=SimpleNamespace(verdicts=lambda _account, _intent: (verdict("1"),)),
        decisions=SimpleNamespace(first_edition=lambda *_: ""),
        models=SimpleNamespace(bearing=lambda *_: Bearing()),
    )
    made = Certificates(ledger=ledger, catalogue=CATALOGUE, templates=TEMPLATES)
    account, rule = SimpleNamespace(id="acme"), SimpleNamespace(key="order_status", template="order_status")
    assert len(made.counting(account, rule, model="starter")) == 1  # type: ignore[arg-type]  # all it asks
    assert made.counting(account, rule, model="own-1") == ()  # type: ignore[arg-type]  # all it asks
