"""Why a reply that would have been sent had better not been, as people's own acts tell. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.backtest.moment import said_later
from connector.drafting.commitments import find_admission, find_promise
from connector.model import HUMAN_ONLY_SIGNALS, Contentment, PastTicket
from connector.triage import Rules

VIOLATIONS = (
    "reply_promises",
    "reply_apologises",
    "reply_escalates",
    "escalated",
    "asked_for_more",
    "reopened",
    "rated_bad",
    "later_signal",
)
"""In the order in which a report shows them."""

_APOLOGY = re.compile(
    r"\b(?:apolog\w+|sorry|entschuldig\w+|"
    r"(?:tut|täte)\s+(?:\w+\s+){0,2}?leid|bedauern\s+(?:wir|den|die|das|sehr))\b",
    re.IGNORECASE,
)
_ESCALATION = re.compile(
    r"\b(?:(?:forward|escalat|pass|hand)(?:ed|ing|s)?\s+(?:\w+\s+){0,5}?(?:to|on\s+to|over\s+to)\s+(?:\w+\s+){0,3}?"
    r"(?:team|colleague\w*|department|specialist\w*|manager|supervisor|engineer\w*)|"
    r"(?:my|our|a)\s+(?:\w+\s+){0,2}?(?:colleague|specialist|manager|supervisor)s?\s+will|"
    r"weiter(?:geleitet|gegeben|geben|leiten|leite)|(?:kolleg\w+|fachabteilung|vorgesetzt\w+)\s+(?:\w+\s+){0,4}?"
    r"(?:meld\w+|kümmer\w+|prüf\w+)|eskalier\w+)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(r"[^.!?\n]*\?")
_COURTESY = re.compile(
    r"(?:anything|something)\s+else|further\s+questions|any\s+(?:other\s+)?questions|sonst\s+noch|weitere\s+fragen|"
    r"how\s+are\s+you|does\s+that\s+help|hilft\s+(?:ihnen|dir)\s+das",
    re.IGNORECASE,
)


def violations(past: PastTicket, draft: str, rules: Rules) -> Iterator[tuple[str, str]]:
    """(violation, the words that show it) of a ticket whose `draft` would have been sent."""
    reply = past.reply.text if past.reply else ""
    for name, found in (
        ("reply_promises", find_promise(reply)),
        ("reply_apologises", find_admission(reply) or _first(_APOLOGY, reply)),
        ("reply_escalates", _first(_ESCALATION, reply)),
    ):
        if found and not _says_the_same(name, draft):
            yield name, found
    if escalated(past):
        yield "escalated", ""
    question = asks(reply)
    if question and not asks(draft):
        yield "asked_for_more", question
    if past.metrics.reopens:
        yield "reopened", str(past.metrics.reopens)
    if past.rating is not None and past.rating.contentment is Contentment.BAD:
        yield "rated_bad", past.rating.vendor_score
    signals = {
        hit.signal.value
        for text in said_later(past)
        for hit in rules.hits(text)
        if hit.signal in HUMAN_ONLY_SIGNALS  # hints, too: somebody looks at each of these anyway
    }
    if signals:
        yield "later_signal", ", ".join(sorted(signals))


def escalated(past: PastTicket) -> bool:
    """Whether a second group had the ticket, or a third person: the first assignment is none."""
    return (past.metrics.groups or 0) > 1 or (past.metrics.assignees or 0) > 2


def escalates(reply: str) -> bool:
    """Whether a reply says that others will see to it."""
    return bool(_ESCALATION.search(reply))


def asks(text: str) -> str:
    """The first question in a text that is no courtesy; "" where there is none."""
    for match in _QUESTION.finditer(text):
        if not _COURTESY.search(match[0]):
            return match[0].strip()
    return ""


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match[0] if match else ""


def _says_the_same(name: str, draft: str) -> bool:
    """An approved template may say what the person said: that is no violation but agreement."""
    if name == "reply_promises":
        return bool(find_promise(draft))
    if name == "reply_escalates":
        return bool(_ESCALATION.search(draft))
    return bool(_APOLOGY.search(draft))
