"""Where an account's helpdesk is: validated once, so that no setting can point our calls at another host.

`evil.example#`, `a@evil.example#` and `127.0.0.1:80#` all change the host of a URL they are pasted into, and `$`
in a regular expression lets a trailing newline pass. So: one label matched in full, a constant suffix, and the
finished address taken apart again and compared.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import urlsplit

from connector.errors import ConfigurationError

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_LOOPBACK = re.compile(r"http://(127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}):([0-9]{1,5})/?")


@lru_cache(maxsize=1024)
def base_address(text: str, *, suffix: str, allow_loopback: bool) -> str:
    """`https://<label>.<suffix>` for a label, host or https address; ConfigurationError for everything else.

    With `allow_loopback` also plain `http://127.x.x.x:port`, for the sandbox and tests.
    """
    loopback = _LOOPBACK.fullmatch(text)
    if loopback:
        if not allow_loopback:
            raise ConfigurationError(
                "The helpdesk address is on this machine; set HANDRAIL_ALLOW_LOOPBACK_HELPDESK=1 if that is meant."
            )
        return _loopback_address(*loopback.groups())
    host = text.lower().removeprefix("https://").removesuffix("/")
    label = host.removesuffix(f".{suffix}")
    if not _LABEL.fullmatch(label):
        raise ConfigurationError(f"The helpdesk address must be NAME, NAME.{suffix} or https://NAME.{suffix}.")
    address = f"https://{label}.{suffix}"
    if urlsplit(address).netloc != f"{label}.{suffix}":
        raise ConfigurationError(f"The helpdesk address does not stay under {suffix}.")
    return address


def _loopback_address(host: str, port: str) -> str:
    try:
        loopback = ipaddress.IPv4Address(host).is_loopback and 0 < int(port) < 1 << 16
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigurationError("The helpdesk address has no valid loopback host and port.")
    return f"http://{host}:{int(port)}"


def same_host(base: str, link: str) -> bool:
    """Whether a link the helpdesk gave stays on the account's own scheme, host and port."""
    try:
        ours, theirs = urlsplit(base), urlsplit(link)
        return (ours.scheme, ours.netloc) == (theirs.scheme, theirs.netloc.lower())
    except ValueError:
        return False
