"""Which of the project's own development tickets are sealed: of them figures are shown, never which ticket failed.

`data/README.md` has the rule. A team's own tickets are never sealed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

OPEN, SEALED = "open", "sealed"
NAMES = ("ids", "not_auto_but_sent")
"""Figures about leaks that name single tickets."""
_DEVELOPMENT = "dev-"


def half_of(ticket_id: str) -> str:
    """The half a development ticket belongs to, for ever."""
    return OPEN if hashlib.sha256(ticket_id.encode()).digest()[0] % 2 == 0 else SEALED


def unsealed(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    """The figures without the names of sealed tickets; `leaks.sealed` says how many names each list lost."""
    leaks = figures["leaks"]
    shown = {key: [name for name in leaks[key] if not _is_sealed(name)] for key in NAMES}
    lost = {key: len(leaks[key]) - len(shown[key]) for key in NAMES}
    return {**figures, "leaks": {**leaks, **shown, "sealed": lost}}


def _is_sealed(ticket_id: str) -> bool:
    return ticket_id.startswith(_DEVELOPMENT) and half_of(ticket_id) == SEALED
