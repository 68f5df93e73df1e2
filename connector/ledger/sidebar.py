"""What agents do in the sidebar: wishes for a worker, feedback, one-time tokens, the app's installation."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.database import Clash, Database, Executor, Row
from connector.ledger.inbox import receive
from connector.ledger.moments import micros, moment, new_id
from connector.model import Event, EventKind
from connector.records import AppInstallation, Delivery, EventState, Feedback, Wish, WishVerb

_PAGE_KEY = b"page tokens"


class SqlSidebar:
    """The Sidebar port."""

    def __init__(self, database: Database, key: Callable[[], bytes]) -> None:
        self._database = database
        self._key = key

    def page_key(self) -> bytes:
        """Derived from the ledger's own key, so that neither can stand in for the other."""
        return hmac.new(self._key(), _PAGE_KEY, hashlib.sha256).digest()

    def use_token(self, account_id: str, digest: str, *, expires_at: datetime, now: datetime) -> bool:
        """Note that a one-time token was shown; False when it was before. Expired ones are forgotten."""

        def unit(transaction: Executor) -> bool:
            transaction.run("forget_used_tokens", account_id=account_id, now=micros(now))
            used = transaction.run("use_token", account_id=account_id, digest=digest, expires_at=micros(expires_at))
            return used > 0

        try:
            return self._database.write(unit)
        except Clash as error:
            raise StoreError(f"there is no account {account_id}") from error

    def wish(self, wish: Wish) -> str:
        """Store the wish with the event that brings it to a worker. StoreError: no such account."""

        def unit(transaction: Executor) -> str:
            # Behind the lock of the account, so that two clicks at once see each other.
            if transaction.one("lock_account", id=wish.account_id) is None:
                raise StoreError(f"there is no account {wish.account_id}")
            there = transaction.one(
                "open_wish", account_id=wish.account_id, ticket_id=wish.ticket_id, verb=wish.verb.value
            )
            return str(there["id"]) if there else _insert(transaction, wish)

        return self._database.write(unit)

    def wishes(self, account_id: str, ticket_id: str, *, limit: int = 20) -> tuple[Wish, ...]:
        """Newest first."""
        rows = self._database.read(
            lambda view: view.all("list_wishes", account_id=account_id, ticket_id=ticket_id, limit=limit)
        )
        return tuple(_wish(row) for row in rows)

    def refuse(self, wish: Wish, reason: str) -> None:
        """Why it is not done."""
        self._database.write(
            lambda transaction: transaction.run("refuse_wish", account_id=wish.account_id, id=wish.id, reason=reason)
        )

    def waiting(self, account_id: str, ticket_id: str) -> tuple[str, ...]:
        """The kinds of the ticket's events that wait, oldest first."""
        rows = self._database.read(
            lambda view: view.all("waiting_of_ticket", account_id=account_id, ticket_id=ticket_id)
        )
        return tuple(row["kind"] for row in rows)

    def judged(self, account_id: str, ticket_id: str, intent: str, *, who: str, since: datetime) -> bool:
        """Whether they gave a verdict on this ticket's would-be send since then."""
        rows = self._database.read(
            lambda view: view.all(
                "verdict_given",
                account_id=account_id,
                ticket_id=ticket_id,
                intent=intent,
                who=who,
                since=micros(since),
            )
        )
        return bool(rows[0]["count"])

    def add_feedback(self, feedback: Feedback) -> None:
        """Keep it. StoreError: no such account."""
        try:
            self._database.write(
                lambda transaction: transaction.run(
                    "insert_feedback",
                    account_id=feedback.account_id,
                    id=new_id(feedback.at),
                    ticket_id=feedback.ticket_id,
                    receipt_id=feedback.receipt_id,
                    value=feedback.value,
                    reason=feedback.reason,
                    who=feedback.by,
                    now=micros(feedback.at),
                )
            )
        except Clash as error:
            raise StoreError(f"there is no account {feedback.account_id}") from error

    def feedback(self, account_id: str, ticket_id: str | None = None, *, limit: int = 100) -> tuple[Feedback, ...]:
        """Newest first."""
        rows = self._database.read(
            lambda view: view.all("list_feedback", account_id=account_id, ticket_id=ticket_id, limit=limit)
        )
        return tuple(
            Feedback(
                account_id=row["account_id"],
                ticket_id=row["ticket_id"],
                receipt_id=row["receipt_id"],
                value=row["value"],
                reason=row["reason"],
                by=row["given_by"],
                at=moment(row["given_at"]),
            )
            for row in rows
        )

    def installation(self, account_id: str) -> AppInstallation | None:
        """Our app in this account's helpdesk."""
        row = self._database.read(lambda view: view.one("installation", account_id=account_id))
        if row is None:
            return None
        return AppInstallation(
            account_id=account_id,
            app_id=row["app_id"],
            installation_id=row["installation_id"],
            public_key=row["public_key"],
            key_digest=row["key_digest"],
        )

    def install(self, installation: AppInstallation, *, now: datetime) -> None:
        """Record it in place of what was known. StoreError: no such account."""

        def unit(transaction: Executor) -> None:
            if transaction.one("lock_account", id=installation.account_id) is None:
                raise StoreError(f"there is no account {installation.account_id}")
            transaction.run(
                "set_installation",
                account_id=installation.account_id,
                app_id=installation.app_id,
                installation_id=installation.installation_id,
                public_key=installation.public_key,
                key_digest=installation.key_digest,
                now=micros(now),
            )

        self._database.write(unit)


def _insert(transaction: Executor, wish: Wish) -> str:
    event = Event(
        key=f"wish:{new_id(wish.at)}",
        ticket_id=wish.ticket_id,
        kind=EventKind.WISHED,
        vendor_kind=f"sidebar.{wish.verb.value}",
        occurred_at=wish.at,
    )
    delivery = Delivery(account_id=wish.account_id, event=event, received_at=wish.at, due_at=wish.at)
    receipt = receive(transaction, (delivery,))[0]
    transaction.run(
        "insert_wish",
        account_id=wish.account_id,
        id=receipt.event_id,
        ticket_id=wish.ticket_id,
        verb=wish.verb.value,
        draft=wish.draft,
        instruction=wish.instruction,
        who=wish.by,
        now=micros(wish.at),
    )
    transaction.run("hurry_ticket", account_id=wish.account_id, ticket_id=wish.ticket_id, now=micros(wish.at))
    return receipt.event_id


def _wish(row: Row) -> Wish:
    waits = not row["refused"] and row["state"] == EventState.WAITING and row["kind"] == EventKind.WISHED
    # A dead event took its wish along; what happened to it stands in the dead letters.
    refused = row["refused"] or ("failed" if row["state"] == EventState.DEAD else "")
    return Wish(
        account_id=row["account_id"],
        ticket_id=row["ticket_id"],
        verb=WishVerb(row["verb"]),
        by=row["wished_by"],
        at=moment(row["wished_at"]),
        draft=row["draft"],
        instruction=row["instruction"],
        id=row["id"],
        waits=waits,
        refused=refused,
    )
