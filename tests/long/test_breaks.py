"""Each mistake of `docs/explanation/invariants.md` is planted, and the test that is named there fails."""

import pytest

from tests.breaks import BREAKS, FAILED, Break, outcome

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: f"{broken.invariant}-{broken.file}")
def test_the_named_test_fails(broken: Break) -> None:
    code, said = outcome(broken)
    assert code == FAILED, said
