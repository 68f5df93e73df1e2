from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.long.fitted_worker import save_fitted


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the fitted classifier."""
    file = tmp_path_factory.mktemp("classifier") / "fitted.pickle"
    save_fitted(file)
    return file
