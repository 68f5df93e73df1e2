"""Append-only chains: each entry is signed together with the one before it, so that a change of history shows.

What may have to be erased (a receipt's body, an audit entry's detail) is in the chain only as a salted digest:
erasing it with its salt leaves every signature valid and nothing to guess the content from.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connector.errors import StoreCorrupt
from connector.ledger.codec import to_text
from connector.ledger.database import Executor, Row, Value, storable

RECEIPTS = "receipts"
AUDIT = "audit"
_START = "0" * 64
_PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """The place of a new entry in its chain."""

    seq: int
    previous: str
    digest: str
    salt: str
    content_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One stored entry as the check sees it; `content` and `salt` are None once erased."""

    seq: int
    previous: str
    digest: str
    facts: Sequence[Value]
    content: str | None
    salt: str | None
    content_digest: str


class Chain:
    """One chain; `key` signs it and is not in the database in clear."""

    def __init__(self, name: str, key: bytes) -> None:
        self.name = name
        self._key = key

    def start(self, transaction: Executor) -> None:
        """Make the chain's head, once."""
        transaction.run("add_chain", name=self.name, entries=0, digest=_START, mac=self._mac(0, _START))

    def append(self, transaction: Executor, facts: Sequence[Value], content: str) -> Link:
        """Sign the next entry and move the head. Holds the chain until the transaction ends."""
        head = transaction.one("lock_chain", name=self.name)
        if head is None:
            raise StoreCorrupt(f"the head of the {self.name} chain is missing: `handrail restore FILE`")
        seq, previous = int(head["entries"]) + 1, str(head["digest"])
        salt = secrets.token_hex(16)
        content_digest = _content_digest(salt, str(storable(content)))
        facts = [storable(fact) for fact in facts]
        digest = self._digest(seq, previous, facts, content_digest)
        transaction.run("move_chain", name=self.name, entries=seq, digest=digest, mac=self._mac(seq, digest))
        return Link(seq=seq, previous=previous, digest=digest, salt=salt, content_digest=content_digest)

    def first_break(self, transaction: Executor, page: str, entry: Callable[[Row], Entry]) -> str | None:
        """Where the chain is first broken, in words, or None. `page` is the statement that lists its rows."""
        previous, seq = _START, 0
        while rows := transaction.all(page, after=seq, limit=_PAGE):
            for row in rows:
                found = entry(row)
                fault = self._fault(found, seq + 1, previous)
                if fault:
                    return f"{self.name}: entry {seq + 1} {fault}"
                seq, previous = found.seq, found.digest
        return self._head_fault(transaction, seq, previous)

    def _fault(self, entry: Entry, seq: int, previous: str) -> str | None:
        if entry.seq != seq:
            return "is missing"
        if entry.previous != previous:
            return "does not follow the one before it"
        if entry.digest != self._digest(seq, previous, entry.facts, entry.content_digest):
            return "was changed"
        if entry.content is None and entry.salt is None:
            return None
        if _content_digest(entry.salt or "", entry.content or "") != entry.content_digest:
            return "has a changed content"
        return None

    def _head_fault(self, transaction: Executor, seq: int, digest: str) -> str | None:
        head = transaction.one("chain", name=self.name)
        if head is None:
            return f"{self.name}: the head is missing"
        if not hmac.compare_digest(head["mac"], self._mac(head["entries"], head["digest"])):
            return f"{self.name}: the head was changed"
        if (head["entries"], head["digest"]) != (seq, digest):
            return f"{self.name}: entry {seq + 1} is missing at the end"
        return None

    def _digest(self, seq: int, previous: str, facts: Sequence[Value], content_digest: str) -> str:
        return self._sign(f"{previous}{to_text([seq, *facts, content_digest])}")

    def _mac(self, entries: int, digest: str) -> str:
        return self._sign(f"head {entries} {digest}")

    def _sign(self, text: str) -> str:
        return hmac.new(self._key, f"{self.name} {text}".encode(), hashlib.sha256).hexdigest()


def _content_digest(salt: str, content: str) -> str:
    return hashlib.sha256(f"{salt} {content}".encode()).hexdigest()
