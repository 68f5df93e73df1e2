"""Which verdicts an intent's certificate rests on, and what they prove [D4].

A would-be send is recorded with its **edition**: what the intent meant (tier and examples), what its template said,
and which model read the ticket. A certificate counts verdicts of the edition in force and no others, so that a change
of any of the three starts it again (`docs/explanation/decisions/0008-what-a-certificate-counts.md`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from connector.drafting import Templates
from connector.intents import Catalogue, Intent
from connector.model import Account
from connector.policy import certification
from connector.policy.certification import Certificate
from connector.policy.document import Policy
from connector.policy.terms import IntentPolicy
from connector.ports import Ledger
from connector.records import ENCODED_MODEL, OWN_MODEL, STARTER_MODEL, Bearing, Verdict

NO_BEARING = Bearing()
"""Of the starter, which learnt from no ticket of anybody."""

_HASH_CHARS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Answers what people's verdicts prove about an intent as it is now."""

    ledger: Ledger
    catalogue: Catalogue
    templates: Templates
    starter: str = STARTER_MODEL
    """The model that reads the tickets of an account without one of its own: with an encoder it is another one."""

    def edition(self, intent: str, model: str) -> str:
        """What a would-be send of this intent, read by this model, rests on."""
        template = self.templates.get(intent)
        return ".".join(
            (_definition(self.catalogue.get(intent)), _short(asdict(template)) if template else "none", model)
        )

    def in_force(self, account: Account) -> str:
        """The model that reads this account's tickets."""
        champion = self.ledger.models.champion(account.id)
        return champion.version if champion else self.starter

    def certificate(self, account: Account, rule: IntentPolicy, *, model: str | None = None) -> Certificate:
        """What the counting verdicts prove; `model` is the one that read the ticket, None = the one in force."""
        verdicts = self.counting(account, rule, model=model)
        return certification.certify(verdicts, tolerated_error=rule.tolerated_error)

    def counting(self, account: Account, rule: IntentPolicy, *, model: str | None = None) -> tuple[Verdict, ...]:
        """The verdicts that count for this intent."""
        model = self.in_force(account) if model is None else model
        given = [item for item in self.ledger.policies.verdicts(account.id, rule.key) if item.template == rule.template]
        if not given:
            return ()
        own = model not in (STARTER_MODEL, ENCODED_MODEL)
        bearing = self.ledger.models.bearing(account.id, model) if own else NO_BEARING
        first = ""
        if not all(item.edition for item in given):
            first = self.ledger.decisions.first_edition(account.id, rule.key, rule.template)
            first = first or self.edition(rule.key, self.starter)  # an own model was never judged without an edition
        return counting(given, edition=self.edition(rule.key, model), first=first, bearing=bearing)

    def certified(self, account: Account, policy: Policy | None, intent: str, *, model: str | None = None) -> bool:
        """Whether the intent is certified as it is now; False for one that the policy does not know."""
        rule = policy.intents.get(intent) if policy else None
        return rule is not None and self.certificate(account, rule, model=model).certified


def counting(
    verdicts: Sequence[Verdict], *, edition: str, first: str = "", bearing: Bearing = NO_BEARING
) -> tuple[Verdict, ...]:
    """The verdicts that say something about this edition. A verdict counts if

    - its ticket was not among those the model learnt from, and
    - its would-be send had this edition, or had the same definition and template and is on a reserved ticket that
      this model, too, would answer with this intent.

    A verdict from before editions were recorded counts as one on the `first` edition ever recorded ("" = none yet, so
    nothing has changed since).
    """
    wording = _wording(edition)

    def counts(verdict: Verdict) -> bool:
        if verdict.ticket_id in bearing.learnt:
            return False
        given = verdict.edition or first or edition
        carried = (verdict.ticket_id, verdict.intent) in bearing.sends
        return given == edition or (carried and _wording(given) == wording)

    return tuple(verdict for verdict in verdicts if counts(verdict))


def model_named(triage_model: str) -> str:
    """The model that read a ticket, from `Triage.model`: an own model's version, else the starter with or without an
    encoder.
    """
    name = triage_model.partition("+")[0]
    if name.startswith(ENCODED_MODEL):
        return ENCODED_MODEL
    return name if name.startswith(OWN_MODEL) else STARTER_MODEL


def _wording(edition: str) -> str:
    """Definition and template of an edition, without the model."""
    return edition.rpartition(".")[0]


def _definition(intent: Intent) -> str:
    examples = {language: list(texts) for language, texts in sorted(intent.examples.items())}
    return _short({"key": intent.key, "tier": intent.tier.value, "floor": intent.floor, "examples": examples})


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]
