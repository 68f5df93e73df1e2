"""Nothing of an erased account is left, in whatever table: those that come later are looked at as well."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from connector.errors import StoreError
from connector.knowledge import entry_of
from connector.ledger import SqlLedger, open_ledger
from connector.model import Account, Document, DocumentKind
from connector.records import AuditEntry
from tests.ledger.samples import KEY, NOW, account, claimed_ticket, decided, effect
from tests.ledger.tables import columns, put, stored, tables_with

STAYS = {
    "receipts": "signed in one chain with those of all other accounts; what it says is emptied",
    "audit": "the same",
}
EMPTIED = {"receipts": ("body", "salt"), "audit": ("detail", "salt")}
NUMBERS = {"acme": 1001, "bravo": 1002}


def fill(url: str, account_id: str) -> None:
    """A row of the account in every table that has none yet."""
    for table, rows in stored(url).items():
        kinds = columns(url, table)
        if "account_id" not in kinds or any(row["account_id"] == account_id for row in rows):
            continue
        row: dict[str, Any] = {
            name: NUMBERS[account_id] if number else f"canary-{account_id}" for name, number in kinds.items()
        }
        if not url.startswith("postgresql") and table == "document_words":
            row["rowid"] = NUMBERS[account_id]  # there it is the number of the section
        put(url, table, row | {"account_id": account_id})


def rows_of(url: str, account_id: str) -> dict[str, list[dict[str, Any]]]:
    return {
        table: [row for row in rows if row.get("account_id") == account_id or row.get("id") == account_id]
        for table, rows in stored(url).items()
    }


@pytest.fixture
def filled(database_url: str, ledger: SqlLedger, acme: Account) -> SqlLedger:
    """Two accounts, of each something in every table."""
    ledger.accounts.add(account("bravo"), now=NOW)
    for name in ("acme", "bravo"):
        decided(ledger, claimed_ticket(ledger, name, "7"), effect(name, "7", f"effect-{name}"))
        ledger.watch.record(AuditEntry(account_id=name, actor="Ada", verb="edit", detail=f"canary-{name}", at=NOW))
        fill(database_url, name)
    return ledger


def test_nothing_of_an_erased_account_is_left_in_any_table(filled: SqlLedger, database_url: str) -> None:
    tables = tables_with(database_url, "account_id")
    before = rows_of(database_url, "bravo")
    assert {table for table in tables if not rows_of(database_url, "acme")[table]} == set(), "each table is tried"
    assert len(tables) > 20

    filled.accounts.erase("acme", now=NOW)

    left = {table: rows for table, rows in rows_of(database_url, "acme").items() if rows}
    assert set(left) == {*STAYS, "accounts"}
    for table, emptied in EMPTIED.items():
        assert [row[name] for row in left[table] for name in emptied] == [None] * len(left[table]) * 2
    words = {value for rows in stored(database_url).values() for row in rows for value in row.values()}
    assert {word for word in words if "acme" in str(word)} == {"acme"}, "its id alone, where a signature covers it"
    assert rows_of(database_url, "bravo") == before, "another account loses nothing"
    assert filled.watch.verify_chain() is None


def test_what_the_chains_need_is_still_there(filled: SqlLedger) -> None:
    filled.accounts.erase("acme", now=NOW)

    (receipt,) = filled.decisions.receipts("acme")
    assert (receipt.ticket_id, receipt.body) == ("7", {})
    assert [(entry.verb, entry.detail) for entry in filled.watch.audit("acme")] == [("edit", "")]


def test_an_erasure_can_be_repeated_and_comes_after_a_removal(filled: SqlLedger, database_url: str) -> None:
    filled.accounts.remove("acme", now=NOW)
    assert filled.accounts.get("acme") is None
    filled.accounts.erase("acme", now=NOW)
    once = stored(database_url)
    filled.accounts.erase("acme", now=NOW)
    assert stored(database_url) == once
    with pytest.raises(StoreError):
        filled.accounts.erase("nobody", now=NOW)


def test_what_model_calls_cost_goes_with_the_account_already(filled: SqlLedger, database_url: str) -> None:
    filled.accounts.remove("acme", now=NOW)
    assert rows_of(database_url, "acme")["spend"] == []
    assert len(rows_of(database_url, "bravo")["spend"]) == 1


def test_no_byte_of_an_erased_account_is_left_in_the_files(sqlite_path: Path) -> None:
    """The index of words only marks what is deleted, and the log keeps pages that were written over."""
    ledger = open_ledger(f"sqlite:///{sqlite_path}", keys=(KEY,))
    ledger.accounts.add(account("bravo"), now=NOW)
    for name in ("acme", "bravo"):
        text = f"canaryword{name} stands in this sentence. " * 20
        documents = [
            Document(id=f"article:{number}:en", kind=DocumentKind.ARTICLE, title="Word", language="en", text=text)
            for number in range(40)
        ]
        ledger.documents.put(name, [entry_of(document) for document in documents], run=1, now=NOW)

    def stored_words(name: str) -> int:
        files = sqlite_path.parent.glob(f"{sqlite_path.name}*")
        return sum(file.read_bytes().count(f"canaryword{name}".encode()) for file in files)

    assert stored_words("acme") > 0
    ledger.accounts.erase("acme", now=NOW)
    assert stored_words("acme") == 0
    assert stored_words("bravo") > 0
    assert ledger.documents.search("bravo", ["canarywordbravo"], language="en", limit=1)
    ledger.close()
