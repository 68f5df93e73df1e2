"""What may stand in a log line."""

from __future__ import annotations

import json
import logging as levels
import re
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from connector import logging

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _as_it_was() -> object:
    yield
    levels.root.handlers[:] = [each for each in levels.root.handlers if not isinstance(each, logging.LibraryHandler)]
    structlog.reset_defaults()


def test_unknown_keys_are_named_and_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("json")
    structlog.get_logger().info("decided", ticket="7", body="where is my order", reasons=["unmapped"])
    entry = json.loads(capsys.readouterr().err)
    assert entry["ticket"] == "7"
    assert entry["reasons"] == ["unmapped"]
    assert entry["dropped"] == ["body"]
    assert "order" not in json.dumps(entry)


def test_objects_and_long_texts_are_not_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("json")
    structlog.get_logger().warning("failed", error=ValueError("a customer's words"), reason="x" * 1000)
    entry = json.loads(capsys.readouterr().err)
    assert entry["error"] == "ValueError"
    assert len(entry["reason"]) < 400


def test_the_console_form_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("console")
    structlog.get_logger().error("died", name="web")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.search(r"died\s+name=web", captured.err)


def test_a_log_that_cannot_be_written_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with open("/dev/full", "w", encoding="utf-8", buffering=1) as full:
        monkeypatch.setattr("sys.stderr", full)
        with pytest.raises(OSError, match="No space left"):
            full.write("a line\n")
        logging.configure("json")
        structlog.get_logger().error("not_served", reason="the disk is full")
        with suppress(OSError):  # what the stream itself still holds
            full.close()


def test_what_a_library_warns_of_is_one_line_in_our_form_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    logging.configure("json")
    levels.getLogger("somelibrary.pool").warning("retrying /search?query=%s", "jo@customer.example")
    levels.getLogger("somelibrary.pool").info("connected")
    levels.getLogger(logging.SPEAKS_OF_PROCESSES).warning("Killing worker-%d", 1)
    first, second = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (first["event"], first["name"], first["level"]) == ("a library warned", "somelibrary.pool", "warning")
    assert second["event"] == "Killing worker-1"


def test_every_key_in_use_is_allowed() -> None:
    calls = re.compile(r"\blog\.(?:debug|info|warning|error)\(((?:[^()]|\([^()]*\))*)\)")
    used = {
        key
        for file in [*ROOT.glob("connector/**/*.py"), *ROOT.glob("providers/**/*.py")]
        if "sandbox" not in file.parts
        for call in calls.findall(file.read_text(encoding="utf-8"))
        for key in re.findall(r"(?:^|[,\s])([a-z_]+)=", re.sub(r"\([^()]*\)", "", call))
    }
    assert "account" in used, "the search finds nothing any more"
    assert used <= logging.ALLOWED_KEYS
