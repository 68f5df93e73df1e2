"""Looks after people who wait: cards nobody took and lost certificates raise an alarm, open alarms are told to the team
[H4, D4], and what a kill switch kept silent gets its turn once the switch is off [D6].
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import requests
import structlog

from connector.breaches import Breaches
from connector.ports import Ledger
from connector.records import Alarm
from connector.suppressed import Suppressed

log = structlog.get_logger()

TIMEOUT_SECONDS = (3.05, 5)

NOT_DELIVERED = "alarm_not_delivered"
"""The alarm that alarms do not arrive: it stands in the ledger, where `handrail doctor` and the metrics find it."""
SUBJECT = "alert webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchdog:
    """Raises alarms and tells each open one once per process to `address` (empty = only to the log); one that was
    closed and is raised again is told again.
    """

    ledger: Ledger
    address: str = ""
    breaches: Breaches | None = None
    _told: set[tuple[str, str, str]] = field(default_factory=set)
    _suppressed: Suppressed = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_suppressed", Suppressed(self.ledger))

    def step(self, now: datetime) -> None:
        """Raise what is overdue, tell what is new."""
        self._suppressed.requeue(now)
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
            if alarm.kind != NOT_DELIVERED and key not in self._told and self._tell(alarm, now):
                self._told.add(key)

    def _tell(self, alarm: Alarm, now: datetime) -> bool:
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
            return self._untold(alarm, type(error).__name__, now)
        if not answer.ok:
            return self._untold(alarm, f"answer {answer.status_code}", now)
        self.ledger.watch.clear_alarm("", NOT_DELIVERED, SUBJECT, now=now)
        return True

    def _untold(self, alarm: Alarm, why: str, now: datetime) -> bool:
        log.warning(NOT_DELIVERED, kind=alarm.kind, error=why)
        detail = f"an alarm could not be told at {now:%Y-%m-%d %H:%M} UTC: {why}"
        self.ledger.watch.raise_alarm(
            Alarm(account_id="", kind=NOT_DELIVERED, subject=SUBJECT, detail=detail, raised_at=now)
        )
        return False
