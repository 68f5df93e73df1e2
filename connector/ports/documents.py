"""The port to the documents that the ledger keeps for each account [G1]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from connector.model import Document, DocumentKind, Entry, Hit, Placed, Section


class Documents(Protocol):
    """The team's own texts, per account, with their search index in the same transaction."""

    def put(self, account_id: str, entries: Sequence[Entry], *, run: int, now: datetime) -> int:
        """Store what is new or differs and mark all as seen by this run of a listing; how many were written.

        `run` grows with time. StoreError when there is no such account, or for a past reply of one that lets none be a
        source.
        """

    def sweep(self, account_id: str, kinds: Iterable[DocumentKind], *, run: int) -> int:
        """Remove documents of these kinds that this run, or a later one, did not see; how many."""

    def remove(self, account_id: str, document_id: str) -> bool:
        """Remove one document; False when there is none."""

    def forget_replies(self, account_id: str, ticket_id: str) -> int:
        """Remove the past replies of a ticket; how many. Erasing the ticket anywhere else in the ledger does so too."""

    def all(self, account_id: str) -> tuple[Document, ...]:
        """Every document, by kind, title and id."""

    def sections(self, account_id: str) -> tuple[Section, ...]:
        """Every section, by document and position, without the words of the search."""

    def search(self, account_id: str, terms: Sequence[str], *, language: str, limit: int) -> tuple[Hit, ...]:
        """Sections in this language with words that begin with one of the terms, nearest first.

        Terms are folded words: letters and digits only.
        """

    def revision(self, account_id: str) -> int:
        """A number that moves with every change of the account's documents; 0 before the first."""

    def unplaced(self, account_id: str, encoder: str, *, limit: int) -> tuple[Section, ...]:
        """Sections that this encoder has not placed yet."""

    def place(self, account_id: str, encoder: str, placed: Sequence[Placed]) -> None:
        """Store where the encoder placed them; sections that are gone meanwhile are passed over."""

    def placed(self, account_id: str, encoder: str) -> tuple[Placed, ...]:
        """Where this encoder placed the account's sections."""
