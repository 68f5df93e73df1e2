"""The pages by which an admin connects a Zendesk account: a one-time link, Zendesk's consent page, a checklist.

Opening the link changes nothing (mail filters open links, too); only its button uses it up.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from connector import adminpage, connecting
from connector.connecting import LINK, Connected, Connects, NotConnected
from connector.errors import ConfigurationError, StoreError
from connector.web import admins
from connector.web.admins import MOST_LETTERS

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

VENDOR = "zendesk"
COOKIE = "handrail_connecting"
PATH = "/oauth/zendesk"
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
    words = admins.words()
    return admins.page(
        "start.html",
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
    admins.protect(answer)
    return answer


def _callback(app: App) -> AnyResponse:
    given = {name: request.args.get(name, "")[:MOST_LETTERS] for name in ("state", "code", "error")}
    browser = request.cookies.get(COOKIE, "")
    made = connecting.finish(app, VENDOR, _provider(app), connecting.zendesk_client(app), given, browser)
    log.info("connected_again" if made.again else "connected", account=made.account.id)
    answer = _made(app, made)
    answer.delete_cookie(COOKIE, path=PATH)
    return answer


def _made(app: App, made: Connected) -> Response:
    words = admins.words()
    answer = admins.page(
        "connected.html",
        heading=words["again" if made.again else "done"].format(name=made.account.name),
        text=words["kept" if made.again else "shadow"],
        checks=made.checks,
    )
    visit = adminpage.begin_visit(app.ledger.connections, made.account, now=app.clock())
    admins.start_visit(app, answer, visit)
    return answer


def _refused(word: str, detail: str) -> Response:
    words = admins.words()
    return admins.told(_STATUS[word], words["failed"], f"{words['why'][word]} {detail}".strip())


def _provider(app: App) -> Connects:
    provider = app.providers[VENDOR]
    if not isinstance(provider, Connects):
        raise ConfigurationError(f"{VENDOR} accounts are not connected by a link.")
    return provider
