"""Every fault of a model's server ends in a ModelError, in time, with at most two requests."""

from __future__ import annotations

import time

import pytest

from connector.errors import ModelError, ModelInvalid, ModelRefused, ModelUnavailable
from connector.ledger import SqlLedger
from connector.llm.breaker import FAILURES, Breaker
from connector.sandbox.model import ModelServer
from tests.ledger.samples import NOW
from tests.llm.conftest import MakeModel, prompt

SECONDS = 1.5
PATIENT_SECONDS = 15.0
TOLERANCE = 4.0
"""Seconds a loaded machine may add."""

FAULTS = {
    "timeout": (ModelUnavailable, 1),
    "429": (ModelUnavailable, 1),  # it asks for two minutes, which nobody waits
    "500": (ModelUnavailable, 2),
    "reset": (ModelUnavailable, 2),
    "drip": (ModelUnavailable, 1),
    "slow": (ModelUnavailable, 1),
    "truncated": (ModelInvalid, 1),
    "empty": (ModelInvalid, 1),
    "bad_json": (ModelInvalid, 1),
    "wrong_schema": (ModelInvalid, 1),
    "refusal": (ModelRefused, 1),
    "content_filter": (ModelRefused, 1),
    "huge": (ModelInvalid, 1),
}


@pytest.mark.parametrize("mode", FAULTS)
def test_a_fault_ends_in_its_error_within_the_deadline(mode: str, make_model: MakeModel, ledger: SqlLedger) -> None:
    expected, most = FAULTS[mode]
    with ModelServer(mode=mode) as server:
        silent = mode in {"timeout", "drip", "slow"}
        model = make_model(server.url, seconds=SECONDS if silent else PATIENT_SECONDS)
        started = time.monotonic()
        with pytest.raises(ModelError) as caught:
            model.complete(prompt(), account_id="acme", intent="order_status")
        took = time.monotonic() - started
        calls = server.calls

    assert type(caught.value) is expected, caught.value
    assert took < (SECONDS if silent else 1.0) + TOLERANCE
    assert 1 <= calls <= most
    (day,) = ledger.spend.spent("acme", since=NOW)
    assert (day.calls, day.failures) == (calls, calls), "every request that left is counted, and that it failed"


def test_a_good_answer_comes_with_what_it_used(make_model: MakeModel, ledger: SqlLedger) -> None:
    with ModelServer() as server:
        completion = make_model(server.url).complete(prompt(), account_id="acme", intent="order_status")
        assert server.calls == 1
    assert completion.value["statements"]
    assert completion.usage.tokens_in > 0
    assert 0 < completion.usage.seconds < 20
    (day,) = ledger.spend.spent("acme", since=NOW)
    assert (day.calls, day.failures, day.tokens_in) == (1, 0, completion.usage.tokens_in)


def test_a_server_that_fails_is_left_alone_and_tried_again_later(make_model: MakeModel) -> None:
    now = [0.0]
    breaker = Breaker(seconds=30, monotonic=lambda: now[0])
    with ModelServer(mode="500") as server:
        model = make_model(server.url, breaker=breaker)

        def failed() -> bool:
            with pytest.raises(ModelUnavailable):
                model.complete(prompt(), account_id="acme", intent="order_status")
            return True

        for _ in range(20):
            assert failed()
        assert server.calls == FAILURES, "five requests in a row, then none at all"
        now[0] = 29.9
        assert failed()
        assert server.calls == FAILURES
        now[0] = 30.1
        assert failed()
        assert server.calls == FAILURES + 1, "one request tries, and is not repeated"
        assert failed()
        assert server.calls == FAILURES + 1
        now[0] = 60.3
        server.mode = "good"
        model.complete(prompt(), account_id="acme", intent="order_status")
        assert breaker.state == "closed"
        model.complete(prompt(), account_id="acme", intent="order_status")
        assert server.calls == FAILURES + 3


@pytest.mark.parametrize("mode", ["refusal", "bad_json", "content_filter"])
def test_answers_of_no_use_do_not_open_the_breaker(mode: str, make_model: MakeModel) -> None:
    breaker = Breaker()
    with ModelServer(mode=mode) as server:
        model = make_model(server.url, breaker=breaker)
        for _ in range(FAILURES + 2):
            with pytest.raises(ModelError):
                model.complete(prompt(), account_id="acme", intent="order_status")
        assert server.calls == FAILURES + 2
    assert breaker.state == "closed"
