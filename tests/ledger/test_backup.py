"""A copy while work goes on, and the way back."""

from __future__ import annotations

import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.errors import ConfigurationError, StoreCorrupt, StoreUnavailable
from connector.ledger import SqlLedger, open_ledger
from connector.ledger.backup import check_backup, restore, write_backup
from connector.model import EffectState
from tests.ledger.samples import KEY, NOW, claimed, claimed_ticket, decided, delivery, effect, later, reply

KEYS = (KEY,)


@pytest.fixture
def embedded(sqlite_path: Path) -> Iterator[SqlLedger]:
    ledger = open_ledger(str(sqlite_path), keys=KEYS)
    yield ledger
    ledger.close()


def test_a_backup_holds_everything_that_was_stored_when_it_began(embedded: SqlLedger, tmp_path: Path) -> None:
    decided(embedded, claimed_ticket(embedded, "acme", "7"), effect("acme", "7", "note"))
    target = tmp_path / "copy.db"

    made = write_backup(embedded, target, keys=KEYS)

    assert (made.path, made.accounts, made.receipts, made.newest_event_at) == (target, 1, 1, NOW)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert sorted(file.name for file in tmp_path.glob("*copy*")) == ["copy.db"], "one file, nothing beside it"
    embedded.inbox.receive(delivery("acme", "8"))
    copy = open_ledger(str(target), keys=KEYS)
    assert len(copy.inbox.events()) == 1
    assert copy.accounts.get("acme") == embedded.accounts.get("acme")
    assert copy.watch.verify_chain() is None
    copy.close()


def test_a_backup_made_while_deliveries_arrive_is_whole(embedded: SqlLedger, tmp_path: Path) -> None:
    stop = threading.Event()
    count = 0

    def receive() -> None:
        nonlocal count
        while not stop.is_set():
            embedded.inbox.receive(delivery("acme", "7"))
            count += 1

    thread = threading.Thread(target=receive)
    thread.start()
    for number in range(3):
        write_backup(embedded, tmp_path / f"{number}.db", keys=KEYS)
    stop.set()
    thread.join()

    assert count > 0
    copy = open_ledger(str(tmp_path / "2.db"), keys=KEYS)
    copy.migrate()
    assert claimed(copy).ticket_id == "7"
    copy.close()


def test_a_backup_of_another_key_is_refused(embedded: SqlLedger, tmp_path: Path) -> None:
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)

    with pytest.raises(ConfigurationError, match="HANDRAIL_SECRET_KEY"):
        check_backup(tmp_path / "copy.db", keys=("another-key-for-tests",))


def test_what_is_no_backup_is_refused(tmp_path: Path) -> None:
    (tmp_path / "garbage").write_bytes(b"garbage, " * 1000)
    (tmp_path / "empty").touch()

    with pytest.raises(ConfigurationError):
        check_backup(tmp_path / "nothing", keys=KEYS)
    with pytest.raises(ConfigurationError):
        check_backup(tmp_path / "empty", keys=KEYS)
    with pytest.raises(StoreCorrupt):
        check_backup(tmp_path / "garbage", keys=KEYS)


def test_a_backup_of_a_later_release_is_refused(embedded: SqlLedger, tmp_path: Path) -> None:
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)
    copy = open_ledger(str(tmp_path / "copy.db"), keys=KEYS)
    copy.database.write(lambda transaction: transaction.run("add_schema_version", version=9999, name="future"))
    copy.close()

    with pytest.raises(ConfigurationError, match="9999"):
        check_backup(tmp_path / "copy.db", keys=KEYS)


def test_a_restore_brings_the_backup_back_and_keeps_what_was_there(
    embedded: SqlLedger, sqlite_path: Path, tmp_path: Path
) -> None:
    embedded.inbox.receive(delivery("acme", "before"))
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)
    embedded.inbox.receive(delivery("acme", "after"))
    embedded.close()

    kept = restore(tmp_path / "copy.db", sqlite_path, keys=KEYS, now=NOW)

    restored = open_ledger(str(sqlite_path), keys=KEYS)
    assert [event.ticket_id for event in restored.inbox.events()] == ["before"]
    restored.close()
    assert kept is not None
    old = open_ledger(str(kept), keys=KEYS)
    assert len(old.inbox.events()) == 2
    old.close()


def test_a_restored_effect_is_looked_for_before_anything_is_written_again(
    embedded: SqlLedger, sqlite_path: Path, tmp_path: Path
) -> None:
    """Between backup and damage the reply may have been sent: `planned` would send it a second time."""
    taken = claimed_ticket(embedded, "acme", "7")
    decided(embedded, taken, reply("acme", "7", "reply"))
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)
    embedded.close()

    restore(tmp_path / "copy.db", sqlite_path, keys=KEYS, now=later(3600))

    restored = open_ledger(str(sqlite_path), keys=KEYS)
    (found,) = claimed(restored, at=3600).effects
    restored.close()
    assert (found.state, found.intent_at, found.attempts) == (EffectState.INTENT, later(3600), 1)


def test_a_database_in_use_is_not_replaced(embedded: SqlLedger, sqlite_path: Path, tmp_path: Path) -> None:
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)
    embedded.inbox.receive(delivery("acme", "7"))

    with pytest.raises(StoreUnavailable, match="in use"):
        restore(tmp_path / "copy.db", sqlite_path, keys=KEYS, now=NOW)

    assert len(embedded.inbox.events()) == 1
    embedded.check()


def test_a_damaged_database_can_be_replaced(embedded: SqlLedger, sqlite_path: Path, tmp_path: Path) -> None:
    embedded.inbox.receive(delivery("acme", "7"))
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)
    embedded.close()
    sqlite_path.write_bytes(b"not a database, " * 1000)

    restore(tmp_path / "copy.db", sqlite_path, keys=KEYS, now=NOW)

    restored = open_ledger(str(sqlite_path), keys=KEYS)
    assert len(restored.inbox.events()) == 1
    restored.close()


def test_a_restore_into_an_empty_folder_needs_nothing_there(embedded: SqlLedger, tmp_path: Path) -> None:
    write_backup(embedded, tmp_path / "copy.db", keys=KEYS)

    assert restore(tmp_path / "copy.db", tmp_path / "fresh.db", keys=KEYS, now=NOW) is None

    check_backup(tmp_path / "fresh.db", keys=KEYS)


def test_postgres_is_not_ours_to_copy(empty_postgres_url: str, tmp_path: Path) -> None:
    ledger = open_ledger(empty_postgres_url, keys=KEYS)

    with pytest.raises(ConfigurationError, match="pg_dump"):
        write_backup(ledger, tmp_path / "copy.db", keys=KEYS)
    ledger.close()
