"""From settings to a model, and what operators see of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from connector import app as apps
from connector.app import App
from connector.cli import handrail
from connector.connecting import starter_config
from connector.llm import open_model, spend_limits
from connector.llm.checks import examine_model
from connector.model import Account, Stage
from connector.ports import CheckState, SpendLimits
from connector.sandbox.model import ModelServer
from connector.settings import Settings
from tests.llm.conftest import prompt


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    monkeypatch.chdir(tmp_path)
    built = apps.build(Settings(home=tmp_path / "var"))
    built.ledger.accounts.add(
        Account(
            id="acme",
            name="acme",
            vendor="zendesk",
            base_url="https://acme.zendesk.com",
            stage=Stage.SHADOW,
            bot_user_id="900",
            config=starter_config("zendesk", "acme"),
        ),
        now=built.clock(),
    )
    yield built
    built.close()


def settings(server: ModelServer, **changes: object) -> Settings:
    return Settings(**({"llm_base_url": server.url, "llm_model": "small"} | changes))  # type: ignore[arg-type]


def test_without_settings_there_is_no_model(app: App) -> None:
    assert app.model is None
    check = examine_model(None, app.ledger, SpendLimits(), now=app.clock())
    assert (check.state, check.name) == (CheckState.PASS, "model")
    assert "embedded" in check.found


def test_settings_reach_the_client(app: App) -> None:
    with ModelServer() as server:
        chosen = settings(
            server,
            llm_tokens_field="max_tokens",
            llm_price_in=1_000.0,
            llm_budget=7,
            llm_intent_budget=3,
            llm_cost_budget=1.5,
        )
        assert spend_limits(chosen) == SpendLimits(calls=7, intent_calls=3, cost_micros=1_500_000)
        model = open_model(chosen, app.ledger.spend, app.clock)
        assert model is not None
        found = model.complete(prompt(), account_id="acme", intent="refund")
        model.close()
        assert server.requests[0]["max_tokens"] == 700
        assert server.requests[0]["model"] == model.name == "small"
    assert found.usage.cost_micros == 1000 * found.usage.tokens_in


def test_doctor_says_whether_the_model_answers_and_what_is_left(app: App) -> None:
    with ModelServer() as server:
        model = open_model(settings(server, llm_seconds=10.0), app.ledger.spend, app.clock)
        assert model is not None
        server.mode = "500"
        failed = examine_model(model, app.ledger, SpendLimits(calls=10), now=app.clock())
        assert failed.state is CheckState.WARN
        assert "500" in failed.found
        assert "HANDRAIL_LLM_BASE_URL" in failed.fix
        assert server.calls == 1, "a person asked once"
        assert app.ledger.spend.spent("acme", since=app.clock()) == ()
        model.close()


@pytest.mark.parametrize(
    ("limits", "low"),
    [
        (SpendLimits(calls=100, intent_calls=100, cost_micros=10_000), ""),
        (SpendLimits(calls=10), "acme"),
        (SpendLimits(intent_calls=10), "acme / refund"),
        (SpendLimits(cost_micros=1000), "acme"),
    ],
)
def test_doctor_warns_of_a_budget_that_is_nearly_used_up(limits: SpendLimits, low: str, app: App) -> None:
    now = app.clock()
    for _ in range(10):
        app.ledger.spend.reserve("acme", "refund", at=now, limits=SpendLimits())
    app.ledger.spend.record("acme", "refund", at=now, tokens_in=1, tokens_out=1, cost_micros=1000, failed=False)
    with Ready() as url:
        model = open_model(Settings(llm_base_url=url, llm_model="small"), app.ledger.spend, app.clock)
        assert model is not None
        check = examine_model(model, app.ledger, limits, now=now)
        model.close()
    assert check.state is (CheckState.WARN if low else CheckState.PASS), check
    assert low in check.found
    assert "small answered in" in check.found


class Ready:
    """A server that answers doctor's question."""

    def __enter__(self) -> str:
        from tests.llm.raw_server import RawServer, completion

        self._server = RawServer()
        self._server.answer(completion('{"ready": true}'))
        self._server.__enter__()
        return self._server.url

    def __exit__(self, *_: object) -> None:
        self._server.__exit__()


def test_usage_shows_calls_tokens_and_cost(app: App) -> None:
    now = app.clock()
    for days, intent in ((0, "refund"), (0, "order_status"), (40, "refund")):
        at = now - timedelta(days=days)
        app.ledger.spend.reserve("acme", intent, at=at, limits=SpendLimits())
        app.ledger.spend.record(
            "acme", intent, at=at, tokens_in=100, tokens_out=20, cost_micros=1500, failed=intent == "refund"
        )

    done = CliRunner().invoke(handrail, ["usage", "--json"])
    assert done.exit_code == 0, done.output
    shown = json.loads(done.stdout)
    assert [row["intent"] for row in shown["usage"]] == ["order_status", "refund"]
    assert shown["usage"][1] == {
        "account": "acme",
        "day": f"{now:%Y-%m-%d}",
        "intent": "refund",
        "calls": 1,
        "failures": 1,
        "tokens_in": 100,
        "tokens_out": 20,
        "cost_micros": 1500,
        "cost": 0.0015,
    }
    assert shown["total"] == {"calls": 2, "failures": 1, "tokens_in": 200, "tokens_out": 40, "cost": 0.003}

    table = CliRunner().invoke(handrail, ["usage", "--account", "acme", "--days", "60"])
    assert table.stdout.count("refund") == 2
    assert "0.0015" in table.stdout


def test_usage_without_a_call_says_so(app: App) -> None:
    done = CliRunner().invoke(handrail, ["usage"])
    assert done.exit_code == 0
    assert "No language model was asked" in done.stdout
    assert CliRunner().invoke(handrail, ["usage", "--account", "nobody"]).exit_code == 2
