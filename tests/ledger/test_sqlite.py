"""What only the embedded engine does: group commit, faults of the file and of its disk, and healing."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from connector.errors import StoreCorrupt, StoreUnavailable
from connector.ledger import SqlLedger, open_ledger
from connector.ledger.database import Executor
from connector.ledger.keys import Vault
from connector.ledger.sqlite import SqliteDatabase
from connector.records import AuditEntry, Delivery
from tests.ledger.samples import KEY, NOW, account, claim, claimed, decided, delivery, effect, later, reply

ROOT = Path(__file__).parents[2]


@pytest.fixture
def database(sqlite_path: Path) -> Iterator[SqliteDatabase]:
    """The file, opened by something that does not wait long for a lock."""
    opened = SqliteDatabase(sqlite_path, busy_seconds=0.05)
    yield opened
    opened.close()


@pytest.fixture
def embedded(database: SqliteDatabase) -> SqlLedger:
    return SqlLedger(database, Vault((KEY,)))


# --- Group commit ---------------------------------------------------------------------------------


class Gate:
    """Holds the writer inside a unit until opened, so that others queue behind it."""

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database
        self._inside, self._open = threading.Event(), threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._unit = self._pool.submit(database.write, self._wait)
        assert self._inside.wait(30)

    def _wait(self, _transaction: Executor) -> None:
        self._inside.set()
        assert self._open.wait(30)

    def open_behind(self, count: int) -> None:
        """Open when so many units wait."""
        while self._database.waiting < count:
            threading.Event().wait(0.001)
        self._open.set()
        self._unit.result(30)
        self._pool.shutdown()


def test_deliveries_that_arrive_during_a_commit_share_the_next_one(
    database: SqliteDatabase, embedded: SqlLedger
) -> None:
    gate = Gate(database)
    before = database.commits
    with ThreadPoolExecutor(20) as pool:
        receipts = [pool.submit(embedded.inbox.receive, delivery("acme", str(number))) for number in range(20)]
        gate.open_behind(20)
        ids = {receipt.result(30).event_id for receipt in receipts}

    assert len(ids) == 20
    assert database.commits - before == 2, "the one that was under way, and one for all twenty"


def test_a_unit_that_fails_takes_nobody_with_it(database: SqliteDatabase, embedded: SqlLedger) -> None:
    gate = Gate(database)

    def fail_after_writing(transaction: Executor) -> None:
        transaction.run("move_cursor", account_id="acme", name="spoilt", position="1", now=1)
        raise ZeroDivisionError

    with ThreadPoolExecutor(3) as pool:
        before = pool.submit(embedded.inbox.receive, delivery("acme", "1"))
        failing = pool.submit(database.write, fail_after_writing)
        after = pool.submit(embedded.inbox.receive, delivery("acme", "2"))
        gate.open_behind(3)
        assert not before.result(30).duplicate
        assert not after.result(30).duplicate
        with pytest.raises(ZeroDivisionError):
            failing.result(30)

    assert len(embedded.inbox.events()) == 2
    assert embedded.watch.cursor("acme", "spoilt") == (None, None)


def test_nobody_is_told_before_the_commit(database: SqliteDatabase, embedded: SqlLedger) -> None:
    """While the group's last unit still runs, the first one's caller waits and nobody else sees its row."""
    gate = Gate(database)
    inside, proceed = threading.Event(), threading.Event()

    def last(_transaction: Executor) -> None:
        inside.set()
        assert proceed.wait(30)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(embedded.inbox.receive, delivery("acme", "1"))
        while database.waiting < 1:
            threading.Event().wait(0.001)
        slow = pool.submit(database.write, last)
        gate.open_behind(2)
        assert inside.wait(30)
        assert not first.done()
        assert embedded.inbox.events() == ()
        proceed.set()
        slow.result(30)
        first.result(30)

    assert len(embedded.inbox.events()) == 1


def test_every_commit_is_synced(database: SqliteDatabase) -> None:
    def ask(transaction: Executor, pragma: str) -> object:
        (row,) = transaction._run(f"PRAGMA {pragma}", None).fetchall()
        return next(iter(row.values()))

    wanted = {"synchronous": 2, "journal_mode": "wal", "secure_delete": 1, "foreign_keys": 1}
    assert database.write(lambda transaction: {name: ask(transaction, name) for name in wanted}) == wanted


def test_close_finishes_what_is_queued_and_refuses_what_comes_later(
    database: SqliteDatabase, embedded: SqlLedger, sqlite_path: Path
) -> None:
    gate = Gate(database)
    with ThreadPoolExecutor(2) as pool:
        queued = pool.submit(embedded.inbox.receive, delivery("acme", "1"))
        while database.waiting < 1:
            threading.Event().wait(0.001)
        closing = pool.submit(embedded.close)
        gate.open_behind(2)
        closing.result(30)
        assert not queued.result(30).duplicate

    with pytest.raises(StoreUnavailable):
        embedded.inbox.receive(delivery("acme", "2"))
    with pytest.raises(StoreUnavailable):
        embedded.inbox.events()
    embedded.close()
    again = open_ledger(str(sqlite_path), keys=(KEY,))
    assert len(again.inbox.events()) == 1
    again.close()


def test_what_was_acknowledged_survives_a_killed_process(sqlite_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from connector.ledger import open_ledger
        from tests.ledger.samples import KEY, delivery
        ledger = open_ledger(sys.argv[1], keys=(KEY,))
        number = 0
        while True:
            number += 1
            print(ledger.inbox.receive(delivery("acme", "7", key=f"k{number}")).event_id, flush=True)
        """
    )
    with _python(script, sqlite_path) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(10)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split("\n")[:-1]

    again = open_ledger(str(sqlite_path), keys=(KEY,))
    stored = {event.id for event in again.inbox.events(limit=100_000)}
    again.close()
    assert len(acknowledged) >= 10
    assert set(acknowledged) <= stored


class CountedDatabase(SqliteDatabase):
    """Counts SQLite's own steps, which no other load on the machine can change."""

    steps = 0

    def _connect(self, *, query_only: bool) -> sqlite3.Connection:
        connection = super()._connect(query_only=query_only)
        connection.set_progress_handler(self._count, 10)
        return connection

    def _count(self) -> int:
        self.steps += 10
        return 0


def _steps_of_one_ticket(path: Path, *, history: int, backlog: int) -> int:
    """The steps from receipt to settled effect on a ledger with so much done and so much waiting."""
    ledger = SqlLedger(CountedDatabase(path, synchronous="OFF"), Vault((KEY,)))
    for start in range(0, history, 100):
        ledger.inbox.receive_many(delivery("acme", str(number)) for number in range(start, start + 100))
        for number in range(100):
            taken = claimed(ledger)
            decided(ledger, taken, reply("acme", taken.ticket_id, f"old-{start + number}"))
            ledger.work.begin(taken, f"old-{start + number}", now=NOW)
            ledger.work.finish(taken, f"old-{start + number}", now=NOW, state="done")
            ledger.work.settle(taken, now=NOW, event_state="done", reason="")
    ledger.inbox.receive_many(delivery("acme", f"waiting-{number}", received=1) for number in range(backlog))
    database = ledger.database
    assert isinstance(database, CountedDatabase)
    database.steps = 0
    ledger.inbox.receive(delivery("acme", "new"))
    taken = claimed(ledger)
    assert taken.ticket_id == "new"
    ledger.policies.killed("acme", "order_status")
    ledger.decisions.sends("acme", since=later(1), requester="customer-1")
    decided(ledger, taken, reply("acme", "new", "new"))
    ledger.work.begin(taken, "new", now=NOW)
    ledger.work.finish(taken, "new", now=NOW, state="done")
    ledger.work.settle(taken, now=NOW, event_state="done", reason="")
    ledger.work.next_due_at()
    ledger.close()
    return database.steps


def test_a_long_history_and_a_long_backlog_do_not_slow_a_ticket_down(sqlite_template: Path, tmp_path: Path) -> None:
    steps = {}
    for history, backlog in ((100, 10), (400, 3000)):
        path = Path(shutil.copy(sqlite_template, tmp_path / f"{history}.db"))
        ledger = open_ledger(str(path), keys=(KEY,))
        ledger.accounts.add(account("acme"), now=NOW)
        ledger.close()
        steps[history] = _steps_of_one_ticket(path, history=history, backlog=backlog)

    assert steps[400] < 1.2 * steps[100]


# --- Faults ---------------------------------------------------------------------------------------

WRITES: dict[str, Callable[[SqlLedger], object]] = {
    "receive": lambda ledger: ledger.inbox.receive(delivery("acme", "9")),
    "replay": lambda ledger: ledger.inbox.replay("x", now=NOW),
    "claim": lambda ledger: claim(ledger),
    "add": lambda ledger: ledger.accounts.add(account("bravo"), now=NOW),
    "remove": lambda ledger: ledger.accounts.remove("acme", now=NOW),
    "swap_token": lambda ledger: ledger.accounts.swap_token("acme", now=NOW, lease_seconds=1, refresh=dict),
    "publish": lambda ledger: ledger.policies.publish("acme", "", by="ann", comment="", now=NOW),
    "kill": lambda ledger: ledger.policies.kill(account_id=None, intent=None, by="ann", now=NOW),
    "verdicts": lambda ledger: ledger.policies.add_verdicts([]),
    "posture": lambda ledger: ledger.policies.set_posture("acme", "ticket", "7", "off", by="ann", now=NOW),
    "cursor": lambda ledger: ledger.watch.move_cursor("acme", "updates", "1", now=NOW),
    "hand_off": lambda ledger: ledger.watch.take_hand_off("acme", "7", now=NOW),
    "audit": lambda ledger: ledger.watch.record(AuditEntry(account_id=None, actor="a", verb="v", detail="", at=NOW)),
    "check": lambda ledger: ledger.check(),
}


@pytest.mark.parametrize("verb", WRITES)
def test_a_locked_database_is_unavailable_and_works_again_when_it_is_free(
    embedded: SqlLedger, sqlite_path: Path, verb: str
) -> None:
    embedded.inbox.receive(delivery("acme", "7"))
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreUnavailable):
        WRITES[verb](embedded)
    assert len(embedded.inbox.events()) == 1, "reading goes on"

    other.execute("ROLLBACK")
    other.close()
    WRITES[verb](embedded)


def test_writes_under_a_claim_are_unavailable_too(embedded: SqlLedger, sqlite_path: Path) -> None:
    embedded.inbox.receive(delivery("acme", "7"))
    taken = claimed(embedded)
    other = sqlite3.connect(sqlite_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    for write in (
        lambda: decided(embedded, taken, effect("acme", "7", "note")),
        lambda: embedded.work.settle(taken, now=NOW, event_state="done", reason=""),
        lambda: embedded.work.renew(taken, now=NOW, lease_seconds=60),
    ):
        with pytest.raises(StoreUnavailable):
            write()

    other.execute("ROLLBACK")
    other.close()
    decided(embedded, taken, effect("acme", "7", "note"))


def test_a_full_disk_loses_nothing_that_was_acknowledged_and_heals(sqlite_path: Path) -> None:
    """A real limit of the kernel on the size of files stands for the full disk, in a process of its own."""
    script = textwrap.dedent(
        """
        import json, os, resource, sys
        from concurrent.futures import ThreadPoolExecutor
        from pathlib import Path
        from connector.errors import StoreUnavailable
        from connector.ledger import open_ledger
        from tests.ledger.samples import KEY, delivery

        path = Path(sys.argv[1])
        ledger = open_ledger(str(path), keys=(KEY,))
        acknowledged, refused = [], 0

        def receive(number):
            try:
                return ledger.inbox.receive(delivery("acme", str(number), key=f"k{number}")).event_id
            except StoreUnavailable:
                return None

        acknowledged.append(receive(0))
        wal = os.path.getsize(f"{path}-wal")
        resource.setrlimit(resource.RLIMIT_FSIZE, (wal + 40_000, resource.RLIM_INFINITY))
        with ThreadPoolExecutor(8) as pool:
            results = list(pool.map(receive, range(1, 200)))
        assert None in results, "the disk never became full"
        still_reads = len(ledger.inbox.events(limit=1000))
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        healed = receive(1000)
        ledger.close()
        print(json.dumps({"acknowledged": acknowledged + results + [healed], "healed": healed, "reads": still_reads}))
        """
    )
    with _python(script, sqlite_path) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    told = json.loads(output)

    again = open_ledger(str(sqlite_path), keys=(KEY,))
    stored = {event.id for event in again.inbox.events(limit=1000)}
    again.migrate()
    again.close()
    assert told["healed"] is not None
    assert stored == {event_id for event_id in told["acknowledged"] if event_id is not None}
    assert told["reads"] == len(stored) - 1


def test_a_damaged_file_is_refused_with_the_restore_command(sqlite_path: Path) -> None:
    _grow(sqlite_path)
    with sqlite_path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(sqlite_path.stat().st_size - 12288))

    with pytest.raises(StoreCorrupt, match="handrail restore FILE"):
        _started(sqlite_path)


def test_a_file_that_is_no_database_is_refused_with_the_restore_command(tmp_path: Path) -> None:
    path = tmp_path / "handrail.db"
    path.write_bytes(b"not a database, " * 1000)

    with pytest.raises(StoreCorrupt, match="handrail restore FILE"):
        open_ledger(str(path), keys=(KEY,))


def test_a_folder_that_cannot_be_made_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnavailable):
        open_ledger(str(tmp_path / "file" / "handrail.db"), keys=(KEY,))


def test_a_ledger_does_not_hang_in_a_forked_process(embedded: SqlLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded.check()
    monkeypatch.setattr(os, "getpid", lambda: -1)

    with pytest.raises(Exception, match="forked"):
        embedded.check()


# --- Secrets --------------------------------------------------------------------------------------


def test_no_secret_is_in_clear_in_any_file_even_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "handrail.db"
    ledger = open_ledger(str(path), keys=(KEY,))
    ledger.migrate()
    ledger.accounts.add(account("acme"), now=NOW)
    ledger.accounts.swap_token(
        "acme", now=NOW, lease_seconds=5, refresh=lambda _old: {"access_token": "canary-token-refreshed"}
    )
    files = [file for file in tmp_path.iterdir() if file.is_file()]
    assert {file.name for file in files} >= {"handrail.db", "handrail.db-wal"}
    content = b"".join(file.read_bytes() for file in files)
    ledger.close()
    content += path.read_bytes()

    assert b"acme support" in content, "the search itself works"
    for secret in (b"canary-token", b"canary-secret", KEY.encode()):
        assert secret not in content


def test_the_secrets_of_a_removed_account_are_gone_from_the_file(sqlite_path: Path) -> None:
    ledger = open_ledger(str(sqlite_path), keys=(KEY,))
    rows = ledger.database.read(lambda view: view.all("accounts"))
    sealed = rows[0]["credentials"].encode()
    ledger.accounts.remove("acme", now=NOW)
    ledger.close()

    assert sealed not in sqlite_path.read_bytes()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "new" / "handrail.db"
    open_ledger(str(path), keys=(KEY,)).close()

    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def _started(path: Path) -> None:
    ledger = open_ledger(str(path), keys=(KEY,))
    try:
        ledger.migrate()
    finally:
        ledger.close()


def _grow(path: Path) -> None:
    ledger = open_ledger(str(path), keys=(KEY,))
    page: list[Delivery] = [delivery("acme", str(number)) for number in range(500)]
    ledger.inbox.receive_many(page)
    ledger.close()


def _python(script: str, path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
