"""OAuth: the consent page, tokens, revocation (reference section 5)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, redirect, render_template_string, request

from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.app import PREFIX, Host, Routes

_CONSENT = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,"><title>Allow access?</title><body><main><h1>Allow access?</h1>
<p><strong>{{ client }}</strong> asks for: {{ scope }}.</p>
<form method="post"><button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form></main></body></html>"""


def _ask(host: Host) -> Any:
    _check_client(host)
    scope = request.args.get("scope", "read")
    return render_template_string(_CONSENT, client=host.account.credentials.client_id, scope=scope)


def _decide(host: Host) -> Any:
    _check_client(host)
    target, state = request.args["redirect_uri"], request.args.get("state")
    if request.form.get("decision") == "allow":
        answer = {
            "code": host.tokens.issue_code(
                redirect_uri=target,
                scope=request.args.get("scope", "read"),
                challenge=request.args.get("code_challenge"),
            )
        }
    else:
        answer = {
            "error": "access_denied",
            "error_description": "The end-user or authorization server denied the request.",
        }
    if state is not None:
        answer["state"] = state
    return redirect(f"{target}{'&' if '?' in target else '?'}{urlencode(answer)}")


def _token(host: Host) -> Any:
    body = request.get_json(silent=True)
    answer: Response = jsonify(host.tokens.grant(body if isinstance(body, dict) else request.form.to_dict()))
    answer.status_code = 201
    return answer


def _current(host: Host) -> Any:
    return {"token": {"id": 1, "user_id": host.person.id, "scopes": (host.caller.scope or "").split()}}


def _revoke(host: Host) -> Any:
    host.tokens.revoke_access(request.headers.get("Authorization", "").partition(" ")[2].strip())
    return "", 204


def _check_client(host: Host) -> None:
    if request.args.get("client_id") != host.account.credentials.client_id or not request.args.get("redirect_uri"):
        raise errors.malformed("Invalid Authorization Request: unknown client or missing redirect_uri")


ROUTES: Routes = (
    ("/oauth/authorizations/new", ("GET",), _ask),
    ("/oauth/authorizations/new", ("POST",), _decide),
    ("/oauth/tokens", ("POST",), _token),
    (PREFIX + "/oauth/tokens/current", ("GET",), _current),
    (PREFIX + "/oauth/tokens/current", ("DELETE",), _revoke),
)
