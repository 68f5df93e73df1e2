"""Links in plain text or Markdown: finding every spelling a mail program or browser would follow, and
deciding whether one may stand in a reply (a link is how data leaves without a click)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

# Order matters only for overlaps: the widest spelling wins.
_SCHEME = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}:(?:/|\\)*[^\s<>\"“”„)\]]+", re.IGNORECASE)
_PROTOCOL_RELATIVE = re.compile(r"(?<![:/\w])[/\\]{2}[^\s<>\"“”„)\]]+")
_MARKDOWN = re.compile(r"\]\(\s*<?([^\s)>]+)|^[ \t]{0,3}\[[^\]\n]{1,200}\]:[ \t]*<?(\S+?)>?\s*$", re.MULTILINE)
_BARE = re.compile(
    r"(?<![\w@./:\\-])((?:[\w-]+[.。．])+[^\W\d_][\w-]{1,23})(?::\d+)?(?:[/?#][^\s<>\"“”„)\]]*)?", re.UNICODE
)
_EMAIL = re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[\w-]{2,63}")
_FILES = frozenset(
    re.findall(
        r"\w+",
        "pdf csv txt zip png jpg jpeg gif heic doc docx xls xlsx ods odt json xml html js py md log eml ics",
    )
)
# Words before a colon that are no scheme ("Note:..." without a space, "PS:ok"); a scheme we follow up on is
# one a program might open.
_SCHEMES = frozenset(
    re.findall(
        r"\S+",
        "http https ftp ftps file data javascript vbscript mailto tel sms callto skype ws wss blob about intent "
        "market itms-apps ms-settings ssh smb",
    )
)


def find_links(text: str) -> tuple[str, ...]:
    """Every link in the text, as written, without repetitions."""
    found: list[str] = []
    rest = text
    for match in _MARKDOWN.finditer(text):
        found.append(match.group(1) or match.group(2))
    for pattern in (_SCHEME, _PROTOCOL_RELATIVE):
        for match in pattern.finditer(rest):
            link = _trim(match.group())
            if pattern is _PROTOCOL_RELATIVE or _scheme(link) in _SCHEMES:
                found.append(link)
        rest = pattern.sub(_blank_link, rest)
    rest = _EMAIL.sub(" ", rest)
    found.extend(_trim(match.group()) for match in _BARE.finditer(rest) if _is_domain(match.group(1)))
    return tuple(dict.fromkeys(found))


def without_links(text: str) -> str:
    """The text with every link taken out: what a customer wrote must not become something to click on in a note."""
    for link in sorted(find_links(text), key=len, reverse=True):
        text = text.replace(link, "[link]")
    return text


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


def _blank_link(match: re.Match[str]) -> str:
    text = match.group()
    return " " if text.startswith(("/", "\\")) or _scheme(text) in _SCHEMES else text


def _trim(link: str) -> str:
    return link.rstrip(".,;:!?…'”“")


def _is_domain(name: str) -> bool:
    labels = re.split(r"[.。．]", name)
    if labels[-1].lower() in _FILES or any(not label for label in labels):
        return False
    if all(len(label) == 1 for label in labels[:-1]) and len(labels[-1]) <= 2:
        return False  # "e.g", "z.B", "U.S"
    # A missing space after a full stop ("done.Then") starts with a capital; a host of two labels does not.
    return not (len(labels) == 2 and labels[1][0].isupper() and not labels[1].isupper())
