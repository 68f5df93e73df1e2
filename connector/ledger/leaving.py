"""Accounts that were disconnected: work ends at once, access is given back, the history is erased later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import cast

from connector.errors import StoreError
from connector.ledger.database import Database, Executor, Row
from connector.ledger.documents import forget_documents
from connector.ledger.erasure import erase_history
from connector.ledger.keys import Vault
from connector.ledger.moments import micros, moment
from connector.ledger.rewind import bring_back, horizon
from connector.model import Account, AccountConfig, GoneAccount, Stage


class SqlLeaving:
    """The Leaving port."""

    def __init__(self, database: Database, vault: Vault) -> None:
        self._database = database
        self._vault = vault

    def leave(self, account_id: str, *, now: datetime, erase_at: datetime) -> None:
        """Stop the account's work and forget its webhook secrets. A refresh of its tokens that is under way ends first:
        its lease stays, and what it brings is stored, so that it is the newest token which is given back.
        """

        def unit(transaction: Executor) -> None:
            left = transaction.run("leave_account", id=account_id, now=micros(now), erase_at=micros(erase_at))
            if not left:
                raise StoreError(f"there is no account {account_id}")
            stop_work(transaction, account_id, now)

        self._database.write(unit)

    def accounts(self) -> tuple[Account, ...]:
        """Those whose access is still to be given back, with their credentials and the default configuration."""
        rows = self._database.read(lambda view: view.all("leaving_accounts"))
        return tuple(self._account(row) for row in rows)

    def claim(self, account_id: str, *, now: datetime, lease_seconds: float) -> tuple[Account, int] | None:
        """The account and the number of this try, for one caller at a time; None where no try is due."""
        until = now + timedelta(seconds=lease_seconds)
        rows = self._database.write(
            lambda transaction: transaction.all(
                "claim_leaving", id=account_id, now=micros(now), leave_at=micros(until), longest=horizon(until)
            )
        )
        return (self._account(rows[0]), int(rows[0]["leave_tries"])) if rows else None

    def delay(self, account_id: str, *, until: datetime) -> None:
        """When the next try is due."""
        self._database.write(
            lambda transaction: transaction.run("delay_leaving", id=account_id, leave_at=micros(until))
        )

    def end(self, account_id: str) -> None:
        """Forget the credentials: nothing is left that they are needed for."""
        self._database.write(lambda transaction: transaction.run("end_leaving", id=account_id))

    def gone(self, *, now: datetime) -> tuple[GoneAccount, ...]:
        """Those whose history waits for its end, the earliest first."""
        rows = self._database.read(lambda view: view.all("gone_accounts"))
        if any(row["removed_at"] > horizon(now) for row in rows):
            bring_back(self._database, "bring_gone_accounts_back", now)
            rows = self._database.read(lambda view: view.all("gone_accounts"))
        return tuple(sorted((_gone(row) for row in rows), key=lambda gone: (gone.erase_at, gone.id)))

    def erase(self, account_id: str, *, now: datetime) -> None:
        """Erase what a disconnected account has left. StoreError: it is connected, or there never was one."""
        emptied = self._database.write(
            lambda transaction: transaction.run("empty_account", id=account_id, now=micros(now))
        )
        if not emptied:
            raise StoreError(f"there is no disconnected account {account_id}")
        erase_history(self._database, account_id)
        self._database.scrub()

    def reseal(self) -> int:
        """Seal credentials again with the first key; how many accounts that were."""
        rows = self._database.read(lambda view: view.all("leaving_accounts"))
        return sum(self._reseal(row) for row in rows if not self._vault.is_newest(row["credentials"]))

    def _reseal(self, row: Row) -> int:
        sealed = self._vault.seal(f"{row['id']} credentials", self._credentials(row))
        # Only over what was read: tokens refreshed meanwhile were sealed with the first key, and are newer.
        return self._database.write(
            lambda transaction: transaction.run(
                "reseal_leaving", id=row["id"], credentials=sealed, was=row["credentials"]
            )
        )

    def _credentials(self, row: Row) -> Mapping[str, str]:
        return cast("Mapping[str, str]", self._vault.open(f"{row['id']} credentials", row["credentials"]))

    def _account(self, row: Row) -> Account:
        return Account(
            id=row["id"],
            name=row["name"],
            vendor=row["vendor"],
            base_url=row["base_url"],
            stage=Stage.OFF,
            bot_user_id=row["bot_user_id"],
            config=AccountConfig(company=""),
            credentials=self._credentials(row),
        )


def stop_work(transaction: Executor, account_id: str, now: datetime) -> None:
    """End what is open for an account that was removed: events, effects and alarms end with that reason."""
    # The turn goes first: deliveries and claims need it, so nothing new starts behind what follows.
    transaction.run("drop_turn", account_id=account_id)
    transaction.run("drop_work_of_account", account_id=account_id)
    forget_documents(transaction, account_id)
    for statement in ("ignore_events", "take_hand_offs", "clear_alarms"):
        transaction.run(f"{statement}_of_account", account_id=account_id, now=micros(now))
    transaction.run("drop_effects_of_account", account_id=account_id, now=micros(now))
    for statement in (
        "drop_cards",
        "drop_history",
        "drop_import",
        "drop_results",
        "drop_spend",
        "drop_used_tokens",
        "drop_installation",
    ):
        transaction.run(f"{statement}_of_account", account_id=account_id)


def _gone(row: Row) -> GoneAccount:
    return GoneAccount(
        id=row["id"],
        name=row["name"],
        vendor=row["vendor"],
        base_url=row["base_url"],
        removed_at=moment(row["removed_at"]),
        erase_at=moment(row["erase_at"]),
        leaving=row["leave_at"] is not None,
        emptied=not row["config"],
    )
