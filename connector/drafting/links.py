"""Links in plain text or Markdown: finding every spelling a mail program or browser would follow, and
deciding whether one may stand in a reply (a link is how data leaves without a click)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

_DOT = "[.。．｡․]"

# Words before a colon that a program opens; any other word is one only before two slashes ("Note: ...", "PS:ok").
_SCHEMES = (
    "http https ftp ftps file data javascript vbscript mailto tel sms callto skype ws wss blob about intent market "
    "itms-apps ms-settings ssh smb"
)
# Order matters only for overlaps: the widest spelling wins.
_SCHEME = re.compile(
    rf"\b(?:(?:{_SCHEMES.replace(' ', '|')}):(?:/|\\)*|[a-z][a-z0-9+.-]{{1,20}}:[/\\]{{2}})[^\s<>\"“”„)\]]+",
    re.IGNORECASE,
)
_PROTOCOL_RELATIVE = re.compile(r"(?<![:/\w])[/\\]{2}[^\s<>\"“”„)\]]+")
_MARKDOWN = re.compile(r"\]\(\s*<?([^\s)>]+)|^[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*<?(\S+?)>?\s*$", re.MULTILINE)
# Whatever stands before it: programs that make links out of plain text find a host after any sign.
_BARE = re.compile(
    rf"(?<![\w-])((?:[\w-]{{1,63}}{_DOT}){{1,10}}[^\W\d_][\w-]{{1,23}})(?::\d+)?([/?#][^\s<>\"“”„)\]]*)?"
    r"|(?<![\w.-])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/[^\s<>\"“”„)\]]*"
)
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_ADDRESS = re.compile(_EMAIL.pattern + r"(?![\w/])")  # with a path behind it, it is a host with a user before it
# Endings of files that are no top-level domain (as zip, py and md are).
_FILES = frozenset(
    re.findall(
        r"\w+",
        "pdf csv txt png jpg jpeg gif heic doc docx xls xlsx ods odt json xml html js log eml ics",
    )
)
# A capital after a full stop is a missing space ("done.Then"), but nothing else stands for these.
_SURE_ENDINGS = frozenset(
    re.findall(r"\w+", "com org net xyz top online site shop store app dev io biz click link icu example")
)
REMOVED_LINK = "[link]"
_ROUNDS = 8
"""Taking one link out may make another of what stood around it."""


def find_links(text: str) -> tuple[str, ...]:
    """Every link in the text, as written, without repetitions."""
    found: list[str] = []
    rest = text
    for match in _MARKDOWN.finditer(text):
        found.append(match.group(1) or match.group(2))
    for pattern in (_SCHEME, _PROTOCOL_RELATIVE):
        found.extend(_trim(match.group()) for match in pattern.finditer(rest))
        rest = pattern.sub(" ", rest)
    rest = _ADDRESS.sub(" ", rest)
    found.extend(
        _trim(match.group()) for match in _BARE.finditer(rest) if not match[1] or _is_domain(match[1], match[2] or "")
    )
    return tuple(dict.fromkeys(link for link in found if link))


def without_links(text: str, kept: Collection[str] = ()) -> str:
    """The text without its links but the `kept` ones: what a customer wrote, or a model on his word, must not become
    something to click on in a note.
    """
    text = _MARKDOWN.sub(lambda match: _plain_target(match, kept), _as_opened(text))
    for _ in range(_ROUNDS):
        foreign = [link for link in find_links(text) if link not in kept]
        if not foreign:
            return text
        for link in sorted(foreign, key=len, reverse=True):
            text = text.replace(link, REMOVED_LINK)
    return REMOVED_LINK  # made of links through and through


def _plain_target(match: re.Match[str], kept: Collection[str]) -> str:
    """Markdown without the target of its link, which may be as short as one letter."""
    if (match[1] or match[2]) in kept:
        return match[0]
    return f"] ({REMOVED_LINK}" if match[1] else match[0].partition("]:")[0] + f"] {REMOVED_LINK}"


def foreign_links(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The links that lead elsewhere than to the `allowed` hosts."""
    found = dict.fromkeys((*find_links(text), *find_links(_as_opened(text))))
    return tuple(link for link in found if not is_allowed(link, allowed))


def _as_opened(text: str) -> str:
    """The text with compatibility letters ("ⓔ", "ｅ") as plain ones, as browsers read hosts, where that makes links."""
    if text.isascii():
        return text
    plain = unicodedata.normalize("NFKC", text)
    return text if len(find_links(plain)) == len(find_links(text)) else plain


def find_emails(text: str) -> tuple[str, ...]:
    """Every mail address in the text, in lower case."""
    return tuple(dict.fromkeys(match.group().lower().rstrip(".") for match in _EMAIL.finditer(text)))


def is_allowed(link: str, hosts: Iterable[str]) -> bool:
    """Whether the link is plain https to one of these hosts (".example.com" also allows its subdomains).

    User parts, ports, other schemes, non-ASCII and punycode hosts (unless listed exactly), addresses in
    digits and anything two parsers might read differently are refused.
    """
    if not link.isascii() or not link.isprintable() or "\\" in link or re.search(r"[\s<>\"']", link):
        return False
    candidate = link if _scheme(link) else ("https:" + link if link.startswith("//") else "https://" + link)
    try:
        parts = urlsplit(candidate)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    if parts.scheme != "https" or port is not None or "@" in parts.netloc or parts.netloc.lower() != host:
        return False
    return _host_allowed(host, frozenset(entry.lower() for entry in hosts))


def _host_allowed(host: str, hosts: frozenset[str]) -> bool:
    if not re.fullmatch(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*", host):
        return False
    if host in hosts:
        return True
    if "xn--" in host:
        return False
    return any(entry.startswith(".") and host.endswith(entry) for entry in hosts)


def _scheme(link: str) -> str:
    match = re.match(r"([a-z][a-z0-9+.-]*):", link, re.IGNORECASE)
    return match.group(1).lower() if match else ""


def _trim(link: str) -> str:
    return link.rstrip(".,;:!?…'”“")


def _is_domain(name: str, path: str) -> bool:
    """Whether a program would take this for a host; what looks like a word or file has to go on with a path."""
    labels = re.split(_DOT, name)
    ending = labels[-1].lower()
    if any(not label for label in labels):
        return False
    if path or len(labels) > 2:
        # "e.g/i.e" and "z.B/d.h": single letters only; "t.co/x" goes on in earnest.
        return not all(len(label) == 1 for label in labels) and not (
            len(labels) > 2 and all(len(label) == 1 for label in labels[:-1]) and len(ending) <= 2 and not path
        )
    if ending in _FILES:
        return False
    if len(labels[0]) == 1 and len(ending) <= 2:
        return False  # "e.g", "z.B", "U.S"
    # A missing space after a full stop ("done.Then") starts with a capital; a host of two labels does not.
    return ending in _SURE_ENDINGS or not (labels[1][0].isupper() and not labels[1].isupper())
