"""How the demo ends: a sample that failed warns, the addresses are shown all the same, and the exit code says so."""

from __future__ import annotations

import io
import socket
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

import demo.__main__ as program
from demo import sidebar
from demo.play import Row, _why
from demo.samples import SAMPLES
from demo.world import World


class Stopped(threading.Event):
    """Ctrl-C as soon as somebody waits for it; counts how often that was."""

    waits = 0

    def wait(self, timeout: float | None = None) -> bool:
        self.waits += 1
        return True


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(program, "console", Console(file=out, width=200))
    return out


def row(*faults: str) -> Row:
    sample = SAMPLES[0]
    return Row(sample=sample, ticket="7", intent="x", action="draft", author="", why="", seconds=None, faults=faults)


@pytest.mark.parametrize(("faults", "troubles", "once", "code", "waits"), [
    ((), [], False, 0, 1), (("wrong",), [], False, 1, 1), ((), [], True, 0, 0), (("wrong",), [], True, 1, 0),
    ((), ["No sidebar."], False, 1, 1), ((), ["No sidebar."], True, 1, 0),
])  # fmt: skip
def test_a_failed_sample_warns_and_the_demo_goes_on(
    told: io.StringIO, tmp_path: Path, faults: tuple[str, ...], troubles: list[str], once: bool, code: int, waits: int
) -> None:
    world = World(home=tmp_path, settle_seconds=1, desk="http://127.0.0.1:8090", handrail="http://127.0.0.1:8080")
    stopped = Stopped()
    assert program.finish(world, [row(*faults)], troubles, stopped, once=once) == code
    assert stopped.waits == waits
    assert ("Warning: 1 sample did not end as meant" in told.getvalue()) is bool(faults)
    assert ("No sidebar." in told.getvalue()) is bool(troubles)
    assert ("The sidebar answers" in told.getvalue()) is not bool(troubles)
    assert ("http://127.0.0.1:8090" in told.getvalue()) is not once


def test_what_a_draft_lacks_is_named() -> None:
    reason = {
        "code": "draft_incomplete",
        "words": "The draft lacks a detail.",
        "detail": "order_number",
    }
    assert _why({"decision": {"reasons": [reason]}}) == "The draft lacks a detail: order number."


def test_a_sidebar_that_breaks_off_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            for _ in range(2):  # one look at each helpdesk
                caller, _address = server.accept()
                with caller:
                    caller.recv(65_536)
                    caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n<html>")

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        world = SimpleNamespace(sandbox=dict.fromkeys(("zendesk", "freshdesk"), address))
        rows = [
            SimpleNamespace(sample=SimpleNamespace(vendor=name), ticket="7", action="draft") for name in world.sandbox
        ]
        said = sidebar.faults(world, rows)  # type: ignore[arg-type]  # of both, the parts that are asked
        thread.join()
    assert [line.partition(" (")[0] for line in said] == [
        "The sidebar in Zendesk does not answer",
        "The sidebar in Freshdesk does not answer",
    ]
