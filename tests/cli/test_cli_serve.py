"""`handrail serve` as a process: one line when ready, slow clients, restarts, and nobody left behind."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.engine.bell import bell_path
from tests.cli.seeding import Cli, one_sentence, opened_app, store_account, wait_for

READY = re.compile(r"Handrail is ready on (http://127\.0\.0\.1:(\d+))\n")


class Served:
    """A running `handrail serve` and what it prints."""

    def __init__(self, environ: dict[str, str], folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "connector", "serve", "--port", "0", *arguments],
            env=environ, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()
        ready = READY.fullmatch(self.line)
        assert ready, (self.line, self.process.stderr.read() if self.process.stderr else "")
        self.url, self.port = ready[1], int(ready[2])

    def get(self, path: str) -> int:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            answer.read()
            return int(answer.status)

    def children(self) -> list[int]:
        """Every process below it."""
        found, todo = [], [self.process.pid]
        while todo:
            tasks = Path(f"/proc/{todo.pop()}/task")
            try:
                below = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
            except OSError:
                continue
            found += below
            todo += below
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        if self.process.poll() is None:
            self.process.send_signal(number)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


@pytest.fixture
def served(environ: dict[str, str], tmp_path: Path) -> Iterator[Served]:
    running = Served(environ, tmp_path, "--no-worker")
    yield running
    running.stop()


def running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_it_says_one_line_and_stops_when_told(served: Served) -> None:
    assert served.get("/healthz") == 200
    below = served.children()
    assert below
    code, out, _ = served.stop()
    assert code == 0
    assert out == "", "the ready line is the only one on stdout"
    assert not [pid for pid in below if running(pid)]


def test_slow_clients_hold_nobody_up(served: Served) -> None:
    head = b"POST /webhooks/zendesk/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n"
    slow = [socket.create_connection(("127.0.0.1", served.port), timeout=20) for _ in range(150)]
    try:
        for number, client in enumerate(slow):
            client.sendall(head + b"abc" if number % 2 else head[:40])
        assert served.get("/healthz") == 200
        assert slow[1].recv(200).startswith(b"HTTP/1.1 408 ")
        assert slow[0].recv(200) == b""
    finally:
        for client in slow:
            client.close()


@pytest.mark.parametrize("chunked", [False, True])
def test_too_large_a_body_gets_an_answer_not_a_reset(served: Served, chunked: bool) -> None:
    body = b"x" * (2 * 1024 * 1024)
    length = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % len(body)
    framed = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
        client.sendall(b"POST /webhooks/zendesk/acme HTTP/1.1\r\nHost: x\r\n" + length + b"\r\n\r\n" + framed)
        assert client.recv(200).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize(
    "request_line",
    [b"GET /%FF%00%2e%2e/x?a=%FF HTTP/1.1", b"GET /\xc3\xa4 HTTP/1.1", b"DELETE /healthz HTTP/1.1", b"nonsense"],
)
def test_odd_requests_are_answered(served: Served, request_line: bytes) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=20) as client:
        client.sendall(request_line + b"\r\nHost: x\r\nConnection: close\r\n\r\n")
        status = int(client.recv(200).split(b" ")[1])
    assert 400 <= status < 500
    assert served.get("/healthz") == 200


def test_many_at_once_are_all_answered(served: Served) -> None:
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(served.get("/readyz"))) for _ in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 60


def test_a_dead_web_process_is_started_again(served: Served) -> None:
    web = served.children()
    os.kill(web[0], signal.SIGKILL)
    wait_for(lambda: not any(running(pid) for pid in web))

    def answers() -> bool:
        try:
            return served.get("/healthz") == 200
        except OSError:
            return False

    wait_for(answers)
    _, _, errors = served.stop()
    assert "died" in errors


def test_killed_outright_it_leaves_nobody_behind(served: Served) -> None:
    below = served.children()
    served.process.kill()
    wait_for(lambda: not any(running(pid) for pid in below))


def test_worker_and_web_run_together(environ: dict[str, str], tmp_path: Path) -> None:
    running_both = Served({**environ, "HANDRAIL_LOG_FORMAT": "json"}, tmp_path)
    try:
        assert running_both.get("/readyz") == 200
        commands = [Path(f"/proc/{pid}/cmdline").read_text() for pid in running_both.children()]
        assert any("connector\0worker" in command for command in commands)
        bell = tmp_path / "var" / "bell.sock"
        if len(str(bell)) < 100:
            wait_for(bell.exists, seconds=60)
        # A client in the middle of its body: the web server says that it did not wait for it.
        slow = socket.create_connection(("127.0.0.1", running_both.port), timeout=20)
        slow.sendall(b"POST /webhooks/zendesk/acme HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nabc")
        assert running_both.get("/readyz") == 200
    finally:
        code, _, errors = running_both.stop(signal.SIGINT)
    slow.close()
    assert code == 0
    lines = [json.loads(line) for line in errors.splitlines()]
    assert [line["event"] for line in lines if line["level"] == "warning"]
    assert not [line for line in lines if line["level"] == "error"]


def test_a_port_in_use_is_wrong_use(environ: dict[str, str], tmp_path: Path, served: Served) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "connector", "serve", "--port", str(served.port), "--no-worker"],
        env={**environ, "HANDRAIL_HOME": str(tmp_path / "other")},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"127.0.0.1:{served.port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_second_one_on_the_same_data_folder_is_refused(
    environ: dict[str, str], tmp_path: Path, served: Served
) -> None:
    command = [sys.executable, "-m", "connector", "serve", "--port", "0", "--no-worker"]
    done = subprocess.run(command, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"[^\n]*runs already on the data folder[^\n]*\.\n", done.stderr)
    served.process.kill()
    served.process.wait()
    again = Served(environ, tmp_path, "--no-worker")
    assert again.stop()[0] == 0


def test_a_worker_runs_beside_one_without(environ: dict[str, str], tmp_path: Path, served: Served) -> None:
    beside = subprocess.Popen([sys.executable, "-m", "connector", "worker"], env=environ, cwd=tmp_path)
    try:
        wait_for(lambda: Path(bell_path(tmp_path / "var")).exists(), seconds=60)
        assert beside.poll() is None
    finally:
        beside.terminate()
        beside.wait(60)


@pytest.mark.timeout(300)  # the worker is started twice
def test_a_worker_that_finds_its_settings_wrong_ends_everything(environ: dict[str, str], tmp_path: Path) -> None:
    lookups = tmp_path / "lookups.json"
    lookups.write_text('{"rows": []}')
    both = Served({**environ, "HANDRAIL_LOOKUPS": str(lookups)}, tmp_path)
    try:
        lookups.unlink()
        for pid in both.children():
            if "connector\0worker" in Path(f"/proc/{pid}/cmdline").read_text():
                os.kill(pid, signal.SIGKILL)
        out, err = both.process.communicate(timeout=180)
    finally:
        if both.process.poll() is None:
            both.process.kill()
            both.process.wait()
    assert (both.process.returncode, out) == (2, "")
    assert "look-up file lookups.json cannot be read" in err


@pytest.mark.parametrize("host", ["256.1.1.1", "192.0.2.7", "a..example", "2001:db8::7"])
def test_a_host_that_is_not_ours_is_told_so(cli: Cli, host: str) -> None:
    result = cli("serve", "--host", host, "--port", "0")
    assert result.exit_code == 2
    assert "choose another --port" not in one_sentence(result, host, "--host must be an address of this machine")


def test_a_header_with_underscores_does_not_pass_for_the_one_with_dashes(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with opened_app() as app:
        account = replace(store_account(app), id="f", name="desk", vendor="freshdesk", webhook_secrets=("a-secret",))
        app.ledger.accounts.add(account, now=app.clock())
    running_web = Served(environ, tmp_path, "--no-worker")
    try:
        for header, status in (("X_Handrail_Secret", 401), ("X-Handrail-Secret", 202)):
            connection = http.client.HTTPConnection("127.0.0.1", running_web.port, timeout=10)
            connection.request("POST", "/webhooks/freshdesk/desk", b'{"ticket_id": 7}', {header: "a-secret"})
            assert connection.getresponse().status == status
            connection.close()
    finally:
        running_web.stop()
