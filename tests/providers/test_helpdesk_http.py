import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
import responses

from connector.errors import (
    CredentialsRejected,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from providers import _http
from providers._http import Answer, Credentials, Http, failure
from tests.providers.desk import NOW, clock

BASE = "https://nordlicht.zendesk.com"
AUTH = Credentials("Bearer token-for-tests")


class Time:
    def __init__(self) -> None:
        self.seconds = 100.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def time():
    return Time()


@pytest.fixture
def http(time):
    client = Http("Zendesk", clock=clock, monotonic=time.monotonic, pause=time.pause)
    yield client
    client.close()


def get(http, account_id="a"):
    return http.get(account_id, BASE, "/x", auth=AUTH)


@responses.activate
def test_every_call_says_who_we_are_and_what_we_take(http):
    responses.get(f"{BASE}/x", json={}, headers={"Date": "Fri, 20 Nov 2026 08:00:01 GMT", "Set-Cookie": "a=b"})
    answer = get(http)
    get(http)
    sent = responses.calls[1].request
    assert sent.headers["Authorization"] == "Bearer token-for-tests"
    assert sent.headers["User-Agent"].startswith("Handrail/")
    assert sent.headers["Accept"] == "application/json"
    assert "Cookie" not in sent.headers
    assert answer.at == datetime(2026, 11, 20, 8, 0, 1, tzinfo=UTC)


@responses.activate
def test_our_clock_stands_in_for_a_missing_or_broken_date(http):
    responses.get(f"{BASE}/x", json={})
    responses.get(f"{BASE}/x", json={}, headers={"Date": "yesterday"})
    assert [get(http).at, get(http).at] == [NOW, NOW]


@pytest.mark.parametrize("passing", [502, 503, 504, requests.exceptions.ConnectionError("refused")])
@responses.activate
def test_a_get_is_repeated_twice_and_no_more(http, time, passing):
    for _ in range(2):
        fault = {"body": passing} if isinstance(passing, Exception) else {"status": passing}
        responses.get(f"{BASE}/x", **fault)
    responses.get(f"{BASE}/x", json={"ok": 1})
    assert get(http).object() == {"ok": 1}
    assert len(time.pauses) == 2
    assert sum(time.pauses) < 2
    responses.reset()
    time.seconds += 60
    responses.get(f"{BASE}/x", status=503)
    with pytest.raises(ProviderUnavailable):
        get(http)
    assert len(responses.calls) == 3


@pytest.mark.parametrize("status", [400, 401, 404, 500])
@responses.activate
def test_other_answers_to_a_get_come_back_at_once(http, status):
    responses.get(f"{BASE}/x", status=status)
    assert get(http).status == status
    assert len(responses.calls) == 1


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "fault",
    [
        {"body": requests.exceptions.ConnectionError("reset")},
        {"body": requests.exceptions.ReadTimeout("slow")},
        {"body": requests.exceptions.ChunkedEncodingError("cut")},
    ],
)
@responses.activate
def test_a_write_is_never_repeated(http, method, fault):
    responses.add(method, f"{BASE}/x", **fault)
    with pytest.raises(ProviderUnavailable) as caught:
        http.send("a", BASE, method, "/x", auth=AUTH, body={"a": 1})
    assert len(responses.calls) == 1
    assert "nordlicht" not in str(caught.value)


@responses.activate
def test_a_write_answered_503_is_not_repeated_either(http):
    responses.put(f"{BASE}/x", status=503)
    assert http.send("a", BASE, "PUT", "/x", auth=AUTH, body={}).status == 503
    assert len(responses.calls) == 1


@responses.activate
def test_after_429_the_account_stays_silent_until_the_time_is_over(http, time):
    responses.get(f"{BASE}/x", status=429, headers={"Retry-After": "34"})
    responses.get(f"{BASE}/x", json={})
    with pytest.raises(ProviderThrottled) as caught:
        get(http)
    assert caught.value.retry_after_seconds == 34
    time.seconds += 30
    with pytest.raises(ProviderThrottled) as caught:
        http.send("a", BASE, "PUT", "/x", auth=AUTH)
    assert caught.value.retry_after_seconds == pytest.approx(4)
    assert len(responses.calls) == 1
    assert get(http, "another account").ok
    time.seconds += 4
    assert get(http).ok


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("", 60), ("soon", 60), ("0", 60), ("93", 93), ("2.5", 2.5), ("999999999", 3600), ("-5", 60)],
)
@responses.activate
def test_retry_after_is_read_with_care(http, header, seconds):
    responses.get(f"{BASE}/x", status=429, headers={"Retry-After": header} if header else {}, body="<html>slow down")
    with pytest.raises(ProviderThrottled) as caught:
        get(http)
    assert caught.value.retry_after_seconds == seconds


@responses.activate
def test_retry_after_may_be_a_date(http):
    headers = {"Retry-After": "Fri, 20 Nov 2026 08:01:30 GMT", "Date": "Fri, 20 Nov 2026 08:00:00 GMT"}
    responses.get(f"{BASE}/x", status=429, headers=headers)
    with pytest.raises(ProviderThrottled) as caught:
        get(http)
    assert caught.value.retry_after_seconds == 90


@responses.activate
def test_redirects_are_not_followed(http):
    responses.get(f"{BASE}/x", status=302, headers={"Location": "https://evil.example/x"})
    answer = get(http)
    assert answer.status == 302
    assert isinstance(failure(answer, "the ticket"), ProviderRejected)
    assert len(responses.calls) == 1


def test_a_paging_link_to_another_host_is_not_followed(http):
    with pytest.raises(ProviderUnavailable, match="another host"):
        http.get("a", BASE, "https://evil.example/api/v2/x", auth=AUTH)


def answer(status=200, body=b"{}", headers=None):
    return Answer(vendor="Zendesk", status=status, headers=headers or {}, body=body, at=NOW)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProviderRejected),
        (400, ProviderRejected),
        (401, CredentialsRejected),
        (403, CredentialsRejected),
        (408, ProviderUnavailable),
        (415, ProviderRejected),
        (500, ProviderUnavailable),
        (504, ProviderUnavailable),
    ],
)
def test_statuses_have_their_errors(status, kind):
    error = failure(answer(status, b"customer text"), "the ticket")
    assert type(error) is kind
    assert str(status) in str(error) or status == 301
    assert "customer text" not in str(error)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b'"x"', b"{" * 100_000, b"\xff"])
def test_garbage_with_status_200_is_no_answer(body):
    with pytest.raises(ProviderUnavailable):
        answer(body=body).object()


def test_text_that_no_database_stores_is_repaired():
    found = answer(body=b'{"a": "x\\ud83dy", "b": ["\\u0000"], "c": "\\ud83d\\ude00"}').object()
    assert found == {"a": "x\ufffdy", "b": ["\ufffd"], "c": "😀"}


class _Endless(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" " * 65536)
        except OSError:
            return

    def log_message(self, *args):
        return


def test_an_answer_without_an_end_is_cut_off(http, monkeypatch):
    monkeypatch.setattr(_http, "MAX_ANSWER_BYTES", 1 << 20)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Endless)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(ProviderUnavailable, match="without an end"):
            http.get("a", f"http://127.0.0.1:{server.server_port}", "/x", auth=AUTH)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_answer_that_drips_is_cut_off():
    done = threading.Event()

    class Dripping(_Endless):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"{")
            self.wfile.flush()
            done.wait(30)

    looks = iter(range(0, 100_000, 100))
    http = Http("zendesk", clock=lambda: NOW, monotonic=lambda: float(next(looks)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Dripping)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with pytest.raises(ProviderUnavailable, match="without an end"):
            http.get("a", f"http://127.0.0.1:{server.server_port}", "/x", auth=AUTH)
    finally:
        done.set()
        server.shutdown()
        thread.join()
        server.server_close()


@responses.activate
def test_each_thread_has_its_own_session(http):
    responses.get(f"{BASE}/x", json={})
    seen = []

    def call():
        get(http)
        seen.append(http._session())

    threads = [threading.Thread(target=call) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(session) for session in seen}) == 3
