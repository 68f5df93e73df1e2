"""Runs seeds: one, many, over several processes, with or without a mutant."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from tests.simulation.checker import violations
from tests.simulation.mutants import MUTANTS, Mutant, planted
from tests.simulation.world import World

CHUNK = 50
RUNS_BETWEEN_COLLECTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one seed. `lines` are there where the trace was asked for."""

    seed: int
    violations: tuple[str, ...]
    hash: str
    lines: tuple[str, ...] = ()


def run(seed: int, *, mutant: Mutant | None = None, keep_trace: bool = False) -> Run:
    """Play one seed and judge it."""
    world = World(seed, keep_trace=keep_trace, **({"parts": planted(mutant)} if mutant else {}))
    try:
        world.play()
        found = tuple(violations(world))
    except Exception as error:
        error.add_note(f"played seed {seed}")
        raise
    finally:
        world.database.close()
    return Run(seed=seed, violations=found, hash=world.trace.hash, lines=tuple(world.trace.lines))


def finds(played: Run, mutant: Mutant) -> bool:
    """Whether this run shows what is wrong with the mutant."""
    return any(violation.partition(":")[0] in mutant.breaks for violation in played.violations)


def first_found(mutant: Mutant, seeds: Iterable[int]) -> Run | None:
    """The first run that finds the mutant, or None."""
    with _collecting_seldom() as count:
        runs = (run(seed, mutant=mutant) for seed in count(seeds))
        return next((played for played in runs if finds(played, mutant)), None)


def failing(seeds: range) -> list[Run]:
    """The runs of these seeds that violate something."""
    with _collecting_seldom() as count:
        return [played for played in map(run, count(seeds)) if played.violations]


@contextmanager
def _collecting_seldom() -> Iterator[Callable[[Iterable[int]], Iterator[int]]]:
    """Look for garbage every few runs, and among what they made alone: looking all the time takes a fifth of a run."""

    def count(seeds: Iterable[int]) -> Iterator[int]:
        for number, seed in enumerate(seeds):
            yield seed
            if number % RUNS_BETWEEN_COLLECTIONS == 0:
                gc.collect()

    was_on = gc.isenabled()
    gc.freeze()
    gc.disable()
    try:
        yield count
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()


def failing_in_parallel(seeds: range, *, processes: int, tell: Callable[[str], None]) -> list[Run]:
    """The same over several processes; `tell` gets a line of progress about every ten seconds."""
    chunks = [range(start, min(start + CHUNK, seeds.stop)) for start in range(seeds.start, seeds.stop, CHUNK)]
    found: list[Run] = []
    done, started, told = 0, time.monotonic(), 0.0
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        for future in as_completed([pool.submit(failing, chunk) for chunk in chunks]):
            found += future.result()
            done += 1
            seconds = time.monotonic() - started
            if seconds - told > 10.0 or done == len(chunks):
                told = seconds
                tell(f"{done}/{len(chunks)} chunks of {CHUNK} seeds in {seconds:.0f} s, {len(found)} seeds fail")
    return sorted(found, key=lambda played: played.seed)


def named(name: str) -> Mutant:
    """The mutant of this name; KeyError where there is none."""
    return {mutant.name: mutant for mutant in MUTANTS}[name]
