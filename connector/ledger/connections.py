"""One-time links and states, by digest and with their content sealed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import cast

from connector.ledger.database import Database, Executor, Row
from connector.ledger.keys import Vault
from connector.ledger.moments import micros


class SqlConnections:
    """The Connections port."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def put(self, kind: str, secret: str, bound: Mapping[str, str], *, expires_at: datetime, now: datetime) -> None:
        """Keep what `secret` is bound to, and forget whatever has expired."""
        digest = _digest(kind, secret)
        sealed = self._vault.seal(digest, bound)

        def unit(transaction: Executor) -> None:
            transaction.run("drop_expired_connections", now=micros(now))
            transaction.run("put_connection", digest=digest, sealed=sealed, expires_at=micros(expires_at))

        self._database.write(unit)

    def look(self, kind: str, secret: str, *, now: datetime) -> Mapping[str, str] | None:
        """What the secret is bound to; None for one that is unknown, used or expired."""
        digest = _digest(kind, secret)
        return self._opened(
            digest, self._database.read(lambda view: view.one("connection", digest=digest, now=micros(now)))
        )

    def take(self, kind: str, secret: str, *, now: datetime) -> Mapping[str, str] | None:
        """The same, once."""
        digest = _digest(kind, secret)
        rows = self._database.write(
            lambda transaction: transaction.all("take_connection", digest=digest, now=micros(now))
        )
        return self._opened(digest, rows[0] if rows else None)

    def _opened(self, digest: str, row: Row | None) -> Mapping[str, str] | None:
        return None if row is None else cast("Mapping[str, str]", self._vault.open(digest, row["sealed"]))


def _digest(kind: str, secret: str) -> str:
    return hashlib.sha256(f"{kind}:{secret}".encode("utf-8", "surrogatepass")).hexdigest()
