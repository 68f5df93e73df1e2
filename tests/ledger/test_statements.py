"""Rules that every statement keeps, read from the files themselves."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import pytest

from connector.ledger import migrations
from connector.ledger import postgres as fleet
from connector.ledger import sqlite as embedded
from connector.ledger.database import load_statements

OF_NO_ACCOUNT = {
    "table_count", "lock_schema", "create_schema_version", "schema_version", "add_schema_version",
    "create_document_words", "create_document_words_index",  # the search index as a whole
    "key", "add_key", "reseal_key", "beat", "backup_facts", "doubt_effects",  # the installation
    "put_connection", "connection", "take_connection", "drop_expired_connections",  # of accounts that are none yet
    "replay_event",  # an event's id names its account, and the statement gives it back
    "dismiss_event",  # the same, and nothing else of the account is touched
    "next_account", "next_account_skipping", "next_ready_at", "backlog",  # the claim chooses the account
    "next_card",  # so does this one
    "work_ahead", "bring_work_back", "cards_ahead", "bring_cards_back",  # of all accounts: one clock went wrong
    "hand_offs_ahead", "bring_hand_offs_back",  # the same
    "account_by_name", "accounts", "list_events", "list_kill_switches",  # asked for by the operator
    "ended_kill_switches",  # a switch may be that of all accounts
    "leaving_accounts", "gone_accounts", "bring_gone_accounts_back",  # a worker looks after all that are gone
    "overdue_hand_offs", "wrong_verdicts",  # the watchdog looks after all accounts
    "add_chain", "chain", "lock_chain", "move_chain", "receipt_chain", "audit_chain",  # one chain for all
}  # fmt: skip

STATEMENTS = load_statements(embedded.WORDS)


@pytest.mark.parametrize("name", sorted(set(STATEMENTS) - OF_NO_ACCOUNT))
def test_a_statement_touches_the_rows_of_one_account_only(name: str) -> None:
    statement = STATEMENTS[name]
    own_id = re.search(r"\baccounts\b", statement) and re.search(r"\bid = :id\b|\(\s*:id", statement)
    assert ":account_id" in statement or own_id


def test_the_exceptions_all_exist() -> None:
    assert set(STATEMENTS) >= OF_NO_ACCOUNT


@pytest.mark.parametrize("words", [embedded.WORDS, fleet.WORDS])
def test_no_word_in_braces_is_left(words: dict[str, str]) -> None:
    left = {name for name, text in load_statements(words).items() if "{" in text}
    assert left == set()


def test_every_statement_is_used() -> None:
    folder = Path(embedded.__file__).parent
    code = "\n".join(file.read_text(encoding="utf-8") for file in folder.glob("*.py"))
    composed = {"list_receipts", "list_ticket_receipts", "list_effects", "list_ticket_effects"} | {
        f"{verb}_of_account" for verb in ("ignore_events", "take_hand_offs", "clear_alarms")
    }
    composed |= {"create_document_words", "create_document_words_index"}  # a migration's
    dropped = ("cards", "history", "import", "results", "spend", "used_tokens", "installation")
    composed |= {f"drop_{noun}_of_account" for noun in dropped}
    composed |= {name for name in STATEMENTS if re.fullmatch(r"erase_\w+_of_account", name)}  # test_erasure.py
    unused = {name for name in STATEMENTS if f'"{name}"' not in code} - composed
    assert unused == set()


WHOLE_TABLES = {
    "table_count", "backup_facts", "doubt_effects",  # the command line alone
    "hurry_tickets", "waiting_tickets",  # the same, and only what is open
    "erase_alarms_of_account", "erase_kill_switches_of_account",  # the same
    "next_account", "next_account_skipping", "accounts",  # a row per account
    "ended_kill_switches",  # so few that no index is worth its writes
    "list_kill_switches", "list_alarms", "list_dead_events", "backlog",  # indexes of what is open
    "wrong_verdicts",  # an index of what is rare
    "list_events", "list_audit",  # from the newest, up to a limit
}  # fmt: skip


def test_no_other_statement_reads_a_whole_table(sqlite_path: Path) -> None:
    """The planner's own word that history slows nothing down."""
    with contextlib.closing(sqlite3.connect(sqlite_path)) as connection:
        scans = {}
        for name, statement in STATEMENTS.items():
            if statement.startswith(("CREATE", "INSERT INTO document_words (document_words")):
                continue
            parameters = dict.fromkeys(re.findall(r":([a-z_]+)", statement), 1)
            plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            # A virtual table is always "scanned": by its own index of words.
            no_scan = ("CONSTANT", "VIRTUAL TABLE")
            if lines := [line for line in plan if line.startswith("SCAN") and not any(w in line for w in no_scan)]:
                scans[name] = lines
    assert set(scans) == WHOLE_TABLES
    assert {line for line in scans["backlog"] if "USING" not in line} <= {"SCAN work"}, "only what is open"


def test_columns_are_text_or_whole_numbers() -> None:
    kinds = set()
    for migration in migrations.migrations():
        for statement in migration.statements:
            if statement.startswith("CREATE TABLE"):
                kinds |= set(re.findall(r"^\s+[a-z_]+ ([A-Z]+)", statement, re.MULTILINE))
    assert kinds == {"TEXT", "BIGINT"}
