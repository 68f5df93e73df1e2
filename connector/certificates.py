"""Which verdicts an intent's certificate rests on, and what they prove [D4].

A would-be send is recorded with its **edition**: what the intent meant (tier and examples), what its template said,
who wrote the draft, and which model read the ticket. A certificate counts verdicts of the edition in force and no
others, so that a change of any of them starts it again (`docs/explanation/decisions/0008-what-a-certificate-counts.md`
and `0011-who-writes-a-draft.md`).
"""

from __future__ import annotations

import hashlib
import json
import re
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
_AUTHOR = "~"
_READER = "^"
_MARKS = re.compile(r"[~^][0-9a-f]{8}(?=[~^.])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificates:
    """Answers what people's verdicts prove about an intent as it is now."""

    ledger: Ledger
    catalogue: Catalogue
    templates: Templates
    starter: str = STARTER_MODEL
    """The model that reads the tickets of an account without one of its own: with an encoder it is another one."""
    author: str = ""
    """The language model that drafts, with its prompt; "" = only the embedded drafter does."""
    reader: str = ""
    """The language model that gives a second opinion, with its prompt; "" = none does."""

    def edition(self, intent: str, model: str, author: str = "") -> str:
        """What a would-be send of this intent rests on: read by this model, drafted by this author ("" = embedded).

        A second reader belongs to it, too: what it lets through is not what would go out without it.
        """
        template = self.templates.get(intent)
        wording = _short(asdict(template)) if template else "none"
        written = f"{_AUTHOR}{_short(author)}" if author else ""
        read = f"{_READER}{_short(self.reader)}" if self.reader else ""
        return ".".join((_definition(self.catalogue.get(intent)), wording + read + written, model))

    def in_force(self, account: Account) -> str:
        """The model that reads this account's tickets."""
        champion = self.ledger.models.champion(account.id)
        return champion.version if champion else self.starter

    def certificate(
        self, account: Account, rule: IntentPolicy, *, model: str | None = None, author: str | None = None
    ) -> Certificate:
        """What the counting verdicts prove; `model` is the one that read the ticket, None = the one in force.

        `author` is who drafts ("" = the embedded drafter). None = the one of both whose proof is further.
        """
        if author is None:
            both = [self.certificate(account, rule, model=model, author=name) for name in {"", self.author}]
            return max(both, key=lambda found: (found.certified, found.demoted, found.verdicts))
        verdicts = self.counting(account, rule, model=model, author=author)
        return certification.certify(verdicts, tolerated_error=rule.tolerated_error)

    def counting(
        self, account: Account, rule: IntentPolicy, *, model: str | None = None, author: str = ""
    ) -> tuple[Verdict, ...]:
        """The verdicts that count for this intent and author."""
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
        return counting(given, edition=self.edition(rule.key, model, author), first=first, bearing=bearing)

    def certified(
        self,
        account: Account,
        policy: Policy | None,
        intent: str,
        *,
        model: str | None = None,
        author: str | None = None,
    ) -> bool:
        """Whether the intent is certified as it is now; False for one that the policy does not know."""
        rule = policy.intents.get(intent) if policy else None
        return rule is not None and self.certificate(account, rule, model=model, author=author).certified


def counting(
    verdicts: Sequence[Verdict], *, edition: str, first: str = "", bearing: Bearing = NO_BEARING
) -> tuple[Verdict, ...]:
    """The verdicts that say something about this edition. A verdict counts if

    - its ticket was not among those the model learnt from, and
    - its would-be send had this edition, or had the same definition and template and is on a reserved ticket that
      this model, too, would answer with this intent.

    A verdict from before editions were recorded counts as one on the `first` edition ever recorded ("" = none yet, so
    nothing has changed since). In those days no language model wrote or read anything.
    """
    wording = _wording(edition)
    unrecorded = _without_models(first or edition)

    def counts(verdict: Verdict) -> bool:
        if verdict.ticket_id in bearing.learnt:
            return False
        given = verdict.edition or unrecorded
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
    """Definition, template and author of an edition, without the model that read the ticket."""
    return edition.rpartition(".")[0]


def _without_models(edition: str) -> str:
    return _MARKS.sub("", edition)


def _definition(intent: Intent) -> str:
    examples = {language: list(texts) for language, texts in sorted(intent.examples.items())}
    return _short({"key": intent.key, "tier": intent.tier.value, "floor": intent.floor, "examples": examples})


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=True, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_CHARS]
