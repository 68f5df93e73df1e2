"""What an agent may do in the sidebar: each action as one function of ledger, ticket and claim.

Nothing is written to a helpdesk here. What needs a model, the classifier or a write is wished of a worker, which looks
at everything again; the sidebar says that it is under way.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from connector.model import Account, Posture
from connector.ports import Ledger
from connector.records import AuditEntry, Feedback, Verdict, Wish, WishVerb
from connector.sidebar.claims import Claim, Level
from connector.sidebar.found import Found
from connector.sidebar.showing import draft_html, draft_text

LONGEST_INSTRUCTION = 300
LONGEST_REASON = 1000

FEEDBACK = ("helpful", "wrong_intent", "wrong_facts", "tone", "should_be_person")
VERDICTS = ("right", "wrong", "wrong_intent", "wrong_facts", "tone", "should_have_been_a_person")
_CAREFUL = frozenset({"insert", "approve", "regenerate", "escalate", "verdict"})
"""What is about the decision that was shown, so that it counts for no other."""


class Moved(Exception):
    """The ticket has moved on since it was shown."""


class NotNow(Exception):
    """This caller may not do that to this ticket now."""


class NotUnderstood(Exception):
    """The request does not say what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of an action: the name of a sentence in `mappings/sidebar.toml`, and what the page is to do."""

    kind: Literal["success", "warning", "error"] = "success"
    sentence: str
    host: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One request: who, on which ticket as they saw it, and what they said."""

    account: Account
    claim: Claim
    found: Found
    allowed: frozenset[str]
    said: Mapping[str, object]
    now: datetime
    has_model: bool

    def text(self, name: str, *, most: int) -> str:
        """What they said under this name, in one piece without control characters; "" where nothing. NotUnderstood."""
        value = self.said.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise NotUnderstood(name)
        kept = (char for char in value if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs", "Cf"))
        return "".join(kept).strip()

    def choice(self, name: str, among: tuple[str, ...]) -> str:
        """One of these words. NotUnderstood."""
        value = self.said.get(name)
        if not isinstance(value, str) or value not in among:
            raise NotUnderstood(name)
        return value


def perform(ledger: Ledger, action: str, act: Act) -> Done:
    """Do it and write it into the audit log. Moved, NotNow, NotUnderstood; StoreError."""
    verb = _VERBS.get(action)
    if verb is None:
        raise NotUnderstood(action)
    if action in _CAREFUL and (act.said.get("version") != act.found.version or act.found.moved):
        raise Moved
    # Insert and approve name the draft that was shown: no other may take its place.
    if action in ("insert", "approve") and act.said.get("draft") != act.found.version:
        raise Moved
    # Where the helpdesk proves no agent nothing is sent for them: they get the draft in the editor and send it.
    by_hand = action == "approve" and act.claim.level is not Level.AGENT
    if ("insert" if by_hand else action) not in act.allowed:
        raise NotNow
    return verb(ledger, act)


def _insert(ledger: Ledger, act: Act) -> Done:
    _audit(ledger, act, "draft_inserted", act.found.version)
    return Done(sentence="inserted", host=_host(act, "insert"))


def _host(act: Act, what: str) -> Mapping[str, str]:
    text = draft_text(act.found, act.account)
    return {"do": what, "html": draft_html(text), "text": text}


def _approve(ledger: Ledger, act: Act) -> Done:
    if act.claim.level is not Level.AGENT:
        _audit(ledger, act, "draft_opened", act.found.version)
        return Done(sentence="opened", host=_host(act, "openReply"))
    _wish(ledger, act, WishVerb.APPROVE)
    return Done(sentence="approved")


def _regenerate(ledger: Ledger, act: Act) -> Done:
    instruction = act.text("instruction", most=LONGEST_INSTRUCTION)
    _wish(ledger, act, WishVerb.REGENERATE, instruction=instruction)
    if instruction and not act.has_model:
        return Done(kind="warning", sentence="regenerating_plain")
    return Done(sentence="regenerating")


def _escalate(ledger: Ledger, act: Act) -> Done:
    _wish(ledger, act, WishVerb.ESCALATE)
    return Done(sentence="escalating")


def _wish(ledger: Ledger, act: Act, verb: WishVerb, *, instruction: str = "") -> None:
    # The audit first: a wish that nobody can be named for must not exist.
    _audit(ledger, act, f"{verb.value}_wished", act.found.version)
    ledger.sidebar.wish(
        Wish(
            account_id=act.account.id,
            ticket_id=act.found.ticket_id,
            verb=verb,
            by=act.claim.who,
            at=act.now,
            draft=act.found.version,
            instruction=instruction,
        )
    )


def _posture(ledger: Ledger, act: Act) -> Done:
    scope = act.choice("scope", ("ticket", "requester"))
    value = act.choice("value", tuple(posture.value for posture in Posture))
    key = act.found.ticket_id if scope == "ticket" else act.found.requester_id
    if not key:
        raise NotNow
    _audit(ledger, act, "posture_set", f"{scope} {key}: {value}")
    ledger.policies.set_posture(act.account.id, scope, key, value, by=act.claim.who, now=act.now)
    return Done(sentence="posture_set")


def _verdict(ledger: Ledger, act: Act) -> Done:
    receipt = act.found.receipt
    if receipt is None:
        raise NotNow
    verdict = Verdict(
        account_id=act.account.id,
        ticket_id=receipt.ticket_id,
        intent=receipt.intent,
        template=receipt.template,
        verdict=act.choice("value", VERDICTS),
        who=act.claim.who,
        given_at=act.now,
    )
    _audit(ledger, act, "verdict_given", f"{receipt.id}: {verdict.verdict}")
    ledger.policies.add_verdicts((verdict,))
    return Done(sentence="verdict_kept")


def _feedback(ledger: Ledger, act: Act) -> Done:
    value = act.choice("value", FEEDBACK)
    reason = act.text("reason", most=LONGEST_REASON)
    _audit(ledger, act, "feedback_given", f"{act.found.version}: {value}")
    ledger.sidebar.add_feedback(
        Feedback(
            account_id=act.account.id,
            ticket_id=act.found.ticket_id,
            receipt_id=act.found.version,
            value=value,
            reason=reason,
            by=act.claim.who,
            at=act.now,
        )
    )
    return Done(sentence="feedback_kept")


def _audit(ledger: Ledger, act: Act, verb: str, what: str) -> None:
    claimed = act.claim.agent if act.claim.level is Level.INSTALLATION else ""
    detail = f"ticket {act.found.ticket_id}: {what}" + (f" (claimed agent: {claimed})" if claimed else "")
    entry = AuditEntry(account_id=act.account.id, actor=act.claim.actor, verb=verb, detail=detail, at=act.now)
    ledger.watch.record(entry)


_VERBS = {
    "insert": _insert,
    "approve": _approve,
    "regenerate": _regenerate,
    "escalate": _escalate,
    "posture": _posture,
    "verdict": _verdict,
    "feedback": _feedback,
}

ACTIONS = frozenset(_VERBS)
