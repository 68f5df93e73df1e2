"""Our own page tokens: what a sidebar page shows with each call once its helpdesk has proved who loaded it.

A token is short-lived, bound to account, vendor and agent, and signed with a key that never leaves the ledger. It is a
bearer token and no cookie: third-party cookies inside a helpdesk's frame are unreliable.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connector.errors import CallerRefused
from connector.sidebar.claims import Claim, Level

LIFE = timedelta(minutes=15)
RENEWABLE = timedelta(hours=8)
"""How long after the load of its page a token can still be renewed: a working day."""

_LONGEST = 2_000
_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class PageToken:
    """What a token says. `loaded_at` is when the helpdesk proved the load of the page."""

    claim: Claim
    loaded_at: datetime
    expires_at: datetime


def issue(key: bytes, claim: Claim, *, now: datetime) -> str:
    """A fresh token for a page that was just loaded."""
    return _signed(key, PageToken(claim=claim, loaded_at=now, expires_at=now + LIFE))


def renew(key: bytes, text: str, *, now: datetime) -> str:
    """The same for another quarter of an hour. CallerRefused: also where the page was loaded too long ago."""
    token = read(key, text, now=now)
    if now >= token.loaded_at + RENEWABLE:
        raise CallerRefused("the page was loaded too long ago")
    return _signed(key, replace(token, expires_at=now + LIFE))


def read(key: bytes, text: str, *, now: datetime) -> PageToken:
    """What the token says, once it is proved to be ours and alive. CallerRefused, never another error."""
    payload, _, signature = text.partition(".")
    if not signature or len(text) > _LONGEST or not text.isascii():
        raise CallerRefused("that is no page token")
    if not hmac.compare_digest(_signature(key, payload), signature):
        raise CallerRefused("the page token was not made here")
    token = _parsed(payload)
    # A token from the future is one of a clock that went back: nobody can say how old it is.
    if not token.loaded_at <= now < token.expires_at:
        raise CallerRefused("the page token has expired")
    return token


def _signed(key: bytes, token: PageToken) -> str:
    claim = token.claim
    told = {
        "v": _VERSION,
        "vendor": claim.vendor,
        "account": claim.account_id,
        "agent": claim.agent,
        "level": claim.level.value,
        "loaded": int(token.loaded_at.timestamp()),
        "expires": int(token.expires_at.timestamp()),
    }
    payload = _text(json.dumps(told, separators=(",", ":")).encode())
    return f"{payload}.{_signature(key, payload)}"


def _signature(key: bytes, payload: str) -> str:
    return _text(hmac.new(key, payload.encode("ascii"), hashlib.sha256).digest())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")


def _parsed(payload: str) -> PageToken:
    """Only ever called with what we signed; what does not read all the same is of another release."""
    try:
        told = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if told["v"] != _VERSION:
            raise CallerRefused("the page token is of another release")
        return PageToken(
            claim=Claim(
                vendor=told["vendor"], account_id=told["account"], agent=told["agent"], level=Level(told["level"])
            ),
            loaded_at=datetime.fromtimestamp(told["loaded"], UTC),
            expires_at=datetime.fromtimestamp(told["expires"], UTC),
        )
    except (ValueError, KeyError, TypeError, binascii.Error, OverflowError) as error:
        raise CallerRefused("the page token is of another release") from error
