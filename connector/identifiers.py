"""Ids: of rows (they sort by time) and of effects (the same effect always has the same id)."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from connector.model import EffectKind


def time_sorted_id(now: datetime, entropy: bytes) -> str:
    """A text id that sorts by time: 12 hex digits of microseconds, then the entropy (8 bytes or more)."""
    return f"{int(now.timestamp() * 1_000_000):014x}{entropy.hex()}"


def effect_id(*, account_id: str, ticket_id: str, answers: str, kind: EffectKind, revision: int) -> str:
    """The id of a write: base 32, lower case, 32 characters.

    A reply's id leaves the revision out: one reply to one customer comment, ever. The policy version is left
    out of both, so that publishing a policy during a retry cannot make a second write possible.
    """
    parts = [account_id, ticket_id, answers, kind.value]
    if kind is EffectKind.NOTE:
        parts.append(str(revision))
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    return base64.b32encode(digest[:20]).decode("ascii").lower()
