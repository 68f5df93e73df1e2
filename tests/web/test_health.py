import re
from dataclasses import dataclass
from typing import Any, cast

import pytest
from flask.testing import FlaskClient

from connector.app import App
from connector.callmeter import CallMeter
from connector.errors import StoreUnavailable
from connector.model import Account
from connector.ports import CallStanding
from connector.web.api import description
from tests.web.conftest import NOW


def test_alive_ready_and_version(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", client.get("/version").json["version"])


def test_not_ready_when_the_ledger_cannot_be_written(
    client: FlaskClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(app.ledger, "check", refuse)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json["reason"]) == (503, "the disk is full")


def test_metrics_tell_what_waits(client: FlaskClient) -> None:
    text = client.get("/metrics").text
    for name in ("due_tickets", "oldest_due_seconds", "waiting_events", "dead_events", "open_alarms"):
        assert re.search(rf"^handrail_{name} 0\.0$", text, re.MULTILINE)


def test_metrics_tell_the_calls_left_and_which_helpdesk_does_not_answer(client: FlaskClient, app: App) -> None:
    found = CallStanding(budget=350, left=120, breaker="half-open", answering=False)
    providers = {vendor: Told(found if vendor == "zendesk" else None) for vendor in ("zendesk", "freshdesk")}
    CallMeter(ledger=app.ledger, providers=cast("Any", providers)).step(NOW)
    text = client.get("/metrics").text
    for name, value in (("call_budget", 350.0), ("calls_left", 120.0), ("breaker_open", 0.5)):
        assert f'handrail_{name}{{account="zendesk-id"}} {value}' in text
    assert "freshdesk-id" not in text, "nothing was published of it"


@dataclass
class Told:
    """A provider that is asked where it stands."""

    found: CallStanding | None

    def standing(self, of: Account) -> CallStanding | None:
        return self.found


def test_the_description_names_every_route_and_no_other(client: FlaskClient) -> None:
    rules = {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in client.application.url_map.iter_rules()}
    assert rules == set(description()["paths"])


def test_an_unknown_path_is_json_too(client: FlaskClient) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.json["error"]) == (404, "Not Found")
