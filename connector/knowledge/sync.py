"""Keeps the ledger's documents equal to what the helpdesk shows the public [G1].

A listing is read page by page; where it stands is in the ledger, so that any process goes on with it. Only what
differs is written. What it names as withdrawn goes at once, what it no longer names when it is at its end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import structlog

from connector.errors import HandrailError, ProviderRejected, ProviderUnavailable
from connector.knowledge.entries import entry_of, pieces
from connector.knowledge.ledgered import PIECE_CHARS
from connector.knowledge.shelf import packed
from connector.model import SYNCED, Account, Document, DocumentKind, Placed
from connector.ports import DocumentPage, Encoder, Ledger, Priority, Provider, errand
from connector.triage.language import UNKNOWN, detect

log = structlog.get_logger()

CURSOR = "knowledge"
HOUR_SECONDS = 3600.0
JITTER = 0.1
"""Up to this share of the interval more, different for each account, so that they do not all ask at once."""
PAGE_SECONDS = 3.0
"""Between two pages in the background: the helpdesk's rate budget belongs to tickets first."""
FAILED_SECONDS = 300.0
STALE_HOURS = 6.0
"""A listing that stood still for longer starts again: what was on the pages before may have moved."""
PLACED_AT_ONCE = 8
"""Sections that the background encodes between two looks at the clock: well under a second."""
MAX_PAGES = 20_000

Progress = Callable[["Synced"], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What a sync has done so far. `unlisted` are kinds that could not be listed; they stay as they were."""

    pages: int = 0
    listed: int = 0
    written: int = 0
    removed: int = 0
    encoded: int = 0
    unlisted: frozenset[DocumentKind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listing:
    """Where one account's listing stands. `run` is its start in microseconds; `again_at` holds back after a failure.

    `kept` is the cursor behind page 1, 2, 4, 8 ...: in any circle of pages it comes again.
    """

    run: int
    cursor: str = ""
    done: bool = False
    again_at: int = 0
    unlisted: tuple[str, ...] = ()
    pages: int = 0
    kept: str = ""

    def write(self) -> str:
        return json.dumps(
            {
                "run": self.run,
                "cursor": self.cursor,
                "done": self.done,
                "again_at": self.again_at,
                "unlisted": self.unlisted,
                "pages": self.pages,
                "kept": self.kept,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Librarian:
    """Syncs accounts: in the background step by step, or one at once. `encoder` gives the encoder, if one is set."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    encoder: Callable[[], Encoder | None] = field(default=lambda: None)
    every_seconds: float = HOUR_SECONDS

    def step(self, now: datetime) -> int:
        """One page or a few encoded sections of each account where that is due; how many documents changed.

        Never raises for a helpdesk's or a document's fault: it is logged, and that account is asked again later.
        """
        return sum(self.tend(account, now) for account in self.ledger.accounts.all())

    def tend(self, account: Account, now: datetime) -> int:
        """One page or a few encoded sections of this account if that is due; how many documents changed. See `step`."""
        try:
            return self._advance(account, now)
        except Exception as error:  # noqa: BLE001 - sources that are an hour old must not hold up tickets
            log.warning("knowledge_sync_failed", account=account.id, error=type(error).__name__)
            self._hold_back(account, error, now)
            return 0

    def sync(self, account: Account, *, now: datetime, progress: Progress = lambda _done: None) -> Synced:
        """The whole listing at once, going on where one was left, then the encoder.

        What the helpdesk refuses is raised; called again it goes on from there.
        """
        listing = self._open(account, now)
        if listing is None or listing.done:
            listing = _Listing(run=_micros(now))
        done = Synced()
        for _ in range(MAX_PAGES):
            listing, done = self._page(account, listing, now, done)
            progress(done)
            if listing.done:
                break
        else:
            raise ProviderUnavailable("the helpdesk's listing does not end: nothing was removed; sync again later")
        while placed := self._encode(account, 4 * PLACED_AT_ONCE):
            done = replace(done, encoded=done.encoded + placed)
            progress(done)
        return done

    def add(self, account: Account, document: Document, *, now: datetime) -> bool:
        """Keep one document that no listing names; False when it was there as it is."""
        entry = entry_of(self._spoken(account, document))
        return self.ledger.documents.put(account.id, [entry], run=_micros(now), now=now) > 0

    def _advance(self, account: Account, now: datetime) -> int:
        listing = self._open(account, now)
        if listing is None:
            listing = _Listing(run=_micros(now))
        elif listing.done and not self._is_due(account, listing, now):
            self._encode(account, PLACED_AT_ONCE)
            return 0
        elif listing.done:
            listing = _Listing(run=_micros(now))
        elif _micros(now) < listing.again_at:
            return 0
        _, done = self._page(account, listing, now, Synced())
        return done.written + done.removed

    def _page(self, account: Account, listing: _Listing, now: datetime, done: Synced) -> tuple[_Listing, Synced]:
        with errand(Priority.BULK):
            page = self.providers[account.vendor].documents(account, cursor=listing.cursor or None)
        if page.more and page.cursor in (listing.cursor, listing.kept):
            raise ProviderUnavailable("the helpdesk's listing does not move on")
        entries = [entry_of(self._spoken(account, document)) for document in page.documents if document.text.strip()]
        # Twice the same id on one page would count as two changes.
        entries = list({entry.document.id: entry for entry in entries}.values())
        written = self.ledger.documents.put(account.id, entries, run=listing.run, now=now)
        unlisted = frozenset((*listing.unlisted, *page.unlisted))
        removed = self._withdraw(account, page.withdrawn - {entry.document.id for entry in entries})
        if not page.more:
            kinds = SYNCED - {DocumentKind(kind) for kind in unlisted}
            removed += self.ledger.documents.sweep(account.id, kinds, run=listing.run)
        listing = _moved(listing, page, unlisted, now)
        self.ledger.watch.move_cursor(account.id, CURSOR, listing.write(), now=now)
        return listing, replace(
            done,
            pages=done.pages + 1,
            listed=done.listed + len(entries),
            written=done.written + written,
            removed=done.removed + removed,
            unlisted=frozenset(DocumentKind(kind) for kind in unlisted),
        )

    def _withdraw(self, account: Account, named: frozenset[str]) -> int:
        """Remove what is not public any more; how many. The end of the listing may be far away, or never come."""
        if not named:
            return 0
        known = {document.id for document in self.ledger.documents.all(account.id) if document.kind in SYNCED}
        return sum(self.ledger.documents.remove(account.id, name) for name in sorted(named & known))

    def _spoken(self, account: Account, document: Document) -> Document:
        """The document with its language, told from its text where the helpdesk does not say."""
        if document.language:
            return document
        told = detect(f"{document.title}\n{document.text}")
        first = account.config.languages[0] if account.config.languages else "en"
        return replace(document, language=first if told == UNKNOWN else told)

    def _encode(self, account: Account, most: int) -> int:
        """Let the encoder place sections that it has not seen; how many."""
        encoder = self.encoder()
        if encoder is None:
            return 0
        waiting = self.ledger.documents.unplaced(account.id, encoder.name, limit=most)
        if not waiting:
            return 0
        titles = {document.id: document.title for document in self.ledger.documents.all(account.id)}
        placed = [
            Placed(
                document_id=section.document_id,
                position=section.position,
                vectors=packed(encoder.encode(pieces(titles.get(section.document_id, ""), section, PIECE_CHARS))),
            )
            for section in waiting
        ]
        self.ledger.documents.place(account.id, encoder.name, placed)
        return len(placed)

    def _is_due(self, account: Account, listing: _Listing, now: datetime) -> bool:
        share = int.from_bytes(hashlib.sha256(f"{account.id}{listing.run}".encode()).digest()[:2], "big") / 65536
        return _micros(now) - listing.run >= self.every_seconds * (1 + JITTER * share) * 1_000_000

    def _open(self, account: Account, now: datetime) -> _Listing | None:
        """The listing as it stands; None where there is none, or one that stood still for too long."""
        stored, moved_at = self.ledger.watch.cursor(account.id, CURSOR)
        listing = _read(stored)
        if listing is None or moved_at is None:
            return None
        stale = not listing.done and now - moved_at > timedelta(hours=STALE_HOURS)
        return None if stale else listing

    def _hold_back(self, account: Account, error: Exception, now: datetime) -> None:
        """Try again later: the helpdesk's own time after a 429, else some minutes; a refused page starts all over."""
        seconds = (error.retry_after_seconds if isinstance(error, HandrailError) else None) or FAILED_SECONDS
        try:
            listing = self._open(account, now)
            if listing is None or listing.done or isinstance(error, ProviderRejected):
                listing = _Listing(run=_micros(now))
            held = replace(listing, again_at=_micros(now) + int(seconds * 1_000_000))
            self.ledger.watch.move_cursor(account.id, CURSOR, held.write(), now=now)
        except HandrailError as failure:
            log.warning("knowledge_sync_failed", account=account.id, error=type(failure).__name__)


def _moved(listing: _Listing, page: DocumentPage, unlisted: frozenset[str], now: datetime) -> _Listing:
    pages = listing.pages + 1
    return replace(
        listing,
        pages=pages,
        kept=page.cursor if pages & (pages - 1) == 0 else listing.kept,
        cursor=page.cursor if page.more else "",
        done=not page.more,
        again_at=_micros(now) + int(PAGE_SECONDS * 1_000_000),
        unlisted=tuple(sorted(unlisted)),
    )


def _read(stored: str | None) -> _Listing | None:
    """What `write` made; None for anything else, which starts a new listing."""
    try:
        values = json.loads(stored or "")
        return _Listing(
            run=int(values["run"]),
            cursor=str(values["cursor"]),
            done=values["done"] is True,
            again_at=int(values["again_at"]),
            unlisted=tuple(DocumentKind(kind) for kind in values["unlisted"]),
            pages=int(values.get("pages", 0)),
            kept=str(values.get("kept", "")),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _micros(moment: datetime) -> int:
    return int((moment - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
