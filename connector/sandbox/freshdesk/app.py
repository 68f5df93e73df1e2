"""The Flask application of the emulated Freshdesk host: authentication, limits, errors and all routes."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from connector.sandbox.freshdesk import errors
from connector.sandbox.freshdesk.state import Account
from connector.sandbox.limits import Rule, Standing
from connector.sandbox.store import ApiError, Person, Ticket

T = TypeVar("T")
PREFIX = "/api/v2"
View = Callable[..., Any]
Routes = tuple[tuple[str, tuple[str, ...], View], ...]
"""Path, methods, view; a view takes the host and the values of the path."""
_BODY_METHODS = frozenset({"POST", "PUT"})
_LIST_PATHS = frozenset({f"{PREFIX}/tickets", f"{PREFIX}/contacts"})


class Host:
    """What every route needs: the account and the present caller."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.store = account.store

    @property
    def person(self) -> Person:
        """The agent whose key was used."""
        person: Person = g.person
        return person

    def identify(self) -> Person:
        """The agent behind the API key, which is the user name of Basic authentication."""
        given = request.authorization
        key = (given.username or "") if given is not None and given.type == "basic" else ""
        known = self.account.credentials
        if hmac.compare_digest(key.encode(), known.api_key.encode()):
            return self.store.bot()
        if hmac.compare_digest(key.encode(), known.agent_api_key.encode()):
            return self.store.agent()
        raise errors.unauthenticated()

    def ticket(self, ticket_id: int, *, writing: bool = False) -> Ticket:
        """The ticket; 404 when unknown or archived, 405 when a write meets spam or a deleted one."""
        ticket = self.store.tickets.get(ticket_id)
        if ticket is None or ticket.archived:
            raise errors.not_found()
        if writing and (ticket.spam or ticket.deleted):
            raise errors.method_not_allowed("GET")
        return ticket

    def need_admin(self) -> None:
        """403 unless the caller is an admin."""
        if self.person.role != "admin":
            raise errors.denied()

    def count(self, name: str, per_minute: int) -> None:
        """Counts against an endpoint's own limit; 429 when it is used up and limits are enforced."""
        standing = self.account.limits.hit(name, Rule(limit=per_minute))
        if standing.retry_after:
            raise too_many(standing)


def json_body() -> dict[str, Any]:
    """The JSON object of the request, or the fields of a multipart form."""
    if request.mimetype == "multipart/form-data":
        return _form_fields()
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise ApiError(400, {"code": "invalid_json", "message": "Request body has invalid json format"})
    return body


def _form_fields() -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name in request.form:
        value: Any = request.form.getlist(name) if name.endswith("[]") else request.form[name]
        fields[name.removesuffix("[]")] = int(value) if isinstance(value, str) and value.isdigit() else value
    files = [f for f in request.files.getlist("attachments[]") if f.filename]
    if files:
        fields["attachments"] = [
            {"name": f.filename, "content_type": f.content_type, "size": len(f.read())} for f in files
        ]
    return fields


def too_many(standing: Standing) -> ApiError:
    """429 with Retry-After; the body's shape is documented nowhere."""
    body = {"message": "You have exceeded the limit of requests per minute"}
    return ApiError(429, body, {"Retry-After": str(standing.retry_after)})


def page_of(
    items: Sequence[T], shape: Callable[[T], Any], *, default: int = 30, max_page: int | None = None
) -> Response:
    """One page as a JSON list, with a `link` header unless it is the last one."""
    page, size = whole("page", 1), whole("per_page", default)
    if size > 100:
        raise errors.invalid_value("per_page", "It should be a Positive Integer less than or equal to 100")
    if max_page is not None and page > max_page:
        raise errors.invalid_value("page", f"You cannot access tickets beyond the {max_page}th page.")
    start = (page - 1) * size
    response = jsonify([shape(item) for item in items[start : start + size]])
    if start + size < len(items):
        query = urlencode({**request.args.to_dict(), "page": page + 1, "per_page": size})
        response.headers["link"] = f'<{request.base_url}?{query}>;rel="next"'
    return response


def whole(name: str, default: int) -> int:
    """A positive whole number of the query; 400 otherwise."""
    text = request.args.get(name)
    if text is None:
        return default
    if not text.isdigit() or int(text) < 1:
        raise errors.invalid_value(name, "It should be a Positive Integer")
    return int(text)


def create_app(account: Account) -> tuple[Flask, Host]:
    """The application and its host object."""
    from connector.sandbox.freshdesk import routes

    app = Flask("connector.sandbox.freshdesk", static_folder=None)
    host = Host(account)
    app.before_request(lambda: _enter(host))
    app.after_request(_leave)
    app.register_error_handler(ApiError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http)
    for number, (rule, methods, view) in enumerate(routes.ALL):
        app.add_url_rule(PREFIX + rule, f"{number}{view.__name__}", _bind(host, view), methods=list(methods))
    return app, host


def _bind(host: Host, view: View) -> Callable[..., Any]:
    """The view with its host, under the store's lock, so that a check and its change are one step."""

    def bound(**values: Any) -> Any:
        with host.store.lock:
            return view(host, **values)

    return bound


def _cost() -> int:
    """Credits of this call: each include costs one on a single record, two on a list (reference section 2)."""
    includes = [part for part in request.args.get("include", "").split(",") if part]
    return 1 + len(includes) * (2 if request.path in _LIST_PATHS else 1)


def _enter(host: Host) -> None:
    g.cost = _cost()
    g.standing = host.account.limits.hit("account", Rule(limit=host.account.settings.calls_per_minute), g.cost)
    if g.standing.retry_after:
        raise too_many(g.standing)
    with host.store.lock:
        g.person = host.identify()
    accept = request.headers.get("Accept", "*/*")
    if "json" not in accept and "*/*" not in accept:
        raise ApiError(406, "")
    has_body = request.method in _BODY_METHODS and request.content_length
    if has_body and request.mimetype not in ("application/json", "multipart/form-data"):
        raise ApiError(
            415, {"message": f"Content-Type header is set to {request.mimetype}. It should be application/json"}
        )


def _leave(response: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["X-RateLimit-Total"] = str(standing.limit)
        response.headers["X-RateLimit-Remaining"] = str(standing.remaining)
        response.headers["X-RateLimit-Used-CurrentRequest"] = str(g.cost)
    response.headers["X-Freshdesk-Api-Version"] = "latest=v2; requested=v2"
    return response


def _answer_error(error: ApiError) -> Response:
    if error.body == "":
        response = Response("", error.status, content_type="application/json")
    else:
        response = jsonify(error.body)
        response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _answer_http(error: HTTPException) -> Response:
    if isinstance(error, MethodNotAllowed):
        return _answer_error(errors.method_not_allowed(", ".join(sorted(error.valid_methods or []))))
    if error.code == 404:
        return _answer_error(errors.not_found())
    return _answer_error(ApiError(error.code or 500, {"message": error.name}))
