"""Where a Freshdesk account is."""

from __future__ import annotations

from providers._address import base_address

SUFFIX = "freshdesk.com"


def base_url(text: str, *, allow_loopback: bool = False) -> str:
    """`https://<name>.freshdesk.com` for a name, host or address; ConfigurationError for anything else.

    An account's own host name (CNAME) is refused: Freshdesk's API does not answer there.
    """
    return base_address(text, suffix=SUFFIX, allow_loopback=allow_loopback)
