"""Which deaths make the supervisor wait, and which end it."""

from __future__ import annotations

import sys

import pytest

from connector.engine.supervisor import Child, Supervisor, died_starting
from tests.cli.seeding import wait_for


@pytest.mark.parametrize(
    ("seconds", "code", "starting"),
    [(1, 1, True), (1, -9, True), (1, 0, True), (15, 1, True), (15, -9, False), (300, 1, False)],
)
def test_a_start_may_take_long_and_still_fail(seconds: float, code: int, starting: bool) -> None:
    assert died_starting(seconds, code) is starting


def test_a_final_code_stops_everything_and_is_kept() -> None:
    final = Child(name="final", command=[sys.executable, "-c", "raise SystemExit(2)"], final_codes=frozenset({2}))
    other = Child(name="other", command=[sys.executable, "-c", "import signal; signal.pause()"])
    supervisor = Supervisor([final, other])
    supervisor.start()
    supervisor.run()
    assert supervisor.final_code == 2
    assert other.process is not None
    assert other.process.returncode is not None


def test_any_other_code_is_another_start_after_a_pause() -> None:
    child = Child(name="again", command=[sys.executable, "-c", "raise SystemExit(1)"], final_codes=frozenset({2}))
    supervisor = Supervisor([child])
    supervisor.start()
    try:

        def died_twice() -> bool:
            supervisor.tend()
            return child.quick_deaths >= 2

        wait_for(died_twice)
        assert not supervisor.stopping
        assert child.again_at > child.started_at + 1
    finally:
        supervisor.shut_down()
