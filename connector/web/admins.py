"""What all pages for admins of helpdesks share: their words, headers, the visit's cookie, and how often one may try.

No page is kept by a browser, framed by anybody, or leads anywhere but to ourselves and the helpdesk's consent page.
"""

from __future__ import annotations

import re
import threading
import time
import tomllib
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from flask import Response, make_response, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from connector import starters
from connector.connecting import NotConnected
from connector.errors import HandrailError
from connector.sidebar.words import LANGUAGES

if TYPE_CHECKING:
    from connector.app import App

PATH = "/connect"
COOKIE = "handrail_visit"
MOST_LETTERS = 400
"""Of a link, state or code: ours have 43, Zendesk's codes some 60."""
_NUMBER = re.compile(r"\d+")
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class TooOften(HandrailError):
    """Somebody tries too often in a short time."""


class Paces:
    """At most `most` tries in `seconds` for each key, in this process; `check` raises TooOften."""

    def __init__(self, most: int, seconds: float, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._monotonic = monotonic
        self._tries: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def check(self, key: str) -> None:
        """Count a try."""
        now = self._monotonic()
        with self._lock:
            if len(self._tries) > 10_000:  # keys come from outside: never grow without bound
                self._tries.clear()
            tries = self._tries.setdefault(key, deque())
            while tries and now - tries[0] >= self._seconds:
                tries.popleft()
            if len(tries) >= self._most:
                raise TooOften("too many tries in a short time")
            tries.append(now)


class Refusals:
    """Counts the links that are not good, for each address: whoever guesses is soon told to wait. A good link is never
    counted, so that nobody keeps an admin out who comes by the same proxy.
    """

    def __init__(self) -> None:
        self._paces = Paces(30, 60.0)

    def __enter__(self) -> None:
        """Nothing: what happens inside decides."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """TooOften in place of the refusal, where there were many."""
        if isinstance(error, NotConnected):
            self._paces.check(caller())


def language() -> str:
    """The page's language: asked for by the address, else by the browser."""
    asked = request.args.get("lang", "")
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def words() -> Mapping[str, Any]:
    """Everything that the pages say, in the page's language."""
    found: Mapping[str, Any] = _words()[language()]
    return found


@cache
def _words() -> Mapping[str, Any]:
    return tomllib.loads(starters.text("connecting.toml"))


@dataclass(frozen=True, slots=True)
class Said:
    """What a check says; `lang` is that of the text."""

    text: str
    lang: str


def said(text: str) -> Said:
    """A check's words in the page's language, where they are known; else as they are, in English."""
    if language() == "en" or text.startswith(("http://", "https://")):
        return Said(text, language())
    numbers = iter(_NUMBER.findall(text))
    known = words()["said"].get(_NUMBER.sub("#", text))
    if known is None:
        return Said(text, "en")
    return Said(re.sub("#", lambda _: next(numbers, "#"), known), language())


def page(template: str, status: int = 200, *, goes_to: str = "", **values: Any) -> Response:
    """The page; its form may lead on to `goes_to`, and to nothing else outside."""
    html = render_template(f"connect/{template}", language=language(), t=words(), said=said, **values)
    answer = make_response(html, status)
    protect(answer)
    allowed = f"'self' {goes_to}".strip()
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        f"form-action {allowed}; frame-ancestors 'none'; base-uri 'none'"
    )
    return answer


def protect(answer: AnyResponse) -> None:
    """The headers of every answer."""
    answer.headers.update(_HEADERS)


def told(status: int, heading: str, text: str) -> Response:
    """A page that says one thing."""
    return page("told.html", status, heading=heading, text=text)


def given(name: str) -> str:
    """A field of the form, at most as long as ours can be."""
    return request.form.get(name, "")[:MOST_LETTERS]


def code() -> str:
    """The one-time code of the address."""
    return request.args.get("code", "")[:MOST_LETTERS]


def start_visit(app: App, answer: AnyResponse, secret: str) -> None:
    """Give the browser its visit. Strict: no other site can send it along, not even with a link."""
    secure = app.settings.public_url.startswith("https://")
    answer.set_cookie(COOKIE, secret, max_age=1800, path=PATH, httponly=True, secure=secure, samesite="Strict")


def end_visit(answer: AnyResponse) -> None:
    """Take the visit from the browser."""
    answer.delete_cookie(COOKIE, path=PATH)


def caller() -> str:
    """Who tries, as far as one can see: the address that the request came from."""
    return request.remote_addr or ""
