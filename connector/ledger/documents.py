"""The team's own texts with their search index; what differs between the engines' indexes stands in their `WORDS`."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.codec import config_from_text, from_text, to_text
from connector.ledger.database import Database, Executor, Row
from connector.ledger.moments import micros, optional_micros, optional_moment
from connector.model import Document, DocumentKind, Entry, Hit, Placed, Section
from connector.model.document import reply_id

_TERM = re.compile(r"[^\W_]{1,80}")


class SqlDocuments:
    """The Documents port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, account_id: str, entries: Sequence[Entry], *, run: int, now: datetime) -> int:
        """Store what is new or differs, mark the rest as seen; one transaction."""

        def unit(transaction: Executor) -> int:
            if transaction.one("lock_account", id=account_id) is None:
                raise StoreError(f"there is no account {account_id}")
            if any(entry.document.kind is DocumentKind.REPLY for entry in entries):
                _require_consent(transaction, account_id)
            written = sum(_put(transaction, account_id, entry, run, now) for entry in entries)
            if written:
                transaction.run("move_document_revision", account_id=account_id)
            return written

        return self._database.write(unit)

    def sweep(self, account_id: str, kinds: Iterable[DocumentKind], *, run: int) -> int:
        """Remove what neither this run nor a later one saw."""

        def unit(transaction: Executor) -> int:
            gone = [
                row["id"]
                for kind in sorted(kinds)
                for row in transaction.all("unseen_documents", account_id=account_id, kind=kind, run=run)
            ]
            for document_id in gone:
                _delete(transaction, account_id, document_id)
            if gone:
                transaction.run("move_document_revision", account_id=account_id)
            return len(gone)

        return self._database.write(unit)

    def remove(self, account_id: str, document_id: str) -> bool:
        """Remove one document with its sections and words."""

        def unit(transaction: Executor) -> bool:
            found = _delete(transaction, account_id, document_id)
            if found:
                transaction.run("move_document_revision", account_id=account_id)
            return found

        return self._database.write(unit)

    def forget_replies(self, account_id: str, ticket_id: str) -> int:
        """Take the past replies of one ticket away."""
        return self._database.write(lambda transaction: forget_replies(transaction, account_id, ticket_id))

    def all(self, account_id: str) -> tuple[Document, ...]:
        """By kind, title and id."""
        rows = self._database.read(lambda view: view.all("list_documents", account_id=account_id))
        return tuple(_document(row) for row in rows)

    def sections(self, account_id: str) -> tuple[Section, ...]:
        """By document and position."""
        rows = self._database.read(lambda view: view.all("list_sections", account_id=account_id))
        return tuple(_section(row) for row in rows)

    def search(self, account_id: str, terms: Sequence[str], *, language: str, limit: int) -> tuple[Hit, ...]:
        """Nearest first; among equals by document and position."""
        words = [term for term in dict.fromkeys(terms) if _TERM.fullmatch(term)]
        if not words:
            return ()
        rows = self._database.read(
            lambda view: view.all(
                "search_documents",
                account_id=account_id,
                scope=_scope(account_id, language),
                terms=" ".join(words),
                most=limit,
            )
        )
        return tuple(
            Hit(document_id=row["document_id"], position=row["position"], score=float(row["score"])) for row in rows
        )

    def revision(self, account_id: str) -> int:
        """Asked of the database each time, so that every process sees a change."""
        row = self._database.read(lambda view: view.one("document_revision", account_id=account_id))
        return 0 if row is None else int(row["revision"])

    def unplaced(self, account_id: str, encoder: str, *, limit: int) -> tuple[Section, ...]:
        """By document and position."""
        rows = self._database.read(
            lambda view: view.all("unplaced_sections", account_id=account_id, encoder=encoder, most=limit)
        )
        return tuple(_section(row) for row in rows)

    def place(self, account_id: str, encoder: str, placed: Sequence[Placed]) -> None:
        """One transaction for all of them."""

        def unit(transaction: Executor) -> None:
            for item in placed:
                transaction.run(
                    "place_section",
                    account_id=account_id,
                    document_id=item.document_id,
                    position=item.position,
                    encoder=encoder,
                    vectors=base64.b64encode(item.vectors).decode("ascii"),
                )
            transaction.run("move_document_revision", account_id=account_id)

        if placed:
            self._database.write(unit)

    def placed(self, account_id: str, encoder: str) -> tuple[Placed, ...]:
        """By document and position."""
        rows = self._database.read(lambda view: view.all("placed_sections", account_id=account_id, encoder=encoder))
        return tuple(
            Placed(document_id=row["document_id"], position=row["position"], vectors=base64.b64decode(row["vectors"]))
            for row in rows
        )


def forget_documents(transaction: Executor, account_id: str) -> None:
    """Take all documents of an account away."""
    rows = transaction.all("list_documents", account_id=account_id)
    for row in rows:
        _delete(transaction, account_id, row["id"])
    if rows:
        transaction.run("move_document_revision", account_id=account_id)


def forget_replies(transaction: Executor, account_id: str, ticket_id: str | None = None) -> int:
    """Take the past replies of a ticket away, or without one all of the account; how many there were."""
    if ticket_id is None:
        rows = transaction.all("past_replies", account_id=account_id)
    else:
        prefix = reply_id(ticket_id, "")
        rows = transaction.all("past_replies_of_ticket", account_id=account_id, prefix=prefix, size=len(prefix))
    for row in rows:
        _delete(transaction, account_id, row["id"])
    if rows:
        transaction.run("move_document_revision", account_id=account_id)
    return len(rows)


def _require_consent(transaction: Executor, account_id: str) -> None:
    """Seen under the account's lock: the setting cannot be turned off between the look and the write."""
    row = transaction.one("account_by_id", id=account_id)
    if row is None or not config_from_text(row["config"]).learn_replies:
        raise StoreError(f"the account {account_id} does not let past replies be a source")


def _put(transaction: Executor, account_id: str, entry: Entry, run: int, now: datetime) -> bool:
    document = entry.document
    known = transaction.one("document_digest", account_id=account_id, id=document.id)
    if known is not None and known["digest"] == entry.digest:
        transaction.run("see_document", account_id=account_id, id=document.id, run=run)
        return False
    if known is not None:
        _clear(transaction, account_id, document.id)
    transaction.run(
        "put_document",
        account_id=account_id,
        id=document.id,
        kind=document.kind,
        title=document.title,
        language=document.language,
        body=document.text,
        url=document.url,
        brand_id=document.brand_id,
        section=document.section,
        intents=to_text(document.intents),
        keywords=to_text(document.keywords),
        only_when=to_text(document.only_when),
        digest=entry.digest,
        run=run,
        updated_at=optional_micros(document.updated_at),
        now=micros(now),
    )
    for section in entry.sections:
        _put_section(transaction, account_id, document.language, section)
    return True


def _put_section(transaction: Executor, account_id: str, language: str, section: Section) -> None:
    number = _number(account_id, section.document_id, section.position)
    transaction.run(
        "put_section",
        account_id=account_id,
        document_id=section.document_id,
        position=section.position,
        number=number,
        heading=section.heading,
        body=section.text,
    )
    title, heading, keywords, words = section.words
    transaction.run(
        "index_section",
        number=number,
        account_id=account_id,
        scope=_scope(account_id, language),
        title=title,
        heading=heading,
        keywords=keywords,
        body=words,
    )


def _clear(transaction: Executor, account_id: str, document_id: str) -> None:
    transaction.run("clear_words", account_id=account_id, document_id=document_id)
    transaction.run("clear_sections", account_id=account_id, document_id=document_id)


def _delete(transaction: Executor, account_id: str, document_id: str) -> bool:
    _clear(transaction, account_id, document_id)
    return transaction.run("delete_document", account_id=account_id, document_id=document_id) > 0


def _scope(account_id: str, language: str) -> str:
    """One word for account and language: what a search is limited to."""
    return "s" + hashlib.sha256(f"{account_id}\x1f{language}".encode()).hexdigest()[:24]


def _number(account_id: str, document_id: str, position: int) -> int:
    """The section's key in the search index, which must be a number: 63 bits of a digest."""
    digest = hashlib.sha256(f"{account_id}\x1f{document_id}\x1f{position}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def _section(row: Row) -> Section:
    return Section(document_id=row["document_id"], position=row["position"], heading=row["heading"], text=row["body"])


def _document(row: Row) -> Document:
    return Document(
        id=row["id"],
        kind=DocumentKind(row["kind"]),
        title=row["title"],
        language=row["language"],
        text=row["body"],
        url=row["url"],
        brand_id=row["brand_id"],
        section=row["section"],
        intents=frozenset(from_text(row["intents"])),
        keywords=tuple(from_text(row["keywords"])),
        only_when=tuple(from_text(row["only_when"])),
        updated_at=optional_moment(row["updated_at"]),
    )
