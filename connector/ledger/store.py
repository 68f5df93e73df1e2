"""The whole ledger on one database."""

from __future__ import annotations

import secrets
from pathlib import Path

from connector.errors import ConfigurationError, StoreUnavailable
from connector.ledger import migrations
from connector.ledger.accounts import SqlAccounts
from connector.ledger.cards import SqlCards
from connector.ledger.chain import AUDIT, RECEIPTS, Chain
from connector.ledger.connections import SqlConnections
from connector.ledger.database import Database, Executor
from connector.ledger.decisions import SqlDecisions
from connector.ledger.documents import SqlDocuments
from connector.ledger.history import SqlHistory
from connector.ledger.inbox import SqlInbox
from connector.ledger.keys import Vault
from connector.ledger.leaving import SqlLeaving
from connector.ledger.models import SqlModels
from connector.ledger.policies import SqlPolicies
from connector.ledger.sidebar import SqlSidebar
from connector.ledger.spend import SqlSpend
from connector.ledger.watch import SqlWatch
from connector.ledger.work import SqlWork
from connector.ports import (
    Accounts,
    Cards,
    Connections,
    Decisions,
    Documents,
    History,
    Inbox,
    Leaving,
    Models,
    Policies,
    Sidebar,
    Spend,
    Watch,
    Work,
)

CHAIN_KEY = "chain"
"""The name of the key that signs the chains; that it opens also proves that the right secret key is set."""


class SqlLedger:
    """The Ledger port. Use `connector.ledger.open_ledger` to make one."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self.database = database
        self._vault = vault
        self._chain_key: bytes | None = None
        self._accounts = SqlAccounts(database, vault)
        self.inbox: Inbox = SqlInbox(database)
        self.work: Work = SqlWork(database, self._receipts)
        self.decisions: Decisions = SqlDecisions(database)
        self.accounts: Accounts = self._accounts
        self._leaving = SqlLeaving(database, vault)
        self.leaving: Leaving = self._leaving
        self.policies: Policies = SqlPolicies(database)
        self.models: Models = SqlModels(database)
        self.spend: Spend = SqlSpend(database)
        self.documents: Documents = SqlDocuments(database)
        self.history: History = SqlHistory(database)
        self.cards: Cards = SqlCards(database)
        self.sidebar: Sidebar = SqlSidebar(database, self._key)
        self.connections: Connections = SqlConnections(database, vault)
        self.watch: Watch = SqlWatch(database, self._audit, self._receipts)

    def migrate(self) -> None:
        """Bring the schema up to date; look for damage; make the keys of a new database."""
        self.database.examine()
        migrations.migrate(self.database)
        self.database.write(self._make_keys)
        self._key()

    def verify(self) -> None:
        """Refuse a database of a later release or of another key; an empty one passes."""
        migrations.refuse_newer(self.database)
        if migrations.stored_version(self.database):
            self._key()

    def check(self) -> None:
        """Readiness: a write works, and our key opens what is stored. StoreError, ConfigurationError.

        Another process may have encrypted everything with a key that this one was not given.
        """
        self.database.write(lambda transaction: transaction.run("beat"))
        self._stored_key()

    def close(self) -> None:
        """Finish what is being written and let go."""
        self.database.close()

    def rotate_keys(self) -> int:
        """Seal again with the first key whatever another one sealed; the others can then be dropped. How many accounts
        that were. May be stopped at any time and run again.
        """
        key = self._key()
        self.database.write(
            lambda transaction: transaction.run(
                "reseal_key", name=CHAIN_KEY, sealed=self._vault.seal(CHAIN_KEY, key.hex())
            )
        )
        return self._accounts.reseal() + self._leaving.reseal()

    def _make_keys(self, transaction: Executor) -> None:
        """A chain key of our own, so that HANDRAIL_SECRET_KEY can change without breaking the chains."""
        fresh = secrets.token_bytes(32)
        if transaction.run("add_key", name=CHAIN_KEY, sealed=self._vault.seal(CHAIN_KEY, fresh.hex())):
            for name in (RECEIPTS, AUDIT):
                Chain(name, fresh).start(transaction)

    def _key(self) -> bytes:
        if self._chain_key is None:
            self._chain_key = self._stored_key()
        return self._chain_key

    def _stored_key(self) -> bytes:
        row = self.database.read(lambda view: view.one("key", name=CHAIN_KEY))
        if row is None:
            raise StoreUnavailable("the database has no keys yet: run `handrail migrate`")
        opened = self._vault.open(CHAIN_KEY, row["sealed"])
        if not isinstance(opened, str):
            raise ConfigurationError("The database's own key is not what we stored: restore a backup.")
        return bytes.fromhex(opened)

    def _receipts(self) -> Chain:
        return Chain(RECEIPTS, self._key())

    def _audit(self) -> Chain:
        return Chain(AUDIT, self._key())


def database_file(url: str) -> Path:
    """The file of a `sqlite:///path` address, or of a plain path."""
    return Path(url.removeprefix("sqlite:///"))
