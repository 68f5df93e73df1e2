"""Zendesk."""

from providers.zendesk.address import base_url
from providers.zendesk.provider import Zendesk, build

__all__ = ["Zendesk", "base_url", "build"]
