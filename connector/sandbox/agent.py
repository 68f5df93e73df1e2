"""Tickets on a helpdesk's own address, with the installed app beside them, as agents have them at the vendors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from flask import Flask, Response, abort, jsonify, render_template, request

from connector.sandbox.apps import FreshdeskApp, TemplateRefused, ZendeskApp
from connector.sandbox.desk import STATUSES, tone
from connector.sandbox.zendesk.signing import page_claims

if TYPE_CHECKING:
    from connector.sandbox.facade import Sandbox

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_APP_CLIENT = "{{{appclient}}}"
_GUID = "sandbox-app"


def create_app(sandbox: Sandbox, vendor: str) -> Flask:
    """The pages of one vendor, to be mounted below /agent."""
    app = Flask("connector.sandbox.agent", root_path=str(Path(__file__).parent), static_folder="static")
    pages = _Pages(sandbox, vendor)
    app.add_template_filter(tone)
    app.add_url_rule("/tickets/<int:ticket_id>", "show", pages.show)
    app.add_url_rule("/tickets/<int:ticket_id>/values", "values", pages.values)
    if vendor == "zendesk":
        app.add_url_rule("/request", "request", pages.request, methods=["POST"])
    else:
        app.add_url_rule("/app/<path:path>", "file", pages.file)
        app.add_url_rule("/templates/<name>", "template", pages.template, methods=["POST"])
    app.after_request(pages.protect)
    return app


class _Pages:
    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox = sandbox
        self._vendor = vendor

    @property
    def _helpdesk(self) -> Any:
        return self._sandbox.helpdesk(self._vendor)

    @property
    def _app(self) -> Any:
        app = self._helpdesk.account.app
        if app is None:
            abort(404)
        return app

    def _ticket(self, ticket_id: int) -> dict[str, Any]:
        try:
            return self._sandbox.ticket(self._vendor, ticket_id)
        except KeyError:
            abort(404)

    def show(self, ticket_id: int) -> Any:
        """One ticket with the app."""
        return render_template(
            "ticket.html",
            ticket=self._ticket(ticket_id),
            token=self._sandbox.form_token,
            statuses=STATUSES[self._vendor],
            desk=self._sandbox.desk_url,
            app=self._zendesk_frame(self._app) if self._vendor == "zendesk" else {"name": self._app.name},
        )

    def _zendesk_frame(self, app: ZendeskApp) -> dict[str, Any]:
        account = self._helpdesk.account
        claims = page_claims(
            url=account.url,
            installation_id=app.installation_id,
            user_id=account.store.agent().id,
            location="ticket_sidebar",
            page=app.url,
            now=self._sandbox.clock.now(),
        )
        # The colour scheme is the browser's: the host's script adds it before it sends the form.
        query = urlencode({"origin": account.url, "app_guid": _GUID})
        metadata = {"appId": app.app_id, "name": app.name, "version": "1.0", "installationId": app.installation_id}
        return {
            "name": app.name,
            "address": f"{app.url}{'&' if '?' in app.url else '?'}{query}",
            "origin": app.origin,
            "token": app.key.sign(claims),
            "metadata": {**metadata, "settings": app.settings},
            "guid": _GUID,
        }

    def values(self, ticket_id: int) -> Any:
        """What the helpdesk's client answers about this ticket and the agent who looks at it."""
        ticket, account = self._ticket(ticket_id), self._helpdesk.account
        agent, locale = account.store.agent(), account.settings.agent_locale
        if self._vendor == "freshdesk":
            return jsonify(_freshdesk_values(ticket, agent, locale, account.url))
        return jsonify(_zendesk_values(ticket, agent, locale, account.url))

    def request(self) -> Any:
        """A call of the page to the helpdesk's own API, with the rights of the agent who looks at it."""
        wanted = request.get_json()
        path = str(wanted.get("url", ""))
        if not path.startswith("/api/"):
            return jsonify(status=400, text="The sandbox calls its own API only."), 200
        known = self._helpdesk.account.credentials
        answer = self._helpdesk.app.test_client().open(
            path,
            method=str(wanted.get("type", "GET")),
            data=wanted.get("data"),
            content_type=wanted.get("contentType"),
            auth=(f"{known.agent_email}/token", known.agent_api_token),
        )
        return jsonify(status=answer.status_code, text=answer.text)

    def file(self, path: str) -> Any:
        """A file of the package; the platform puts the address of its client into pages."""
        app: FreshdeskApp = self._app
        text = app.files.get(f"app/{path}")
        if text is None:
            abort(404)
        kind = _TYPES.get(Path(path).suffix, "text/plain")
        return Response(
            text.replace(_APP_CLIENT, "/agent/static/fresh_client.js"), content_type=f"{kind}; charset=utf-8"
        )

    def template(self, name: str) -> Any:
        """The call of a request template, made here so that secrets stay out of the browser."""
        try:
            status, text = self._app.invoke(name, request.get_json(), self._helpdesk.limits)
        except TemplateRefused as refused:
            status, text = refused.status, str(refused)
        return jsonify(status=status, response=text, headers={}, attempts=1)

    def protect(self, response: Response) -> Response:
        """Nothing but the app may be framed, and nothing but the helpdesk may frame."""
        own = self._helpdesk.account.app
        origin = own.origin if isinstance(own, ZendeskApp) else "'self'"
        framing = "'self'" if request.path.startswith("/app/") else "'none'"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; "
            f"form-action 'self' {self._sandbox.desk_url} {origin}; frame-src {origin}; "
            f"frame-ancestors {framing}"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        return response


def _zendesk_values(ticket: dict[str, Any], agent: Any, locale: str, url: str) -> dict[str, Any]:
    names = ("id", "subject", "status", "priority", "type", "tags")
    values = {f"ticket.{name}": ticket[name] for name in names}
    values |= {f"ticket.requester.{name}": ticket["requester"][name] for name in ("id", "name", "email")}
    values |= {"ticket.requester": ticket["requester"], "comment.type": "publicReply"}
    user = {"id": agent.id, "name": agent.name, "email": agent.email, "role": agent.role, "locale": locale}
    values |= {f"currentUser.{name}": value for name, value in user.items()}
    account = {"subdomain": url.partition("://")[2]}
    return values | {"currentUser": user, "currentAccount": account, "currentAccount.subdomain": account["subdomain"]}


def _freshdesk_values(ticket: dict[str, Any], agent: Any, locale: str, url: str) -> dict[str, Any]:
    names = ("id", "subject", "status", "priority", "type", "tags")
    person = {"name": agent.name, "email": agent.email}
    return {
        "ticket": {name: ticket[name] for name in names},
        "requester": ticket["requester"],
        "contact": ticket["requester"],
        "loggedInUser": {"id": agent.id, "contact": person, "language": locale},
        "currentHost": {"subscribed_modules": ["support_ticket"], "endpoint_urls": {"freshdesk": url}},
    }
