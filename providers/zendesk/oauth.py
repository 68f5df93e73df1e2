"""Zendesk's credentials: OAuth tokens that expire, one refresher at a time, and the legacy API token.

Facts (https://developer.zendesk.com/documentation/api-basics/authentication/):
- A refresh rotates both tokens and kills the old pair at once: a token is stored before it is used, and only
  `Accounts.swap_token` may renew it. A lost answer to a refresh means connecting the account again.
- `client_credentials` gives no refresh token; another token does not kill the one before.
- No new API tokens since October 2026; all end on 2027-04-30.

Credentials of an account are a mapping of texts; `kind` says which:
    client_credentials  client_id, client_secret
    refresh             client_id, client_secret, refresh_token
    api_token           email, api_token
The first two also hold access_token, issued_at, expires_at and renew_at (Unix seconds) once there is a token.
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlencode

from connector.errors import AccessWithdrawn, ConfigurationError, CredentialsRejected
from connector.model import Account
from connector.ports import Accounts, Clock
from providers._http import Answer, Credentials, Http, failure
from providers._values import garbled, text

API_TOKENS_END = date(2027, 4, 30)
SCOPE = "read tickets:write webhooks:write triggers:write"
"""Audits need the global `read`; `tickets:read` is not enough to find our own marker."""

ACCESS_SECONDS = 7_200
REFRESH_SECONDS = 2_592_000
SHARE_OF_LIFE = 0.8
REFRESH_LEASE_SECONDS = 30.0

Stored = Mapping[str, str]
_NO_AUTH = Credentials("")


class Tokens:
    """The Authorization header of each account. May be shared by threads."""

    def __init__(self, http: Http, accounts: Accounts, clock: Clock) -> None:
        self._http = http
        self._accounts = accounts
        self._clock = clock
        self._newest: dict[str, Stored] = {}
        self._lock = threading.Lock()

    def authorize(self, account: Account, base: str) -> Credentials:
        """The header to use now; renews a token that is missing or past 80% of its life."""
        stored = self._current(account)
        if _kind(stored) == "api_token":
            return Credentials(_basic(stored))
        if _is_due(stored, self._clock()):
            stored = self._renew(account, base, rejected=None)
        return Credentials(f"Bearer {stored['access_token']}")

    def replace(self, account: Account, base: str, used: Credentials) -> Credentials | None:
        """Another header after a 401 to `used`; None when there can be none (an API token was refused)."""
        stored = self._current(account)
        if _kind(stored) == "api_token":
            return None
        newest = Credentials(f"Bearer {stored.get('access_token', '')}")
        if newest != used and not _is_due(stored, self._clock()):
            return newest
        fresh = self._renew(account, base, rejected=stored.get("access_token"))
        return Credentials(f"Bearer {fresh['access_token']}")

    def _current(self, account: Account) -> Stored:
        """The account's own copy, or a later one that this process obtained since the account was read."""
        with self._lock:
            known = self._newest.get(account.id, {})
        given = account.credentials
        if known.get("client_id") != given.get("client_id"):
            return given  # connected anew, with another client
        return known if _seconds(known, "issued_at") > _seconds(given, "issued_at") else given

    def _renew(self, account: Account, base: str, *, rejected: str | None) -> Stored:
        def refresh(stored: Stored) -> Stored:
            usable = stored.get("access_token") and stored.get("access_token") != rejected
            if usable and not _is_due(stored, self._clock()):
                return stored  # another worker was first
            return {**stored, **self._grant(account.id, base, stored)}

        if _kind(account.credentials) == "client_credentials" and self._accounts.get(account.id) is None:
            # Looked at before it is stored (`account add`): nothing can be lost, so nothing need be written.
            fresh = refresh(account.credentials)
        else:
            fresh = self._accounts.swap_token(
                account.id, now=self._clock(), lease_seconds=REFRESH_LEASE_SECONDS, refresh=refresh
            )
        with self._lock:
            self._newest[account.id] = fresh
        return fresh

    def _grant(self, account_id: str, base: str, stored: Stored) -> Stored:
        body = {
            "client_id": stored.get("client_id", ""),
            "client_secret": stored.get("client_secret", ""),
            "expires_in": ACCESS_SECONDS,
        }
        if _kind(stored) == "refresh":
            body |= {
                "grant_type": "refresh_token",
                "refresh_token": stored.get("refresh_token", ""),
                "refresh_token_expires_in": REFRESH_SECONDS,
            }
        else:
            body |= {"grant_type": "client_credentials", "scope": SCOPE}
        answer = self._http.send(account_id, base, "POST", "/oauth/tokens", auth=_NO_AUTH, body=body)
        if _kind(stored) == "refresh" and answer.status == 400 and _error(answer) == "invalid_grant":
            raise AccessWithdrawn("Zendesk has taken Handrail's access back")
        return read_grant(answer, self._clock())


def authorization_url(base: str, *, client_id: str, redirect_uri: str, state: str, verifier: str) -> str:
    """Where an admin is sent to connect the account; `verifier` is the PKCE secret kept for the callback."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {
        "response_type": "code",
        "client_id": client_id,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{base}/oauth/authorizations/new?{urlencode(query)}"


def exchange_code(
    http: Http,
    base: str,
    *,
    client_id: str,
    client_secret: str,
    redirect_uri: str,
    code: str,
    verifier: str,
    now: datetime,
) -> dict[str, str]:
    """The credentials to store for a new account; the code lives 120 s. CredentialsRejected, ProviderUnavailable."""
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "client_id": client_id,
        "client_secret": client_secret,
        "redirect_uri": redirect_uri,
        "scope": SCOPE,
        "code_verifier": verifier,
        "expires_in": ACCESS_SECONDS,
        "refresh_token_expires_in": REFRESH_SECONDS,
    }
    answer = http.send(base, base, "POST", "/oauth/tokens", auth=_NO_AUTH, body=body)
    client = {"client_id": client_id, "client_secret": client_secret}
    return {"kind": "refresh", **client, **read_grant(answer, now)}


def read_grant(answer: Answer, now: datetime) -> dict[str, str]:
    """What to store of a token answer."""
    if answer.status in (400, 401, 403):
        raise CredentialsRejected("Zendesk refused the client id or its secret")
    if not answer.ok:
        raise failure(answer, "a token")
    grant = answer.object()
    token = grant.get("access_token")
    if not isinstance(token, str) or not token:
        raise garbled("Zendesk", "token")
    kept = {"access_token": token, "issued_at": str(now.timestamp()), "expires_at": "", "renew_at": ""}
    life = grant.get("expires_in")
    if isinstance(life, int) and life > 0:  # null = never expires
        at = now.timestamp()
        kept |= {"expires_at": str(int(at + life)), "renew_at": str(int(at + life * SHARE_OF_LIFE))}
    if isinstance(grant.get("refresh_token"), str):
        kept["refresh_token"] = grant["refresh_token"]
    return kept


def _error(answer: Answer) -> str:
    """The word of RFC 6749, section 5.2, for why no token was given."""
    body = answer.tolerant()
    return text(body.get("error")) if isinstance(body, dict) else ""


def _kind(stored: Stored) -> str:
    kind = stored.get("kind", "")
    if kind not in ("client_credentials", "refresh", "api_token"):
        raise ConfigurationError(
            "The Zendesk account has no usable credentials; add it again with `handrail account add`."
        )
    return kind


def _basic(stored: Stored) -> str:
    pair = f"{stored.get('email', '')}/token:{stored.get('api_token', '')}"
    return "Basic " + base64.b64encode(pair.encode()).decode()


def _is_due(stored: Stored, now: datetime) -> bool:
    if not stored.get("access_token"):
        return True
    renew_at = _seconds(stored, "renew_at") or _seconds(stored, "expires_at")
    return bool(renew_at) and now.timestamp() >= renew_at


def _seconds(stored: Stored, name: str) -> float:
    try:
        return float(stored.get(name) or 0)
    except ValueError:
        return 0.0
