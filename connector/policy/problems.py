"""What is wrong with a policy text: one problem per place, with line, key and remedy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How far a problem reaches."""

    INVALID = "invalid"  # the text is no policy: nothing is read from it, everything goes to a person
    UNREADY = "unready"  # readable, but must not be published so
    HINT = "hint"  # may be meant so


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong; `line` is None where it cannot be found in the text, `key` is dotted."""

    line: int | None
    key: str
    message: str
    remedy: str
    severity: Severity = Severity.INVALID

    @property
    def sentence(self) -> str:
        """The problem as one sentence for a person."""
        line = f"line {self.line}, " if self.line else ""
        return f"Policy {line}{self.key}: {self.message}; {self.remedy}."
