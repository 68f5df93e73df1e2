"""Where a Zendesk account is."""

from __future__ import annotations

from providers._address import base_address

SUFFIX = "zendesk.com"


def base_url(text: str, *, allow_loopback: bool = False) -> str:
    """`https://<subdomain>.zendesk.com` for a subdomain, host or address; ConfigurationError for anything else."""
    return base_address(text, suffix=SUFFIX, allow_loopback=allow_loopback)
