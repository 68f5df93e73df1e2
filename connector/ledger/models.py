"""The accounts' own models: challengers, the champion that serves, and what they learnt from."""

from __future__ import annotations

import base64
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.codec import from_text, to_text
from connector.ledger.database import Database, Executor, Row
from connector.ledger.moments import micros, moment, optional_moment
from connector.records import Bearing, ModelContent, ModelState, OwnExample, OwnModel


class SqlModels:
    """The Models port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, model: OwnModel, content: ModelContent) -> bool:
        """Store a challenger with all its parts in one transaction."""
        where = {"account_id": model.account_id, "version": model.version}

        def unit(transaction: Executor) -> bool:
            if transaction.one("lock_account", id=model.account_id) is None:
                raise StoreError(f"there is no account {model.account_id}")
            put = transaction.run(
                "put_model",
                **where,
                data_hash=model.data_hash,
                now=micros(model.made_at),
                who=model.made_by,
                comparison=to_text(model.comparison),
                trained=_packed(content.trained),
                base=_packed(content.base),
            )
            if not put:
                return False
            transaction.run("retire_challengers", **where)
            transaction.run("clear_examples", **where)
            for example in content.examples:
                transaction.run(
                    "insert_example",
                    **where,
                    ticket_id=example.ticket_id,
                    intent=example.intent,
                    language=example.language,
                    body=example.text,
                )
            transaction.run("clear_model_sends", **where)
            for ticket_id, intent in sorted(content.sends):
                transaction.run("insert_model_send", **where, ticket_id=ticket_id, intent=intent)
            return True

        return self._database.write(unit)

    def promote(self, account_id: str, version: str | None, *, by: str, now: datetime) -> None:
        """Make this version the champion and retire the one before; None = the starter serves again."""

        def unit(transaction: Executor) -> None:
            if transaction.one("lock_account", id=account_id) is None:
                raise StoreError(f"there is no account {account_id}")
            transaction.run("retire_champion", account_id=account_id)
            if version is None:
                return
            if not transaction.run("crown_model", account_id=account_id, version=version, who=by, now=micros(now)):
                raise StoreError(f"the account has no model {version}")

        self._database.write(unit)

    def champion(self, account_id: str) -> OwnModel | None:
        """The model that serves; asked of the database each time, so that a promotion needs no restart."""
        row = self._database.read(lambda view: view.one("champion", account_id=account_id))
        return None if row is None else _model(row)

    def all(self, account_id: str) -> tuple[OwnModel, ...]:
        """Newest first."""
        rows = self._database.read(lambda view: view.all("list_models", account_id=account_id))
        return tuple(_model(row) for row in rows)

    def content(self, account_id: str, version: str) -> ModelContent | None:
        """Everything needed to build the model; None where there is no such version."""
        where = {"account_id": account_id, "version": version}

        def unit(view: Executor) -> ModelContent | None:
            row = view.one("model_content", **where)
            if row is None:
                return None
            examples = tuple(
                OwnExample(
                    ticket_id=item["ticket_id"], intent=item["intent"], language=item["language"], text=item["body"]
                )
                for item in view.all("model_examples", **where)
            )
            return ModelContent(
                trained=_unpacked(row["trained"]),
                base=_unpacked(row["base"]),
                examples=examples,
                sends=_sends(view, where),
            )

        return self._database.read(unit)

    def bearing(self, account_id: str, version: str) -> Bearing:
        """Which tickets it learnt from, and which reserved ones it would answer; empty where it is unknown."""
        where = {"account_id": account_id, "version": version}

        def unit(view: Executor) -> Bearing:
            learnt = frozenset(row["ticket_id"] for row in view.all("learnt_tickets", **where))
            return Bearing(learnt=learnt, sends=_sends(view, where))

        return self._database.read(unit)


def forget_ticket(transaction: Executor, account_id: str, ticket_id: str) -> None:
    """Take an erased ticket out of every model that learnt from it; they are found again without it."""
    transaction.run("untrain_models", account_id=account_id, ticket_id=ticket_id)
    transaction.run("erase_examples", account_id=account_id, ticket_id=ticket_id)


def _sends(view: Executor, where: dict[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset((row["ticket_id"], row["intent"]) for row in view.all("model_sends", **where))


def _model(row: Row) -> OwnModel:
    return OwnModel(
        account_id=row["account_id"],
        version=row["version"],
        state=ModelState(row["state"]),
        data_hash=row["data_hash"],
        made_at=moment(row["made_at"]),
        made_by=row["made_by"],
        changed_at=moment(row["changed_at"]),
        promoted_at=optional_moment(row["promoted_at"]),
        promoted_by=row["promoted_by"] or "",
        comparison=from_text(row["comparison"]),
    )


def _packed(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _unpacked(text: str) -> bytes:
    return base64.b64decode(text)
