"""Correct replies written by hand, from which drafts with exactly one fault are made; `data/README.md` has the keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.model import LookupAnswer, Source, Statement

QUOTED = "quoted"
PARAPHRASED = "paraphrased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One correct reply with what it answers and what it rests on. `style`: "quoted" or "paraphrased"."""

    id: str
    language: str
    style: str
    company: str
    link_hosts: frozenset[str]
    name: str
    subject: str
    customer: str
    intent: str
    facts: Mapping[str, str]
    lookups: Mapping[str, LookupAnswer]
    sources: tuple[Source, ...]
    statements: tuple[Statement, ...]

    def proof(self, statement: Statement) -> tuple[str, ...]:
        """The texts that this statement rests on: its sources, or the facts of the look-ups where it names none."""
        if statement.sources:
            return tuple(source.text for source in self.sources if source.id in statement.sources)
        return tuple("\n".join(answer.facts.values()) for answer in self.lookups.values())

    @property
    def everything(self) -> str:
        """All that was known when the reply was written, as one text."""
        parts = [self.subject, self.customer, *self.facts.values()]
        parts += [f"{source.title}\n{source.text}" for source in self.sources]
        for answer in self.lookups.values():
            parts += [answer.reference, *answer.facts.values()]
        return "\n".join((*parts, *(statement.text for statement in self.statements)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A reply with one subtle fault, written by hand: what kind of fault, and which correct reply it is a copy of."""

    fault: str
    copy_of: str
    reply: Reply


def read_replies(path: Path) -> tuple[Reply, ...]:
    """Every reply of a JSONL file. ConfigurationError names the line that is none."""
    return tuple(_reply(row) for row in _rows(path))


def read_wrong(path: Path) -> tuple[Wrong, ...]:
    """Every faulty reply of a JSONL file. ConfigurationError names the line that is none."""
    return tuple(
        Wrong(fault=str(row["fault"]), copy_of=str(row["id"]).removesuffix("-w"), reply=_reply(row))
        for row in _rows(path, "fault")
    )


def _rows(path: Path, *keys: str) -> tuple[Mapping[str, Any], ...]:
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if line.strip():
            try:
                row = json.loads(line)
                _reply(row)
                found.append({**row, **{key: row[key] for key in keys}})
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise ConfigurationError(
                    f"{path.name} line {number}: no reply ({error!r}): see data/README.md."
                ) from error
    return tuple(found)


def _reply(row: Mapping[str, Any]) -> Reply:
    return Reply(
        id=str(row["id"]),
        language=str(row["language"]),
        style=str(row["style"]),
        company=str(row["company"]),
        link_hosts=frozenset(row["link_hosts"]),
        name=str(row["name"]),
        subject=str(row["subject"]),
        customer=str(row["customer"]),
        intent=str(row["intent"]),
        facts=dict(row["facts"]),
        lookups={
            kind: LookupAnswer(kind=kind, reference=str(found["reference"]), facts=dict(found["facts"]))
            for kind, found in row["lookups"].items()
        },
        sources=_sources(row["sources"]),
        statements=tuple(
            Statement(text=str(item["text"]), sources=tuple(item["sources"])) for item in row["statements"]
        ),
    )


def _sources(rows: Sequence[Mapping[str, Any]]) -> tuple[Source, ...]:
    return tuple(Source(id=str(row["id"]), title=str(row["title"]), text=str(row["text"])) for row in rows)
