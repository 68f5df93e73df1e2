"""What is really stored, read past the ledger: every table of a database, on either engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import psycopg
from psycopg.rows import dict_row

from connector.ledger.store import database_file

_POSTGRES = "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = current_schema()"
# FTS5 keeps its index in tables of its own, which are emptied through the table they belong to.
_SQLITE = """SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'virtual')
             AND name NOT LIKE 'sqlite_%'"""

Rows = list[dict[str, Any]]


def stored(url: str) -> Mapping[str, Rows]:
    """Every table with all its rows; one without rows is there as well."""
    return {table: _ask(url, f'SELECT * FROM "{table}"') for table in _names(url)}


def tables_with(url: str, column: str) -> frozenset[str]:
    """The tables that have such a column."""
    return frozenset(table for table in _names(url) if column in columns(url, table))


def columns(url: str, table: str) -> Mapping[str, bool]:
    """The columns of a table, and whether each holds numbers."""
    asked = (
        "SELECT column_name AS name, data_type AS kind FROM information_schema.columns "
        f"WHERE table_schema = current_schema() AND table_name = '{table}'"
        if _is_postgres(url)
        else f"SELECT name, type AS kind FROM pragma_table_info('{table}')"
    )
    return {row["name"]: row["kind"].lower() == "bigint" for row in _ask(url, asked)}


def put(url: str, table: str, row: Mapping[str, str | int]) -> None:
    """Store a row, whatever it refers to."""
    into = f'INSERT INTO "{table}" ({", ".join(row)}) VALUES '
    if _is_postgres(url):
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")  # nothing is checked
            connection.execute(f"{into} ({', '.join(['%s'] * len(row))})".encode(), tuple(row.values()))
        return
    with closing(sqlite3.connect(database_file(url))) as connection:
        connection.execute(f"{into} ({', '.join('?' * len(row))})", tuple(row.values()))
        connection.commit()


def _names(url: str) -> list[str]:
    return [row["name"] for row in _ask(url, _POSTGRES if _is_postgres(url) else _SQLITE)]


def _ask(url: str, statement: str) -> Rows:
    if _is_postgres(url):
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode()).fetchall()
    with closing(sqlite3.connect(database_file(url))) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(statement)]


def _is_postgres(url: str) -> bool:
    return url.startswith("postgresql")
