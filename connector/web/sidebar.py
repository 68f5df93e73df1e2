"""The agents' sidebar over HTTP: the page that Zendesk frames, its tokens, cards and actions [U1].

Both helpdesks speak the same JSON. A Zendesk page shows a page token, a Freshdesk app the key of its installation. No
cookie is set or read, and nothing may frame a page but the helpdesk that proved its load.
"""

from __future__ import annotations

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from flask import Blueprint, Response, jsonify, make_response, render_template, request, send_from_directory, url_for

from connector import starters
from connector.errors import (
    CallerRefused,
    ConfigurationError,
    CredentialsRejected,
    HandrailError,
    ProviderError,
    ProviderRejected,
    TicketGone,
)
from connector.model import Account
from connector.sidebar import acting
from connector.sidebar.claims import Claim, Level
from connector.sidebar.found import Found, find
from connector.sidebar.installing import LONGEST_NAME, check_key
from connector.sidebar.loading import Door
from connector.sidebar.showing import allowed, view_of
from connector.sidebar.view import SidebarView
from connector.sidebar.words import Words, known_language, parse_words
from connector.web import tokens

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

MAX_BODY_BYTES = 16 * 1024
_ASSETS = Path(__file__).parent / "static" / "sidebar"
_ASSET_SECONDS = 300
_TICKET = re.compile(r"[0-9]{1,20}")
_SEEN_SECONDS = 600.0
_MOST_SEEN = 10_000

Answer = tuple[Response, int]


class SeenTickets:
    """Tickets that the helpdesk was asked about because the ledger did not know them: asked once, not at each look."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: OrderedDict[tuple[str, str], tuple[float, bool]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, account_id: str, ticket_id: str) -> bool | None:
        """Whether it is there; None = not asked lately."""
        with self._lock:
            entry = self._seen.get((account_id, ticket_id))
        return None if entry is None or self._monotonic() - entry[0] >= _SEEN_SECONDS else entry[1]

    def put(self, account_id: str, ticket_id: str, *, there: bool) -> None:
        """Remember the answer; the oldest is forgotten where there are too many."""
        with self._lock:
            self._seen[account_id, ticket_id] = (self._monotonic(), there)
            self._seen.move_to_end((account_id, ticket_id))
            while len(self._seen) > _MOST_SEEN:
                self._seen.popitem(last=False)


def blueprint(app: App) -> Blueprint:
    """The sidebar's routes over this app's ledger and providers."""
    routes = Blueprint("sidebar", __name__, url_prefix="/apps", template_folder="templates")
    pages = _Pages(app)
    calls = _Calls(app, pages.words)

    @routes.post("/zendesk/sidebar")
    def page() -> Answer:
        """The page in Zendesk's frame, for a load that Zendesk proved."""
        return pages.load()

    @routes.post("/zendesk/token")
    def token() -> Answer:
        """A fresh page token for one that is still good."""
        return calls.renewed()

    @routes.get("/zendesk/card/<ticket>", defaults={"vendor": "zendesk"})
    @routes.get("/freshdesk/card/<ticket>", defaults={"vendor": "freshdesk"})
    def card(vendor: str, ticket: str) -> Answer:
        """The card of one ticket."""
        return calls.card(vendor, ticket)

    @routes.post("/zendesk/actions/<action>", defaults={"vendor": "zendesk"})
    @routes.post("/freshdesk/actions/<action>", defaults={"vendor": "freshdesk"})
    def act(vendor: str, action: str) -> Answer:
        """Do something, and the card afterwards."""
        return calls.act(vendor, action)

    @routes.get("/static/<name>")
    def asset(name: str) -> Response:
        """A script or style of the page; public."""
        return send_from_directory(_ASSETS, name, max_age=_ASSET_SECONDS)

    @routes.errorhandler(HandrailError)
    def unavailable(error: HandrailError) -> Answer:
        """Whatever could not be read or written: the page says so and the agent goes on without us."""
        log.error("not_served", error=type(error).__name__, reason=str(error))
        return _error(pages.words[known_language(_accepted())], "unavailable", 503)

    @routes.after_request
    def guard(answer: Response) -> Response:
        """What holds for every answer: kept nowhere, framed by nobody but whom the page itself names."""
        answer.headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "no-referrer"
        if request.endpoint != "sidebar.asset":
            answer.headers["Cache-Control"] = "no-store"
        return answer

    return routes


class _Pages:
    """The page that Zendesk loads."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.words = parse_words(starters.text("sidebar.toml"))
        self._door: Door | None = None

    def load(self) -> Answer:
        language = known_language(request.args.get("locale", "") or _accepted())
        try:
            loaded = self._opened().open(
                request.form.get("token", ""), request.args.get("origin", ""), now=self._app.clock()
            )
        except (CallerRefused, ConfigurationError) as error:
            log.warning("page_refused", reason=str(error))
            return self._refused(language)
        token = tokens.issue(self._app.ledger.sidebar.page_key(), loaded.claim, now=self._app.clock())
        scheme = request.args.get("colorScheme", "")
        sdk = self._app.settings.zendesk_sdk_url
        html = render_template(
            "sidebar/page.html",
            vendor="zendesk",
            words={name: words.page.get("client", {}) for name, words in self.words.items()},
            language=language,
            scheme=scheme if scheme in ("light", "dark") else "",
            styles=[_asset("sidebar.css")],
            scripts=[sdk, _asset("zendesk.js"), _asset("sidebar.js")],
            token=token,
            base=url_for("sidebar.page").removesuffix("/sidebar"),
        )
        return _page(html, frame=loaded.origin, sdk=sdk), 200

    def _refused(self, language: str) -> Answer:
        words = self.words[language]
        html = render_template(
            "sidebar/trouble.html",
            language=language,
            words=words.page,
            sentence=words.say("page_refused"),
            styles=[_asset("sidebar.css")],
        )
        return _page(html, frame="'none'", sdk=""), 403

    def _opened(self) -> Door:
        """Made at the first load: the check of signatures is not imported where nobody uses Zendesk."""
        if self._door is None:
            self._door = Door(
                ledger=self._app.ledger,
                pages=self._app.signed_pages,
                provider=self._app.providers["zendesk"],
                configured_key=self._app.settings.zendesk_app_key,
                monotonic=time.monotonic,
            )
        return self._door


class _Calls:
    """What the page asks for."""

    def __init__(self, app: App, words: Mapping[str, Words]) -> None:
        self._app = app
        self._words = words
        self._seen = SeenTickets()

    def renewed(self) -> Answer:
        words = self._words[known_language(_accepted())]
        try:
            self._zendesk_claim()
            fresh = tokens.renew(self._app.ledger.sidebar.page_key(), _bearer(), now=self._app.clock())
        except CallerRefused as error:
            return self._refused(words, error)
        return jsonify(token=fresh), 200

    def card(self, vendor: str, ticket: str) -> Answer:
        words = self._words[known_language(request.args.get("lang", ""))]
        try:
            account, claim = self._caller(vendor, "")
        except CallerRefused as error:
            return self._refused(words, error)
        found, trouble = self._find(account, ticket)
        if found is None:
            return _error(words, "not_found", 404)
        return self._shown(account, claim, found, words, trouble=trouble, told={}), 200

    def act(self, vendor: str, action: str) -> Answer:
        said = _said()
        words = self._words[known_language(str(said.get("lang", "")))]
        try:
            account, claim = self._caller(vendor, str(said.get("agent", "")))
        except CallerRefused as error:
            return self._refused(words, error)
        found, trouble = self._find(account, str(said.get("ticket", "")))
        if found is None:
            return _error(words, "not_found", 404)
        return self._acted(action, account, claim, found, said, words, trouble)

    def _acted(
        self,
        action: str,
        account: Account,
        claim: Claim,
        found: Found,
        said: Mapping[str, Any],
        words: Words,
        trouble: str,
    ) -> Answer:
        act = acting.Act(
            account=account,
            claim=claim,
            found=found,
            allowed=allowed(found, claim, self._app.providers[account.vendor].capabilities),
            said=said,
            now=self._app.clock(),
            has_model=bool(self._app.settings.llm_model),
        )
        try:
            done = acting.perform(self._app.ledger, action, act)
            status = 200
        except acting.NotUnderstood:
            return _error(words, "not_understood", 400)
        except acting.Moved:
            done, status = acting.Done(kind="warning", sentence="moved"), 409
        except acting.NotNow:
            done, status = acting.Done(kind="error", sentence="not_now"), 409
        self._app.bell.ring()
        notice = {"kind": done.kind, "text": words.say(done.sentence)}
        told = {"notice": notice, "host": dict(done.host) if done.host else None}
        now_found = find(self._app.ledger, account, found.ticket_id)
        return self._shown(account, claim, now_found, words, trouble=trouble, told=told), status

    # --- who, and which ticket --------------------------------------------------------------------

    def _caller(self, vendor: str, agent: str) -> tuple[Account, Claim]:
        """Who calls, for which account. CallerRefused."""
        if vendor == "zendesk":
            return self._zendesk_claim()
        account = self._app.ledger.accounts.get(request.headers.get("X-Handrail-Account", "")[:LONGEST_NAME])
        if account is not None and account.vendor != vendor:
            account = None
        claim = check_key(self._app.ledger, account, _bearer(), agent=agent)
        if account is None:
            raise CallerRefused("no such account")
        return account, claim

    def _zendesk_claim(self) -> tuple[Account, Claim]:
        claim = tokens.read(self._app.ledger.sidebar.page_key(), _bearer(), now=self._app.clock()).claim
        account = self._app.ledger.accounts.get(claim.account_id)
        # An account that was removed, or connected to another helpdesk, has no pages any more.
        proved = account is not None and account.id == claim.account_id and claim.level is Level.AGENT
        if account is None or not proved or account.vendor != claim.vendor or claim.vendor != "zendesk":
            raise CallerRefused("the page token is of an account that is not there")
        return account, claim

    def _find(self, account: Account, ticket: str) -> tuple[Found | None, str]:
        """The ticket and what is in the way; None where this account's helpdesk has no such ticket."""
        if not _TICKET.fullmatch(ticket):
            return None, ""
        found = find(self._app.ledger, account, ticket)
        if found.known:
            return found, ""
        there = self._seen.get(account.id, ticket)
        if there is None:
            try:
                self._app.providers[account.vendor].fetch(account, ticket)
            except (CredentialsRejected, ProviderError) as error:
                gone = isinstance(error, TicketGone) or (
                    isinstance(error, ProviderRejected) and not isinstance(error, CredentialsRejected)
                )
                if not gone:
                    log.warning("ticket_not_fetched", account=account.id, ticket=ticket, error=type(error).__name__)
                    return found, "helpdesk_down"
                there = False
            else:
                there = True
            self._seen.put(account.id, ticket, there=there)
        return (found, "") if there else (None, "")

    # --- answers ----------------------------------------------------------------------------------

    def _shown(
        self,
        account: Account,
        claim: Claim,
        found: Found,
        words: Words,
        *,
        trouble: str,
        told: Mapping[str, object],
    ) -> Response:
        view = self._view(account, claim, found, words, trouble)
        shown = view.draft
        draft = {"id": shown.id, "html": shown.html, "text": shown.text} if shown else None
        html = render_template("sidebar/card.html", view=view, t=words.page)
        return jsonify(html=html, ticket=found.ticket_id, version=found.version, draft=draft, **told)

    def _view(self, account: Account, claim: Claim, found: Found, words: Words, trouble: str) -> SidebarView:
        receipt = found.receipt
        judged = receipt is not None and self._app.ledger.sidebar.judged(
            account.id, receipt.ticket_id, receipt.intent, who=claim.who, since=receipt.decided_at
        )
        return view_of(
            found,
            account=account,
            claim=claim,
            rulebook=self._app.rulebook,
            words=words,
            capabilities=self._app.providers[account.vendor].capabilities,
            judged=judged,
            trouble=words.say(trouble) if trouble else "",
        )

    def _refused(self, words: Words, error: HandrailError) -> Answer:
        log.info("caller_refused", reason=str(error))
        return _error(words, "access", 401)


def _error(words: Words, sentence: str, status: int) -> Answer:
    return jsonify(error=words.say(sentence)), status


def _said() -> dict[str, Any]:
    """The JSON object of the request; an empty one for anything else, which then asks for nothing."""
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return {}
    try:
        told = request.get_json(force=True, silent=True)
    except RecursionError:
        return {}
    return told if isinstance(told, dict) else {}


def _bearer() -> str:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    return credential.strip() if scheme.lower() == "bearer" else ""


def _accepted() -> str:
    return request.accept_languages.best_match(["de", "en"]) or "en"


def _asset(name: str) -> str:
    return url_for("sidebar.asset", name=name)


def _page(html: str, *, frame: str, sdk: str) -> Response:
    """A page that only this origin may frame, with no script but ours and the vendor's SDK, and no inline script."""
    parts = urlsplit(sdk)
    vendor = f" {parts.scheme}://{parts.netloc}{parts.path}" if sdk else ""
    answer = make_response(html)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'{vendor}; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"base-uri 'none'; form-action 'none'; frame-ancestors {frame}"
    )
    return answer
