"""Checks the token with which Zendesk loads the page of our app.

With `signedUrls` Zendesk loads the page by POST with a form field `token`: a JWT, RS256, signed with the app's own RSA
key. Its audience names the installation, its issuer the account, its `sub` the agent.
https://developer.zendesk.com/documentation/apps/app-developer-guide/making-your-server-side-app-secure/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from connector.errors import CallerRefused, ConfigurationError
from connector.model import Account
from connector.sidebar.claims import PageLoad

LEEWAY = timedelta(seconds=30)
"""How far our clock and Zendesk's may differ."""
LONGEST_LIFE = timedelta(hours=1)
"""A token that would live longer is not one that Zendesk makes for the load of a page."""
_LONGEST_TOKEN = 8_000
_SMALLEST_KEY_BITS = 2048

_USER = re.compile(r"(?:https?://[^/\s]+/api/v2/users/)?([0-9]{1,20})(?:\.json)?")


def public_key(pem: str) -> RSAPublicKey:
    """The app's public key. ConfigurationError: that is no RSA public key, or a short one."""
    try:
        key = load_pem_public_key(pem.encode())
    except ValueError as error:
        raise ConfigurationError(
            "The public key of the Zendesk app cannot be read: set HANDRAIL_ZENDESK_APP_KEY to the PEM text that "
            "Zendesk shows for the app (-----BEGIN PUBLIC KEY-----...)."
        ) from error
    if not isinstance(key, RSAPublicKey) or key.key_size < _SMALLEST_KEY_BITS:
        raise ConfigurationError("HANDRAIL_ZENDESK_APP_KEY must be an RSA public key of 2048 bits or more.")
    return key


def issuer_host(token: str) -> str:
    """The host that the token says it comes from, unproved: only to find the account to check it against."""
    if len(token) > _LONGEST_TOKEN:
        raise CallerRefused("the token is too long")
    try:
        told = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise CallerRefused("the token cannot be read") from error
    issuer = told.get("iss")
    if not isinstance(issuer, str):
        raise CallerRefused("the token names no issuer")
    return _host(issuer)


def account_host(account: Account) -> str:
    """The host of an account's helpdesk, with its port where it has one."""
    return urlsplit(account.base_url).netloc.lower()


def check(token: str, account: Account, pem: str, *, installation_id: str = "", now: datetime) -> PageLoad:
    """The proved load of a page of this account. CallerRefused says why not; ConfigurationError: `pem` is no key.

    `installation_id` is that of our app in this account where it is known; then no other is accepted.
    """
    if len(token) > _LONGEST_TOKEN:
        raise CallerRefused("the token is too long")
    told = _decoded(token, public_key(pem))
    issued_at, expires_at = _moment(told, "iat"), _moment(told, "exp")
    not_before = _moment(told, "nbf") if "nbf" in told else issued_at
    if now >= expires_at + LEEWAY:
        raise CallerRefused("the token has expired")
    if max(issued_at, not_before) > now + LEEWAY:
        raise CallerRefused("the token is from the future")
    if not issued_at < expires_at <= issued_at + LONGEST_LIFE:
        raise CallerRefused("the token lives too long")
    if not isinstance(told["iss"], str) or _host(told["iss"]) != account_host(account):
        raise CallerRefused("the token comes from another helpdesk")
    return PageLoad(
        agent_id=_agent(told, account),
        installation_id=_installation(told, account, installation_id),
        digest=_digest(token, told),
        expires_at=expires_at + LEEWAY,
    )


def _decoded(token: str, key: RSAPublicKey) -> Mapping[str, Any]:
    """The claims of a token with a good signature.

    The algorithm is fixed here: read from the token, `none` or HS256 with the public key as its secret would pass.
    Times and audience are checked by the caller, against the clock it is given.
    """
    options: Any = {
        "require": ["iss", "aud", "sub", "iat", "exp"],
        "verify_exp": False,
        "verify_nbf": False,
        "verify_iat": False,
        "verify_aud": False,
    }
    try:
        return jwt.decode(token, key, algorithms=["RS256"], options=options)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise CallerRefused(f"the token is not good ({type(error).__name__})") from error


def _moment(told: Mapping[str, Any], name: str) -> datetime:
    value = told[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 34:
        raise CallerRefused(f"the token's {name} is no time")
    return datetime.fromtimestamp(value, UTC)


def _host(issuer: str) -> str:
    """`acme.zendesk.com`, which also comes with its scheme."""
    return re.sub(r"\Ahttps?://", "", issuer.lower()).removesuffix("/")


def _installation(told: Mapping[str, Any], account: Account, known: str) -> str:
    """The installation that the token was made for: of this account, and of our app where that is known."""
    start = f"{account.base_url.rstrip('/')}/api/v2/apps/installations/"
    audience = told["aud"]
    named = re.fullmatch(re.escape(start) + r"([0-9]{1,20})\.json", audience) if isinstance(audience, str) else None
    if named is None:
        raise CallerRefused("the token is not meant for this account")
    if known and named[1] != known:
        raise CallerRefused("the token is of another installation")
    return named[1]


def _agent(told: Mapping[str, Any], account: Account) -> str:
    subject = str(told["sub"])
    found = _USER.fullmatch(subject)
    if found is None or ("://" in subject and urlsplit(subject).netloc.lower() != account_host(account)):
        raise CallerRefused("the token names no agent of this account")
    return found[1]


def _digest(token: str, told: Mapping[str, Any]) -> str:
    """By the token's own id where it has one, else by what was signed: a signature can be written in several ways."""
    name = told.get("jti")
    signed = f"jti {name}" if isinstance(name, str) and name else token.rpartition(".")[0]
    return hashlib.sha256(signed.encode()).hexdigest()
