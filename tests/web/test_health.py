import re

import pytest
from flask.testing import FlaskClient

from connector.app import App
from connector.errors import StoreUnavailable
from connector.web.api import description


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


def test_the_description_names_every_route_and_no_other(client: FlaskClient) -> None:
    rules = {re.sub(r"<(\w+)>", r"{\1}", rule.rule) for rule in client.application.url_map.iter_rules()}
    assert rules == set(description()["paths"])


def test_an_unknown_path_is_json_too(client: FlaskClient) -> None:
    answer = client.get("/nothing")
    assert (answer.status_code, answer.json["error"]) == (404, "Not Found")
