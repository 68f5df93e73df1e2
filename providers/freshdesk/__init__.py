"""Freshdesk."""

from providers.freshdesk.address import base_url
from providers.freshdesk.provider import Freshdesk, build

__all__ = ["Freshdesk", "base_url", "build"]
