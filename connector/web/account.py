"""The page of one account for an admin of its helpdesk: what is set up, whether events arrive, and the way out.

A one-time link (`handrail account page`) opens a visit; opening the link changes nothing (mail filters open links,
too), only its button uses it up. The check for the first event asks our own ledger alone, never the helpdesk.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from connector import adminpage, apikeys, disconnecting
from connector.adminpage import Visit
from connector.connecting import NotConnected, webhook_url
from connector.errors import HandrailError
from connector.model import Account
from connector.ports import Check
from connector.recipe import recipe
from connector.web import admins
from connector.web.admins import Paces, Refusals, TooOften

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

KNOWN_SECONDS = 20.0
"""How long a checklist is shown without asking the helpdesk again: pressing reload must not cost the team its calls."""
_STATUS = {"link": 403, "ended": 403, "forged": 403}


class Forged(HandrailError):
    """A form that our page did not make."""


class _Checklists:
    """The last checklist of each account."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._known: dict[str, tuple[float, tuple[Check, ...]]] = {}
        self._lock = threading.Lock()

    def get(self, account: Account) -> tuple[Check, ...]:
        with self._lock:
            known = self._known.get(account.id)
        if known is not None and time.monotonic() - known[0] < KNOWN_SECONDS:
            return known[1]
        checks = adminpage.checklist(self._app, account)
        with self._lock:
            self._known[account.id] = (time.monotonic(), checks)
        return checks


def blueprint(app: App) -> Blueprint:
    """The routes over this app."""
    routes = Blueprint("account", __name__, url_prefix=admins.PATH, template_folder="templates")
    pages = _Pages(app)

    @routes.get("/page")
    def offer() -> AnyResponse:
        """The page of the link, with the button."""
        return guarded(pages.offer)

    @routes.post("/page")
    def enter() -> AnyResponse:
        """Uses the link up and goes on to the account."""
        return guarded(pages.enter)

    @routes.get("/account")
    def account() -> AnyResponse:
        """The account."""
        return guarded(pages.account)

    @routes.get("/account/arrived")
    def arrived() -> AnyResponse:
        """Whether the first event is there."""
        return pages.arrived()

    @routes.get("/account/disconnect")
    def sure() -> AnyResponse:
        """Asks once more."""
        return guarded(pages.sure)

    @routes.post("/account/disconnect")
    def leave() -> AnyResponse:
        """Ends the account."""
        return guarded(pages.leave)

    return routes


def guarded(answer: Callable[[], AnyResponse]) -> AnyResponse:
    """The answer, or a page with one sentence that says why there is none."""
    words = admins.words()
    try:
        return answer()
    except NotConnected as error:
        log.warning("page_refused", reason=error.word)
        text = words["page"].get(error.word) or words["why"][error.word]
        return admins.told(_STATUS.get(error.word, 409), words["title"], text)
    except Forged:
        log.warning("page_refused", reason="forged")
        return admins.told(403, words["title"], words["page"]["forged"])
    except TooOften:
        log.warning("page_refused", reason="too often")
        answered = admins.told(429, words["title"], words["page"]["often"])
        answered.headers["Retry-After"] = "60"
        return answered
    except HandrailError as error:
        # An admin of a helpdesk reads this page; what is to be mended is for the operator, in the log.
        log.error("not_served", error=type(error).__name__, reason=str(error))
        return admins.told(503, words["title"], words["page"]["not_now"])


class _Pages:
    """What the pages show and do."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._checklists = _Checklists(app)
        self._refusals = Refusals()
        self._looks = Paces(1, 2.0)

    def offer(self) -> AnyResponse:
        with self._refusals:
            account = adminpage.account_of(self._app, admins.code())
        words = admins.words()["page"]
        return admins.page(
            "offer.html",
            heading=words["offer"].format(name=account.name),
            text=words["offer_text"].format(address=account.base_url),
            code=admins.code(),
        )

    def enter(self) -> AnyResponse:
        with self._refusals:
            secret = adminpage.enter(self._app, admins.given("code"))
        answer = redirect(url_for("account.account", lang=admins.language()), 303)
        admins.protect(answer)
        admins.start_visit(self._app, answer, secret)
        return answer

    def account(self) -> AnyResponse:
        visit = self._visit()
        account = visit.account
        words = admins.words()["page"]
        event = adminpage.arrived(self._app.ledger, account)
        return admins.page(
            "account.html",
            account=account,
            heading=words["title"].format(name=account.name),
            checks=self._checklists.get(account),
            arrived=event is not None,
            news=_news(words, event.received_at if event else None),
            other="en" if admins.language() == "de" else "de",
            **self._freshdesk(account),
        )

    def arrived(self) -> AnyResponse:
        try:
            visit = self._visit()
            self._looks.check(visit.proof)
        except NotConnected:
            return self._json(403, {"error": admins.words()["page"]["ended"]})
        except TooOften:
            answer = self._json(429, {"error": admins.words()["page"]["often"]})
            answer.headers["Retry-After"] = "2"
            return answer
        event = adminpage.arrived(self._app.ledger, visit.account)
        text = _news(admins.words()["page"], event.received_at if event else None)
        return self._json(200, {"arrived": event is not None, "text": text})

    def sure(self) -> AnyResponse:
        visit = self._visit()
        days = self._app.settings.retention_days
        words = admins.words()["page"]
        which = "sure_by_hand" if visit.account.vendor == apikeys.VENDOR else "sure_helpdesk"
        lines = [
            words["sure_now"],
            words[which].format(address=visit.account.base_url),
            words["sure_kept"].format(days=days) if days else words["sure_erased"],
            words["sure_back"],
        ]
        heading = words["sure"].format(name=visit.account.name)
        return admins.page("sure.html", heading=heading, lines=lines, proof=visit.proof)

    def leave(self) -> AnyResponse:
        visit = self._visit()
        if not visit.sent(admins.given("proof")):
            raise Forged("the form is not ours")
        adminpage.end_visit(self._app, request.cookies.get(admins.COOKIE, ""))
        done = disconnecting.disconnect(self._app, visit.account, by="account page")
        words = admins.words()
        said = words["page"]
        lines = [said["left_done"]]
        kept = self._app.settings.retention_days > 0
        lines.append(said["left_kept"].format(date=f"{done.erase_at:%Y-%m-%d}") if kept else said["left_erased"])
        todo = [words["left"].get(check.name, check.fix) for check in done.checks if check.fix]
        if done.pending:
            lines.append(said["left_pending"])
        elif not todo:
            lines.append(said["left_clean"])
        answer = admins.page(
            "left.html",
            heading=said["left_title"].format(name=visit.account.name),
            lines=lines,
            todo=[] if done.pending else todo,
        )
        admins.end_visit(answer)
        return answer

    def _visit(self) -> Visit:
        return adminpage.visit(self._app, request.cookies.get(admins.COOKIE, "")[: admins.MOST_LETTERS])

    def _freshdesk(self, account: Account) -> dict[str, Any]:
        """What an admin of Freshdesk sets up by hand, with this account's own values."""
        if account.vendor != apikeys.VENDOR:
            return {}
        secret = apikeys.rule_secret(self._app, account)
        url = webhook_url(self._app.settings.public_url, account)
        host, name, key = apikeys.app_values(self._app, account)
        return {
            "app_values": (("host", host), ("account", name), ("key", key)) if key else (),
            "recipe": recipe(admins.language(), url=url, secret=secret) if secret else None,
        }

    def _json(self, status: int, values: Mapping[str, object]) -> Response:
        answer = jsonify(values)
        answer.status_code = status
        admins.protect(answer)
        answer.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        return answer


def _news(words: Mapping[str, Any], received_at: Any) -> str:
    """Whether events arrive, as a sentence."""
    if received_at is None:
        return str(words["waiting"])
    return str(words["arrived"]).format(time=f"{received_at:%Y-%m-%d %H:%M:%S}")
