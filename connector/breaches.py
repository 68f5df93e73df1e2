"""Certificates that people's verdicts have broken: the intent drafts from that moment on, and here it is said [D4].

That nothing is sent any more follows from the certificate itself, at the next decision. This raises the alarm and
writes the audit entry, once per breach, and closes the alarm when the intent is certified again or starts anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from connector.certificates import Certificates
from connector.model import Tier
from connector.policy.certification import Certificate
from connector.policy.terms import IntentPolicy
from connector.ports import Ledger
from connector.records import Alarm, AuditEntry
from connector.rulebook import Rulebook

LOST = "certificate_lost"
"""The kind of the alarm; its subject is the intent."""

ACTOR = "handrail"


@dataclass(slots=True, kw_only=True)
class Breaches:
    """Looks at the intents that have wrong verdicts, when their number has changed or an alarm is open: nothing but a
    wrong verdict can break a certificate.
    """

    ledger: Ledger
    rulebook: Rulebook
    certificates: Certificates
    _seen: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def step(self, now: datetime) -> tuple[Alarm, ...]:
        """Raise and close alarms; the newly raised ones."""
        counts = self.ledger.policies.wrong_verdicts()
        opened = {(alarm.account_id, alarm.subject) for alarm in self.ledger.watch.alarms() if alarm.kind == LOST}
        changed = {key for key, count in counts.items() if self._seen.get(key) != count}
        raised = [self._look(*key, now) for key in sorted(changed | opened)]
        self._seen = counts
        return tuple(alarm for alarm in raised if alarm is not None)

    def _look(self, account_id: str, intent: str, now: datetime) -> Alarm | None:
        account = self.ledger.accounts.get(account_id)
        policy = self.rulebook.policy(account) if account else None
        rule = policy.intents.get(intent) if policy else None
        found = self.certificates.certificate(account, rule) if account and rule and rule.tier is Tier.AUTO else None
        if rule is None or found is None or not found.demoted:
            self.ledger.watch.clear_alarm(account_id, LOST, intent, now=now)
            return None
        alarm = Alarm(account_id=account_id, kind=LOST, subject=intent, detail=_told(rule, found), raised_at=now)
        if not self.ledger.watch.raise_alarm(alarm):
            return None
        self.ledger.watch.record(
            AuditEntry(
                account_id=account_id, actor=ACTOR, verb="certificate lost", detail=f"{intent}: {alarm.detail}", at=now
            )
        )
        return alarm


def _told(rule: IntentPolicy, found: Certificate) -> str:
    bound = 1.0 if found.bound is None else found.bound
    return (
        f"{found.errors} of {found.verdicts} verdicts are errors, so up to {bound:.2%} may be wrong where "
        f"{rule.tolerated_error:.2%} is tolerated: it drafts until it is certified again"
    )
