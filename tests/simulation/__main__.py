"""Plays seeds by hand: `python -m tests.simulation --seed 123 --trace`."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.mutants import MUTANTS
from tests.simulation.runs import failing_in_parallel, first_found, named, run

MOST_SEEDS = 500


def main() -> int:
    """0 where no invariant is violated (with --mutants: where each is found), else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="play this one")
    parser.add_argument("--trace", action="store_true", help="with --seed: print everything that happened")
    parser.add_argument("--hash", action="store_true", help="with --seed: print the hash of the trace alone")
    parser.add_argument("--mutant", help="with --seed: with this mutant planted")
    parser.add_argument("--seeds", type=int, nargs=2, metavar=("FROM", "TO"), help="play these, FROM to TO - 1")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--mutants", action="store_true", help=f"find each mutant within {MOST_SEEDS} seeds")
    given = parser.parse_args()
    if given.seed is not None:
        return _play_one(given)
    if given.mutants:
        return _find_mutants()
    if given.seeds is None:
        parser.error("say what to play: --seed, --seeds or --mutants")
    found = failing_in_parallel(
        range(*given.seeds), processes=given.processes, tell=lambda line: print(line, file=sys.stderr, flush=True)
    )
    for played in found:
        print(f"seed {played.seed}: {'; '.join(played.violations)}")
    return 1 if found else 0


def _play_one(given: argparse.Namespace) -> int:
    mutant = named(given.mutant) if given.mutant else None
    played = run(given.seed, mutant=mutant, keep_trace=given.trace)
    if given.hash:
        print(played.hash)
        return 0
    for line in played.lines:
        print(line)
    print(f"seed {played.seed}, trace {played.hash[:16]}")
    for violation in played.violations:
        print(f"  {violation}")
    return 1 if played.violations else 0


def _find_mutants() -> int:
    missed = 0
    for mutant in MUTANTS:
        played = first_found(mutant, range(MOST_SEEDS))
        missed += played is None
        print(f'    "{mutant.name}": {played.seed},' if played else f"    NOT FOUND: {mutant.name}", flush=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
