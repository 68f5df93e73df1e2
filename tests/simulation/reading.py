"""What stands in for classifier and language model: they read and write by a fixed rule, are slow, or fail.

Each customer message carries a number of its own, and every draft repeats it: so the journal alone says which message
a reply or note is about, whatever the ledger believes.
"""

from __future__ import annotations

import random
import re

from connector.answer import Answerer
from connector.errors import ModelUnavailable
from connector.model import (
    AccountConfig,
    Draft,
    DraftCheck,
    Priority,
    Sentiment,
    Signal,
    SignalHit,
    Ticket,
    Triage,
    Writing,
)
from connector.policy.engine import Question
from connector.ports import Allowance, TriageContext
from connector.writing import Drafted, Material, Opinion
from tests.simulation.plan import Plan
from tests.simulation.scheduler import Scheduler

NUMBER = re.compile(r"\b[1-9]\d{5}\b")
"""The numbers of messages: six digits, growing with time."""


def numbers(text: str) -> list[int]:
    """The numbers of messages in a text."""
    return [int(found) for found in NUMBER.findall(text)]


class ScriptedTriager:
    """Reads the number; a lawyer anywhere in what waits makes it a matter for a person."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        """What the newest message is about."""
        waiting = ticket.unanswered or ticket.customer_messages[-1:]
        newest = ticket.newest_customer_message
        found = numbers(newest.text if newest else "")
        legal = any("lawyer" in comment.text for comment in waiting)
        intent = "security_or_legal" if legal else "order_status"
        return Triage(
            intent=intent,
            confidence=0.99,
            ranked=((intent, 0.99),),
            human_only_probability=0.99 if legal else 0.001,
            out_of_scope=0.0,
            language="en",
            sentiment=Sentiment.NEUTRAL,
            priority=Priority.HIGH if legal else Priority.NORMAL,
            facts={"order_number": str(found[-1])} if found else {},
            hits=(SignalHit(signal=Signal.LEGAL, rule="scripted", matched="lawyer"),) if legal else (),
            model="scripted",
        )


class ScriptedModel:
    """Drafts, and gives second opinions; takes its time and fails as the plan says."""

    name = "scripted"

    def __init__(self, scheduler: Scheduler, plan: Plan, chance: random.Random) -> None:
        self._scheduler, self._plan, self._chance = scheduler, plan, chance

    def drafted(
        self,
        question: Question,
        config: AccountConfig,
        material: Material,
        *,
        allowance: Allowance | None = None,
    ) -> Drafted:
        """A draft that passed its checks; now and then one that did not, none, or an error nobody foresaw."""
        outcome = self._answered()
        if outcome == "breaks":
            raise KeyError("an answer nobody foresaw")
        if outcome == "fails":
            return Drafted()
        number = question.triage.facts.get("order_number", "")
        draft = Draft(
            text=f"Your order {number} is on its way.\n\nKind regards\nNordlicht",
            language="en",
            author="embedded",
            template="order_status",
            sources=(),
            facts={},
        )
        return Drafted(draft=draft, checks=(DraftCheck(name="grounded", passed=outcome != "doubtful"),))

    def opinion(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        *,
        allowance: Allowance | None = None,
    ) -> Opinion:
        """The same opinion as the classifier's, if any."""
        if self._answered() in ("fails", "breaks"):
            raise ModelUnavailable("The model did not answer.")
        writing = Writing(prompt="opinion", model="scripted", tokens_in=1, tokens_out=1, cost_micros=0, seconds=0.1)
        return Opinion(intent=triage.intent, needs_human=False, alarms=frozenset(), writing=writing)

    def _answered(self) -> str:
        slow = self._chance.random() < self._plan.model_slow
        self._scheduler.wait(
            self._chance.uniform(5.0, 55.0) if slow else self._chance.uniform(0.02, 0.1 if self._plan.quick else 3.0)
        )
        if self._chance.random() < self._plan.model_fails:
            return self._chance.choice(("fails", "breaks", "doubtful"))
        return "answers"


class SimulatedAnswerer(Answerer):
    """The product's answerer with the costly parts cut out: certificates, templates and checks have tests of their own.

    Everything that decides stays: policy, standing, caps, plan, receipts.
    """

    __slots__ = ()

    @property
    def _desk(self):
        return self.drafter

    def _certified(self, account, policy, triage, *, author) -> bool:
        return True

    def _edition(self, decision, findings) -> str:
        return "simulated" if findings is not None and findings.would_send else ""
