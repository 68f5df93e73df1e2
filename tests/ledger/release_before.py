"""What a release leaves in its database, kept as rows that both engines can be filled with.

Run this in the release that is being left, once for a release: `python -m tests.ledger.release_before`. It
prints what `tests/ledger/schema-NN.json` holds: written by that release's code, so that no later code is asked what
the rows looked like. Documents are left out: a worker reads them anew from the helpdesk.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from connector.ledger import SqlLedger, open_ledger
from connector.model import Proof
from connector.ports import SpendLimits
from connector.records import Alarm, AuditEntry, Verdict
from tests.ledger.samples import KEY, NOW, account, claimed_ticket, decided, delivery, effect, hand_off, later, reply
from tests.ledger.samples import receipt as a_receipt

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each table, in the order in which tables were made: what is referred to comes first."""

_ENGINES_OWN = ("sqlite_", "document", "schema_version")


def leave(ledger: SqlLedger) -> None:
    """An account in the midst of its work: written, half written, ordered, waiting, failed, given up, handed off."""
    work, acme = ledger.work, account("acme")
    ledger.accounts.add(acme, now=NOW)
    ledger.policies.publish(acme.id, "stage = 'draft'\n# 100 % ours; it's Zoë's", by="ana", comment="first", now=NOW)
    ledger.policies.kill(account_id=acme.id, intent="refund", by="ana", now=NOW)
    verdict = Verdict(
        account_id=acme.id, ticket_id="1", intent="a", template="a", verdict="right", who="ann", given_at=NOW
    )
    ledger.policies.add_verdicts((verdict,))
    written = claimed_ticket(ledger, acme.id, "written")
    decided(ledger, written, effect(acme.id, "written", "e-written"))
    work.begin(written, "e-written", now=NOW)
    proof = Proof(remote_id="501", posted_at=later(1), found=False)
    work.finish(written, "e-written", now=later(1), state="done", proof=proof)
    work.settle(written, now=later(1), event_state="done", reason="draft")
    halfway = claimed_ticket(ledger, acme.id, "halfway")
    decided(ledger, halfway, reply(acme.id, "halfway", "e-halfway"))
    work.begin(halfway, "e-halfway", now=NOW)
    ordered = claimed_ticket(ledger, acme.id, "ordered")
    decided(ledger, ordered, effect(acme.id, "ordered", "e-ordered"))
    handed = claimed_ticket(ledger, acme.id, "handed")
    made = a_receipt(acme.id, "handed")
    work.decide(handed, made, (), hand_off(acme.id, "handed"), now=NOW, event_state="done", reason="hand_off")
    work.settle(handed, now=NOW, event_state="done", reason="")
    failed = claimed_ticket(ledger, acme.id, "failed")
    work.postpone(failed, due_at=later(600), error="Zendesk answered 503", failed=True)
    work.bury(claimed_ticket(ledger, acme.id, "gone"), now=NOW, reason="the ticket is gone")
    ledger.inbox.receive(delivery(acme.id, "waiting", key="key-waiting"))
    ledger.watch.move_cursor(acme.id, "poll", "page-7", now=NOW)
    ledger.watch.raise_alarm(Alarm(account_id=acme.id, kind="dead_letter", subject="gone", detail="x", raised_at=NOW))
    ledger.watch.record(AuditEntry(account_id=acme.id, actor="ana", verb="account stage", detail="draft", at=NOW))
    ledger.spend.reserve(acme.id, "refund", at=NOW, limits=SpendLimits())
    ledger.spend.record(acme.id, "refund", at=NOW, tokens_in=100, tokens_out=20, cost_micros=7, failed=False)


def rows_of(path: Path) -> dict[str, list[dict[str, Any]]]:
    """All that stands in an SQLite ledger."""
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall()
        names = [name for (name,) in tables if not name.startswith(_ENGINES_OWN)]
        rows = {name: [dict(row) for row in connection.execute(f"SELECT * FROM {name}")] for name in names}
    return {name: found for name, found in rows.items() if found}


def fill(ledger: SqlLedger, rows: Rows) -> None:
    """Put the rows into an empty schema of their version."""
    for table in reversed(rows):
        _define(ledger, f"DELETE FROM {table}")
    for table, found in rows.items():
        for row in found:
            values = ", ".join(_literal(value) for value in row.values())
            _define(ledger, f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values})")


def _define(ledger: SqlLedger, statement: str) -> None:
    ledger.database.write(lambda transaction: transaction.define(statement))


def _literal(value: object) -> str:
    if value is None or isinstance(value, int):
        return "NULL" if value is None else str(value)
    return "'" + str(value).replace("'", "''") + "'"


def main() -> None:
    """Prints the rows."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "handrail.db"
        ledger = open_ledger(str(path), keys=(KEY,))
        ledger.migrate()
        leave(ledger)
        ledger.close()
        json.dump(rows_of(path), sys.stdout, ensure_ascii=False, indent=1)
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
