"""Helpdesks. A new vendor is a folder, its fixtures and one line here (`docs/how-to/add-a-provider.md`)."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping
from typing import cast

from connector.errors import ConfigurationError
from connector.ports import Accounts, Clock, Provider
from providers._package import Finding

VENDORS = ("zendesk", "freshdesk", "console")
MARKETPLACES = ("zendesk", "freshdesk")
"""Vendors that take a package of an app."""


def build(
    vendor: str,
    *,
    accounts: Accounts,
    clock: Clock,
    allow_loopback: bool,
    monotonic: Callable[[], float] = time.monotonic,
) -> Provider:
    """The provider of one vendor, for all its accounts; ConfigurationError for a vendor we do not know.

    `monotonic` counts the seconds of calls and limits.
    """
    module = importlib.import_module(_folder(vendor))
    return cast(
        Provider, module.build(accounts=accounts, clock=clock, allow_loopback=allow_loopback, monotonic=monotonic)
    )


def base_url(vendor: str, text: str, *, allow_loopback: bool = False) -> str:
    """The address to store for an account, from what a person typed; ConfigurationError where it is none."""
    module = importlib.import_module(_folder(vendor))
    return cast(str, module.base_url(text, allow_loopback=allow_loopback))


def package(vendor: str, sidebar: Mapping[str, bytes], *, public_url: str = "") -> Mapping[str, bytes]:
    """The files of a vendor's marketplace package by path; `sidebar` are the page's scripts and styles by name."""
    module = importlib.import_module(f"{_folder(vendor)}.packaging")
    return cast("Mapping[str, bytes]", module.package(sidebar, public_url=public_url))


def package_findings(vendor: str, files: Mapping[str, bytes]) -> tuple[Finding, ...]:
    """Every rule of the vendor's store that these files break."""
    module = importlib.import_module(f"{_folder(vendor)}.package_rules")
    return tuple(module.check(files))


def _folder(vendor: str) -> str:
    if vendor not in VENDORS:
        raise ConfigurationError(f"There is no helpdesk called {vendor[:40]!r}; choose one of {', '.join(VENDORS)}.")
    return f"{__name__}.{vendor}"
