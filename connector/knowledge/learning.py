"""Keeps an account's past replies equal to what its imported history allows [G1].

The history is walked from the newest ticket to the oldest. Whether a reply may be a source at all is looked at every
time; what of it holds in general is worked out once. How far walks have come is in the ledger, so that any process goes
on there.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from connector.errors import ConfigurationError
from connector.knowledge.duplicates import NearDuplicates
from connector.knowledge.entries import entry_of
from connector.knowledge.replies import FINAL_AFTER, Left, Reading, document_from, solving_reply
from connector.model import Account, Document, DocumentKind, PastTicket
from connector.model.document import reply_id
from connector.ports import Ledger

CURSOR = "past_replies"
MOST = 5_000
"""Replies that an account keeps, the newest: a search goes through all of them."""
PAGE = 50
"""Tickets between two notes of how far a walk is: what a kill costs."""
LAG = timedelta(hours=1)
"""So long before the end of an import a change may have been too fresh for the helpdesk's export."""
_EDITION = "1"
"""Moved when what is made of a reply changes, so that all are read again."""
_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

Progress = Callable[[int, int], None]
"""(tickets seen, tickets in all)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """What a walk found. `left` counts tickets by why they gave no document; `kept` is how many there are now."""

    seen: int
    written: int
    removed: int
    kept: int
    left: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """How far walks have come. What has not changed after `done_until` was read by one that came to its end.

    A walk that was stopped reads up to `until` and had come to `at`: when that ticket was created, and its id. `key` is
    the hash of what replies were read with; with another one all are read again.
    """

    key: str
    since: datetime
    done_until: datetime = _BEGINNING
    until: datetime | None = None
    at: tuple[datetime, str] | None = None

    def has_read(self, past: PastTicket) -> bool:
        """Whether an earlier walk, or this one before it was stopped, read the ticket as it is now."""
        ticket = past.ticket
        if ticket.updated_at <= self.done_until:
            return True
        if self.until is None or self.at is None or ticket.updated_at > self.until:
            return False
        return (ticket.created_at, ticket.id) >= self.at

    def to_text(self) -> str:
        """As JSON."""
        times = {"since": self.since, "done_until": self.done_until, "until": self.until}
        told = {name: moment and moment.isoformat() for name, moment in times.items()}
        at = self.at and [self.at[0].isoformat(), self.at[1]]
        return json.dumps({"key": self.key, "at": at, **told})


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """Learns the replies of accounts, one at a time. `digest` names the rules and phrases of `reading`."""

    ledger: Ledger
    reading: Callable[[Account], Reading]
    digest: str

    def run(
        self, account: Account, *, since: datetime | None, now: datetime, progress: Progress = lambda _seen, _all: None
    ) -> Learned:
        """Walk the whole history; without `since` the last walk's holds. ConfigurationError where the account does not
        let past replies be a source, also where that is turned off meanwhile.
        """
        _require_consent(account)
        mark = self._mark(account, since)
        mark = replace(mark, until=mark.until or self._until(account, now))
        walk = _Walk(self.ledger, account, replace(self.reading(account), since=mark.since), mark, now)
        total = self.ledger.history.count(account.id)
        for past in self.ledger.history.tickets(account.id):
            walk.look(past)
            if walk.seen % PAGE == 0:
                self._require_consent_still(account)
                walk.note(past)
                progress(walk.seen, total)
        self._require_consent_still(account)
        found = walk.finish()
        progress(walk.seen, total)
        return found

    def _until(self, account: Account, now: datetime) -> datetime:
        """Up to when the history is whole: what changed later may still be imported, and may not be final."""
        state = self.ledger.history.imported(account.id)
        if state is None or state.finished_at is None:
            return _BEGINNING
        return min(now - FINAL_AFTER, state.finished_at - LAG)

    def _require_consent_still(self, account: Account) -> None:
        known = self.ledger.accounts.get(account.id)
        if known is None:
            raise ConfigurationError("The account was removed meanwhile: see `handrail account list`.")
        _require_consent(known)

    def _mark(self, account: Account, since: datetime | None) -> _Mark:
        """Where the last walk is; the beginning where it read with something else or from another day on."""
        state = self.ledger.history.imported(account.id)
        config = account.config
        rests_on = (
            _EDITION,
            self.digest,
            str(state and state.since),  # an import that goes further back brings tickets that changed long ago
            (config.company, config.languages, sorted(config.disclosure.items())),
        )
        key = hashlib.sha256(json.dumps(rests_on).encode()).hexdigest()[:24]
        known = _read(self.ledger.watch.cursor(account.id, CURSOR)[0])
        wanted = since or (known.since if known else _BEGINNING)
        if known is None or known.key != key or known.since != wanted:
            return _Mark(key=key, since=wanted)
        # Turned off, the setting took all of them away.
        gone = not any(item.kind is DocumentKind.REPLY for item in self.ledger.documents.all(account.id))
        return _Mark(key=key, since=wanted) if gone else known


class _Walk:
    """One walk over one account's history."""

    def __init__(self, ledger: Ledger, account: Account, reading: Reading, mark: _Mark, now: datetime) -> None:
        self._ledger, self._account, self._reading, self._now = ledger, account, reading, now
        self._read = mark
        self._known = {item.id: item for item in ledger.documents.all(account.id) if item.kind is DocumentKind.REPLY}
        self._near = NearDuplicates()
        for document in self._known.values():
            self._near.add(document.id, document.text)
        self._wanted: set[str] = set()
        self._superseded: set[str] = set()
        self._new: dict[str, Document] = {}
        self._stored = set(self._known)
        self._left: Counter[Left] = Counter()
        self._written = 0
        self.seen = 0

    def look(self, past: PastTicket) -> None:
        """Take the ticket's reply in, leave it as it is, or count why there is none."""
        self.seen += 1
        reply = solving_reply(past, self._reading, self._now)
        if isinstance(reply, Left):
            self._left[reply] += 1
            return
        name = reply_id(past.ticket.id, reply.id)
        if self._read.has_read(past):
            self._wanted |= {name} & self._known.keys()
            if name not in self._known:
                self._left[Left.DUPLICATE if name in self._superseded else Left.READ_BEFORE] += 1
            return
        found = document_from(past, reply, self._reading)
        if isinstance(found, Left):
            self._left[found] += 1
        else:
            self._take(found)

    def note(self, past: PastTicket) -> None:
        """Store what is new, and that the walk has come to this ticket."""
        self._flush()
        at = (past.ticket.created_at, past.ticket.id)
        reached = min(at, self._read.at) if self._read.at else at
        self._move(replace(self._read, at=reached))

    def finish(self) -> Learned:
        """Store the rest, take away what may be a source no longer, and note that all was read."""
        self._flush()
        newest = sorted(self._wanted, key=lambda name: (_at(self._known[name]), name), reverse=True)
        self._left[Left.TOO_MANY] += len(newest[MOST:])
        gone = self._stored - set(newest[:MOST])
        removed = sum(self._ledger.documents.remove(self._account.id, name) for name in sorted(gone))
        self._move(replace(self._read, done_until=self._read.until or self._read.done_until, until=None, at=None))
        return Learned(
            seen=self.seen,
            written=self._written,
            removed=removed,
            kept=len(newest[:MOST]),
            left={why.value: count for why, count in sorted(self._left.items()) if count},
        )

    def _take(self, found: Document) -> None:
        """Keep it instead of all that say nearly the same, unless one of those is newer."""
        rivals = [self._known[name] for name in self._near.like(found.text) if name != found.id]
        if any(_at(rival) >= _at(found) for rival in rivals):
            self._left[Left.DUPLICATE] += 1
            return
        for rival in rivals:
            self._near.drop(rival.id)
            self._superseded.add(rival.id)
            self._left[Left.DUPLICATE] += rival.id in self._wanted  # else it is still to come, and counted then
            self._wanted.discard(rival.id)
            del self._known[rival.id]
            self._new.pop(rival.id, None)
        self._near.add(found.id, found.text)
        self._known[found.id] = self._new[found.id] = found
        self._wanted.add(found.id)

    def _flush(self) -> None:
        entries = [entry_of(document) for document in self._new.values()]
        if entries:
            run = int((self._now - _BEGINNING) / timedelta(microseconds=1))
            self._written += self._ledger.documents.put(self._account.id, entries, run=run, now=self._now)
            self._stored |= self._new.keys()
            self._new = {}

    def _move(self, mark: _Mark) -> None:
        self._ledger.watch.move_cursor(self._account.id, CURSOR, mark.to_text(), now=self._now)


def _at(document: Document) -> datetime:
    return document.updated_at or _BEGINNING


def _require_consent(account: Account) -> None:
    if not account.config.learn_replies:
        raise ConfigurationError(
            f"{account.name} does not let past replies be a source: add `learn_replies = true` to what "
            f"`handrail account config show {account.name}` prints, and publish it."
        )


def _read(stored: str | None) -> _Mark | None:
    """What `to_text` made; None for anything else, which starts anew."""
    try:
        values = json.loads(stored or "")
        until, at = values["until"], values["at"]
        return _Mark(
            key=str(values["key"]),
            since=datetime.fromisoformat(values["since"]),
            done_until=datetime.fromisoformat(values["done_until"]),
            until=datetime.fromisoformat(until) if until else None,
            at=(datetime.fromisoformat(at[0]), str(at[1])) if at else None,
        )
    except (ValueError, KeyError, TypeError, IndexError):
        return None
