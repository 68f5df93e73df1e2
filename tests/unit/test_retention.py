"""When the history of a disconnected account is erased, over a real ledger and a clock that may jump."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from connector.ledger import SqlLedger, open_ledger
from connector.retention import WATCH, Eraser
from tests.ledger.samples import KEY, NOW, account, delivery

MONTH = timedelta(days=30)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'handrail.db'}", keys=(KEY,))
    ledger.migrate()
    ledger.accounts.add(account("acme"), now=NOW)
    ledger.inbox.receive(delivery("acme", "7"))
    yield ledger
    ledger.close()


def left(ledger: SqlLedger, after: timedelta = MONTH) -> Eraser:
    ledger.leaving.leave("acme", now=NOW, erase_at=NOW + after)
    ledger.leaving.end("acme")
    return Eraser(ledger=ledger)


def beat(eraser: Eraser, start: datetime, during: timedelta) -> int:
    """A beat every minute; how many accounts were erased."""
    return sum(eraser.step(start + n * MINUTE) for n in range(during // MINUTE + 1))


def events(ledger: SqlLedger) -> int:
    return len(ledger.inbox.events(account_id="acme"))


def test_it_is_erased_at_its_time(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    assert beat(eraser, NOW + MONTH - 3 * WATCH, 3 * WATCH - MINUTE) == 0
    assert events(ledger) == 1
    assert eraser.step(NOW + MONTH) == 1
    assert events(ledger) == 0
    assert ledger.watch.audit("acme")[0].verb == "account erase"
    assert eraser.step(NOW + MONTH + 2 * WATCH) == 0


def test_a_worker_that_begins_late_erases_a_day_later(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    assert beat(eraser, NOW + MONTH + WATCH, WATCH - MINUTE) == 0
    assert eraser.step(NOW + MONTH + 2 * WATCH) == 1


def test_a_clock_that_jumps_ahead_and_is_put_right_erases_nothing(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    eraser.step(NOW)
    ahead = NOW + timedelta(days=400)
    assert beat(eraser, ahead, WATCH - MINUTE) == 0
    assert eraser.step(NOW + WATCH) == 0, "put right: what was watched counts no more"
    assert beat(eraser, ahead + WATCH, WATCH - MINUTE) == 0
    assert events(ledger) == 1


def test_jumps_are_no_time_that_was_watched(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    for days in range(31, 60):
        assert eraser.step(NOW + timedelta(days=days)) == 0
    assert events(ledger) == 1


def test_a_machine_that_runs_for_some_hours_a_day_erases_nevertheless(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    done = [beat(eraser, NOW + MONTH + timedelta(days=day), timedelta(hours=8)) for day in range(5)]
    assert sum(done) == 1
    assert done.index(1) in (2, 3)


def test_another_machine_that_knows_better_stops_it(ledger: SqlLedger) -> None:
    wrong, right = left(ledger), Eraser(ledger=ledger)
    for n in range(2 * WATCH // MINUTE):
        assert wrong.step(NOW + timedelta(days=400) + n * MINUTE) == 0
        if n % 600 == 0:
            assert right.step(NOW + n * MINUTE) == 0
    assert events(ledger) == 1


def test_at_once_means_at_once(ledger: SqlLedger) -> None:
    eraser = left(ledger, timedelta(0))
    assert eraser.step(NOW) == 1
    assert events(ledger) == 0


def test_an_account_that_was_connected_anew_loses_nothing(ledger: SqlLedger) -> None:
    eraser = left(ledger)
    ledger.accounts.add(account("acme-2", name="acme support"), now=NOW)
    ledger.inbox.receive(delivery("acme-2", "7"))
    assert beat(eraser, NOW + MONTH, WATCH) == 1
    assert ledger.accounts.get("acme-2") is not None
    assert len(ledger.inbox.events(account_id="acme-2")) == 1
    assert events(ledger) == 0


def test_the_name_goes_once_the_access_was_given_back(ledger: SqlLedger) -> None:
    ledger.leaving.leave("acme", now=NOW, erase_at=NOW)
    eraser = Eraser(ledger=ledger)
    assert eraser.step(NOW) == 1
    assert eraser.step(NOW + MINUTE) == 0
    ledger.leaving.end("acme")
    assert eraser.step(NOW + 2 * MINUTE) == 1
    assert ledger.leaving.gone(now=NOW) == ()
