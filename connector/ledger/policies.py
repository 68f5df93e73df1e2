"""Published policies, kill switches, goals, verdicts, postures: everything the gate asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.moments import micros, moment, new_id, optional_moment
from connector.records import Goal, KillSwitch, PolicyVersion, Verdict

_ALL = 1 << 31


class SqlPolicies:
    """The Policies port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, account_id: str, text: str, *, by: str, comment: str, now: datetime) -> PolicyVersion:
        """Append a version."""

        def unit(transaction: Executor) -> int:
            if transaction.one("lock_account", id=account_id) is None:
                raise StoreError(f"there is no account {account_id}")
            rows = transaction.all(
                "insert_policy", account_id=account_id, body=text, published_by=by, comment=comment, now=micros(now)
            )
            return int(rows[0]["version"])

        version = self._database.write(unit)
        return PolicyVersion(
            account_id=account_id, version=version, text=text, published_at=now, published_by=by, comment=comment
        )

    def current(self, account_id: str) -> PolicyVersion | None:
        """The version in force."""
        versions = self._versions(account_id, 1)
        return versions[0] if versions else None

    def history(self, account_id: str) -> tuple[PolicyVersion, ...]:
        """Newest first."""
        return self._versions(account_id, _ALL)

    def kill(self, *, account_id: str | None, intent: str | None, by: str, now: datetime) -> None:
        """Turn a switch on; one that is on stays as it was."""
        self._database.write(
            lambda transaction: transaction.run(
                "turn_on", id=new_id(now), account_id=account_id or "", intent=intent or "", who=by, now=micros(now)
            )
        )

    def unkill(self, *, account_id: str | None, intent: str | None, by: str, now: datetime) -> None:
        """Turn exactly this switch off."""
        self._database.write(
            lambda transaction: transaction.run(
                "turn_off", account_id=account_id or "", intent=intent or "", who=by, now=micros(now)
            )
        )

    def killed(self, account_id: str, intent: str) -> KillSwitch | None:
        """The widest switch that stops this. Asked of the database each time: a cache would be a second too old."""
        row = self._database.read(lambda view: view.one("killed", account_id=account_id, intent=intent))
        return None if row is None else _switch(row)

    def kill_switches(self) -> tuple[KillSwitch, ...]:
        """All that are on, oldest first."""
        return tuple(_switch(row) for row in self._database.read(lambda view: view.all("list_kill_switches")))

    def ended_kill_switches(self, *, since: datetime) -> tuple[KillSwitch, ...]:
        """Those that were turned off since then, the last one first."""
        rows = self._database.read(lambda view: view.all("ended_kill_switches", since=micros(since)))
        return tuple(_switch(row) for row in rows)

    def freeze_goal(self, goal: Goal) -> None:
        """Record a goal."""
        self._database.write(
            lambda transaction: transaction.run(
                "insert_goal",
                account_id=goal.account_id,
                id=new_id(goal.frozen_at),
                intent=goal.intent,
                body=goal.text,
                frozen_at=micros(goal.frozen_at),
                frozen_by=goal.frozen_by,
            )
        )

    def goal(self, account_id: str, intent: str) -> Goal | None:
        """The goal in force: the one frozen last."""
        row = self._database.read(lambda view: view.one("goal", account_id=account_id, intent=intent))
        if row is None:
            return None
        return Goal(
            account_id=row["account_id"],
            intent=row["intent"],
            text=row["body"],
            frozen_at=moment(row["frozen_at"]),
            frozen_by=row["frozen_by"],
        )

    def add_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Append those that are new to the log, as one batch of each account."""
        given = tuple(verdicts)

        def unit(transaction: Executor) -> int:
            batches = {account_id: _next_batch(transaction, account_id) for account_id in _accounts(given)}
            return sum(_insert_verdict(transaction, verdict, batches[verdict.account_id]) for verdict in given)

        return self._database.write(unit)

    def verdicts(self, account_id: str, intent: str | None = None) -> tuple[Verdict, ...]:
        """In the order in which they came in."""
        rows = self._database.read(lambda view: view.all("list_verdicts", account_id=account_id, intent=intent))
        return tuple(
            Verdict(
                account_id=row["account_id"],
                ticket_id=row["ticket_id"],
                intent=row["intent"],
                template=row["template"],
                verdict=row["verdict"],
                who=row["who"],
                given_at=moment(row["given_at"]),
                edition=row["edition"],
                sent_at=optional_moment(row["sent_at"]),
                sent_seq=int(row["sent_seq"]),
                batch=int(row["batch"]),
            )
            for row in rows
        )

    def wrong_verdicts(self) -> Mapping[tuple[str, str], int]:
        """Verdicts other than right by (account, intent)."""
        rows = self._database.read(lambda view: view.all("wrong_verdicts"))
        return {(row["account_id"], row["intent"]): int(row["count"]) for row in rows}

    def set_posture(self, account_id: str, scope: str, key: str, posture: str, *, by: str, now: datetime) -> None:
        """Set the posture of a ticket, requester or brand; the last word counts."""
        self._database.write(
            lambda transaction: transaction.run(
                "set_posture",
                account_id=account_id,
                scope=scope,
                scope_key=key,
                posture=posture,
                who=by,
                now=micros(now),
            )
        )

    def postures(self, account_id: str, keys: Mapping[str, str]) -> tuple[str, ...]:
        """Postures set for these (scope, key) pairs."""

        def unit(view: Executor) -> tuple[str, ...]:
            rows = (
                view.one("posture", account_id=account_id, scope=scope, scope_key=key) for scope, key in keys.items()
            )
            return tuple(row["posture"] for row in rows if row is not None)

        return self._database.read(unit)

    def _versions(self, account_id: str, limit: int) -> tuple[PolicyVersion, ...]:
        rows = self._database.read(lambda view: view.all("list_policies", account_id=account_id, limit=limit))
        return tuple(
            PolicyVersion(
                account_id=row["account_id"],
                version=row["version"],
                text=row["body"],
                published_at=moment(row["published_at"]),
                published_by=row["published_by"],
                comment=row["comment"],
            )
            for row in rows
        )


def _switch(row: Row) -> KillSwitch:
    return KillSwitch(
        account_id=row["account_id"] or None,
        intent=row["intent"] or None,
        since=moment(row["since"]),
        by=row["turned_on_by"],
        until=optional_moment(row["until"]),
    )


def _accounts(verdicts: Iterable[Verdict]) -> list[str]:
    """In one order, so that two imports at once cannot wait for each other."""
    return sorted({verdict.account_id for verdict in verdicts})


def _next_batch(transaction: Executor, account_id: str) -> int:
    if transaction.one("lock_account", id=account_id) is None:
        raise StoreError(f"there is no account {account_id}")
    return int(transaction.all("last_batch", account_id=account_id)[0]["batch"]) + 1


def _insert_verdict(transaction: Executor, verdict: Verdict, batch: int) -> int:
    send: dict[str, Value] = {
        "account_id": verdict.account_id,
        "ticket_id": verdict.ticket_id,
        "intent": verdict.intent,
        "template": verdict.template,
        "given_at": micros(verdict.given_at),
    }
    judged = transaction.one("judged_send", **send)
    return transaction.run(
        "insert_verdict",
        **send,
        who=verdict.who,
        verdict=verdict.verdict,
        edition=verdict.edition or (str(judged["edition"]) if judged else ""),
        sent_at=judged["decided_at"] if judged else None,
        sent_seq=judged["seq"] if judged else 0,
        batch=batch,
    )
