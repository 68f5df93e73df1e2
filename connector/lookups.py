"""Look-ups: facts about a requester's own orders and invoices, from a file or over HTTP [G6].

Every answer passes the same gate: the helpdesk has verified the requester, and the record carries the
requester's own mail address. A reference that belongs to somebody else gives nothing, like an unknown one.
"""

from __future__ import annotations

import csv
import io
import json
import re
import string
import time
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests
from urllib3.exceptions import HTTPError

from connector.errors import ConfigurationError, LookupFailed
from connector.model import LookupAnswer, Requester
from connector.ports import Lookup

MAX_RESPONSE_BYTES = 64 * 1024
MAX_FACTS = 50
MAX_FACT_LENGTH = 500

# At least one letter or digit: a reference of dots only would climb up the path of a URL.
_REFERENCE = re.compile(r"(?=.*\w)[\w#./ -]{1,64}")
_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def normalise_reference(reference: str) -> str:
    """A reference as it is compared: without spaces and '#', in one case, with one kind of dash."""
    return _folded(re.sub(r"[\s#]", "", re.sub(r"[‐-―−]", "-", reference)))


def _folded(text: str) -> str:
    """The text as it is compared: in one case as far as it is ASCII, everything else as it is.

    Unicode's own folding makes different addresses equal: "ß" becomes "ss". So does composing letters in a few cases:
    the Kelvin sign becomes a "K", a Greek question mark a semicolon.
    """
    lower = text.strip().translate(_LOWER)
    if any(not char.isascii() and unicodedata.normalize("NFC", char).isascii() for char in lower):
        return lower
    return unicodedata.normalize("NFC", lower)


def _foreign_digits(reference: str) -> bool:
    """Whether it holds digits of another script, which some systems take for ours and others do not."""
    return any(not char.isascii() and char.isnumeric() for char in reference)


def _own_email(requester: Requester) -> str | None:
    """The mail address a record must carry; None where the requester may be told nothing."""
    if requester.verified is not True or not requester.email:
        return None
    return _folded(requester.email) or None


def _facts(value: object, where: str) -> dict[str, str]:
    """Facts as texts. ValueError names the place of anything else."""
    if not isinstance(value, dict) or len(value) > MAX_FACTS:
        raise ValueError(f"{where} must be an object with at most {MAX_FACTS} texts")
    facts = {}
    for name, content in value.items():
        if content is None or content == "":
            continue
        if isinstance(content, bool) or not isinstance(content, str | int | float):
            raise ValueError(f"{where}.{name} must be a text or a number")
        text = str(content).strip()
        if (
            not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", str(name))
            or len(text) > MAX_FACT_LENGTH
            or not text.isprintable()
        ):
            raise ValueError(f"{where}.{name} must be a lower_case name and one line of text")
        facts[str(name)] = text
    return facts


class FileLookup:
    """Records from a JSON or CSV file, read once.

    JSON: `{"rows": [{"kind", "reference", "email", "facts": {...}}, ...]}`. CSV: columns kind, reference and
    email; every further column is a fact. ConfigurationError names the file and the row.
    """

    def __init__(self, path: Path | str) -> None:
        path = Path(path)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"look-up file {path.name} cannot be read: {error}") from error
        rows = _csv_rows(text, path.name) if path.suffix.lower() == ".csv" else _json_rows(text, path.name)
        self._records: dict[tuple[str, str, str], LookupAnswer] = {}
        for number, row in enumerate(rows, 1):
            self._add(row, f"{path.name}, row {number}")

    def _add(self, row: Mapping[str, object], where: str) -> None:
        try:
            kind, reference, email = (_required(row, key) for key in ("kind", "reference", "email"))
            facts = _facts(row.get("facts", {}), "facts")
        except ValueError as error:
            raise ConfigurationError(f"look-up file {where}: {error}") from error
        if "@" not in email or "*" in email:
            raise ConfigurationError(f"look-up file {where}: email must be the one address the record belongs to")
        key = (kind, normalise_reference(reference), _folded(email))
        if key in self._records:
            raise ConfigurationError(f"look-up file {where}: the same kind, reference and email stand there twice")
        self._records[key] = LookupAnswer(kind=kind, reference=reference, facts=facts)

    def find(self, account_id: str, requester: Requester, kind: str, reference: str) -> LookupAnswer | None:
        """The record of this requester, or None."""
        email = _own_email(requester)
        if email is None or _foreign_digits(reference):
            return None
        return self._records.get((kind, normalise_reference(reference), email))


def _required(row: Mapping[str, object], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text")
    return value.strip()


def _json_rows(text: str, name: str) -> list[Mapping[str, object]]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"look-up file {name} is not valid JSON: {error}") from error
    rows = data.get("rows") if isinstance(data, dict) else data
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ConfigurationError(f'look-up file {name} must hold {{"rows": [...]}} with one object per record')
    return rows


def _csv_rows(text: str, name: str) -> list[Mapping[str, object]]:
    rows: list[Mapping[str, object]] = []
    try:
        read = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise ConfigurationError(f"look-up file {name} is not valid CSV: {error}") from error
    for row in read:
        known = {key: value for key, value in row.items() if key in ("kind", "reference", "email")}
        facts = {key: value for key, value in row.items() if key and key not in known}
        rows.append({**known, "facts": facts})
    return rows


@dataclass(frozen=True, kw_only=True)
class HttpLookup:
    """Asks another system of the company by GET.

    `url_template` holds `{kind}` and `{reference}` and leads to a host in `allowed_hosts`; https is required
    except on a loopback host with `allow_loopback`. The system answers 200 with
    `{"email": "...", "facts": {...}}`, or 404 when it knows nothing. Redirects are not followed.
    """

    url_template: str
    allowed_hosts: Collection[str]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout_seconds: float = 5.0
    allow_loopback: bool = False

    def __post_init__(self) -> None:
        parts = urlsplit(self.url_template)
        loopback = self.allow_loopback and (parts.hostname or "") in ("127.0.0.1", "localhost", "::1")
        if "{reference}" not in self.url_template or re.search(r"[{}]", parts.netloc):
            raise ConfigurationError("the look-up URL must hold {reference} in its path or query, not in its host")
        if parts.username or (parts.scheme != "https" and not (loopback and parts.scheme == "http")):
            raise ConfigurationError("the look-up URL must start with https:// and hold no user name")
        if parts.hostname not in {host.lower() for host in self.allowed_hosts}:
            raise ConfigurationError(
                "the host of the look-up URL is not among the allowed hosts; add it or change the URL"
            )

    def find(self, account_id: str, requester: Requester, kind: str, reference: str) -> LookupAnswer | None:
        """The record of this requester, or None. LookupFailed when the system gave nothing usable."""
        email = _own_email(requester)
        if email is None or not _KIND.fullmatch(kind) or not _REFERENCE.fullmatch(reference.strip()):
            return None
        if _foreign_digits(reference):
            return None
        data = self._get(self._url(kind, reference.strip()))
        if data is None or _folded(str(data.get("email", ""))) != email:
            return None
        try:
            return LookupAnswer(kind=kind, reference=reference.strip(), facts=_facts(data.get("facts"), "facts"))
        except ValueError as error:
            raise LookupFailed(f"the look-up of {kind} answered with unusable facts: {error}") from error

    def _url(self, kind: str, reference: str) -> str:
        return self.url_template.replace("{kind}", kind).replace("{reference}", quote(reference, safe=""))

    def _get(self, url: str) -> Mapping[str, object] | None:
        deadline = time.monotonic() + self.timeout_seconds
        session = requests.Session()
        session.trust_env = False  # no proxy and no .netrc password may slip into the call
        try:
            with (
                session,
                session.get(
                    url,
                    headers={"Accept": "application/json", "Accept-Encoding": "identity", **self.headers},
                    timeout=self.timeout_seconds,
                    allow_redirects=False,
                    stream=True,
                ) as response,
            ):
                if response.status_code == 404:
                    return None
                if response.status_code != 200:
                    raise LookupFailed(f"the look-up answered {response.status_code}")
                data = json.loads(_limited(response, deadline))
        except (requests.RequestException, HTTPError, OSError, ValueError, RecursionError) as error:
            raise LookupFailed(f"the look-up gave no usable answer ({type(error).__name__})") from error
        if not isinstance(data, dict):
            raise LookupFailed("the look-up did not answer with a JSON object")
        return data


def _limited(response: requests.Response, deadline: float) -> bytes:
    """The body, if it is small and in time: a server that trickles keeps no worker."""
    body = bytearray()
    while chunk := response.raw.read1(8192):
        body += chunk
        if len(body) > MAX_RESPONSE_BYTES:
            raise LookupFailed(f"the look-up answered with more than {MAX_RESPONSE_BYTES} bytes")
        if time.monotonic() > deadline:
            raise LookupFailed("the look-up did not finish in time")
    return bytes(body)


class Lookups:
    """Several look-ups as one: the first that has an answer gives it."""

    def __init__(self, lookups: Iterable[Lookup] = ()) -> None:
        self._lookups = tuple(lookups)

    def find(self, account_id: str, requester: Requester, kind: str, reference: str) -> LookupAnswer | None:
        """The first answer, or None. LookupFailed when none had one and some could not be asked."""
        failure: LookupFailed | None = None
        for lookup in self._lookups:
            try:
                answer = lookup.find(account_id, requester, kind, reference)
            except LookupFailed as error:
                failure = error
                continue
            if answer is not None:
                return answer
        if failure is not None:
            raise failure
        return None


def open_lookup(setting: str, headers: Mapping[str, str] | None = None) -> Lookups:
    """The look-up that a setting names: nothing, a CSV or JSON file, or an https URL with {kind} and {reference}.

    ConfigurationError when the file or the URL cannot be used.
    """
    setting = setting.strip()
    if not setting:
        return Lookups()
    if "://" not in setting:
        return Lookups([FileLookup(setting)])
    host = urlsplit(setting).hostname or ""
    return Lookups([HttpLookup(url_template=setting, allowed_hosts={host}, headers=headers or {})])
