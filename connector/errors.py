"""The exception tree. A class says whether repeating may help and how long to wait; the engine asks only that.

Messages carry ids and field names, never customer text, keys or addresses.
"""

from __future__ import annotations


class HandrailError(Exception):
    """Base of everything we raise on purpose; `retryable` and `retry_after_seconds` steer the engine."""

    retryable = False

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


def own_words(error: BaseException) -> str:
    """What an error says where the words are ours; "" for others', which may hold anything."""
    return str(error) if isinstance(error, HandrailError) else ""


class ConfigurationError(HandrailError):
    """A setting, policy or file is wrong; the message names it and the remedy. Exit code 2."""


class WebhookRejected(HandrailError):
    """A webhook we do not accept; knows the HTTP status the sender gets."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class CallerRefused(HandrailError):
    """The load of a sidebar's page, or a call from one, that is not proved. The message is for the log alone."""


class ProviderError(HandrailError):
    """The helpdesk did not do what we asked."""


class ProviderUnavailable(ProviderError):
    """Refused, reset, timed out or 5xx: the call may or may not have been applied.

    `down`: not this call alone, the helpdesk has not been answering for a while.
    """

    retryable = True

    def __init__(self, message: str, *, retry_after_seconds: float | None = None, down: bool = False) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds)
        self.down = down


class HelpdeskDown(ProviderUnavailable):
    """The helpdesk does not answer and is left alone for now: no call was made."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, retry_after_seconds=retry_after_seconds, down=True)


class ProviderThrottled(ProviderError):
    """429: not applied; no call before `retry_after_seconds` have passed."""

    retryable = True


class ProviderRejected(ProviderError):
    """The helpdesk refused the request for good; `field` names the culprit where it said so [W4]."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class CredentialsRejected(ProviderRejected):
    """401 or 403: the account needs attention before anything else is tried."""


class AccessWithdrawn(CredentialsRejected):
    """Access that was given by a consent page was taken back at the helpdesk: somebody removed our app there."""


class TicketGone(ProviderRejected):
    """404: deleted, or outside what our user may see."""


class TicketChanged(ProviderError):
    """409 on a conditional write: somebody moved first; read again and decide again."""

    retryable = True


class WriteForbidden(HandrailError):
    """The kill switch was turned on before this write started."""


class ModelError(HandrailError):
    """The language model gave nothing usable; the draft falls back to the embedded one."""


class ModelUnavailable(ModelError):
    """Timed out, refused the connection, answered 429 or 5xx, or its breaker is open."""


class ModelRefused(ModelError):
    """The model declined, or a content filter stepped in."""


class ModelInvalid(ModelError):
    """The answer is empty, cut off, too long, no JSON, or does not fit its schema."""


class BudgetSpent(ModelError):
    """The day's budget of this account or intent is used up."""


class LookupFailed(HandrailError):
    """A look-up source could not answer; the draft does without it."""


class StoreError(HandrailError):
    """The ledger could not read or write."""


class StoreUnavailable(StoreError):
    """Locked, full, read-only or unreachable: nothing was stored; try again."""

    retryable = True


class StoreCorrupt(StoreError):
    """The database failed its integrity check; the message holds the restore command."""


class LeaseLost(StoreError):
    """Another worker took the ticket: stop at once, it is theirs."""
