"""The pages by which an admin connects a Zendesk account: a one-time link, Zendesk's consent page, a checklist.

Opening the link changes nothing (mail filters open links, too); only its button uses it up.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connector import connecting, starters
from connector.connecting import LINK, Connected, Connects, NotConnected
from connector.errors import ConfigurationError, StoreError

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

VENDOR = "zendesk"
COOKIE = "handrail_connecting"
PATH = "/oauth/zendesk"
MOST_LETTERS = 400
"""Of a link, state or code: ours have 43, Zendesk's codes some 60."""
_STATUS = {
    "link": 403,
    "subdomain": 403,
    "state": 403,
    "denied": 403,
    "code": 502,
    "refused": 502,
    "name": 409,
    "unready": 503,
}
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def blueprint(app: App) -> Blueprint:
    """The routes over this app."""
    routes = Blueprint("oauth", __name__, template_folder="templates")

    @routes.get(f"{PATH}/start")
    def offer() -> AnyResponse:
        """The page with the button."""
        return _guarded(lambda: _offer(app))

    @routes.post(f"{PATH}/start")
    def start() -> AnyResponse:
        """On to Zendesk."""
        return _guarded(lambda: _start(app))

    @routes.get(f"{PATH}/callback")
    def callback() -> AnyResponse:
        """Back from Zendesk: the account is connected, or one sentence says why not."""
        return _guarded(lambda: _callback(app))

    return routes


def _guarded(answer: Callable[[], AnyResponse]) -> AnyResponse:
    try:
        return answer()
    except NotConnected as error:
        log.warning("not_connected", reason=error.word)
        return _refused(error.word, str(error) if error.word == "refused" else "")
    except (ConfigurationError, StoreError) as error:
        # An admin of a helpdesk reads this page; what is to be set is for the operator, in the log.
        log.error("not_connected", error=type(error).__name__, reason=str(error))
        return _refused("unready", "")


def _offer(app: App) -> AnyResponse:
    link = request.args.get("link", "")[:MOST_LETTERS]
    bound = app.ledger.connections.look(LINK, link, now=app.clock())
    if bound is None:
        raise NotConnected("link", "unknown link")
    host = urlsplit(bound["base_url"]).netloc
    asked = request.args.get("subdomain", "").lower()
    if asked and asked != host.partition(".")[0]:
        raise NotConnected("subdomain", "link for another account")
    words = _words(_language())
    return _page(
        200,
        goes_to=bound["base_url"],
        heading=words["title"],
        text=words["start"].format(address=host),
        link=link,
        button=words["continue"].format(address=host),
    )


def _start(app: App) -> AnyResponse:
    provider, client = _provider(app), connecting.zendesk_client(app)
    browser = secrets.token_urlsafe(32)
    target = connecting.begin(app, provider, client, request.form.get("link", "")[:MOST_LETTERS], browser)
    answer = redirect(target, 303)
    secure = app.settings.public_url.startswith("https://")
    # Lax: the way back from Zendesk is a navigation of the whole page, which brings the cookie.
    answer.set_cookie(COOKIE, browser, max_age=600, path=PATH, httponly=True, secure=secure, samesite="Lax")
    answer.headers.update(_HEADERS)
    return answer


def _callback(app: App) -> AnyResponse:
    given = {name: request.args.get(name, "")[:MOST_LETTERS] for name in ("state", "code", "error")}
    browser = request.cookies.get(COOKIE, "")
    made = connecting.finish(app, VENDOR, _provider(app), connecting.zendesk_client(app), given, browser)
    log.info("connected_again" if made.again else "connected", account=made.account.id)
    answer = _made(made)
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _made(made: Connected) -> Response:
    words = _words(_language())
    return _page(
        200,
        heading=words["again" if made.again else "done"].format(name=made.account.name),
        text=words["kept" if made.again else "shadow"],
        checks=made.checks,
    )


def _refused(word: str, detail: str) -> Response:
    words = _words(_language())
    return _page(_STATUS[word], heading=words["failed"], text=f"{words['why'][word]} {detail}".strip())


def _page(status: int, *, goes_to: str = "", **values: Any) -> Response:
    """The page; its form may lead on to `goes_to`, and to nothing else outside."""
    language = _language()
    answer = make_response(render_template("connect.html", language=language, t=_words(language), **values), status)
    answer.headers.update(_HEADERS)
    policy = f"default-src 'none'; form-action 'self' {goes_to}; frame-ancestors 'none'; base-uri 'none'"
    answer.headers["Content-Security-Policy"] = policy.replace(" ;", ";")
    return answer


def _provider(app: App) -> Connects:
    provider = app.providers[VENDOR]
    if not isinstance(provider, Connects):
        raise ConfigurationError(f"{VENDOR} accounts are not connected by a link.")
    return provider


def _language() -> str:
    return request.accept_languages.best_match(("en", "de")) or "en"


@cache
def _words(language: str) -> Mapping[str, Any]:
    words: Mapping[str, Any] = tomllib.loads(starters.text("connecting.toml"))[language]
    return words
