"""How often what a draft would quote is the article that answers: of its own company's help centre, and of another's.

Where a section is near enough to be quoted was chosen on one half of the questions; the figures are of the other.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from connector.evaluation.intervals import share
from connector.knowledge import LedgerKnowledge

if TYPE_CHECKING:
    from connector.evaluation.retrieval import Question

RIGHT, OTHER, NOTHING = "right", "other", "nothing"
ELSEWHERE = "elsewhere"
_INTENT = "product_how_to"
"""Answered from sources, whatever they are about."""


def sealed(questions: Sequence[Question]) -> tuple[Question, ...]:
    """The half on which nothing was chosen, told by a digest of the id."""
    return tuple(one for one in questions if hashlib.sha256(one.id.encode()).digest()[0] % 2)


def measure_quoted(
    questions: Sequence[Question], knowledge: LedgerKnowledge, companies: Collection[str]
) -> Mapping[str, Any]:
    """Shares of the questions whose draft would rest on a right article, on another, on none; `elsewhere`: on anything
    where the question goes to the help centre of a company that it was not meant for.
    """
    told = Counter(_quoted(one, knowledge) for one in questions)
    asked = [(one, other) for one in questions for other in companies if other != one.company]
    misled = sum(bool(_passages(one, other, knowledge)) for one, other in asked)
    return {
        **{name: share(told[name], len(questions)) for name in (RIGHT, OTHER, NOTHING)},
        ELSEWHERE: share(misled, len(asked)),
    }


def _quoted(question: Question, knowledge: LedgerKnowledge) -> str:
    found = _passages(question, question.company, knowledge)
    if not found:
        return NOTHING
    return RIGHT if found[0] in question.answers else OTHER


def _passages(question: Question, company: str, knowledge: LedgerKnowledge) -> Sequence[str]:
    sources = knowledge.passages(company, intent=_INTENT, text=question.asked, language=question.language)
    return [source.id.rpartition("#")[0] for source in sources]
