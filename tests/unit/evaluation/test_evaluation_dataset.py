"""A dataset that is wrong is named by file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector.errors import ConfigurationError
from connector.evaluation import read_rows

GOOD = {
    "id": "t1",
    "subject": "Where is it?",
    "body": "My order 4711, please.",
    "channel": "email",
    "from": "a@b.example",
}


def write(folder: Path, *lines: object) -> Path:
    file = folder / "tickets.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def test_rows_become_tickets(tmp_path: Path) -> None:
    odd = {**GOOD, "id": "t2", "body": "one\u2028two\u0085three"}
    first, second = read_rows(write(tmp_path, GOOD, "", json.dumps(odd, ensure_ascii=False)))
    assert first.ticket.subject == "Where is it?"
    assert first.ticket.newest_customer_message is not None
    assert first.row["from"] == "a@b.example"
    assert second.id == "t2"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "not JSON"),
        ("[1]", "no ticket"),
        ({"body": "x"}, '"id"'),
        ({**GOOD, "id": 7}, '"id"'),
        (GOOD, "twice"),
        ({"id": "t2", "subject": "no body"}, "body"),
        ({**GOOD, "id": "t2", "thread": "x"}, "thread"),
        ({**GOOD, "id": "t2", "thread": [{"role": "pope", "text": "x"}]}, "role"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: object, words: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_rows(write(tmp_path, GOOD, line))
    assert str(caught.value).startswith("tickets.jsonl line 2: ")
    assert words in str(caught.value)


def test_nothing_to_measure_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no tickets"):
        read_rows(write(tmp_path, "", ""))


def test_other_encodings_are_named(tmp_path: Path) -> None:
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "t\xe4"}\n')
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        read_rows(tmp_path / "latin.jsonl")
