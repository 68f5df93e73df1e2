"""Messages that the kill switch kept silent: once it is off, each of them gets its draft or its card [D6].

While a switch is on, nothing is written, so what is decided then has no effects that could wait. Who is left without an
answer is told by the receipts. They are asked when a switch goes off and again for a while after: a worker that had
asked before may commit its decision later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from connector.model import Event, EventKind, Reason, Tier
from connector.ports import Ledger
from connector.records import DecisionReceipt, Delivery, KillSwitch

KILL_SWITCH = "kill_switch"
"""The reason code of a decision that was made under a switch."""

LOOK_BACK = timedelta(days=7)
"""How old an end of a switch may be that a process which starts now looks after."""

LONGEST_DECISION = timedelta(minutes=30)
"""More than any lease: so long after its end a decision under the switch may be committed."""

MARGIN = timedelta(days=3)
"""How far before the switch its decisions are looked for: one that it caught began earlier, and clocks are set."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Gives back their turn to messages that were kept silent. `_seen` are the ends of switches that are dealt with."""

    ledger: Ledger
    _seen: set[str] = field(default_factory=set)

    def requeue(self, now: datetime) -> int:
        """Let all that no switch stops any longer be worked on again, hand-offs first; how many messages that were.

        Once for each end of a switch and message, however often it is asked.
        """
        found: dict[tuple[str, str, str], tuple[KillSwitch, DecisionReceipt]] = {}
        for switch in self._ended(now):
            for receipt in self._silent(switch):
                found.setdefault((receipt.account_id, receipt.ticket_id, receipt.answers), (switch, receipt))
        received = self.ledger.inbox.receive_many(_deliveries(found.values(), now))
        return sum(not receipt.duplicate for receipt in received)

    def _ended(self, now: datetime) -> Iterator[KillSwitch]:
        for switch in self.ledger.policies.ended_kill_switches(since=now - LOOK_BACK):
            key = _key(switch)
            if key in self._seen:
                continue
            if switch.until is not None and now > switch.until + LONGEST_DECISION:
                self._seen.add(key)  # this is the last look
            yield switch

    def _silent(self, switch: KillSwitch) -> Iterator[DecisionReceipt]:
        """The messages whose newest decision was made under a switch, and which nothing stops now."""
        since = min(switch.since, switch.until or switch.since) - MARGIN
        for account in self.ledger.accounts.all():
            if switch.account_id in (None, account.id):
                decided = self.ledger.decisions.hand_offs(account.id, since=since, reason=KILL_SWITCH)
                yield from (receipt for receipt in decided if was_suppressed(receipt) and not self._stopped(receipt))

    def _stopped(self, receipt: DecisionReceipt) -> bool:
        intents = (receipt.intent, *_part(receipt, "triage").get("also", ()))
        return any(self.ledger.policies.killed(receipt.account_id, intent) for intent in intents)


def was_suppressed(receipt: DecisionReceipt) -> bool:
    """Whether a kill switch was on when this was decided; False for what was erased."""
    reasons = _part(receipt, "decision").get("reasons", ())
    return any(reason["code"] == KILL_SWITCH for reason in reasons)


def reason(switch: KillSwitch) -> Reason:
    """What a decision under this switch says."""
    return Reason(code=KILL_SWITCH, detail=switch.intent or "")


def _deliveries(found: Iterable[tuple[KillSwitch, DecisionReceipt]], now: datetime) -> tuple[Delivery, ...]:
    """One event for each; due in the order in which people should be answered."""
    ordered = sorted(found, key=lambda item: (not _is_for_a_person(item[1]), item[1].decided_at))
    return tuple(
        Delivery(
            account_id=receipt.account_id,
            event=Event(
                key=f"{_key(switch)}:{receipt.ticket_id}:{receipt.answers}",
                ticket_id=receipt.ticket_id,
                kind=EventKind.REPLAYED,
                vendor_kind="kill off",
            ),
            received_at=now,
            due_at=now + timedelta(microseconds=place),
        )
        for place, (switch, receipt) in enumerate(ordered)
    )


def _is_for_a_person(receipt: DecisionReceipt) -> bool:
    decision = _part(receipt, "decision")
    return bool(decision.get("floor")) or decision.get("tier") == Tier.HUMAN_ONLY


def _part(receipt: DecisionReceipt, name: str) -> Mapping[str, Any]:
    found = receipt.body.get(name)
    return found if isinstance(found, Mapping) else {}


def _key(switch: KillSwitch) -> str:
    return f"kill-off:{switch.account_id or ''}:{switch.intent or ''}:{switch.since.isoformat()}"
