"""The Flask application of the emulated Zendesk host: authentication, limits, errors and all routes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException

from connector.sandbox.limits import Rule, Standing
from connector.sandbox.store import ApiError, Person, Ticket
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.auth import Caller, Tokens, check_scope
from connector.sandbox.zendesk.state import Account

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIX = "/api/v2"
View = Callable[..., Any]
Routes = tuple[tuple[str, tuple[str, ...], View], ...]
"""Path, methods, view; a view takes the host and the values of the path."""


class Host:
    """What every route needs: the account, its tokens and the present caller."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.store = account.store
        self.tokens = Tokens(account)

    @property
    def caller(self) -> Caller:
        """Who makes the present request."""
        caller: Caller = g.caller
        return caller

    @property
    def person(self) -> Person:
        """The user who makes the present request."""
        return self.caller.person

    def ticket(self, ticket_id: int, *, deleted: bool = False) -> Ticket:
        """The ticket, 404 when it does not exist or was deleted."""
        ticket = self.account.store.tickets.get(ticket_id)
        if ticket is None or (ticket.deleted and not deleted):
            raise errors.not_found()
        return ticket

    def need_admin(self) -> None:
        """403 unless the caller is an admin."""
        if self.person.role != "admin":
            raise errors.forbidden("You do not have access to this page. Please contact the account owner.")

    def count(self, name: str, rule: Rule) -> Standing:
        """Counts against an endpoint's own limit; 429 when it is used up and limits are enforced."""
        standing = self.account.limits.hit(name, rule)
        if standing.retry_after:
            raise too_many(standing)
        return standing


def json_body() -> dict[str, Any]:
    """The JSON object of the request; 400 or 422 like Zendesk when it is none."""
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise errors.malformed("Unparsable request body")
    return body


def wrapped(name: str) -> dict[str, Any]:
    """The object under `name` in the request's body."""
    inner = json_body().get(name)
    if not isinstance(inner, dict):
        raise ApiError(400, {"error": {"title": "Invalid attribute", "message": f"{name} is required"}})
    return inner


def too_many(standing: Standing) -> ApiError:
    """429 with Retry-After."""
    text = "Number of allowed API requests per minute exceeded"
    body = {"error": "APIRateLimitExceeded", "description": text}
    return ApiError(429, body, {"Retry-After": str(standing.retry_after)})


class _Suffix:
    """Every Support path exists with and without `.json`."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        environ["sandbox.path"] = path
        if path.endswith(".json"):
            environ["PATH_INFO"] = path.removesuffix(".json")
        return self._inner(environ, start_response)


def create_app(account: Account) -> tuple[Flask, Host]:
    """The application and its host object."""
    from connector.sandbox.zendesk import routes

    app = Flask("connector.sandbox.zendesk", static_folder=None)
    host = Host(account)
    # Flask documents assigning to `wsgi_app` as the way to add middleware.
    app.wsgi_app = _Suffix(app.wsgi_app)  # type: ignore[method-assign]
    app.before_request(lambda: _enter(host))
    app.after_request(lambda response: _leave(host, response))
    app.register_error_handler(ApiError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http)
    for number, (rule, methods, view) in enumerate(routes.ALL):
        app.add_url_rule(rule, f"{number}{view.__name__}", _bind(host, view), methods=list(methods))
    return app, host


def unlocked(view: View) -> View:
    """Marks a view that must not hold the lock, because somebody it calls may call this API back."""
    view.__dict__["unlocked"] = True
    return view


def _bind(host: Host, view: View) -> Callable[..., Any]:
    """The view with its host, under the store's lock, so that a check and its change are one step."""

    def bound(**values: Any) -> Any:
        if "unlocked" in view.__dict__:
            return view(host, **values)
        with host.store.lock:
            return view(host, **values)

    return bound


def _enter(host: Host) -> None:
    if not request.path.startswith(PREFIX):
        return
    account = host.account
    g.standing = account.limits.hit("account", Rule(limit=account.settings.calls_per_minute))
    if g.standing.retry_after:
        raise too_many(g.standing)
    public = request.path.startswith(f"{PREFIX}/help_center/") and request.method == "GET"
    if public and "Authorization" not in request.headers:
        g.caller = None
        return
    with account.store.lock:
        g.caller = host.tokens.identify(request.headers.get("Authorization", ""))
    if not g.caller.person.is_staff:
        raise errors.forbidden("You do not have access to this page. Please contact the account owner.")
    if account.settings.enforce_scopes:
        check_scope(g.caller, request.method, request.path.removeprefix(PREFIX))


def _leave(host: Host, response: Response) -> Response:
    standing: Standing | None = g.get("standing")
    if standing is not None:
        response.headers["X-Rate-Limit"] = str(standing.limit)
        response.headers["X-Rate-Limit-Remaining"] = str(standing.remaining)
        response.headers["ratelimit-limit"] = str(standing.limit)
        response.headers["ratelimit-remaining"] = str(standing.remaining)
        response.headers["ratelimit-reset"] = str(standing.reset_seconds)
    endpoint: tuple[str, Standing] | None = g.get("endpoint_standing")
    if endpoint is not None:
        name, own = endpoint
        value = f"total={own.limit}; remaining={own.remaining}; resets={own.reset_seconds}"
        response.headers[f"zendesk-ratelimit-{name}"] = value
    return response


def _answer_error(error: ApiError) -> Response:
    if isinstance(error.body, str):
        response = Response(error.body, error.status, content_type="text/plain; charset=utf-8")
    else:
        response = jsonify(error.body)
        response.status_code = error.status
    response.headers.update(error.headers)
    return response


def _answer_http(error: HTTPException) -> Response:
    if error.code in (404, 405):
        return _answer_error(errors.no_endpoint())
    return _answer_error(ApiError(error.code or 500, {"error": error.name, "description": error.description}))
