"""Looks after people who wait: cards nobody took and lost certificates raise an alarm, and open alarms are told to the
team [H4, D4].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import requests
import structlog

from connector.breaches import Breaches
from connector.ports import Ledger
from connector.records import Alarm

log = structlog.get_logger()

TIMEOUT_SECONDS = (3.05, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """Raises alarms and tells each open one once per process to `address` (empty = only to the log); one that was
    closed and is raised again is told again.
    """

    ledger: Ledger
    address: str = ""
    breaches: Breaches | None = None
    _told: set[tuple[str, str, str]] = field(default_factory=set)

    def step(self, now: datetime) -> None:
        """Raise what is overdue, tell what is new."""
        for card in self.ledger.watch.hand_offs_overdue(now=now):
            self.ledger.watch.raise_alarm(
                Alarm(
                    account_id=card.account_id,
                    kind="hand_off_not_taken",
                    subject=card.ticket_id,
                    detail=f"{card.intent} waits for {card.owner or 'anybody'} since {card.since:%Y-%m-%d %H:%M} UTC",
                    raised_at=now,
                )
            )
        if self.breaches is not None:
            self.breaches.step(now)
        alarms = {(alarm.account_id, alarm.kind, alarm.subject): alarm for alarm in self.ledger.watch.alarms()}
        self._told.intersection_update(alarms)
        for key, alarm in alarms.items():
            if key not in self._told and self._tell(alarm):
                self._told.add(key)

    def _tell(self, alarm: Alarm) -> bool:
        log.warning("alarm", account=alarm.account_id, kind=alarm.kind, subject=alarm.subject)
        if not self.address:
            return True
        body = {
            "account": alarm.account_id,
            "kind": alarm.kind,
            "subject": alarm.subject,
            "detail": alarm.detail,
            "raised_at": alarm.raised_at.isoformat(),
        }
        try:
            answer = requests.post(self.address, json=body, timeout=TIMEOUT_SECONDS, allow_redirects=False)
        except requests.RequestException as error:
            log.warning("alarm_not_delivered", kind=alarm.kind, error=type(error).__name__)
            return False
        return answer.ok
