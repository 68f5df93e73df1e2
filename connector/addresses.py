"""Addresses in settings: checked before anybody uses them, and shown without what they keep secret.

The readers raise a ValueError that says what is wanted and never repeats what was given.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST = r"(?:\[[0-9a-fA-F:.%]+\]|[^\[\]:,@/?#\s]*)(?::[0-9]{1,5})?"
# As libpq reads it: user and password end at the first "@", which must come before any "/". A raw "@" or "/" in a
# password would move its rest into host or database name, and from there into messages.
_POSTGRES = re.compile(rf"postgresql://(?:[^@/]*@)?{_HOST}(?:,{_HOST})*(?:/[^@/?#]*)?(?:\?[^#]*)?")
_MASK = "***"


def checked_database(text: str) -> str:
    """The address of a database."""
    if not text.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("an address that starts with sqlite:/// or postgresql://")
    if text.startswith("postgresql://") and not _POSTGRES.fullmatch(text):
        raise ValueError(
            "an address such as postgresql://USER:PASSWORD@HOST:5432/NAME, "
            "in whose user and password special characters are written as %XX (@ is %40, / is %2F)"
        )
    return text


def checked_web(text: str) -> str:
    """An address of the web without a slash at its end; "" stays as it is."""
    if text and not (text.startswith(("https://", "http://")) and _has_host(text)):
        raise ValueError("an address that starts with https:// or http:// and names a host")
    return text.rstrip("/")


def checked_model(text: str) -> str:
    """The address of a model's server without a slash at its end: encrypted unless it is this machine; "" stays."""
    if not text:
        return text
    plain = _loopback(text) if text.startswith("http://") else text.startswith("https://") and _has_host(text)
    if not plain or any(sign in text for sign in "@?#") or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError(
            "an address that starts with https:// (http:// only for 127.0.0.1 and the like) and ends before "
            "/chat/completions, without user, password and query: a key belongs in HANDRAIL_LLM_API_KEY"
        )
    return text.rstrip("/")


def checked_lookups(text: str) -> str:
    """The path of a file, an address, or ""."""
    if "://" in text and not _has_host(text):
        raise ValueError("the path of a file, or an address that starts with https:// and names a host")
    return text


def masked_address(text: str) -> str:
    """The text; where it is an address on a server, without user, password and query."""
    scheme, mark, rest = text.partition("://")
    if not mark or scheme == "sqlite":
        return text
    place, query, _ = rest.partition("?")
    user, at, place = place.rpartition("@")
    return f"{scheme}://{_MASK + at if user or at else ''}{place}{query + _MASK if query else ''}"


def masked_hook(text: str) -> str:
    """The address without its path too: whoever knows the path of such a hook may post to it."""
    address = masked_address(text)
    scheme, mark, rest = address.partition("://")
    host, path, _ = rest.partition("/")
    return f"{scheme}{mark}{host}{path + _MASK if path else ''}"


def _has_host(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # its words may repeat the password
        return False


def _loopback(text: str) -> bool:
    if not _has_host(text):
        return False
    host = urlsplit(text).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
