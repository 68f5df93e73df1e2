"""What leaves, what is read, and what the client says about it."""

from __future__ import annotations

import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import structlog

from connector.errors import BudgetSpent, ModelError, ModelInvalid, ModelRefused, ModelUnavailable, StoreUnavailable
from connector.ledger import SqlLedger
from connector.llm.breaker import Breaker
from connector.llm.budget import Budget, Prices
from connector.llm.transport import MOST_BYTES
from connector.ports import Spend, SpendLimits
from connector.sandbox.model import ModelServer
from tests.ledger.samples import NOW
from tests.llm.conftest import MakeModel, prompt
from tests.llm.raw_server import RawServer, completion, http

ROOT = Path(__file__).resolve().parents[2]
GOOD = json.dumps(
    {"statements": [], "summary": "s", "next_action": "n", "promises_hand_off": False, "needs_human": True}
)
CANARY = "canary-4711"
TOLERANCE = 4.0
"""Seconds a loaded machine may add."""
NO_HTTP = (b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999999\r\n\r\n")


def ask(model: object, **changes: str) -> object:
    return model.complete(  # type: ignore[attr-defined]  # an OpenAIModel
        prompt(**changes), account_id="acme", intent="order_status"
    )


# --- What leaves -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["max_completion_tokens", "max_tokens"])
def test_the_request_is_a_chat_completion_with_a_strict_schema(
    field: str, make_model: MakeModel, raw: RawServer
) -> None:
    raw.answer(completion(GOOD))
    ask(make_model(raw.url, tokens_field=field))
    sent = raw.document()
    assert raw.requests[0].startswith(b"POST /v1/chat/completions HTTP/1.1\r\n")
    assert set(sent) == {"model", "messages", "response_format", field}
    assert sent[field] == 700
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "reply", "strict": True, "schema": prompt().schema},
    }
    assert [message["role"] for message in sent["messages"]] == ["system", "user"]  # type: ignore[attr-defined]


def test_nothing_of_the_environment_leaves(
    make_model: MakeModel, raw: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", f"X-Extra: {CANARY}\nAuthorization: {CANARY}")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    raw.answer(completion(GOOD))
    ask(make_model(raw.url))
    head = raw.requests[0].partition(b"\r\n\r\n")[0]
    assert CANARY.encode() not in head
    names = {line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]}
    assert names == {
        *(b"host", b"accept", b"content-type", b"content-length", b"user-agent", b"accept-encoding"),
    }


def test_the_key_leaves_as_bearer(make_model: MakeModel, raw: RawServer) -> None:
    raw.answer(completion(GOOD))
    ask(make_model(raw.url, key="k-1"))
    assert b"\r\nauthorization: bearer k-1" in raw.requests[0].lower()


def test_a_connection_is_used_again_and_a_stale_one_is_replaced(make_model: MakeModel, raw: RawServer) -> None:
    model = make_model(raw.url)
    raw.answer(completion(GOOD))
    ask(model)
    ask(model)
    assert raw.connections == 1

    def answer_and_leave(connection: socket.socket) -> None:
        connection.sendall(http(completion(GOOD)))
        connection.shutdown(socket.SHUT_RDWR)

    raw.script = answer_and_leave
    ask(model)
    ask(model)
    assert raw.connections == 2


# --- What comes back ---------------------------------------------------------------------------------------


def test_the_answer_carries_model_tokens_and_cost(make_model: MakeModel, raw: RawServer, ledger: SqlLedger) -> None:
    raw.answer(completion(GOOD))
    found = make_model(raw.url, prices=Prices(tokens_in=0.5, tokens_out=2.0)).complete(
        prompt(), account_id="acme", intent="order_status"
    )
    assert found.value == json.loads(GOOD)
    assert found.model == "small-2026"
    assert (found.usage.tokens_in, found.usage.tokens_out, found.usage.cost_micros) == (100, 20, 90)
    (day,) = ledger.spend.spent("acme", since=NOW)
    assert (day.intent, day.calls, day.tokens_in, day.tokens_out, day.cost_micros) == ("order_status", 1, 100, 20, 90)


@pytest.mark.parametrize(
    "usage",
    [
        {"prompt_tokens": -5, "completion_tokens": True},
        {"prompt_tokens": 0, "completion_tokens": 0},
        {"prompt_tokens": 10**30, "completion_tokens": "20"},
    ],
)
def test_a_server_that_does_not_count_is_counted_for(
    make_model: MakeModel, raw: RawServer, usage: dict[str, object]
) -> None:
    body = completion(GOOD)
    body["usage"] = usage
    body["model"] = "x" * 500
    raw.answer(body)
    found = make_model(raw.url).complete(prompt(), account_id="acme", intent="order_status")
    assert found.usage.tokens_in > 50
    assert found.usage.tokens_out > 20
    assert found.model == "small"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (http(completion(GOOD, finish="length")), ModelInvalid),
        (http(completion(GOOD, finish="content_filter")), ModelRefused),
        (http(completion(None, refusal="no")), ModelRefused),
        (http(completion("")), ModelInvalid),
        (http(completion(GOOD[:-1])), ModelInvalid),
        (http(completion(f"```json\n{GOOD}\n```")), ModelInvalid),
        (http(completion(GOOD.replace('"s"', '"\\ud800"'))), ModelInvalid),
        (http(completion(GOOD.replace('"s"', '"s", "summary": "t"'))), ModelInvalid),
        (http(completion(GOOD.replace('"s"', "1"))), ModelInvalid),
        (http(b"[" * 100_000), ModelInvalid),
        (http(b'{"choices": ' + b"9" * 100_000 + b"}"), ModelInvalid),
        (http([]), ModelInvalid),
        (http({"choices": []}), ModelInvalid),
        (http({"choices": [None]}), ModelInvalid),
        (http({"choices": [{"message": "hello"}]}), ModelInvalid),
        (http({"error": {"message": "overloaded"}}), ModelInvalid),
        (http(b"\xff\xfe\x00"), ModelInvalid),
        (http(b"", status=204), ModelInvalid),
        (http({}, headers="Content-Encoding: gzip\r\n"), ModelInvalid),
        (http({"error": {"code": "content_filter"}}, status=400), ModelRefused),
        (http({"error": {"code": "context_length_exceeded"}}, status=400), ModelInvalid),
        (http([[1]], status=400), ModelInvalid),
        (http({}, status=401), ModelUnavailable),
        (http({}, status=404), ModelUnavailable),
        (http({}, status=302, headers="Location: http://127.0.0.1:9/v1\r\n"), ModelUnavailable),
        (http({}, status=429), ModelUnavailable),
        (http({}, status=429, headers="Retry-After: 60\r\n"), ModelUnavailable),
        (http({}, status=503, headers="Retry-After: 60\r\n"), ModelUnavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999999999999\r\n\r\n", ModelUnavailable),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 262145\r\n\r\n", ModelInvalid),
        (b"nonsense\r\n\r\n", ModelUnavailable),
    ],
)
def test_what_is_no_answer_has_its_error_and_is_not_asked_again(
    answer: bytes, kind: type[ModelError], make_model: MakeModel, raw: RawServer
) -> None:
    raw.send(answer)
    with pytest.raises(ModelError) as caught:
        ask(make_model(raw.url))
    assert type(caught.value) is kind
    assert len(raw.requests) == (2 if answer in NO_HTTP else 1), "only a broken connection is worth another try"


def test_an_answer_that_ends_too_early_is_cut_off(make_model: MakeModel, raw: RawServer) -> None:
    def stop_halfway(connection: socket.socket) -> None:
        connection.sendall(http(completion(GOOD))[:-20])
        connection.shutdown(socket.SHUT_RDWR)

    raw.script = stop_halfway
    with pytest.raises(ModelInvalid, match="cut off"):
        ask(make_model(raw.url))
    assert len(raw.requests) == 1


def test_a_short_wait_is_granted_once(make_model: MakeModel, raw: RawServer) -> None:
    waits: list[float] = []
    answers = [http({}, status=429, headers="Retry-After: 1\r\n"), http(completion(GOOD))]
    raw.script = lambda connection: connection.sendall(answers.pop(0))
    ask(make_model(raw.url, sleep=waits.append))
    assert waits == [1.0]
    answers[:] = [http({}, status=500), http({}, status=500), http(completion(GOOD))]
    with pytest.raises(ModelUnavailable):
        ask(make_model(raw.url, sleep=waits.append))
    assert len(answers) == 1


def test_no_wait_is_begun_that_the_deadline_would_cut_off(make_model: MakeModel, raw: RawServer) -> None:
    waits: list[float] = []
    raw.answer({}, status=429, headers="Retry-After: 2\r\n")
    with pytest.raises(ModelUnavailable):
        ask(make_model(raw.url, seconds=2.0, sleep=waits.append))
    assert waits == []


# --- Bounds ------------------------------------------------------------------------------------------------


def drip(data: bytes, server: RawServer) -> None:
    def script(connection: socket.socket) -> None:
        for at in range(len(data)):
            if server.stopped.wait(0.05):
                return
            connection.sendall(data[at : at + 1])

    server.script = script


@pytest.mark.parametrize("part", ["head", "body", "informational"])
def test_a_drip_ends_with_the_deadline(part: str, make_model: MakeModel, raw: RawServer) -> None:
    if part == "body":
        whole = http(completion(GOOD + " " * 1000))
        head, _, body = whole.partition(b"\r\n\r\n")

        def script(connection: socket.socket) -> None:
            connection.sendall(head + b"\r\n\r\n")
            drip(body, raw)
            raw.script(connection)

        raw.script = script
    else:
        drip(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 5000 if part == "head" else b"HTTP/1.1 100 C\r\n\r\n" * 300, raw)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="in time"):
        ask(make_model(raw.url, seconds=1.0))
    assert 0.9 < time.monotonic() - started < 1.0 + TOLERANCE
    assert len(raw.requests) == 1


def test_a_server_that_reads_nothing_ends_with_the_deadline(make_model: MakeModel) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as deaf:
        started = time.monotonic()
        with pytest.raises(ModelUnavailable):
            ask(make_model(f"http://127.0.0.1:{deaf.getsockname()[1]}/v1", seconds=1.0), text="x" * 20_000_000)
        assert time.monotonic() - started < 1.0 + TOLERANCE


def test_no_more_is_read_than_the_limit(make_model: MakeModel, raw: RawServer) -> None:
    sent = [0]

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not raw.stopped.is_set():
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
            sent[0] += 65536

    raw.script = endless
    with pytest.raises(ModelInvalid, match="256 KiB"):
        ask(make_model(raw.url, seconds=5.0))
    assert sent[0] < 100 * MOST_BYTES, "the connection was closed, so that the server stopped"


def test_nobody_there_is_said_at_once(make_model: MakeModel) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    started = time.monotonic()
    with pytest.raises(ModelUnavailable, match="connection"):
        ask(make_model(address))
    assert time.monotonic() - started < TOLERANCE


def test_a_name_that_is_looked_up_for_ever_ends_with_the_deadline(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered = threading.Event()

    def stuck(*_: object, **__: object) -> list[object]:
        answered.wait(10)
        return []

    monkeypatch.setattr("connector.llm.transport.socket.getaddrinfo", stuck)
    started = time.monotonic()
    with pytest.raises(ModelUnavailable):
        ask(make_model("http://localhost:9/v1", seconds=1.0))
    assert time.monotonic() - started < 1.0 + TOLERANCE
    answered.set()


def test_64_threads_share_the_client_and_each_has_its_own_connection(make_model: MakeModel, ledger: SqlLedger) -> None:
    with ModelServer(seconds=0.8) as server:
        model = make_model(server.url, seconds=20.0)
        with ThreadPoolExecutor(64) as pool:
            found = list(pool.map(lambda number: ask(model, text=f"Order {number}?"), range(128)))
        assert len(found) == 128
        assert server.calls == 128
        assert server.peak > 16, "they wait for the server, not for one another"
    (day,) = ledger.spend.spent("acme", since=NOW)
    assert (day.calls, day.failures) == (128, 0)


# --- Budget ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "prices"),
    [
        (SpendLimits(calls=2), None),
        (SpendLimits(intent_calls=2), None),
        (SpendLimits(cost_micros=150), Prices(tokens_in=1.0)),
    ],
)
def test_a_spent_budget_stops_calls_before_they_leave(
    limits: SpendLimits, prices: Prices | None, make_model: MakeModel, raw: RawServer, ledger: SqlLedger
) -> None:
    raw.answer(completion(GOOD))
    breaker = Breaker()
    model = make_model(raw.url, limits=limits, prices=prices, breaker=breaker)
    ask(model)
    ask(model)
    for _ in range(7):
        with pytest.raises(BudgetSpent):
            ask(model)
    assert len(raw.requests) == 2
    assert ledger.spend.spent("acme", since=NOW)[0].calls == 2
    assert breaker.state == "closed"
    model.complete(prompt(), account_id="other", intent="order_status")


class FullDisk:
    """Counts until it is told that it cannot."""

    def __init__(self, spend: Spend) -> None:
        self._spend = spend
        self.broken: set[str] = set()

    def __getattr__(self, name: str) -> object:
        if name in self.broken:
            return self._fail
        return getattr(self._spend, name)

    def _fail(self, *_: object, **__: object) -> None:
        raise StoreUnavailable("the disk is full")


def test_a_ledger_that_cannot_count_makes_the_model_unavailable(
    make_model: MakeModel, raw: RawServer, ledger: SqlLedger
) -> None:
    raw.answer(completion(GOOD))
    spend, breaker = FullDisk(ledger.spend), Breaker(failures=1)
    budget = Budget(spend, clock=lambda: NOW, limits=SpendLimits())  # type: ignore[arg-type]  # it passes all on
    model = make_model(raw.url, budget=budget, breaker=breaker)
    for broken, asked in (("reserve", 0), ("record", 1)):
        spend.broken = {broken}
        with pytest.raises(ModelUnavailable, match="counted"):
            ask(model)
        assert len(raw.requests) == asked
    assert breaker.state == "closed", "it is not the server's fault"

    raw.answer(completion(None, refusal="no"))
    with pytest.raises(ModelRefused):
        ask(model)


# --- What is said ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        http(completion(CANARY)),
        http(completion(GOOD.replace('"s"', f'"s", "{CANARY}": 1'))),
        http(completion(None, refusal=CANARY)),
        http({"error": {"message": CANARY, "code": CANARY}}, status=400),
        http({"error": {"message": CANARY}}, status=500),
        http(CANARY.encode(), status=401),
        http({}, status=302, headers=f"Location: http://{CANARY}/\r\n"),
        f"HTTP/1.1 {CANARY}\r\n\r\n".encode(),
        http({}, headers=f"Content-Encoding: {CANARY}\r\n"),
    ],
)
def test_no_word_of_prompt_answer_or_key_is_said(
    answer: bytes,
    make_model: MakeModel,
    raw: RawServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    raw.send(answer)
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as lines, pytest.raises(ModelError) as caught:
        ask(make_model(raw.url, key=f"key-{CANARY}"), text=CANARY)
    error: BaseException | None = caught.value
    while error is not None:  # what no traceback shows, a debugger or an error tracker may
        assert CANARY not in f"{error!r} {error.__dict__}"
        error = error.__cause__ or error.__context__
    assert CANARY not in "".join(traceback.format_exception(caught.value))
    assert CANARY not in caplog.text
    assert lines
    assert CANARY not in repr(lines)


def test_the_library_stays_silent_whatever_its_own_switch_says() -> None:
    code = (
        "import logging; from connector import logging as ours; ours.configure('json');"
        "import connector.llm.client;"
        "print(*(logging.getLogger(name).isEnabledFor(logging.ERROR) for name in ('openai', 'httpx2', 'httpcore2')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "OPENAI_LOG": "debug"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["False"] * 3


def test_a_wrong_schema_of_ours_is_found_before_anything_leaves(make_model: MakeModel, raw: RawServer) -> None:
    with pytest.raises(ValueError, match="not supported"):
        make_model(raw.url).complete(
            prompt(schema={"type": "string", "pattern": "x"}), account_id="acme", intent="order_status"
        )
    assert raw.requests == []
