"""HTTP to a helpdesk, for all vendors: one careful place for sessions, time-outs, limits and error words.

What it never does, each for a reason measured or seen elsewhere: repeat a PUT, POST or DELETE (a client that did
posted one comment four times after one time-out), follow a redirect or a paging link to another host (our
credentials would go along), sleep through a 429 in the caller's thread, read an answer without an end.
"""

from __future__ import annotations

import json
import re
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
import tenacity
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar

from connector.errors import (
    CredentialsRejected,
    ProviderError,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from connector.ports import CallBudget, CallStanding, Clock, Pool
from providers._address import same_host
from providers._budget import MemoryBudget
from providers._gate import Draws, Gate

USER_AGENT = "Handrail/0.1 (helpdesk connector)"
MAX_ANSWER_BYTES = 32 << 20
MAX_ANSWER_SECONDS = 60.0
DEFAULT_PAUSE_SECONDS = 60.0
MAX_PAUSE_SECONDS = 3600.0
_PASSING_STATUSES = frozenset({502, 503, 504})
_RETRIES = 2
_NO_PROXY = {"http": "", "https": "", "all": ""}
_UNSTORABLE = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the helpdesk. `at` is the helpdesk's own clock (its Date header), else ours.

    `down`: a fault of the helpdesk's, and one of many.
    """

    vendor: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    at: datetime
    down: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    def object(self) -> dict[str, Any]:
        """The JSON object in the answer; ProviderUnavailable when there is none (a proxy's page with status 200)."""
        value = self.value()
        if not isinstance(value, dict):
            raise ProviderUnavailable(f"{self.vendor} answered something that is not a JSON object")
        return value

    def value(self) -> Any:
        """The JSON value in the answer; ProviderUnavailable when there is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise ProviderUnavailable(f"{self.vendor} answered something that is not JSON") from error
        # Only an escaped \udXXX or \u0000 can bring text that no database stores; most answers hold none.
        return _storable(value) if re.search(rb"\\u(?:0000|[dD][89a-fA-F])", self.body) else value

    def tolerant(self) -> Any:
        """The JSON value, or None: for the bodies of errors, which may be empty or HTML."""
        try:
            return self.value()
        except ProviderUnavailable:
            return None


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


class Credentials(AuthBase):
    """One Authorization header. As an auth object it also keeps `requests` from reading a .netrc file."""

    def __init__(self, value: str) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Credentials) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Adds the header to the request."""
        if self._value:
            request.headers["Authorization"] = self._value
        return request


class _NoCookies(RequestsCookieJar):
    """Keeps nothing: a session is shared by accounts, and no helpdesk API needs cookies."""

    def set_cookie(self, cookie: Any, *args: Any, **kwargs: Any) -> None:
        return None


class _Passing(Exception):
    """A fault of a GET that may be gone at once; carries the error to raise when it is not."""

    def __init__(self, error: ProviderUnavailable) -> None:
        super().__init__(str(error))
        self.error = error


class Http:
    """Calls to the helpdesks of one vendor. May be shared by threads; each thread has its own session."""

    def __init__(
        self,
        vendor: str,
        *,
        clock: Clock,
        connect_seconds: float = 5.0,
        read_seconds: float = 20.0,
        budget: CallBudget | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.vendor = vendor
        self._gate = Gate(vendor, budget or MemoryBudget(monotonic=monotonic), monotonic=monotonic)
        self._clock = clock
        self._timeout = (connect_seconds, read_seconds)
        self._monotonic = monotonic
        self._pause = pause
        self._local = threading.local()
        self._sessions: weakref.WeakSet[requests.Session] = weakref.WeakSet()

    def get(
        self,
        account_id: str,
        base: str,
        path: str,
        *,
        auth: AuthBase,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        cost: int = 1,
        pools: tuple[Pool, ...] = (),
        share: float | None = None,
    ) -> Answer:
        """The answer to a GET of `path` below `base`, or of a paging link on the same host.

        Repeated at most twice, within a second or two, after a refused or reset connection, 502, 503 or 504, as long
        as few calls of the account are repeats. `cost` in credits and `pools` are what the call draws on, `share` of
        the account's plan is ours; no call is made beyond it (ProviderThrottled) or to a helpdesk that is down.
        """
        url = self._url(base, path)
        draws = Draws(cost=cost, pools=pools, share=share)

        def attempt() -> Answer:
            try:
                answer = self._call(account_id, "GET", url, draws, auth=auth, params=params, headers=headers)
            except requests.exceptions.ConnectionError as error:
                raise _Passing(self._unavailable(account_id, error)) from error
            if answer.status in _PASSING_STATUSES:
                raise _Passing(self._server_fault(answer))
            return answer

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(
                lambda error: isinstance(error, _Passing) and not error.error.down and self._gate.may_repeat(account_id)
            ),
            stop=tenacity.stop_after_attempt(1 + _RETRIES),
            wait=tenacity.wait_random(0.1, 0.6),
            sleep=self._pause,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except _Passing as passing:
            raise passing.error from passing.__cause__

    def send(
        self,
        account_id: str,
        base: str,
        method: str,
        path: str,
        *,
        auth: AuthBase,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        pools: tuple[Pool, ...] = (),
        share: float | None = None,
    ) -> Answer:
        """The answer to one PUT, POST, PATCH or DELETE, made exactly once; `pools` and `share` as for a GET.

        ProviderUnavailable = nobody knows; ProviderThrottled and HelpdeskDown = it was not made.
        """
        draws = Draws(pools=pools, share=share)
        try:
            return self._call(account_id, method, self._url(base, path), draws, auth=auth, body=body, headers=headers)
        except requests.exceptions.ConnectionError as error:
            raise self._unavailable(account_id, error) from error

    def standing(self, account_id: str) -> CallStanding:
        """Where the account stands: calls left, and whether the helpdesk answers."""
        return self._gate.standing(account_id)

    def close(self) -> None:
        """Lets go of every open connection."""
        for session in list(self._sessions):
            session.close()

    def _url(self, base: str, path: str) -> str:
        if path.startswith("/"):
            return base + path
        if not same_host(base, path):
            raise ProviderUnavailable(f"{self.vendor} named a next page on another host; it was not followed")
        return path

    def _call(
        self,
        account_id: str,
        method: str,
        url: str,
        draws: Draws,
        *,
        auth: AuthBase,
        params: Mapping[str, str] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        content = None if body is None else json.dumps(body, ensure_ascii=True).encode()
        heads = {**({"Content-Type": "application/json"} if method != "GET" else {}), **(headers or {})}

        def call() -> Answer:
            with self._session().request(
                method,
                url,
                params=params,
                data=content,
                headers=heads,
                auth=auth,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
                # The sandbox is on this machine: a proxy of the environment cannot reach it.
                proxies=_NO_PROXY if url.startswith("http://127.") else None,
            ) as response:
                return self._read(response)

        try:
            answer = self._gate.call(account_id, draws, call)
        except requests.exceptions.ConnectionError:
            raise
        except requests.exceptions.RequestException as error:
            raise self._unavailable(account_id, error) from error
        if answer.status == 429:
            raise self._gate.close_for(account_id, retry_after(answer) or DEFAULT_PAUSE_SECONDS)
        return replace(answer, down=self._gate.down(account_id)) if answer.status >= 500 else answer

    def _read(self, response: requests.Response) -> Answer:
        parts: list[bytes] = []
        size, deadline = 0, self._monotonic() + MAX_ANSWER_SECONDS
        for part in _parts(response):
            parts.append(part)
            size += len(part)
            if size > MAX_ANSWER_BYTES or self._monotonic() > deadline:
                raise ProviderUnavailable(f"{self.vendor} answered without an end")
        return Answer(
            vendor=self.vendor,
            status=response.status_code,
            headers=response.headers,
            body=b"".join(parts),
            at=_date(response.headers.get("Date")) or self._clock(),
        )

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.mount("https://", HTTPAdapter(max_retries=0))
            session.mount("http://", HTTPAdapter(max_retries=0))
            session.cookies = _NoCookies()
            session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
            self._local.session = session
            self._sessions.add(session)
        return session

    def _unavailable(self, account_id: str, error: requests.exceptions.RequestException) -> ProviderUnavailable:
        # The library's own message holds the whole URL, with query; the kind of fault is enough.
        return ProviderUnavailable(
            f"{self.vendor} could not be reached ({type(error).__name__})", down=self._gate.down(account_id)
        )

    def _server_fault(self, answer: Answer) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"{self.vendor} answered {answer.status}", retry_after_seconds=retry_after(answer), down=answer.down
        )


def _parts(response: requests.Response) -> Iterator[bytes]:
    """The body as it arrives. `iter_content` waits for whole blocks: one that drips would hold a thread for hours."""
    try:
        while part := response.raw.read1(1 << 16, decode_content=True):
            yield part
    except urllib3.exceptions.ReadTimeoutError as error:
        raise requests.exceptions.ConnectionError(error) from error
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error


def remedy(error: Exception, what: str, *, stored: bool) -> str:
    """What to do about a failed first call: an outage is waited for, only a refusal needs other credentials.

    `stored`: the account is ours already; one that is only about to be added is tried again by people alone.
    """
    outage = isinstance(error, (ProviderUnavailable, ProviderThrottled))
    if not stored:
        where = "Look at the address, the network and the helpdesk's status page" if outage else f"Check {what}"
        return f"{where}, then run the command again."
    if outage:
        return (
            "Look at the network and the helpdesk's status page; leave the account as it is, we try again by ourselves."
        )
    return f"Check {what}; `handrail account update` replaces credentials without losing anything."


def retry_after(answer: Answer) -> float | None:
    """Seconds the helpdesk asked us to wait, at most an hour; None where it did not say (or not readably)."""
    given = answer.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,6})?", given):
        return min(float(given), MAX_PAUSE_SECONDS)
    at = _date(given)
    return min(max((at - answer.at).total_seconds(), 1.0), MAX_PAUSE_SECONDS) if at else None


def failure(answer: Answer, what: str) -> ProviderError:
    """The error for an answer that is not 2xx, where the vendor gives the status no meaning of its own.

    `what` names the call in a word or two. Texts of the helpdesk are not repeated: they may quote a customer.
    """
    if answer.status >= 500 or answer.status == 408:
        return ProviderUnavailable(
            f"{answer.vendor} answered {answer.status} to {what}",
            retry_after_seconds=retry_after(answer),
            down=answer.down,
        )
    if answer.status in (401, 403):
        return CredentialsRejected(f"{answer.vendor} refused our credentials for {what} ({answer.status})")
    if 300 <= answer.status < 400:
        return ProviderRejected(
            f"{answer.vendor} redirects {what} elsewhere; check the account's address", field="address"
        )
    return ProviderRejected(f"{answer.vendor} refused {what} ({answer.status})")


def _date(value: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
