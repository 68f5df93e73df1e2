from collections.abc import Iterator

import pytest

from tests.attacks.bench import Bench, build


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = build(tmp_path_factory.mktemp("attacks"))
    yield bench
    bench.answerer.ledger.close()
