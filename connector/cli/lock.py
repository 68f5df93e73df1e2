"""One `handrail serve` per data folder: a lock that the kernel takes back however the process ends."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.settings import Settings

LOCK_FILE = "serve.lock"
_UNABLE = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS})  # some network file systems have no locks


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock meanwhile. ConfigurationError: another one holds it, or the folder is unusable.

    A fleet on PostgreSQL keeps nothing in the folder and may share it.
    """
    if not settings.embedded:
        yield
        return
    path = settings.home / LOCK_FILE
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # never inherited by what we start (PEP 446)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.home} cannot be used ({error.strerror}): "
            "set HANDRAIL_HOME to a writable folder."
        ) from error
    try:
        _lock(descriptor, settings)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, settings: Settings) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise ConfigurationError(
            f"`handrail serve` runs already on the data folder {settings.home}: "
            "stop that one first, or set HANDRAIL_HOME to another folder."
        ) from error
    except OSError as error:
        if error.errno not in _UNABLE:
            raise
