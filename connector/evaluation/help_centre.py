"""The sandbox's help centres in a ledger of their own, as a sync from a helpdesk would leave them there."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from connector.knowledge.sync import Librarian
from connector.ledger import SqlLedger, open_ledger
from connector.model import Account, AccountConfig, Document, DocumentKind, Stage
from connector.plaintext import html_to_article
from connector.ports import DocumentPage, Encoder, Provider
from connector.sandbox import help_centre

COMPANIES = help_centre.COMPANIES
_VENDOR = "help_centre"
_NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def documents(company: str) -> tuple[Document, ...]:
    """What the public of this company may read, each with the id "company/language/slug"."""
    pairs = zip(_slugs(company), help_centre.articles(company), strict=True)
    return tuple(
        Document(
            id=slug,
            kind=DocumentKind.ARTICLE,
            title=article["title"],
            language=slug.split("/")[1],
            text=html_to_article(article["body"]),
            section=article["section"],
        )
        for slug, article in pairs
        if not article["draft"] and not article["internal"]
    )


def _slugs(company: str) -> Iterator[str]:
    """The names of the files in the order in which `articles` gives them."""
    folder = files(help_centre) / company
    for language in help_centre.LOCALES:
        for name in sorted(file.name for file in (folder / language).iterdir() if file.name.endswith(".md")):
            yield f"{company}/{language}/{name.removesuffix('.md')}"


@contextmanager
def filled_ledger(shelves: Mapping[str, tuple[Document, ...]], encoder: Encoder | None = None) -> Iterator[SqlLedger]:
    """A ledger that lasts as long as the block, with an account of each name and its documents synced and encoded."""
    with TemporaryDirectory() as folder:
        ledger = open_ledger(str(Path(folder) / "documents.db"), keys=(secrets.token_urlsafe(32),), synchronous="OFF")
        try:
            ledger.migrate()
            # Of a provider, a sync asks for nothing but its documents.
            provider = cast("Provider", _Shelves(shelves))
            librarian = Librarian(ledger=ledger, providers={_VENDOR: provider}, encoder=lambda: encoder)
            for name in shelves:
                account = _account(name)
                ledger.accounts.add(account, now=_NOW)
                librarian.sync(account, now=_NOW)
            yield ledger
        finally:
            ledger.close()


@dataclass(frozen=True, slots=True)
class _Shelves:
    """Lists an account's documents, all on one page."""

    shelves: Mapping[str, tuple[Document, ...]]

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        del cursor  # there is no second page
        return DocumentPage(documents=self.shelves[account.id], cursor="", more=False)


def _account(name: str) -> Account:
    return Account(
        id=name,
        name=name,
        vendor=_VENDOR,
        base_url=f"https://{name}.example",
        stage=Stage.SHADOW,
        bot_user_id="1",
        config=AccountConfig(company=name),
    )
