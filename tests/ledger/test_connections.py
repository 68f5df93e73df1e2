"""One-time links and states, on both engines."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from connector.ledger import SqlLedger
from tests.ledger.samples import NOW, later

BOUND = {"base_url": "https://acme.zendesk.com", "name": "acme"}


def put(ledger: SqlLedger, secret: str = "s" * 43, kind: str = "link", seconds: int = 60) -> None:
    ledger.connections.put(kind, secret, BOUND, expires_at=later(seconds), now=NOW)


def test_it_is_taken_once_and_only_as_its_kind(ledger: SqlLedger) -> None:
    put(ledger)
    assert ledger.connections.take("state", "s" * 43, now=NOW) is None
    assert ledger.connections.look("link", "s" * 43, now=NOW) == BOUND
    assert ledger.connections.take("link", "s" * 43, now=NOW) == BOUND
    assert ledger.connections.take("link", "s" * 43, now=NOW) is None


def test_it_ends_at_its_time(ledger: SqlLedger) -> None:
    put(ledger)
    assert ledger.connections.look("link", "s" * 43, now=later(59)) == BOUND
    assert ledger.connections.look("link", "s" * 43, now=later(60)) is None
    assert ledger.connections.take("link", "s" * 43, now=later(60)) is None


def test_of_many_that_take_it_one_gets_it(ledger: SqlLedger) -> None:
    put(ledger)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: ledger.connections.take("link", "s" * 43, now=NOW), range(8)))
    assert [found for found in taken if found] == [BOUND]


def test_what_has_expired_is_forgotten_by_the_next(ledger: SqlLedger) -> None:
    put(ledger, "a" * 43)
    ledger.connections.put("link", "b" * 43, BOUND, expires_at=later(200), now=later(100))
    assert ledger.connections.look("link", "a" * 43, now=NOW) is None  # even for a clock that went back
    assert ledger.connections.look("link", "b" * 43, now=later(100)) == BOUND
