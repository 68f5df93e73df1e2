"""The page where an admin of Freshdesk pastes an API key, and the files that all pages for admins share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from flask import Blueprint, Response, redirect, send_from_directory, url_for
from werkzeug.wrappers import Response as AnyResponse

from connector import adminpage, apikeys
from connector.connecting import NotConnected
from connector.web import admins
from connector.web.account import guarded
from connector.web.admins import Paces, Refusals

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

_ASSETS = Path(__file__).parent / "static" / "connect"
_ASSET_SECONDS = 300
_STATUS = {"unreachable": 503, "second": 409}
_KEY = re.compile(r"[!-~]{1,200}")


def blueprint(app: App) -> Blueprint:
    """The routes over this app."""
    routes = Blueprint("connect", __name__, url_prefix=admins.PATH, template_folder="templates")
    refusals = Refusals()
    # Each try asks the helpdesk whether the key is right: as few as somebody needs who pastes the wrong line first.
    keys = Paces(6, 60.0)

    @routes.get("/freshdesk")
    def offer() -> AnyResponse:
        """The page that asks for the key."""

        def answer() -> AnyResponse:
            with refusals:
                return _form(app, admins.code(), status=200, trouble="")

        return guarded(answer)

    @routes.post("/freshdesk")
    def connect() -> AnyResponse:
        """Checks the key and connects the account; a key that is refused may be put right."""

        def answer() -> AnyResponse:
            with refusals:
                return _connect(app, admins.given("code"), admins.given("key").strip(), keys)

        return guarded(answer)

    @routes.get("/static/<name>")
    def asset(name: str) -> Response:
        """A script or style of the pages; public."""
        answer = send_from_directory(_ASSETS, name, max_age=_ASSET_SECONDS)
        answer.headers["X-Content-Type-Options"] = "nosniff"
        return answer

    return routes


def _connect(app: App, code: str, key: str, keys: Paces) -> AnyResponse:
    words = admins.words()["key"]
    apikeys.look(app, code)
    keys.check(code)
    if not _KEY.fullmatch(key):
        return _form(app, code, status=400, trouble=words["empty"])
    try:
        account = apikeys.connect(app, code, key)
    except NotConnected as error:
        if error.word not in apikeys.TRY_AGAIN:
            raise
        # What the check said in full is for the operator: it speaks of commands.
        log.warning("not_connected", reason=error.word, error=str(error))
        return _form(app, code, status=_STATUS.get(error.word, 422), trouble=words[error.word])
    log.info("connected", account=account.id)
    answer = redirect(url_for("account.account", lang=admins.language()), 303)
    admins.protect(answer)
    visit = adminpage.begin_visit(app.ledger.connections, account, now=app.clock())
    admins.start_visit(app, answer, visit)
    return answer


def _form(app: App, code: str, *, status: int, trouble: str) -> Response:
    bound = apikeys.look(app, code)
    words = admins.words()["key"]
    return admins.page(
        "key.html",
        status,
        heading=words["title"],
        text=words["text"].format(address=bound["base_url"]),
        code=code,
        trouble=trouble,
    )
