"""One seed is one run: the same on every machine, in every process, at any time of day."""

import logging
import os
import random
import secrets
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog

from tests.simulation.runs import run

ROOT = Path(__file__).parents[2]


def test_a_seed_gives_the_same_run_twice() -> None:
    for seed in (0, 3, 8):
        first, second = run(seed, keep_trace=True), run(seed, keep_trace=True)
        assert first.lines == second.lines
        assert first.hash == second.hash
        assert len(first.lines) > 50
    assert run(0).hash != run(1).hash


def test_the_order_of_hashes_changes_nothing() -> None:
    def hash_under(hash_seed: str) -> str:
        command = [sys.executable, "-m", "tests.simulation", "--seed", "8", "--hash"]
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    assert hash_under("1") == hash_under("4242")


def test_what_others_made_of_the_log_changes_nothing() -> None:
    kept = structlog.get_config()
    before = run(8).hash
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        assert run(8).hash == before
    finally:
        structlog.configure(**kept)


def _forbidden(*_given: object) -> None:
    raise AssertionError("a clock or chance of the machine was asked")


def test_nobody_asks_the_machine_for_time_or_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    run(4)  # what is made once, such as the prepared ledger, may have keys of its own
    clock = SimpleNamespace(time=_forbidden, monotonic=_forbidden, sleep=_forbidden, perf_counter=_forbidden)
    chance = SimpleNamespace(token_bytes=_forbidden, token_hex=_forbidden, randbelow=_forbidden)
    watched = 0
    for name, module in list(sys.modules.items()):
        if not name.startswith(("connector", "providers")):
            continue
        for attribute, real, instead in (("time", time, clock), ("secrets", secrets, chance)):
            if getattr(module, attribute, None) is real:
                monkeypatch.setattr(module, attribute, instead)
                watched += 1
    for verb in ("random", "randbytes", "getrandbits"):
        monkeypatch.setattr(random.SystemRandom, verb, _forbidden)
    assert watched >= 4
    for seed in (4, 5, 6):
        assert run(seed).violations == ()
