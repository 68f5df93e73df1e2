"""Many threads and several ledgers on one database, as the web process, the worker and a fleet have it."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account
from connector.records import AuditEntry
from tests.ledger.samples import NOW, account, claim, claimed_ticket, decided, delivery, later, reply

THREADS = 8


def test_copies_of_a_delivery_received_at_once_are_stored_once(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    ledgers = (ledger, open_again())
    copies = [delivery(acme.id, str(number % 20), key=f"k{number}") for number in range(60)] * 5
    random.Random(1).shuffle(copies)

    with ThreadPoolExecutor(THREADS) as pool:
        receipts = list(pool.map(lambda pair: ledgers[pair[0] % 2].inbox.receive(pair[1]), enumerate(copies)))

    assert sum(not receipt.duplicate for receipt in receipts) == 60
    assert len({receipt.event_id for receipt in receipts}) == 60
    assert len(ledger.inbox.events(limit=1000)) == 60


def test_pages_that_overlap_do_not_wait_for_each_other_in_a_circle(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    ledgers = (ledger, open_again())
    deliveries = [delivery(acme.id, str(number), key=f"k{number}") for number in range(40)]

    def receive(seed: int) -> int:
        page = deliveries.copy()
        random.Random(seed).shuffle(page)
        return sum(not receipt.duplicate for receipt in ledgers[seed % 2].inbox.receive_many(page))

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(receive, range(THREADS * 2))) == 40


def test_workers_of_several_processes_share_the_tickets_without_meeting(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    """Each ticket is worked on by one worker at a time, in no account by more than its cap, and none is left over."""
    ledgers = (ledger, open_again())
    cap = 3
    for identity in ("bravo", "charlie"):
        ledger.accounts.add(account(identity), now=NOW)
    tickets = [(name, str(number)) for name in ("acme", "bravo", "charlie") for number in range(12)]
    ledger.inbox.receive_many(delivery(name, ticket) for name, ticket in tickets)
    lock = threading.Lock()
    in_hand: Counter[tuple[str, str]] = Counter()
    per_account: Counter[str] = Counter()
    done: list[tuple[str, str]] = []
    faults: list[str] = []

    def work(number: int) -> None:
        mine = ledgers[number % 2]
        while True:
            with lock:
                if len(done) == len(tickets):
                    return
            taken = claim(mine, cap=cap)
            if taken is None:
                continue
            key = (taken.account_id, taken.ticket_id)
            with lock:
                in_hand[key] += 1
                per_account[key[0]] += 1
                if in_hand[key] > 1 or per_account[key[0]] > cap:
                    faults.append(f"{key}: {in_hand[key]} workers, {per_account[key[0]]} of {cap} leases")
                per_account[key[0]] -= 1
                in_hand[key] -= 1
                done.append(key)
            mine.work.settle(taken, now=NOW, event_state="done", reason="")

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, range(THREADS)))

    assert faults == []
    assert sorted(done) == sorted(tickets)
    assert ledger.work.next_due_at() is None


def test_the_cap_holds_when_all_workers_ask_at_once(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    ledgers = (ledger, open_again())
    ledger.inbox.receive_many(delivery(acme.id, str(number)) for number in range(30))
    start = threading.Barrier(THREADS)

    def take(number: int) -> int:
        start.wait(30)
        return sum(claim(ledgers[number % 2], cap=5) is not None for _ in range(3))

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(take, range(THREADS))) == 5


def test_events_that_arrive_while_tickets_are_worked_on_are_never_lost(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    receiving, working = ledger, open_again()
    stop = threading.Event()
    seen: Counter[str] = Counter()

    def work() -> None:
        while True:
            finished = stop.is_set()
            taken = claim(working)
            if taken is not None:
                seen.update(event.id for event in taken.events)
                working.work.settle(taken, now=NOW, event_state="done", reason="")
            elif finished:
                return

    with ThreadPoolExecutor(THREADS) as pool:
        workers = [pool.submit(work) for _ in range(2)]
        receipts = list(pool.map(lambda number: receiving.inbox.receive(delivery(acme.id, str(number % 3))), range(90)))
        stop.set()
        for worker in workers:
            worker.result(60)

    assert set(seen) == {receipt.event_id for receipt in receipts}
    assert set(seen.values()) == {1}


def test_one_reply_to_one_comment_whoever_decides(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    """Eight workers hold eight tickets, and all want the same effect id."""
    ledgers = (ledger, open_again())
    claims = [claimed_ticket(ledger, acme.id, str(number)) for number in range(THREADS)]

    def decide(number: int) -> bool:
        try:
            decided(ledgers[number % 2], claims[number], reply(acme.id, str(number), "the-same"))
        except StoreError:
            return False
        return True

    with ThreadPoolExecutor(THREADS) as pool:
        assert sum(pool.map(decide, range(THREADS))) == 1
    assert len(ledger.decisions.effects(acme.id)) == 1


def test_chains_stay_whole_when_many_write_them(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    ledgers = (ledger, open_again())

    def record(number: int) -> None:
        ledgers[number % 2].watch.record(
            AuditEntry(account_id=acme.id, actor="ann", verb="edit", detail=str(number), at=later(number))
        )

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(record, range(60)))

    assert len(ledger.watch.audit(limit=100)) == 60
    assert ledger.watch.verify_chain() is None


def test_policies_published_at_once_get_numbers_of_their_own(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    ledgers = (ledger, open_again())

    def publish(number: int) -> int:
        mine = ledgers[number % 2]
        return mine.policies.publish(acme.id, str(number), by="ann", comment="", now=NOW).version

    with ThreadPoolExecutor(THREADS) as pool:
        assert sorted(pool.map(publish, range(16))) == list(range(1, 17))
