"""What `make demo` shows first: its samples are read as their rows say, without starting a helpdesk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector import evaluation
from connector.cli.workbench import workbench
from connector.evaluation.dataset import read_rows
from connector.evaluation.runner import Workbench
from connector.model import Stage
from demo.samples import SAMPLES, Sample

READ = [sample for sample in SAMPLES if sample.intent and len(sample.messages) == 1 and not sample.cc]


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return workbench(stage=Stage.LIVE)


@pytest.mark.parametrize("sample", READ, ids=lambda sample: sample.title)
def test_a_sample_is_read_as_its_row_says(bench: Workbench, sample: Sample, tmp_path: Path) -> None:
    row = {"id": "sample", "subject": sample.subject, "body": sample.messages[0].text, "from": sample.sender[1]}
    (file := tmp_path / "sample.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    read = evaluation.evaluate(bench, read_rows(file)[0])
    assert read["intent"] == sample.intent
    if sample.action == "auto_send":
        assert read["gate"], read["reasons"]


def test_the_samples_show_what_is_sent() -> None:
    assert sum(sample.action == "auto_send" for sample in READ) >= 2
