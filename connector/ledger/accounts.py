"""Accounts with their secrets, sealed at rest, and the one refresher of their tokens."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import cast

from connector.errors import ConfigurationError, StoreError, StoreUnavailable
from connector.ledger.codec import config_from_text, config_to_text
from connector.ledger.database import Clash, Database, Executor, Row, Value
from connector.ledger.documents import forget_replies
from connector.ledger.erasure import erase_history
from connector.ledger.keys import Vault
from connector.ledger.leaving import stop_work
from connector.ledger.moments import micros
from connector.ledger.rewind import horizon
from connector.model import Account, Stage

_LOOK_AGAIN_SECONDS = 0.05
_SEALED = ("credentials", "webhook_secrets")

Refresh = Callable[[Mapping[str, str]], Mapping[str, str]]


class SqlAccounts:
    """The Accounts port."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def add(self, account: Account, *, now: datetime) -> None:
        """Store a new account."""

        def unit(transaction: Executor) -> None:
            transaction.run("insert_account", **self._columns(account), now=micros(now))
            transaction.run("insert_turn", account_id=account.id)

        try:
            self._database.write(unit)
        except Clash as error:
            raise StoreError(f"there is an account with the name {account.name!r} or its id already") from error

    def get(self, name_or_id: str) -> Account | None:
        """The account by id or name; an id wins over another account's name."""
        row = self._database.read(
            lambda view: view.one("account_by_id", id=name_or_id) or view.one("account_by_name", name=name_or_id)
        )
        return None if row is None else self._account(row)

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        rows = self._database.read(lambda view: view.all("accounts"))
        return tuple(sorted((self._account(row) for row in rows), key=lambda account: account.name))

    def update(self, account: Account, *, now: datetime) -> None:
        """Replace everything but the id. A refresh of its tokens that is under way then loses to this.

        An account that does not let past replies be a source has none from then on.
        """

        def unit(transaction: Executor) -> int:
            changed = transaction.run("update_account", **self._columns(account), now=micros(now))
            if not account.config.learn_replies:
                forget_replies(transaction, account.id)
            return changed

        try:
            changed = self._database.write(unit)
        except Clash as error:
            raise StoreError(f"there is another account with the name {account.name!r}") from error
        _require(changed, account.id)

    def remove(self, account_id: str, *, now: datetime) -> None:
        """Forget the secrets and stop the work; events, effects and alarms that are open end with that reason."""

        def unit(transaction: Executor) -> None:
            _require(transaction.run("remove_account", id=account_id, now=micros(now)), account_id)
            transaction.run("drop_token_lease", account_id=account_id, holder=None)
            stop_work(transaction, account_id, now)

        self._database.write(unit)

    def erase(self, account_id: str, *, now: datetime) -> None:
        """Remove the account if it is still there, and forget everything that the chains have not signed."""
        if self._database.read(lambda view: view.one("account_by_id", id=account_id)) is not None:
            self.remove(account_id, now=now)
        emptied = self._database.write(
            lambda transaction: transaction.run("empty_account", id=account_id, now=micros(now))
        )
        _require(emptied, account_id)
        erase_history(self._database, account_id)
        self._database.scrub()

    def set_stage(self, account_id: str, stage: Stage, *, now: datetime) -> None:
        """Lift or lower the cap."""
        changed = self._database.write(
            lambda transaction: transaction.run("set_stage", id=account_id, stage=stage, now=micros(now))
        )
        _require(changed, account_id)

    def swap_token(
        self, account_id: str, *, now: datetime, lease_seconds: float, refresh: Refresh
    ) -> Mapping[str, str]:
        """Refresh the credentials as the only refresher in any thread or process, or wait for the one there is.

        What `refresh` raises goes to its own caller only; a waiting one then tries by itself.
        """
        seen: int | None = None
        holder = secrets.token_hex(8)
        started = time.monotonic()
        while True:
            credentials, version = self._tokens(account_id)
            if seen is not None and version != seen:
                return credentials
            seen = version
            clock = now + timedelta(seconds=time.monotonic() - started)
            until = clock + timedelta(seconds=lease_seconds)
            if self._take_lease(account_id, holder, clock, until):
                return self._refresh(account_id, holder, seen, clock, lease_seconds, refresh)
            threading.Event().wait(_LOOK_AGAIN_SECONDS)

    def reseal(self) -> int:
        """Seal again with the first key what another one sealed; how many accounts that were.

        Each account in a transaction of its own: no refresh of a token waits for all of them, and what a run that was
        stopped has done is left out by the next.
        """
        rows = self._database.read(lambda view: view.all("accounts"))
        return sum(self._reseal(row["id"]) for row in rows)

    def _reseal(self, account_id: str) -> bool:
        def unit(transaction: Executor) -> bool:
            # Read behind the lock: tokens refreshed meanwhile would be overwritten with those they replaced.
            locked = transaction.one("lock_account", id=account_id)
            row = transaction.one("account_by_id", id=account_id) if locked else None
            if row is None or all(self._vault.is_newest(row[name]) for name in _SEALED):
                return False
            columns = self._columns(self._account(row))
            transaction.run("reseal_account", id=account_id, **{name: columns[name] for name in _SEALED})
            return True

        return self._database.write(unit)

    def _refresh(
        self, account_id: str, holder: str, version: int, now: datetime, lease_seconds: float, refresh: Refresh
    ) -> Mapping[str, str]:
        try:
            credentials, current = self._tokens(account_id)
            if current != version:  # somebody finished between our look and our lease
                return credentials
            fresh = dict(refresh(credentials))
            return self._store(account_id, version, fresh, now, lease_seconds)
        finally:
            self._database.write(
                lambda transaction: transaction.run("drop_token_lease", account_id=account_id, holder=holder)
            )

    def _store(
        self, account_id: str, version: int, fresh: Mapping[str, str], now: datetime, lease_seconds: float
    ) -> Mapping[str, str]:
        """Store the fresh credentials, trying for the length of the lease: the old ones are worth nothing now."""
        sealed = self._vault.seal(f"{account_id} credentials", fresh)
        give_up_at = time.monotonic() + lease_seconds
        while True:
            try:
                changed = self._database.write(
                    lambda transaction: transaction.run(
                        "store_tokens", id=account_id, credentials=sealed, tokens_version=version, now=micros(now)
                    )
                )
            except StoreUnavailable:
                if time.monotonic() >= give_up_at:
                    raise
                threading.Event().wait(_LOOK_AGAIN_SECONDS)
            else:
                return fresh if changed else self._tokens(account_id)[0]

    def _take_lease(self, account_id: str, holder: str, now: datetime, until: datetime) -> bool:
        taken = self._database.write(
            lambda transaction: transaction.all(
                "take_token_lease",
                account_id=account_id,
                holder=holder,
                now=micros(now),
                lease_until=micros(until),
                longest=horizon(until),
            )
        )
        return bool(taken)

    def _tokens(self, account_id: str) -> tuple[Mapping[str, str], int]:
        row = self._database.read(lambda view: view.one("tokens", id=account_id))
        if row is None:
            raise StoreError(f"there is no account {account_id}")
        opened = self._vault.open(f"{account_id} credentials", row["credentials"])
        return cast("Mapping[str, str]", opened), int(row["tokens_version"])

    def _columns(self, account: Account) -> dict[str, Value]:
        return {
            "id": account.id,
            "name": account.name,
            "vendor": account.vendor,
            "base_url": account.base_url,
            "stage": account.stage,
            "bot_user_id": account.bot_user_id,
            "config": config_to_text(account.config),
            "default_owner": account.default_owner,
            "credentials": self._vault.seal(f"{account.id} credentials", dict(account.credentials)),
            "webhook_secrets": self._vault.seal(f"{account.id} webhook secrets", account.webhook_secrets),
        }

    def _account(self, row: Row) -> Account:
        credentials = self._vault.open(f"{row['id']} credentials", row["credentials"])
        webhook_secrets = self._vault.open(f"{row['id']} webhook secrets", row["webhook_secrets"])
        if not isinstance(credentials, dict) or not isinstance(webhook_secrets, list):
            raise ConfigurationError(f"The secrets of account {row['id']} are not what we stored: restore a backup.")
        return Account(
            id=row["id"],
            name=row["name"],
            vendor=row["vendor"],
            base_url=row["base_url"],
            stage=Stage(row["stage"]),
            bot_user_id=row["bot_user_id"],
            config=config_from_text(row["config"]),
            default_owner=row["default_owner"],
            credentials=credentials,
            webhook_secrets=tuple(webhook_secrets),
        )


def _require(changed: int, account_id: str) -> None:
    if not changed:
        raise StoreError(f"there is no account {account_id}")
