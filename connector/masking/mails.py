"""Mail addresses and internet addresses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from connector.masking.kinds import Kind
from connector.masking.spans import Span

_LOCAL_CHARS, _DOMAIN_CHARS = 64, 255
_LOCAL = re.compile(r"(?:\"[^\"\n]{1,62}\"|[\w!#$%&*+/=?^{|}~'-][\w.!#$%&*+/=?^{|}~'-]{0,63})$")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_][\w-]{0,61}[^\W_]|\[\d{1,3}(?:\.\d{1,3}){3}\]")
_LEADING = re.compile(r"^(?:mailto:|[^\w\"]+)+", re.IGNORECASE)
_DOT = (
    r"(?:\.|[ \t]?[(\[{][ \t]?(?:dot|punkt|point|punto|punt|kropka)[ \t]?[)\]}][ \t]?|[ \t](?:dot|punkt|punto)"
    r"[ \t])"
)
# "anna (at) shop (dot) example"; a bare "at" only where a bare "dot" follows: "meet me at shop" is no address.
_SPELLED = re.compile(
    rf"(?<![\w.+-])[\w+-][\w.+-]{{0,63}}[ \t]?[(\[{{][ \t]?(?:at|ät|arobase|arroba|chiocciola|@)[ \t]?[)\]}}][ \t]?"
    rf"[\w-]{{1,63}}(?:{_DOT}[\w-]{{2,63}}){{1,4}}|"
    r"(?<![\w.+-])[\w+-][\w.+-]{0,63}[ \t](?:at|ät|@)[ \t][\w-]{1,63}(?:[ \t](?:dot|punkt|punto)"
    r"[ \t][\w-]{2,63}){1,4}",
    re.IGNORECASE,
)
_SPACED = re.compile(
    r"(?<![\w.+-])[\w+-][\w.+-]{0,63}[ \t]{1,2}@[ \t]{0,2}(?=[\w.-]{3})|(?<![\w.+-])"
    r"[\w+-][\w.+-]{0,63}@[ \t]{1,2}(?=[\w.-]{3})"
)
# As links and pages write the sign: "?mail=anna%40shop.example".
_ENCODED = re.compile(r"%40|&#(?:0{0,4}64|x0{0,4}40);|&commat;", re.IGNORECASE)
_IP4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?![\w-]|\.\d)")
_IP6 = re.compile(r"(?<![\w:.])(?=[0-9A-F:.]{0,6}:)[0-9A-F:.]{3,45}(?![\w:])", re.IGNORECASE)
_VERSION = re.compile(
    r"(?:version|firmware|release|build|rev|update|v|ver|fw|software|driver|treiber)[\s.:=]{0,3}$", re.IGNORECASE
)
_BEFORE_CHARS = 16


def find_mails(text: str) -> Iterator[Span]:
    """Mail addresses, also internationalised, quoted, in brackets, or spelled out where that is unmistakable."""
    at = text.find("@")
    while at >= 0:
        if span := _around(text, at, at + 1):
            yield span
        at = text.find("@", at + 1)
    for sign in _ENCODED.finditer(text):
        if span := _around(text, *sign.span()):
            yield span
    for match in _SPACED.finditer(text):
        if domain := _DOMAIN.match(text, match.end()):
            yield Span(kind=Kind.MAIL, start=match.start(), end=domain.end())
    for match in _SPELLED.finditer(text):
        yield Span(kind=Kind.MAIL, start=match.start(), end=match.end())


def _around(text: str, at: int, after: int) -> Span | None:
    before = text[max(0, at - _LOCAL_CHARS - 2) : at]
    local = _LOCAL.search(before)
    domain = _DOMAIN.match(text, after, after + _DOMAIN_CHARS)
    if local is None or domain is None:
        return None
    lead = _LEADING.match(local.group())
    start = at - len(local.group()) + (lead.end() if lead else 0)
    return Span(kind=Kind.MAIL, start=start, end=domain.end()) if start < at else None


def find_ips(text: str) -> Iterator[Span]:
    """Addresses of version 4 (unless a version number is announced) and version 6."""
    for match in _IP4.finditer(text):
        announced = _VERSION.search(text[max(0, match.start() - _BEFORE_CHARS) : match.start()])
        if not announced and all(int(part) <= 255 for part in match.group().split(".")):
            yield Span(kind=Kind.IP, start=match.start(), end=match.end())
    for match in _IP6.finditer(text):
        run = match.group().rstrip(".:") if not match.group().endswith("::") else match.group()
        if run.count(":") >= 2 and _is_ip6(run):
            yield Span(kind=Kind.IP, start=match.start(), end=match.start() + len(run))


def _is_ip6(run: str) -> bool:
    try:
        return ipaddress.IPv6Address(run) not in (ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1"))
    except ValueError:
        return False
