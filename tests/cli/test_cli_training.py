"""A model of the account's own: trained, compared on reserved tickets, promoted by somebody, and what then counts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from connector import starters
from connector.app import App
from connector.evaluation.challenge import delicate, proven
from connector.evaluation.dataset import Labelled
from connector.intents import Catalogue, parse_catalogue
from connector.model import Account
from connector.policy.reserve import reserved
from connector.receipts import text_hash
from connector.records import ModelState, OwnModel
from connector.triage.dataset import ticket_from_row
from connector.triage.material import Material, starter
from tests.cli.seeding import Cli, decide, one_sentence, opened_app

QUESTIONS = (
    "Where is my order {n}? It was to arrive on Monday.",
    "Order {n} has not come yet, when will you deliver it?",
    "When does my parcel {n} arrive?",
)
DISPUTES = (
    "You charged me twice for {n}, give me my money back.",
    "The charge {n} on my card is wrong and I dispute it.",
    "Invoice {n} is wrong, I will not pay this amount.",
)


@cache
def small(examples: int = 6) -> Catalogue:
    """The starter catalogue with a few examples each, quick to learn."""
    full = parse_catalogue(starters.folder("intents"))
    cut = {
        intent.key: replace(intent, examples={lang: texts[:examples] for lang, texts in intent.examples.items()})
        for intent in full
    }
    few = {lang: texts[:examples] for lang, texts in full.unmapped.examples.items()}
    return replace(full, intents=cut, unmapped=replace(full.unmapped, examples=few))


@cache
def few_messages() -> Material:
    """A part of what the starter learns from beside its examples."""
    full = starter()
    return replace(full, messages=full.messages[::20], alarms=full.alarms[:2])


@pytest.fixture(autouse=True)
def _a_small_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(App, "catalogue", property(lambda _: small()))
    monkeypatch.setattr("connector.triage.material.starter", few_messages)
    monkeypatch.setattr("connector.evaluation.challenge.delicate", few_delicate)


@cache
def few_delicate() -> tuple[Labelled, ...]:
    """A part of the delicate tickets."""
    return delicate()[::12]


def row(number: int, intent: str | None = None, **changes: Any) -> dict[str, Any]:
    kind = "billing_dispute" if number % 3 == 0 else "order_status"
    texts = DISPUTES if kind == "billing_dispute" else QUESTIONS
    return {
        "id": str(number),
        "subject": "",
        "body": texts[number % 7 % 3].format(n=4000 + number),
        "from": "mara@example.com",
        "channel": "email",
        "language": "en",
        "intent": intent or kind,
        **changes,
    }


ROWS = [row(number) for number in range(1, 61)]
RESERVED = [str(number) for number in range(1, 61) if reserved("id-acme", str(number))]


def write(path: Path, rows: list[Any]) -> Path:
    path.write_text("".join(f"{item if isinstance(item, str) else json.dumps(item)}\n" for item in rows))
    return path


def trained(cli: Cli, path: Path, *more: str) -> dict[str, Any]:
    result = cli("train", "--examples", path, "--json", *more)
    assert result.exit_code == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def models() -> tuple[OwnModel, ...]:
    with opened_app() as app:
        return app.ledger.models.all("id-acme")


def audit() -> list[tuple[str, str]]:
    with opened_app() as app:
        return [(entry.verb, entry.detail) for entry in app.ledger.watch.audit("id-acme")]


def judge(app: App, tickets: list[str], word: str = "right") -> None:
    from connector.records import Verdict

    app.ledger.policies.add_verdicts(
        Verdict(
            account_id="id-acme",
            ticket_id=ticket,
            intent="order_status",
            template="order_status",
            verdict=word,
            who="Ada",
            given_at=datetime.now(UTC),
        )
        for ticket in tickets
    )


def test_training_makes_a_challenger_and_the_champion_goes_on_serving(cli: Cli, acme: Account, tmp_path: Path) -> None:
    report = trained(cli, write(tmp_path / "t.jsonl", ROWS))
    assert report["version"] == f"own-{report['data_hash'][:12]}"
    assert report["examples"]["reserved"] == len(RESERVED) > 5
    assert report["examples"]["own"] == len(ROWS) - len(RESERVED)
    assert report["seconds"] < 60
    told = report["comparison"]
    assert told["against"] == "starter"
    for who in ("champion", "challenger"):
        accuracy = told[who]["accuracy"]
        assert accuracy["n"] == len(RESERVED)
        assert accuracy["low"] <= accuracy["share"] <= accuracy["high"]
    assert told["challenger"]["accuracy"]["share"] >= told["champion"]["accuracy"]["share"]
    with opened_app() as app:
        assert app.ledger.models.champion(acme.id) is None
        content = app.ledger.models.content(acme.id, report["version"])
        assert content is not None
        assert not {item.ticket_id for item in content.examples} & set(RESERVED), "reserved tickets are never learnt"
        assert app.certificates.in_force(acme) == "starter"
    assert ("train", f"{report['version']} from t.jsonl: {report['examples']['own']} own examples") in audit()
    assert report["version"] in cli("train", "list").stdout


def test_a_terminal_shows_how_far_training_is(
    cli: Cli, acme: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes it for a terminal
    path = write(tmp_path / "t.jsonl", ROWS)
    shown = cli("train", "--examples", path)
    assert shown.exit_code == 0, shown.stderr
    assert "Train" in shown.stderr
    assert "100%" in shown.stderr
    assert "comparing" in shown.stderr
    assert cli("train", "--examples", path, "--json").stderr == ""


def test_the_same_file_in_another_order_is_the_same_version(cli: Cli, acme: Account, tmp_path: Path) -> None:
    one = trained(cli, write(tmp_path / "a.jsonl", ROWS))
    two = trained(cli, write(tmp_path / "b.jsonl", ROWS[::-1]))
    assert (one["version"], one["comparison"]) == (two["version"], two["comparison"])
    assert len(models()) == 1


def test_a_promotion_is_explicit_audited_and_can_be_taken_back(cli: Cli, acme: Account, tmp_path: Path) -> None:
    version = trained(cli, write(tmp_path / "t.jsonl", ROWS))["version"]
    done = json.loads(cli("train", "promote", version, "--account", "acme", "--json").stdout)
    assert (done["version"], done["before"]) == (version, "starter")
    with opened_app() as app:
        assert app.triager.of(acme.id).classifier.version == version
    rows = json.loads(cli("fit", "--intent", "order_status", "--json").stdout)
    assert rows[0]["model"] == version
    one_sentence(cli("train", "promote", version), "already")
    assert cli("train", "promote", "starter").exit_code == 0
    with opened_app() as app:
        assert app.ledger.models.champion(acme.id) is None
    assert cli("train", "promote", version).exit_code == 0, "the way back to a model that has served is open"
    assert [entry for entry in audit() if entry[0] == "model promoted"] == [
        ("model promoted", version),
        ("model promoted", "starter"),
        ("model promoted", version),
    ]


def test_a_model_can_be_promoted_at_once(cli: Cli, acme: Account, tmp_path: Path) -> None:
    assert trained(cli, write(tmp_path / "t.jsonl", ROWS), "--promote")["state"] == "champion"
    (model,) = models()
    assert model.state is ModelState.CHAMPION
    assert trained(cli, tmp_path / "t.jsonl", "--promote")["state"] == "champion", "the same again changes nothing"


def worse(app: App, version: str, **changes: Any) -> None:
    """Store the same model again, as if the reserved tickets had spoken against it."""
    model = next(item for item in app.ledger.models.all("id-acme") if item.version == version)
    content = app.ledger.models.content("id-acme", version)
    assert content is not None
    told: Any = json.loads(json.dumps(model.comparison))
    told.update({key: value for key, value in changes.items() if key != "gate_errors"})
    if "gate_errors" in changes:
        told["challenger"]["gate_errors"] = told["champion"]["gate_errors"] + changes["gate_errors"]
    app.ledger.models.put(replace(model, comparison=told), content)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gate_errors": 1}, "worse on the"),
        ({"reserved": 0}, "No ticket in the examples"),
        ({"against": "own-another"}, "train it again"),
        ({"delicate": {"tickets": 9, "starter": 1, "challenger": 2}}, "2 of 9 shipped tickets that need a person"),
        ({"delicate": None}, "train it again"),
    ],
)
def test_what_the_reserved_tickets_speak_against_takes_a_reason(
    cli: Cli, acme: Account, tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    version = trained(cli, write(tmp_path / "t.jsonl", ROWS))["version"]
    with opened_app() as app:
        worse(app, version, **changes)
    refused = cli("train", "promote", version)
    assert refused.exit_code == 1
    one_sentence(refused, words)
    assert models()[0].state is ModelState.CHALLENGER
    assert cli("train", "promote", version, "--override", "we looked at each of them").exit_code == 0
    assert models()[0].state is ModelState.CHAMPION
    assert any(verb == "override" and "we looked at each" in detail for verb, detail in audit())


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{not json", ("t.jsonl line 3", "not JSON")),
        ({"subject": "no id"}, ("t.jsonl line 3", '"id"')),
        (row(1), ("t.jsonl line 3", "twice")),
        (row(99, "parcel_lost"), ("ticket 99", "'parcel_lost' is not in the catalogue")),
        ({key: value for key, value in row(99).items() if key != "intent"}, ("ticket 99", "missing")),
        ({key: value for key, value in row(99).items() if key != "body"}, ("t.jsonl line 3", "body")),
    ],
)
def test_one_bad_line_and_nothing_is_trained(
    cli: Cli, acme: Account, tmp_path: Path, bad: Any, words: tuple[str, ...]
) -> None:
    result = cli("train", "--examples", write(tmp_path / "t.jsonl", [ROWS[0], ROWS[1], bad, *ROWS[2:]]))
    assert result.exit_code == 2
    one_sentence(result, *words)
    assert models() == ()


def test_too_few_examples_are_refused(cli: Cli, acme: Account, tmp_path: Path) -> None:
    few = [item for item in ROWS if not reserved("id-acme", item["id"])][:9]
    result = cli("train", "--examples", write(tmp_path / "t.jsonl", few))
    assert result.exit_code == 2
    one_sentence(result, "t.jsonl has 9 tickets to learn from", "at least 10")
    one_sentence(cli("train", "--examples", write(tmp_path / "e.jsonl", [])), "holds no tickets")
    one_sentence(cli("train"), "--examples")
    one_sentence(cli("train", "promote", "own-0"), "has no model own-0", "train list")


def said(ticket: str, **changes: Any) -> dict[str, object]:
    """What the receipt of a decision on this row's text holds."""
    return {"text_hash": text_hash(ticket_from_row(row(int(ticket), **changes)))}


def test_a_verdict_is_carried_over_only_where_the_receipt_proves_the_rows_text(
    cli: Cli, acme: Account, tmp_path: Path
) -> None:
    """A file may say of any ticket that it held a text which the challenger answers."""
    questions = [item["id"] for item in ROWS if item["intent"] == "order_status" and item["id"] in RESERVED]
    with opened_app() as app:
        before = app.certificates.edition("order_status", "starter")
        for number, ticket in enumerate(questions):
            another = said(ticket, body="I was billed twice and want my money back.")
            decide(app, acme, ticket, edition=before, body=(None, another, said(ticket))[number % 3])
        judge(app, questions)
    report = trained(cli, write(tmp_path / "t.jsonl", ROWS))
    same = set(questions[2::3])
    assert 0 < report["comparison"]["challenger"]["verdicts"] <= len(same)
    with opened_app() as app:
        content = app.ledger.models.content(acme.id, report["version"])
        assert content is not None
        assert {ticket for ticket, _ in content.sends} <= same
        assert content.sends


def test_one_send_on_another_text_leaves_the_ticket_unproven(acme: Account) -> None:
    rows = [Labelled(id="1", row=row(1), ticket=ticket_from_row(row(1, body="  " + row(1)["body"] + "\n\n")))]
    with opened_app() as app:
        decide(app, acme, "1", body=said("1"))
        found = proven(rows, app.ledger.decisions.would_sends(acme.id))
        assert found == {("1", "order_status")}, "spaces do not matter"
        decide(app, acme, "1", body=said("1", subject="And a second message"), number=2)
        assert proven(rows, app.ledger.decisions.would_sends(acme.id)) == set()


def test_what_the_delicate_tickets_are(acme: Account) -> None:
    assert len(delicate()) > 400
    assert all(item.row["must_not_send"] for item in delicate())


def test_after_a_promotion_only_verdicts_that_still_mean_something_count(
    cli: Cli, acme: Account, tmp_path: Path
) -> None:
    questions = [item["id"] for item in ROWS if item["intent"] == "order_status"]
    with opened_app() as app:
        before = app.certificates.edition("order_status", "starter")
        for ticket in questions:
            decide(app, acme, ticket, edition=before, body=said(ticket))
        judge(app, questions)
    assert fit(cli)["verdicts"] == len(questions)
    report = trained(cli, write(tmp_path / "t.jsonl", ROWS))
    judged = report["comparison"]["challenger"]["verdicts"]
    assert 0 < judged <= len(set(questions) & set(RESERVED))
    assert report["comparison"]["challenger"]["bound"] == pytest.approx(1 - 0.05 ** (1 / judged))
    assert fit(cli)["verdicts"] == len(questions), "a challenger changes nothing"

    assert cli("train", "promote", report["version"]).exit_code == 0
    assert fit(cli)["verdicts"] == judged, "only reserved tickets that the new model answers, too"

    with opened_app() as app:
        edition = app.certificates.edition("order_status", report["version"])
        learnt = next(ticket for ticket in questions if ticket not in RESERVED)
        decide(app, acme, "901", edition=edition)
        decide(app, acme, "902", edition=before)
        decide(app, acme, learnt, edition=edition, number=2)
        judge(app, ["901", "902"])
    assert fit(cli)["verdicts"] == judged + 1, "what the new model sent counts, what the old one sent does not"
    cli("train", "promote", "starter")
    assert fit(cli)["verdicts"] == len(questions) + 1


def fit(cli: Cli) -> dict[str, Any]:
    (found,) = json.loads(cli("fit", "--intent", "order_status", "--json").stdout)
    assert isinstance(found, dict)
    return found


def test_coverage_is_a_share_of_the_tickets_read_as_this_intent(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        for number in range(4):
            decide(app, acme, str(number), would_send=number < 3)
        decide(app, acme, "9", ago=timedelta(days=20))
    coverage = fit(cli)["coverage"]
    assert (coverage["hits"], coverage["n"], coverage["share"]) == (3, 4, 0.75)
    assert 0.2 < coverage["low"] < 0.75 < coverage["high"] < 1
    assert "75% (" in cli("fit", "--intent", "order_status").stdout
