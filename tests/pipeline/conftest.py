from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.pipeline.service import Service


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(home=tmp_path)
    service.start()
    yield service
    service.stop()
