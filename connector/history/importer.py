"""Brings an account's past tickets into the ledger, page by page.

A page and the cursor behind it are stored in one transaction, so that an import that is killed goes on where it was.
Only one page is in memory at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog

from connector.errors import ProviderThrottled, ProviderUnavailable
from connector.model import Account, HistoryPage
from connector.ports import Clock, Ledger, Priority, Provider, errand

log = structlog.get_logger()

MAX_FAILURES = 5
"""How often one page is tried again after an outage, before the import stops and can be resumed."""

OUTAGE_SECONDS = 20.0
PAUSE_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far an import is. `share` is of the time to cover, 0 to 1; None where nobody can say."""

    tickets: int
    gone: int
    ratings: int
    share: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Importer:
    """Imports accounts, one at a time. `pause` waits that many seconds."""

    ledger: Ledger
    clock: Clock
    pause: Callable[[float], None] = time.sleep

    def run(
        self,
        account: Account,
        provider: Provider,
        *,
        since: datetime | None,
        report: Callable[[Progress], None],
    ) -> Progress:
        """Import until the helpdesk has no more; `report` hears of every stored page.

        Goes on where the last import of the account was: with another `since` it starts anew, without one it keeps
        the last one's. ProviderError where the helpdesk cannot be read; what was stored stays.
        """
        state = self.ledger.history.imported(account.id)
        anew = state is None or (since is not None and since != state.since)
        cursor = None if anew or state is None else state.cursor
        since = since if anew or state is None else state.since
        done = Progress(tickets=0, gone=0, ratings=0, share=None)
        begin: datetime | None = since
        # In any circle the one kept at 1, 2, 4, 8 ... pages comes again: no list of a million cursors is needed.
        kept, pages, keep_at = cursor, 0, 1
        while True:
            page = self._page(account, provider, cursor, since)
            pages += 1
            if page.more and page.cursor in (cursor, kept):
                raise ProviderUnavailable("the helpdesk's history does not move on; import again later")
            self.ledger.history.keep(account.id, page, since=since, now=self.clock())
            begin = begin or page.reached
            done = self._counted(done, page, begin)
            report(done)
            cursor = page.cursor
            if not page.more:
                return done
            if pages == keep_at:
                kept, keep_at = cursor, 2 * keep_at

    def _page(self, account: Account, provider: Provider, cursor: str | None, since: datetime | None) -> HistoryPage:
        """The next page, after as many waits as the helpdesk asks for."""
        failures = 0
        while True:
            try:
                with errand(Priority.BULK):
                    return provider.history(account, cursor=cursor, since=since, now=self.clock())
            except ProviderThrottled as error:
                self.pause(error.retry_after_seconds or PAUSE_SECONDS)
            except ProviderUnavailable as error:
                failures += 1
                if failures > MAX_FAILURES:
                    raise
                log.warning("import_interrupted", account=account.id, error=type(error).__name__, attempt=failures)
                self.pause(error.retry_after_seconds or OUTAGE_SECONDS)

    def _counted(self, done: Progress, page: HistoryPage, begin: datetime | None) -> Progress:
        share = done.share
        if page.reached is not None and begin is not None:
            whole = (self.clock() - begin).total_seconds()
            share = min(1.0, max(0.0, (page.reached - begin).total_seconds() / whole)) if whole > 0 else 1.0
        return Progress(
            tickets=done.tickets + len(page.tickets),
            gone=done.gone + len(page.gone),
            ratings=done.ratings + len(page.ratings),
            share=share if page.more else 1.0,
        )
