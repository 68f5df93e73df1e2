"""Who is calling: Basic with an API token, or OAuth tokens that expire and rotate (reference section 5)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.store import ApiError, Person
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.state import Account

CODE_SECONDS = 120
_READ_ONLY = frozenset({"GET", "HEAD", "OPTIONS"})
_RESOURCES = frozenset(
    {"tickets", "users", "auditlogs", "organizations", "hc", "apps", "triggers", "automations", "targets", "webhooks"}
)
_RESOURCE_OF = {
    "tickets": "tickets",
    "users": "users",
    "organizations": "organizations",
    "help_center": "hc",
    "guide": "hc",
    "triggers": "triggers",
    "webhooks": "webhooks",
    "apps": "apps",
}
_GLOBAL_READ = ("audits", "incremental", "ticket_metrics", "metrics", "satisfaction_ratings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One access token and the refresh token it came with (none for client credentials)."""

    access: str
    refresh: str | None
    user_id: int
    scope: str
    expires_at: datetime
    refresh_expires_at: datetime
    expires_in: int
    refresh_expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated user; `scope` is None for an API token, which may do everything the user may."""

    person: Person
    scope: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """An authorization code that was not redeemed yet."""

    redirect_uri: str
    scope: str
    challenge: str | None
    expires_at: datetime


class Tokens:
    """OAuth of one account. Hold the store's lock around every call."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}
        self._codes: dict[str, Code] = {}

    def identify(self, header: str) -> Caller:
        """The caller behind an Authorization header. Raises `ApiError` 401."""
        kind, _, value = header.partition(" ")
        if kind.lower() == "bearer":
            token = self._access.get(value.strip())
            if token is None or token.expires_at <= self._now():
                raise errors.bad_token()
            return Caller(person=self._account.store.people[token.user_id], scope=token.scope)
        if kind.lower() == "basic":
            return Caller(person=self._by_api_token(value), scope=None)
        raise errors.unauthenticated()

    def _by_api_token(self, value: str) -> Person:
        try:
            user, _, token = base64.b64decode(value, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise errors.unauthenticated() from None
        known = self._account.credentials
        for email, secret in ((known.email, known.api_token), (known.agent_email, known.agent_api_token)):
            if hmac.compare_digest(f"{email}/token".lower().encode(), user.lower().encode()) and hmac.compare_digest(
                secret.encode(), token.encode()
            ):
                person = self._account.store.person_by_email(email)
                if person is not None:
                    return person
        raise errors.unauthenticated()

    def issue_code(self, *, redirect_uri: str, scope: str, challenge: str | None) -> str:
        """An authorization code, valid for 120 s and once."""
        code = secrets.token_urlsafe(24)
        expires_at = self._now() + timedelta(seconds=CODE_SECONDS)
        self._codes[code] = Code(redirect_uri=redirect_uri, scope=scope, challenge=challenge, expires_at=expires_at)
        return code

    def grant(self, body: dict[str, Any]) -> dict[str, Any]:
        """Answers a token request. Raises `ApiError` 400 or 401 with an OAuth error."""
        kind = body.get("grant_type")
        if kind == "client_credentials":
            self._check_client(body)
            return self._issue(body, str(body.get("scope") or "read write"), refreshable=False)
        if kind == "refresh_token":
            self._check_client(body)
            old = self._refresh.get(str(body.get("refresh_token")))
            if old is None or old.refresh_expires_at <= self._now():
                raise _oauth_error(400, "invalid_grant", "The refresh token is invalid, expired or revoked.")
            self.revoke(old)
            return self._issue(body, str(body.get("scope") or old.scope), refreshable=True)
        if kind == "authorization_code":
            code = self._redeem(body)
            return self._issue(body, str(body.get("scope") or code.scope), refreshable=True)
        raise _oauth_error(400, "unsupported_grant_type", "The grant type is not supported.")

    def revoke(self, token: Token) -> None:
        """Kills both tokens of a pair at once."""
        self._access.pop(token.access, None)
        if token.refresh is not None:
            self._refresh.pop(token.refresh, None)

    def revoke_access(self, access: str) -> None:
        """Kills the pair an access token belongs to."""
        token = self._access.get(access)
        if token is not None:
            self.revoke(token)

    def expire_all(self) -> None:
        """Lets every access token end now; refresh tokens stay."""
        self._access.clear()

    def clear(self) -> None:
        """Forgets every token and code."""
        self._access.clear()
        self._refresh.clear()
        self._codes.clear()

    def _now(self) -> datetime:
        return self._account.store.clock.now()

    def _check_client(self, body: dict[str, Any], *, secret_needed: bool = True) -> None:
        known = self._account.credentials
        given = str(body.get("client_secret") or "")
        right = body.get("client_id") == known.client_id and hmac.compare_digest(
            given.encode(), known.client_secret.encode()
        )
        if right or (not secret_needed and body.get("client_id") == known.client_id and not given):
            return
        raise _oauth_error(401, "invalid_client", "Client authentication failed.")

    def _redeem(self, body: dict[str, Any]) -> Code:
        code = self._codes.pop(str(body.get("code")), None)
        self._check_client(body, secret_needed=code is None or code.challenge is None)
        if code is None or code.expires_at <= self._now() or code.redirect_uri != body.get("redirect_uri"):
            raise _oauth_error(400, "invalid_grant", "The code is invalid, expired or was issued to another address.")
        if code.challenge is not None and code.challenge != _challenge(str(body.get("code_verifier") or "")):
            raise _oauth_error(400, "invalid_grant", "The code verifier does not match.")
        return code

    def _issue(self, body: dict[str, Any], scope: str, *, refreshable: bool) -> dict[str, Any]:
        seconds = _seconds(body, "expires_in", 300, 172_800, self._account.settings.token_seconds)
        refresh_seconds = _seconds(
            body, "refresh_token_expires_in", 604_800, 7_776_000, self._account.settings.refresh_seconds
        )
        token = Token(
            access=secrets.token_hex(32),
            refresh=secrets.token_hex(32) if refreshable else None,
            user_id=self._account.credentials.bot_user_id,
            scope=scope,
            expires_at=self._now() + timedelta(seconds=seconds),
            refresh_expires_at=self._now() + timedelta(seconds=refresh_seconds),
            expires_in=seconds,
            refresh_expires_in=refresh_seconds,
        )
        self._access[token.access] = token
        answer = {"access_token": token.access, "token_type": "bearer", "scope": scope, "expires_in": seconds}
        if token.refresh is not None:
            self._refresh[token.refresh] = token
            answer |= {"refresh_token": token.refresh, "refresh_token_expires_in": refresh_seconds}
        return answer


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _seconds(body: dict[str, Any], name: str, low: int, high: int, default: int) -> int:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, int) or not low < value < high:
        raise _oauth_error(400, "invalid_request", f"{name} must be between {low} and {high} seconds.")
    return value


def _oauth_error(status: int, error: str, text: str) -> ApiError:
    return ApiError(status, {"error": error, "error_description": text})


def check_scope(caller: Caller, method: str, path: str) -> None:
    """Refuses what the token's scopes do not cover (403). `path` starts after `/api/v2/`."""
    if caller.scope is None:
        return
    scopes = set(caller.scope.split())
    action = "read" if method in _READ_ONLY else "write"
    if action in scopes:
        return
    parts = path.strip("/").split("/")
    resource = _RESOURCE_OF.get(parts[0], "")
    if any(part in _GLOBAL_READ for part in parts):
        resource = ""  # reference 2.5: audits need the global scope
    if f"{resource}:{action}" in scopes or parts[:2] == ["users", "me"]:
        return
    if parts == ["oauth", "tokens", "current"]:
        return  # a token may end itself; no source says which scope it takes
    raise errors.missing_scope(f"{resource}:{action} {action}" if resource in _RESOURCES else action)
