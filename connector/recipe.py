"""The automation rules by which a Freshdesk account sends its events, click by click: the one place that knows them.

The words stand in `mappings/connecting.toml`; labels of Freshdesk are quoted in them as Freshdesk shows them.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from connector import starters

HEADER = "X-Handrail-Secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """Something to copy into a field."""

    label: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: its steps in order, and the values that they name."""

    title: str
    steps: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """The rules of one account, and what to do where a rule cannot send a header."""

    intro: str
    rules: tuple[Rule, ...]
    without_header: str = field(repr=False)


def recipe(language: str, *, url: str, secret: str) -> Recipe:
    """The recipe for this account; `language` is "en" or "de"."""
    tables = _tables()
    words, bodies = tables[language]["rules"], tables["rules"]
    labels = words["label"]
    rules = tuple(
        Rule(
            title=words[kind]["title"],
            steps=(*words[kind]["steps"], *words["action"]),
            values=(
                Value(label=labels["url"], text=url),
                Value(label=labels["header"], text=HEADER),
                Value(label=labels["secret"], text=secret),
                Value(label=labels["body"], text=bodies[kind]),
            ),
        )
        for kind in ("created", "replied")
    )
    return Recipe(intro=words["intro"], rules=rules, without_header=f"{words['without_header']} {url}/{secret}")


def in_plain_text(given: Recipe) -> str:
    """The same for a terminal."""
    lines = [given.intro]
    for rule in given.rules:
        lines += ["", rule.title, *(f"  {number}. {step}" for number, step in enumerate(rule.steps, start=1))]
        lines += [f"     {value.label}: {value.text}" for value in rule.values]
    return "\n".join([*lines, "", given.without_header])


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(starters.text("connecting.toml"))
