"""What a failed request means. Messages hold status codes and our own words, never the server's: those may quote."""

from __future__ import annotations

import math
from collections.abc import Mapping

import openai

from connector.errors import ModelError, ModelInvalid, ModelRefused, ModelUnavailable

LONGEST_WAIT_SECONDS = 3.0
"""A server that asks for a longer pause is not asked again: the embedded draft is there at once."""

PAUSE_SECONDS = 0.2
"""Before a request is repeated whose connection broke, or to which the server answered that it failed."""

# All of these are in use for what Azure's and OpenAI's filters stop before the model is asked.
_FILTERED = frozenset({"content_filter", "content_policy_violation", "ResponsibleAIPolicyViolation"})
_REJECTED = frozenset({400, 413, 422})


class Unanswered(ModelUnavailable):
    """The server gave no answer. Counts against it, and may be worth `again` where that is seconds to wait first.

    Stays inside this package: what leaves it is a ModelUnavailable.
    """

    def __init__(self, message: str, *, again: float | None = None) -> None:
        super().__init__(message, retry_after_seconds=again)
        self.again = again


def meaning(error: openai.OpenAIError) -> ModelError:
    """Our error for one of the library's, which holds the server's words and must not be passed on."""
    if not isinstance(error, openai.APIStatusError):
        return Unanswered(f"the model's server could not be asked ({type(error).__name__})")
    status = error.status_code
    if _filtered(error.body):
        return ModelRefused(f"a content filter stopped the request (status {status})")
    if status in _REJECTED:
        return ModelInvalid(f"the model's server did not accept the request (status {status})")
    return Unanswered(f"the model's server answered with status {status}", again=_again(status, error))


def _again(status: int, error: openai.APIStatusError) -> float | None:
    """Seconds after which another try may help; None where it cannot, or only later than we would wait."""
    asked = _seconds(error.response.headers.get("retry-after"))
    if status >= 500 and asked is None:
        return PAUSE_SECONDS
    if status == 429 or status >= 500:
        return asked if asked is not None and asked <= LONGEST_WAIT_SECONDS else None
    return None


def _seconds(text: str | None) -> float | None:
    """The header's seconds; None for a date, which servers of models do not send, and for what is no number."""
    try:
        seconds = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return seconds if 0 <= seconds < math.inf else None


def _filtered(body: object) -> bool:
    if not isinstance(body, Mapping):
        return False
    inner = body.get("innererror")
    codes = (body.get("code"), body.get("type"), inner.get("code") if isinstance(inner, Mapping) else None)
    return any(isinstance(code, str) and code in _FILTERED for code in codes)
