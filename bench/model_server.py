"""The scripted model in a process of its own, so that it does not share our interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def scripted_model(seconds: float) -> Iterator[str]:
    """The base address of a model whose every answer takes so long."""
    command = [sys.executable, "-m", "connector.sandbox.model", "--seconds", str(seconds)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        yield str(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait(timeout=10)
