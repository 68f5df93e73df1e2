"""The pages of `docs/how-to/runbooks/`: what to do when a part is broken."""

from __future__ import annotations

from enum import StrEnum

from connector.errors import CredentialsRejected, ProviderThrottled, ProviderUnavailable, StoreCorrupt


class Runbook(StrEnum):
    """A page by its name."""

    HELPDESK_DOWN = "helpdesk-down"
    TOKEN_REVOKED = "helpdesk-token-revoked"  # noqa: S105 - a page, not a token
    MODEL_DOWN = "model-down"
    DISK_FULL = "disk-full"
    DATABASE_CORRUPT = "database-corrupt"
    BACKLOG = "backlog"
    WRONG_REPLY = "wrong-auto-reply"
    SECRET_LEAKED = "secret-leaked"  # noqa: S105 - a page, not a secret
    RESTORE = "restore"
    UPGRADE = "upgrade"
    MOVE = "move-to-another-machine"


def runbook_for(error: BaseException) -> Runbook | None:
    """The page for what this error says is broken; None where its sentence is all there is to do."""
    if isinstance(error, CredentialsRejected):
        return Runbook.TOKEN_REVOKED
    if isinstance(error, (ProviderUnavailable, ProviderThrottled)):
        return Runbook.HELPDESK_DOWN
    return Runbook.DATABASE_CORRUPT if isinstance(error, StoreCorrupt) else None
