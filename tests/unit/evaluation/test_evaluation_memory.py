"""Memory: of this process, and of the classifier in one of its own."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from connector.evaluation.memory import classifier_megabytes, memory, peak_megabytes

STATUS = Path(f"/proc/{os.getpid()}/status")


def test_the_peak_grows_by_what_is_used() -> None:
    before = peak_megabytes()
    room = max(0.0, before - current_megabytes()) + 64
    used = np.ones(int(room * 1024 * 1024 // 8))
    assert used.sum() > 0
    assert 48 < peak_megabytes() - before < 96


def current_megabytes() -> float:
    if not STATUS.exists():
        return peak_megabytes()
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) / 1024


def test_the_share_is_of_the_process() -> None:
    found = memory(200.0, {"libraries": 30.0, "model": 20.0})
    assert found["classifier_mb"] == 50.0
    assert found["classifier_share"] == 0.25


@pytest.mark.timeout(600)
def test_the_classifier_is_measured_in_a_process_of_its_own() -> None:
    found = classifier_megabytes()
    assert set(found) == {"libraries", "model"}
    assert 5 < found["libraries"] < 500
    assert 1 < found["model"] < 500
