"""What the ledger knows of one ticket, gathered for the sidebar, and which decision it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from connector.model import Account, Action, EffectKind, EffectState, EventKind, Posture, Stage, Tier
from connector.ports import Ledger
from connector.records import BetterCard, CardState, DecisionReceipt, StoredEffect, Wish

_SAID_NOTHING = frozenset({"nothing_new", "nothing_unanswered"})
"""Reasons of receipts that only tell of an echo: what was decided before still stands."""
_MOVING = frozenset({EventKind.CREATED, EventKind.CUSTOMER_REPLIED})
_LOOK_BACK = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One ticket as the ledger knows it. `receipt` is the decision that counts; None = none was made."""

    ticket_id: str
    receipt: DecisionReceipt | None
    receipts: tuple[DecisionReceipt, ...] = ()
    effects: tuple[StoredEffect, ...] = ()
    wishes: tuple[Wish, ...] = ()
    waiting: tuple[str, ...] = ()
    better: BetterCard | None = None
    posture_ticket: Posture = Posture.NORMAL
    posture_requester: Posture = Posture.NORMAL
    killed: bool = False
    account_stage: Stage = Stage.OFF
    agent_answered: bool = False
    decision: Mapping[str, Any] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether the ticket was ever heard of."""
        return bool(self.receipts or self.waiting or self.wishes)

    @property
    def requester_id(self) -> str:
        """The customer's id in the helpdesk; "" where it is not known."""
        return str(self.receipt.body.get("requester_id") or "") if self.receipt else ""

    @property
    def version(self) -> str:
        """What was shown: another value means that the ticket has moved on."""
        return self.receipt.id if self.receipt else "none"

    @property
    def moved(self) -> bool:
        """Whether the customer wrote something that no decision knows yet."""
        return any(kind in _MOVING for kind in self.waiting)

    @property
    def wish(self) -> Wish | None:
        """The newest wish that a worker has not dealt with."""
        return next((wish for wish in self.wishes if wish.waits), None)

    @property
    def draft(self) -> Mapping[str, Any] | None:
        """The draft of the decision, as the receipt keeps it."""
        told = self.receipt.body.get("draft") if self.receipt else None
        return cast("Mapping[str, Any]", told) if isinstance(told, dict) and told.get("text") else None

    @property
    def checks(self) -> Sequence[Mapping[str, Any]]:
        """The draft's checks, as the receipt keeps them."""
        told = self.receipt.body.get("checks") if self.receipt else None
        return cast("Sequence[Mapping[str, Any]]", told) if isinstance(told, list) else ()

    @property
    def withheld(self) -> bool:
        """Whether a check found more than a sentence to look at."""
        return any(not check["passed"] and not check.get("doubtful") for check in self.checks)

    @property
    def sound(self) -> bool:
        """Whether the draft is complete, passed every check and rests on no past reply."""
        draft = self.draft
        if draft is None or draft.get("missing") or not self.checks:
            return False
        past = any(source.get("past") for source in draft.get("sources", ()))
        return not past and all(check["passed"] for check in self.checks)

    @property
    def reply(self) -> StoredEffect | None:
        """Our reply to the message that was decided on, whatever became of it."""
        answers = self.receipt.answers if self.receipt else ""
        replies = (item for item in self.effects if item.effect.kind is EffectKind.REPLY)
        return next((item for item in replies if item.effect.basis.answers == answers), None)

    @property
    def state(self) -> str:
        """One of the states of `SidebarView`."""
        if self.receipt is None:
            return "waiting" if self.waiting else "unknown"
        if self.wish is not None:
            return "waiting"
        action = self.receipt.action
        if action == Action.IGNORE or self.agent_answered:
            return "ignored"
        if self.decision.get("stage") == Stage.OFF:
            return "off"
        if action == Action.AUTO_SEND:
            return self._after_send()
        return {Action.HAND_OFF: "hand_off", Action.SHADOW: "shadow"}.get(Action(action), "draft")

    def _after_send(self) -> str:
        """A reply that was not sent stands on the ticket as a draft."""
        stored = self.reply
        if stored is None or stored.state in (EffectState.PLANNED, EffectState.INTENT):
            return "waiting"
        return "sent" if stored.state is EffectState.DONE else "draft"

    @property
    def tier(self) -> str:
        """The tier of the decision's intent then."""
        return str(self.decision.get("tier", Tier.HUMAN_ONLY))


def find(ledger: Ledger, account: Account, ticket_id: str) -> Found:
    """What is known of this ticket of this account. Asks the ledger alone. StoreError."""
    receipts = ledger.decisions.receipts(account.id, ticket_id=ticket_id, limit=_LOOK_BACK)
    shown = next((item for item in receipts if not _is_echo(item)), None) or next(iter(receipts), None)
    decision = shown.body.get("decision") if shown else None
    requester = str(shown.body.get("requester_id") or "") if shown else ""
    better = [card for card in ledger.cards.of_ticket(account.id, ticket_id) if card.state is CardState.DONE]
    effects = ledger.decisions.effects(account.id, ticket_id=ticket_id, limit=_LOOK_BACK)
    found = Found(
        ticket_id=ticket_id,
        receipt=shown,
        receipts=receipts,
        effects=effects,
        wishes=ledger.sidebar.wishes(account.id, ticket_id),
        waiting=ledger.sidebar.waiting(account.id, ticket_id),
        better=next((card for card in better if shown and card.receipt_id == shown.id), None),
        posture_ticket=_posture(ledger, account, "ticket", ticket_id),
        posture_requester=_posture(ledger, account, "requester", requester),
        killed=ledger.policies.killed(account.id, shown.intent if shown else "") is not None,
        account_stage=account.stage,
        decision=decision if isinstance(decision, dict) else {},
    )
    return _with_answer(found)


def _with_answer(found: Found) -> Found:
    """Also whether a person has answered since: told by an echo that is newer and not of a reply of ours."""
    if found.receipt is None or found.receipt.action in (Action.IGNORE, Action.AUTO_SEND):
        return found
    newer = found.receipts[: found.receipts.index(found.receipt)]
    answered = any(_code(item) == "nothing_unanswered" and item.answers == found.receipt.answers for item in newer)
    return replace(found, agent_answered=answered)


def _posture(ledger: Ledger, account: Account, scope: str, key: str) -> Posture:
    told = ledger.policies.postures(account.id, {scope: key}) if key else ()
    return Posture(told[0]) if told else Posture.NORMAL


def _is_echo(receipt: DecisionReceipt) -> bool:
    return receipt.action == Action.IGNORE and _code(receipt) in _SAID_NOTHING


def _code(receipt: DecisionReceipt) -> str:
    decision = receipt.body.get("decision")
    reasons = decision.get("reasons") if isinstance(decision, dict) else None
    return str(reasons[0]["code"]) if reasons else ""
