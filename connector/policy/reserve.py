"""Which tickets are set aside: never trained on, so that a retrained model can be judged by them [D4].

The share is fixed and the choice is a hash of account and ticket: nobody picks, nothing has to be stored, and a
ticket stays on its side for ever, also when the same file is read again.
"""

from __future__ import annotations

import hashlib

RESERVED_SHARE = 0.2


def reserved(account_id: str, ticket_id: str) -> bool:
    """Whether this ticket of this account is set aside."""
    text = "\x1f".join(("reserved", account_id, ticket_id))
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:8], "big") < RESERVED_SHARE * 2**64
