"""The desk port: the control API and the agent view, a small page to watch and play both helpdesks."""

from __future__ import annotations

import hmac
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, abort, redirect, render_template, request, url_for

from connector.sandbox import control
from connector.sandbox.store import ApiError

if TYPE_CHECKING:
    from connector.sandbox.facade import Sandbox

_POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
STATUSES = {
    "zendesk": [(word, word.capitalize()) for word in ("open", "pending", "hold", "solved")],
    "freshdesk": [("2", "Open"), ("3", "Pending"), ("4", "Resolved"), ("5", "Closed")],
}
_TONES = {"new": "new", "open": "open", **dict.fromkeys(("solved", "resolved", "closed"), "done")}
PAGE_SIZE = 50


def tone(word: str) -> str:
    """The colour of a status."""
    return _TONES.get(str(word).lower(), "wait")


def create_app(sandbox: Sandbox) -> Flask:
    """The application: /control/... and the pages."""
    app = Flask("connector.sandbox.desk", root_path=str(Path(__file__).parent), static_folder="static")
    pages = _Pages(sandbox)
    app.register_blueprint(control.create_blueprint(sandbox))
    app.after_request(_protect)
    app.add_template_filter(tone)
    one = "/tickets/<vendor>/<int:ticket_id>"
    app.add_url_rule("/", "index", pages.index, methods=["GET"])
    app.add_url_rule("/tickets", "create", pages.create, methods=["POST"])
    app.add_url_rule(one, "show", pages.show, methods=["GET"])
    app.add_url_rule(f"{one}/comments", "comment", pages.comment, methods=["POST"])
    app.add_url_rule(f"{one}/status", "status", pages.status, methods=["POST"])
    return app


class _Pages:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._token = sandbox.form_token

    def index(self) -> Any:
        """All tickets, the latest change first."""
        page = max(1, request.args.get("page", 1, type=int))
        shown, total = self._sandbox.latest_tickets(start=(page - 1) * PAGE_SIZE, count=PAGE_SIZE)
        more = total > page * PAGE_SIZE
        return render_template("list.html", tickets=shown, total=total, page=page, more=more, token=self._token)

    def show(self, vendor: str, ticket_id: int) -> Any:
        """One ticket; with an app beside it, that is a page on the helpdesk's own address."""
        if vendor in STATUSES and self._sandbox.helpdesk(vendor).account.app is not None:
            return redirect(f"{self._sandbox.helpdesk(vendor).url}/agent/tickets/{ticket_id}")
        return self._page(vendor, ticket_id)

    def create(self) -> Any:
        """A new ticket from the form."""
        self._check_form()
        form = request.form
        vendor, body = form.get("vendor", ""), form.get("body", "").strip()
        if vendor not in STATUSES or not body:
            abort(400)
        requester = {"name": form.get("name") or "Sam Okafor", "email": form.get("email") or "sam@customer.example"}
        subject = form.get("subject", "").strip() or body[:60]
        ticket_id = self._sandbox.add_ticket(vendor, subject=subject, body=body, requester=requester)
        return redirect(url_for("show", vendor=vendor, ticket_id=ticket_id))

    def comment(self, vendor: str, ticket_id: int) -> Any:
        """A message as customer, a reply or a note as agent."""
        self._check_form()
        who, text = request.form.get("as", "requester"), request.form.get("text", "").strip()
        if not text:
            return self._page(vendor, ticket_id, problem="Write something first.")
        author = "requester" if who == "requester" else "agent"
        try:
            self._sandbox.add_comment(vendor, ticket_id, author=author, text=text, public=who != "note")
        except (KeyError, ValueError):
            abort(404)
        except ApiError as refused:
            return self._page(vendor, ticket_id, problem=_words(refused))
        return redirect(url_for("show", vendor=vendor, ticket_id=ticket_id) + "#latest")

    def status(self, vendor: str, ticket_id: int) -> Any:
        """A new status, set by the agent, who takes the ticket with it."""
        self._check_form()
        value: Any = request.form.get("status", "")
        if vendor == "freshdesk" and value.isdigit():
            value = int(value)
        try:
            self._sandbox.change(vendor, ticket_id, status=value, assignee="agent")
        except (KeyError, ValueError):
            abort(404)
        except ApiError as refused:
            return self._page(vendor, ticket_id, problem=_words(refused))
        return redirect(url_for("show", vendor=vendor, ticket_id=ticket_id))

    def _check_form(self) -> None:
        if not hmac.compare_digest(request.form.get("token", "").encode(), self._token.encode()):
            abort(403)

    def _page(self, vendor: str, ticket_id: int, problem: str | None = None) -> Any:
        try:
            ticket = self._sandbox.ticket(vendor, ticket_id)
        except (KeyError, ValueError):
            abort(404)
        page = render_template(
            "ticket.html", ticket=ticket, token=self._token, problem=problem, statuses=STATUSES[vendor]
        )
        return page, 400 if problem else 200


def _words(refused: ApiError) -> str:
    body = refused.body
    if isinstance(body, dict):
        for details in (body.get("details") or {}).values():
            return str(details[0]["description"])
        for problem in body.get("errors") or []:
            return f"{problem['field']}: {problem['message']}"
    return f"The helpdesk refused this ({refused.status})."


def _protect(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response
