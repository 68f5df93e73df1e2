"""A clock that was set back: what was given its time by the later clock would wait until the clock gets there again.

Every row that waits says when it was given its time. Where that lies ahead, the clock was set back since, and the row
is brought back: what waits is due, what is leased is leased for as long again, from now.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.ledger.database import Database
from connector.ledger.moments import micros

SKEW = timedelta(seconds=60)
"""How far the clocks of a fleet may be apart before one of them counts as set back."""


def horizon(now: datetime) -> int:
    """A row that was given its time after this moment was given it by another clock."""
    return micros(now + SKEW)


def bring_back(database: Database, statement: str, now: datetime) -> None:
    """Run `statement`, which gives each row of a later clock its time again. Called where a read found such a row."""
    database.write(lambda transaction: transaction.run(statement, now=micros(now), horizon=horizon(now)))
