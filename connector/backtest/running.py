"""Drives a back-test over the ledger: in chunks, on several processes, resumable after a kill."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice

import structlog

from connector.backtest.comparison import Result, compare
from connector.errors import HandrailError
from connector.evaluation import Workbench
from connector.ledger.past import past_from_text
from connector.ports import Clock, Ledger
from connector.ports.history import StoredPast, StoredResult
from connector.triage import Rules

log = structlog.get_logger()

CHUNK = 25
"""Tickets that are computed and stored together: what a kill costs, at most, per process."""

IN_FLIGHT = 3
"""Chunks per process that wait or run; more would only fill memory."""

WORTH_PROCESSES = 200
"""Below so many tickets, starting further processes takes longer than it saves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What a process needs to compare tickets."""

    bench: Workbench
    rules: Rules


Opener = Callable[[], Opened]
"""Builds it; must be importable by name, for it is called in every process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run over an account's history. `name` is the hash of everything its results rest on."""

    account_id: str
    name: str
    limit: int | None = None
    processes: int = 2


def run(
    ledger: Ledger, order: Run, opener: Opener, *, clock: Clock, report: Callable[[int, int], None]
) -> tuple[int, int]:
    """Compare every ticket that the run has no result for; (compared now, found done). `report` hears (done, total)."""
    total = ledger.history.count(order.account_id)
    total = total if order.limit is None else min(total, order.limit)
    done = skipped = 0
    tally = _Tally()
    chunks = _open_chunks(ledger, order, tally)
    for rows, found in _computed(chunks, opener, processes=order.processes if total >= WORTH_PROCESSES else 1):
        results = [
            StoredResult(ticket_id=row.ticket_id, updated_at=row.updated_at, body=result)
            for row, result in zip(rows, found, strict=True)
        ]
        ledger.history.put_results(order.account_id, order.name, results, now=clock())
        done += len(results)
        skipped = tally.skipped
        report(done + skipped, total)
    skipped = tally.skipped
    report(done + skipped, total)
    return done, skipped


@dataclass(slots=True)
class _Tally:
    skipped: int = 0


Chunk = Sequence[StoredPast]


def _open_chunks(ledger: Ledger, order: Run, tally: _Tally) -> Iterator[Chunk]:
    """Chunks of tickets without a result."""
    rows = ledger.history.stored(order.account_id, limit=order.limit)
    while chunk := list(islice(rows, CHUNK)):
        done = ledger.history.done(order.account_id, order.name, chunk)
        tally.skipped += len(done)
        left = [row for row in chunk if row.ticket_id not in done]
        if left:
            yield left


def _computed(chunks: Iterator[Chunk], opener: Opener, *, processes: int) -> Iterator[tuple[Chunk, Sequence[Result]]]:
    if processes <= 1:
        yield from _computed_here(chunks, opener)
        return
    # Spawned, not forked: a fork would copy locks and connections of this process's threads.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_open, initargs=(opener,)) as pool:
        waiting: dict[Future[Sequence[Result]], Chunk] = {}
        try:
            for chunk in chunks:
                waiting[pool.submit(_compare_chunk, _texts(chunk))] = chunk
                if len(waiting) >= processes * IN_FLIGHT:
                    yield from _finished(waiting)
            while waiting:
                yield from _finished(waiting)
        except BrokenProcessPool as error:
            raise HandrailError(
                "a process of the back-test ended early: run the command again, it goes on where it was"
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _computed_here(chunks: Iterator[Chunk], opener: Opener) -> Iterator[tuple[Chunk, Sequence[Result]]]:
    opened: Opened | None = None
    for chunk in chunks:
        opened = opened or opener()
        yield chunk, [_compare(opened, *text) for text in _texts(chunk)]


def _finished(waiting: dict[Future[Sequence[Result]], Chunk]) -> Iterator[tuple[Chunk, Sequence[Result]]]:
    ready, _ = wait(waiting, return_when=FIRST_COMPLETED)
    for future in ready:
        yield waiting.pop(future), future.result()


def _texts(chunk: Chunk) -> list[tuple[str, str]]:
    return [(row.body, row.rating) for row in chunk]


_opened: Opened | None = None
"""Of this process: a process pool hands its initializer's work over no other way."""


def _open(opener: Opener) -> None:
    global _opened
    _opened = opener()


def _compare_chunk(texts: Sequence[tuple[str, str]]) -> Sequence[Result]:
    if _opened is None:
        raise HandrailError("the process was not opened")
    return [_compare(_opened, *text) for text in texts]


def _compare(opened: Opened, body: str, rating: str) -> Result:
    past = past_from_text(body, rating)
    try:
        return compare(opened.bench, past, opened.rules)
    except Exception as error:  # noqa: BLE001 - one odd ticket must not end a run over a million
        log.warning("backtest_failed", ticket=past.ticket.id, error=type(error).__name__)
        return {"ticket": past.ticket.id, "url": past.ticket.url, "ours": None, "why": "failed"}
