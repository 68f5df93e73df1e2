"""A hand-off's card, put better by a model when the card has long been in front of the team [H1].

The card itself waits for nothing and is complete. This is a step of its own behind all tickets: it changes words beside
the receipt and no action, tag or route, and whatever goes wrong with it leaves the card as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.errors import HandrailError, LeaseLost, ModelError, StoreError, TicketGone
from connector.intents import Catalogue
from connector.model import Account, Stage, Ticket, Triage
from connector.ports import Allowance, Knowledge, Ledger, Priority, Provider, TriageContext, Triager, errand
from connector.records import CardClaim, CardState
from connector.writing import BetterLines, CardWriter, may_be_asked

log = structlog.get_logger()

LEASE_SECONDS = 120.0
MAX_CLAIMS = 3
"""After so many the card stays as it is: it helps little hours later."""
LATER = timedelta(minutes=5)


class Moved(Exception):
    """The ticket is not the one any more whose card this is; the word says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Improver:
    """Takes wanted cards one by one. `model_seconds` is all that one card may cost, by the clock `monotonic`."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    triager: Triager
    knowledge: Knowledge
    catalogue: Catalogue
    writer: CardWriter
    model_seconds: float = 25.0
    monotonic: Callable[[], float] = time.monotonic

    def step_one(self, now: datetime) -> bool:
        """Try the card that waits longest; False when none does, or while a ticket is due: those come first.

        Never raises: a card that cannot be put better stays as it is.
        """
        try:
            due_at = self.ledger.work.next_due_at()
            if due_at is not None and due_at <= now:
                return False
            claim = self.ledger.cards.claim(now=now, lease_seconds=LEASE_SECONDS)
            if claim is None:
                return False
            self._advance(claim, now)
        except StoreError as error:
            log.warning("card_not_improved", error=type(error).__name__)
            return False
        return True

    def _advance(self, claim: CardClaim, now: datetime) -> None:
        try:
            self._improve(claim, now)
        except LeaseLost:
            log.info("lease_lost", account=claim.account_id, ticket=claim.ticket_id)
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 - what goes wrong here must cost nothing but the better words
            log.warning("card_not_improved", account=claim.account_id, error=type(error).__name__)
            self._give_back(claim, error, now)

    def _improve(self, claim: CardClaim, now: datetime) -> None:
        account = self.ledger.accounts.get(claim.account_id)
        if account is None:
            self.ledger.cards.end(claim, now=now, state=CardState.DROPPED, reason="account_removed")
            return
        if account.stage is Stage.OFF:  # turned off since the hand-off: nothing of it is read or told any more
            self.ledger.cards.end(claim, now=now, state=CardState.DROPPED, reason="stage_off")
            return
        if claim.attempts > MAX_CLAIMS:  # whoever had it before died of it, each time
            self.ledger.cards.end(claim, now=now, state=CardState.FAILED, reason="given_up")
            return
        try:
            ticket = self._unmoved(account, claim)
        except Moved as moved:
            self.ledger.cards.end(claim, now=now, state=CardState.DROPPED, reason=str(moved))
            return
        context = TriageContext(config=account.config, human_only_intents=self.catalogue.human_only)
        triage = self.triager.triage(ticket, context)
        if not may_be_asked(triage, account.config):
            self.ledger.cards.end(claim, now=now, state=CardState.DROPPED, reason="not_to_be_asked")
            return
        if any(self.ledger.policies.killed(account.id, intent) for intent in (triage.intent, *triage.also)):
            self.ledger.cards.end(claim, now=now, state=CardState.DROPPED, reason="kill_switch")
            return
        self._ask(claim, account, ticket, triage, now)

    def _ask(self, claim: CardClaim, account: Account, ticket: Ticket, triage: Triage, now: datetime) -> None:
        usual = self._usual_action(claim)
        text = " ".join((ticket.subject, *(comment.text for comment in ticket.unanswered)))
        passages = self.knowledge.passages(
            account.id, intent=triage.intent, text=text, language=triage.language, brand=ticket.brand_id or ""
        )
        allowance = Allowance(ends_at=self.monotonic() + self.model_seconds, monotonic=self.monotonic)
        self.ledger.cards.begin(claim)
        try:
            lines = self.writer.lines(ticket, triage, account.config, passages, usual_action=usual, allowance=allowance)
        except ModelError as error:
            self._failed(claim, f"{type(error).__name__}: {error}", now)
        except Exception as error:  # noqa: BLE001 - whatever an answer does to us, it is no better card
            self._failed(claim, type(error).__name__, now)
        else:
            self._keep(claim, lines, now)

    def _keep(self, claim: CardClaim, lines: BetterLines, now: datetime) -> None:
        usable = bool(lines.summary or lines.next_action)
        self.ledger.cards.end(
            claim,
            now=now,
            state=CardState.DONE if usable else CardState.FAILED,
            reason="" if usable else "no line of it may be shown",
            summary=lines.summary,
            next_action=lines.next_action,
            writing=lines.writing,
        )

    def _failed(self, claim: CardClaim, why: str, now: datetime) -> None:
        log.warning("card_not_improved", account=claim.account_id, ticket=claim.ticket_id, reason=why)
        self.ledger.cards.end(claim, now=now, state=CardState.FAILED, reason=why)

    def _unmoved(self, account: Account, claim: CardClaim) -> Ticket:
        """The ticket, if the card's message is still the one that waits. Moved; ProviderError."""
        try:
            with errand(Priority.BULK):  # better words are no reason that a customer waits
                ticket = self.providers[account.vendor].fetch(account, claim.ticket_id)
        except TicketGone:
            raise Moved("gone") from None
        newest = ticket.newest_customer_message
        if newest is None or newest.id != claim.answers:
            raise Moved("superseded")
        if not ticket.unanswered:
            raise Moved("answered")
        return ticket

    def _usual_action(self, claim: CardClaim) -> str:
        """The next action that stands on the card."""
        receipt = self.ledger.decisions.decided(claim.account_id, claim.ticket_id, claim.answers)
        card = receipt.body.get("card") if receipt is not None else None
        return str(card.get("next_action", "")) if isinstance(card, Mapping) else ""

    def _give_back(self, claim: CardClaim, error: Exception, now: datetime) -> None:
        """The helpdesk could not be asked, or our own code failed, before the model was: later, but not often."""
        try:
            if claim.attempts >= MAX_CLAIMS or not isinstance(error, HandrailError):
                self.ledger.cards.end(claim, now=now, state=CardState.FAILED, reason=type(error).__name__)
                return
            pause = timedelta(seconds=error.retry_after_seconds) if error.retry_after_seconds else LATER
            self.ledger.cards.postpone(claim, now=now, due_at=now + pause, reason=type(error).__name__)
        except LeaseLost:
            log.info("lease_lost", account=claim.account_id, ticket=claim.ticket_id)
