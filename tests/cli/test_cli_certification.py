"""Certificates that are lost and said to be lost; intents that are refused because a human-only one looks like them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from connector.app import App
from connector.confusions import told
from connector.model import Account
from connector.policy.certification import looks
from connector.records import Verdict
from connector.triage.heldout import HeldOut
from connector.watchdog import Watchdog
from tests.cli.seeding import Cli, decide, one_sentence, opened_app

FIRST = looks(0.01)[0].verdicts
START = datetime.now(UTC) - timedelta(days=3)


def judge(app: App, account: Account, first: int, count: int, word: str = "right") -> None:
    app.ledger.policies.add_verdicts(
        Verdict(
            account_id=account.id,
            ticket_id=f"past-{number}",
            intent="order_status",
            template="order_status",
            verdict=word,
            who="Ada",
            given_at=START + timedelta(seconds=number),
        )
        for number in range(first, first + count)
    )


@pytest.fixture
def listener() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An address that alarms are told to, and what it was told."""
    heard: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", heard
        server.shutdown()
        thread.join()


def lost(app: App) -> list[str]:
    return [entry.detail for entry in app.ledger.watch.audit() if entry.verb == "certificate lost"]


def test_a_breach_is_said_once_and_again_at_the_next_one(
    cli: Cli, acme: Account, listener: tuple[str, list[dict[str, Any]]]
) -> None:
    address, heard = listener
    with opened_app() as app:
        policy = app.rulebook.policy(acme)
        watchdog = Watchdog(ledger=app.ledger, address=address, breaches=app.breaches)

        def steps() -> tuple[int, int, int]:
            for _ in range(2):
                watchdog.step(app.clock())
            return len(app.ledger.watch.alarms()), len(lost(app)), len(heard)

        judge(app, acme, 0, FIRST)
        assert steps() == (0, 0, 0)
        assert app.certificates.certified(acme, policy, "order_status")

        judge(app, acme, FIRST, 1, "wrong_facts")
        assert not app.certificates.certified(acme, policy, "order_status"), "before anybody was told"
        assert steps() == (1, 1, 1)
        (alarm,) = app.ledger.watch.alarms()
        assert (alarm.kind, alarm.subject, heard[0]["subject"]) == ("certificate_lost", "order_status", "order_status")
        assert lost(app)[0].startswith(f"order_status: 1 of {FIRST + 1} verdicts are errors")

        judge(app, acme, FIRST + 1, 200)
        assert app.certificates.certified(acme, policy, "order_status")
        assert steps() == (0, 1, 1)

        judge(app, acme, FIRST + 201, 4, "tone")
        assert steps() == (1, 2, 2)
        assert Watchdog(ledger=app.ledger, breaches=app.breaches).step(app.clock()) is None
        assert len(lost(app)) == 2


def test_another_worker_says_it_no_second_time(acme: Account) -> None:
    with opened_app() as one, opened_app() as two:
        judge(one, acme, 0, FIRST)
        judge(one, acme, FIRST, 1, "tone")
        assert len(one.breaches.step(one.clock())) == 1
        assert two.breaches.step(two.clock()) == ()
        assert len(lost(two)) == 1


def test_errors_before_any_certificate_are_no_breach(acme: Account) -> None:
    with opened_app() as app:
        judge(app, acme, 0, 20, "tone")
        assert app.breaches.step(app.clock()) == ()
        assert app.ledger.watch.alarms() == ()


def test_a_verdict_that_is_taken_back_is_a_breach(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        policy = app.rulebook.policy(acme)
        judge(app, acme, 0, FIRST)
        assert app.certificates.certified(acme, policy, "order_status")
        assert app.breaches.step(app.clock()) == ()
        judge(app, acme, 7, 1, "should_have_been_a_person")  # the same person at the same time
        assert not app.certificates.certified(acme, policy, "order_status")
        assert [alarm.subject for alarm in app.breaches.step(app.clock())] == ["order_status"]
        app.ledger.policies.add_verdicts(
            [replace(app.ledger.policies.verdicts(acme.id)[7], given_at=app.clock(), verdict="right")]
        )
        assert not app.certificates.certified(acme, policy, "order_status"), "a right takes no wrong back"
        assert len(lost(app)) == 1


def test_a_new_start_ends_the_alarm(acme: Account) -> None:
    with opened_app() as app:
        judge(app, acme, 0, FIRST)
        judge(app, acme, FIRST, 1, "tone")
        assert len(app.breaches.step(app.clock())) == 1
        text = app.ledger.policies.history(acme.id)[0].text
        renamed = text.replace('template = "order_status"', 'template = "order_status_2"')
        if renamed == text:
            renamed = text.replace("[intents.order_status]", '[intents.order_status]\ntemplate = "order_status_2"')
        app.ledger.policies.publish(acme.id, renamed, by="test", comment="", now=app.clock())
        assert app.breaches.step(app.clock()) == ()
        assert app.ledger.watch.alarms() == ()


def test_import_fit_and_doctor_show_a_lost_certificate(cli: Cli, acme: Account, tmp_path: Path) -> None:
    with opened_app() as app:
        judge(app, acme, 0, FIRST)
        decide(app, acme, "77")
    line = {"ticket": "77", "intent": "order_status", "verdict": "tone", "who": "Ben", "when": "2026-11-02T14:30:00Z"}
    line["when"] = datetime.now(UTC).isoformat()
    file = tmp_path / "v.jsonl"
    file.write_text(json.dumps(line))
    assert json.loads(cli("verdicts", "import", file, "--json").stdout)["lost"] == ["order_status"]
    assert json.loads(cli("verdicts", "import", file, "--json").stdout)["lost"] == [], "said once"

    (row,) = json.loads(cli("fit", "--intent", "order_status", "--json").stdout)
    assert (row["certified"], row["demoted"]) == (False, True)
    assert row["missing"] > 0
    assert "order_status has lost its certificate" in cli("fit").stdout
    checks = {item["name"]: item for item in json.loads(cli("doctor", "--json").stdout)["checks"]}
    assert checks["certificates"]["state"] == "warn"
    assert "acme / order_status: 1 of" in checks["certificates"]["found"]


# --- Confusions -------------------------------------------------------------------------------------


def mixed_up(app: App, *, passing: int, other: str = "billing_dispute", said: str | None = None) -> Any:
    """As if that many held-out examples of a human-only intent had passed the gate of invoice_copy."""
    catalogue = app.catalogue
    if said is not None:
        from dataclasses import replace

        intent = catalogue.get(other)
        worded = replace(intent, examples={"en": (said,) * len(intent.examples["en"])})
        catalogue = replace(catalogue, intents={**catalogue.intents, other: worded})
    examples = catalogue.labelled_examples()
    classes = tuple(sorted({key for key, _, _ in examples}))
    places = [place for place, (key, _, _) in enumerate(examples) if key == other]
    probabilities = np.zeros((len(places), len(classes)), dtype=np.float16)
    probabilities[:, classes.index(other)] = 1
    for place in range(passing):
        probabilities[place] = 0
        probabilities[place, classes.index("invoice_copy")] = 1
    held = HeldOut(
        classes=classes,
        example=np.array(places, dtype=np.int32),
        truth=np.full(len(places), classes.index(other), dtype=np.int16),
        probabilities=probabilities,
    )
    return told(held, catalogue, app.signal_rules)


PLAIN = "My copy please."


def test_an_intent_that_a_human_only_one_looks_like_is_refused(
    cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "confusions", lambda app, _: mixed_up(app, passing=30, said=PLAIN))
    (row,) = json.loads(cli("fit", "--intent", "invoice_copy", "--json").stdout)
    assert row["refused"]
    assert [(item["intent"], item["passing"]) for item in row["refused_for"]] == [("billing_dispute", 30)]
    assert row["confused_with"] == [{"intent": "billing_dispute", "read_as_this": 30, "this_read_as": 0}]
    assert "invoice_copy is refused: 30 of" in cli("fit", "--intent", "invoice_copy").stdout
    for stage in ("pilot", "live"):
        result = cli("intent", "stage", "invoice_copy", stage, "--pilot-share", "10")
        assert result.exit_code == 1
        one_sentence(result, "invoice_copy is refused", "billing_dispute", "--override REASON")
    assert cli("intent", "stage", "order_status", "pilot", "--pilot-share", "10").exit_code == 0
    reason = ("--override", "we answer for it")
    assert cli("intent", "stage", "invoice_copy", "pilot", "--pilot-share", "10", *reason).exit_code == 0
    with opened_app() as app:
        assert any(
            entry.verb == "override" and "confused_with_human_only" in entry.detail
            for entry in app.ledger.watch.audit(acme.id)
        )


def test_one_example_is_no_pattern_and_a_signal_that_calls_a_person_stops_the_others(acme: Account) -> None:
    with opened_app() as app:
        policy = app.rulebook.policy(acme)
        assert policy is not None
        rule = policy.intents["invoice_copy"]

        def refused(passing: int, said: str) -> list[str]:
            found = mixed_up(app, passing=passing, said=said).refusals(rule, policy, tolerated_error=0.01)
            return [item.intent for item in found]

        assert refused(1, PLAIN) == []
        assert refused(5, PLAIN) == ["billing_dispute"]
        assert refused(5, "Let me talk to a human being, please.") == []
        assert mixed_up(app, passing=5, said=PLAIN).refusals(rule, policy, tolerated_error=0.5) == ()
        other = policy.intents["refund_status"]
        assert mixed_up(app, passing=5, said=PLAIN).refusals(other, policy, tolerated_error=0.01) == ()


def test_what_was_held_out_of_other_examples_tells_nothing(acme: Account) -> None:
    with opened_app() as app:
        found = mixed_up(app, passing=5)
        assert found.held is not None
        fewer = app.catalogue.labelled_examples()[3:]
        assert len(fewer) > 0
        shifted = HeldOut(
            classes=found.held.classes,
            example=found.held.example + 500,
            truth=found.held.truth,
            probabilities=found.held.probabilities,
        )
        assert told(shifted, app.catalogue, app.signal_rules).confused_with("invoice_copy") == ()


def test_the_shipped_model_knows_what_it_mixes_up(acme: Account) -> None:
    with opened_app() as app:
        found = app.confusions(acme)
        assert found.held is not None, "the shipped training is stale: run `make train`"
        assert "billing_dispute" in {item.other for item in found.confused_with("invoice_copy")}
