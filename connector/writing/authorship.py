"""Who wrote a draft, and who is asked to.

People's verdicts on one author's drafts prove nothing about another's [D4]. So where the embedded draft may go out by
itself, it is the one that does, and no model is asked; where a person reads the draft anyway, the model writes it. A
model whose own drafts are certified may write what goes out; should it then fail, the embedded draft is not certified
and a person gets it. Either way a fault of the model never ends in a send.
"""

from __future__ import annotations

from dataclasses import replace

from connector.model import Action, Draft, DraftCheck
from connector.policy.engine import Question, Review, safe_decide
from connector.writing.prompts import PromptFile

EMBEDDED = ""
"""The name of the embedded drafter in editions: verdicts from before there were models are about it."""

_IDEAL = Review(complete=True, checks=(DraftCheck(name="ideal", passed=True),))


def named_author(prompt: PromptFile, model: str) -> str:
    """What a certificate knows a model by: prompt version, its text, and the configured model."""
    return f"{prompt.version}@{prompt.digest}:{model}"


def drafted_by(draft: Draft | None, author: str) -> str:
    """Who wrote this draft: `author`, the model in force, or the embedded drafter."""
    return author if draft is not None and draft.writing is not None else EMBEDDED


def goes_out(question: Question, *, certified: bool) -> bool:
    """Whether a draft without fault would be sent, if its author is `certified`."""
    standing = replace(question.standing, certified=certified)
    return safe_decide(replace(question, standing=standing, review=_IDEAL)).action is Action.AUTO_SEND
