"""The port to what is kept while an account is being connected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Connections(Protocol):
    """One-time secrets with what they are bound to; `kind` keeps links and states apart. The secret is not stored."""

    def put(self, kind: str, secret: str, bound: Mapping[str, str], *, expires_at: datetime, now: datetime) -> None:
        """Keep what `secret` is bound to, and forget whatever has expired."""

    def look(self, kind: str, secret: str, *, now: datetime) -> Mapping[str, str] | None:
        """What the secret is bound to; None for one that is unknown, used or expired."""

    def take(self, kind: str, secret: str, *, now: datetime) -> Mapping[str, str] | None:
        """The same, once: of several that take it at the same time, one gets it."""
