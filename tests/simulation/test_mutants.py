"""Every protocol known to be bad is found; so a run without violations means something."""

import pytest

from tests.simulation.kept import FOUND_AT
from tests.simulation.mutants import MUTANTS, Mutant
from tests.simulation.runs import finds, first_found, run

MOST_SEEDS = 500


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_found_at_its_seed(mutant: Mutant) -> None:
    seed = FOUND_AT[mutant.name]
    assert finds(run(seed, mutant=mutant), mutant), "look for another: python -m tests.simulation --mutants"
    assert not finds(run(seed), mutant), "without the mutant the same run is clean"


@pytest.mark.long
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_found_within_five_hundred_seeds(mutant: Mutant) -> None:
    assert first_found(mutant, range(MOST_SEEDS)) is not None


def test_every_invariant_is_broken_by_a_mutant() -> None:
    broken = frozenset().union(*(mutant.breaks for mutant in MUTANTS))
    assert broken == {*(f"I{number}" for number in range(1, 11)), "W2", "rate"}
