"""Looks once a day whether our webhook is still at the helpdesk: an admin who deletes it there tells nobody.

Access that was taken back is noticed sooner, at the first call that is refused (`connector.setbacks`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.adminpage import ShowsInstalled
from connector.connecting import webhook_url
from connector.errors import CredentialsRejected, HandrailError, StoreError
from connector.model import Account
from connector.ports import CheckState, Ledger, Priority, Provider, errand
from connector.records import APP_REMOVED, Alarm
from connector.setbacks import refusal_alarm

log = structlog.get_logger()

CURSOR = "presence"
EVERY = timedelta(days=1)
WEBHOOK = "webhook"
"""The subject of its alarm: that our credentials work does not end it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """A worker's chore, for accounts whose webhook we made (those connected by a link)."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    public_url: str

    def tend(self, account: Account, now: datetime) -> int:
        """Look, if it is time; whether it was. StoreError.

        A look in the future was made before the clock was set back: it is no reason to wait until then.
        """
        provider = self.providers[account.vendor]
        if account.credentials.get("kind") != "refresh" or not isinstance(provider, ShowsInstalled):
            return 0
        _, looked_at = self.ledger.watch.cursor(account.id, CURSOR)
        if looked_at is not None and timedelta(0) <= now - looked_at < EVERY:
            return 0
        self.ledger.watch.move_cursor(account.id, CURSOR, "", now=now)
        try:
            with errand(Priority.BULK):
                found = provider.installed(account, webhook_url(self.public_url, account))
        except StoreError:
            raise
        except CredentialsRejected as error:
            kind, detail = refusal_alarm(error)
            self._alarm(account, kind, account.id, detail, now)
        except HandrailError as error:  # the poll tells of a helpdesk that is down; this looks again tomorrow
            log.info("presence_unknown", account=account.id, error=type(error).__name__)
        else:
            gone = any(check.name == "webhook" and check.state is CheckState.FAIL for check in found)
            self._say(account, gone=gone, now=now)
        return 1

    def _say(self, account: Account, *, gone: bool, now: datetime) -> None:
        if not gone:
            self.ledger.watch.clear_alarm(account.id, APP_REMOVED, WEBHOOK, now=now)
            return
        detail = (
            f"Handrail's webhook at the helpdesk of {account.name} was removed or switched off: events come late. "
            "Was it meant? `handrail account disconnect` ends the account; else `handrail account connect` makes a "
            "link that sets it up again"
        )
        self._alarm(account, APP_REMOVED, WEBHOOK, detail, now)

    def _alarm(self, account: Account, kind: str, subject: str, detail: str, now: datetime) -> None:
        self.ledger.watch.raise_alarm(
            Alarm(account_id=account.id, kind=kind, subject=subject, detail=detail, raised_at=now)
        )
