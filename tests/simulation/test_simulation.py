"""The service over many seeds: whatever happens in whatever order, the invariants hold."""

import pytest

from tests.simulation.runs import failing, failing_in_parallel

FIRST = 150
ALL = 10_000
PARTS = 3


def told(runs) -> list[str]:
    """What a person needs to play it again."""
    return [f"python -m tests.simulation --seed {played.seed} --trace: {played.violations}" for played in runs]


@pytest.mark.parametrize("part", range(PARTS))
def test_the_first_seeds_violate_nothing(part: int) -> None:
    size = FIRST // PARTS
    assert told(failing(range(part * size, (part + 1) * size))) == []


@pytest.mark.long
def test_ten_thousand_seeds_violate_nothing() -> None:
    assert told(failing_in_parallel(range(ALL), processes=2, tell=print)) == []
