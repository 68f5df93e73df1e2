"""Zendesk: tokens that expire and rotate, codes, scopes."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connector.sandbox import Sandbox

CALLBACK = "https://handrail.example/oauth/zendesk/callback"


def grant(sandbox: Sandbox, **fields: Any) -> requests.Response:
    known = sandbox.credentials["zendesk"]
    body = {"client_id": known["client_id"], "client_secret": known["client_secret"], **fields}
    return requests.post(f"{sandbox.zendesk.url}/oauth/tokens", json=body, timeout=10)


def status(sandbox: Sandbox, token: str, path: str = "/users/me") -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{sandbox.zendesk.url}/api/v2{path}", headers=headers, timeout=10).status_code


def code(sandbox: Sandbox, **extra: str) -> str:
    query = {
        "response_type": "code",
        "client_id": sandbox.credentials["zendesk"]["client_id"],
        "redirect_uri": CALLBACK,
        "scope": "read write",
        "state": "s1",
        **extra,
    }
    url = f"{sandbox.zendesk.url}/oauth/authorizations/new"
    assert "Allow" in requests.get(url, params=query, timeout=10).text
    answer = requests.post(url, params=query, data={"decision": "allow"}, allow_redirects=False, timeout=10)
    found = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert found["state"] == ["s1"]
    return found["code"][0]


def test_client_credentials_act_as_the_bot_and_bring_no_refresh_token(sandbox: Sandbox) -> None:
    answer = grant(sandbox, grant_type="client_credentials", scope="read write", expires_in=600)
    assert answer.status_code == 201
    assert answer.json()["expires_in"] == 600
    assert "refresh_token" not in answer.json()
    assert status(sandbox, answer.json()["access_token"]) == 200


def test_an_access_token_expires(sandbox: Sandbox) -> None:
    token = grant(sandbox, grant_type="client_credentials", expires_in=301).json()["access_token"]
    assert status(sandbox, token) == 200
    sandbox.advance(302)
    assert status(sandbox, token) == 401


def test_refresh_rotates_and_kills_the_old_pair_at_once(sandbox: Sandbox) -> None:
    first = grant(sandbox, grant_type="authorization_code", code=code(sandbox), redirect_uri=CALLBACK).json()
    second = grant(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert second.status_code == 201
    assert status(sandbox, first["access_token"]) == 401
    assert status(sandbox, second.json()["access_token"]) == 200
    reused = grant(sandbox, grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (reused.status_code, reused.json()["error"]) == (400, "invalid_grant")
    assert status(sandbox, second.json()["access_token"]) == 200


def test_a_code_works_once_and_for_two_minutes(sandbox: Sandbox) -> None:
    fresh = code(sandbox)
    fields = {"grant_type": "authorization_code", "code": fresh, "redirect_uri": CALLBACK}
    assert grant(sandbox, **fields).status_code == 201
    assert grant(sandbox, **fields).json()["error"] == "invalid_grant"
    late = code(sandbox)
    sandbox.advance(121)
    assert grant(sandbox, grant_type="authorization_code", code=late, redirect_uri=CALLBACK).status_code == 400


def test_a_code_with_pkce_needs_the_verifier(sandbox: Sandbox) -> None:
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    fields = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    wrong = code(sandbox, code_challenge=challenge, code_challenge_method="S256")
    assert grant(sandbox, **fields, code=wrong, code_verifier="other").status_code == 400
    right = code(sandbox, code_challenge=challenge, code_challenge_method="S256")
    assert grant(sandbox, **fields, code=right, code_verifier=verifier).status_code == 201


def test_denial_comes_back_as_access_denied(sandbox: Sandbox) -> None:
    known = sandbox.credentials["zendesk"]
    query = {"client_id": known["client_id"], "redirect_uri": CALLBACK, "state": "s"}
    url = f"{sandbox.zendesk.url}/oauth/authorizations/new"
    answer = requests.post(url, params=query, data={"decision": "deny"}, allow_redirects=False, timeout=10)
    assert "error=access_denied" in answer.headers["Location"]


def test_a_wrong_secret_is_refused(sandbox: Sandbox) -> None:
    answer = grant(sandbox, grant_type="client_credentials", client_secret="wrong")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    ("scope", "path", "expected"),
    [
        ("tickets:read", "/tickets/1", 200),
        ("tickets:read", "/tickets/1/audits", 403),
        ("read", "/tickets/1/audits", 200),
        ("hc:read", "/tickets/1", 403),
        ("tickets:write", "/tickets/1", 403),
        ("tickets:read", "/incremental/tickets/cursor?start_time=0", 403),
        ("nonsense", "/users/1", 403),
    ],
)
def test_scopes(sandbox: Sandbox, scope: str, path: str, expected: int) -> None:
    sandbox.add_ticket("zendesk", body="x")
    token = grant(sandbox, grant_type="client_credentials", scope=scope).json()["access_token"]
    assert status(sandbox, token, path) == expected


def test_reading_scope_cannot_write(sandbox: Sandbox) -> None:
    ticket = sandbox.add_ticket("zendesk", body="x")
    token = grant(sandbox, grant_type="client_credentials", scope="read").json()["access_token"]
    answer = requests.put(
        f"{sandbox.zendesk.url}/api/v2/tickets/{ticket}",
        json={"ticket": {"priority": "high"}},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 403
    assert "missing the following required scopes" in answer.json()["description"]


@pytest.mark.parametrize("header", ["", "Bearer nonsense", "Basic !!!", "Basic YTpi", "Digest x"])
def test_strangers_are_refused(sandbox: Sandbox, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = requests.get(f"{sandbox.zendesk.url}/api/v2/tickets/1", headers=headers, timeout=10)
    assert answer.status_code == 401


def test_revoking_ends_the_token(sandbox: Sandbox) -> None:
    token = grant(sandbox, grant_type="client_credentials").json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{sandbox.zendesk.url}/api/v2/oauth/tokens/current"
    assert requests.delete(url, headers=headers, timeout=10).status_code == 204
    assert status(sandbox, token) == 401
