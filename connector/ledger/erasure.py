"""What is erased with an account, once nothing works on it any more."""

from __future__ import annotations

from connector.ledger.database import Database, Executor

_STATEMENTS = (
    # Those that others refer to come last.
    *(
        f"erase_{table}_of_account"
        for table in (
            "hand_offs",
            "effects",
            "wishes",
            "feedback",
            "events",
            "verdicts",
            "goals",
            "postures",
            "policies",
            "kill_switches",
            "alarms",
            "cursors",
            "model_examples",
            "model_sends",
            "models",
            "document_revisions",
            "receipts",
            "audit",
        )
    ),
    "drop_spend_of_account",
)


def erase_history(database: Database, account_id: str) -> None:
    """Erase what a removed account has left. A table at a time, so that webhooks of others are stored in between;
    whoever was stopped half-way does it again.
    """
    for statement in _STATEMENTS:

        def unit(transaction: Executor, statement: str = statement) -> int:
            return transaction.run(statement, account_id=account_id)

        database.write(unit)
