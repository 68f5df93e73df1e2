"""Providers as they are built, and a helpdesk whose answers a test writes down."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import responses

import providers
from connector.ports import Provider
from tests.providers.desk import MemoryAccounts, account, clock


@pytest.fixture
def freshdesk() -> Iterator[Provider]:
    """Freshdesk for the one account."""
    yield from _opened("freshdesk")


@pytest.fixture
def zendesk() -> Iterator[Provider]:
    """Zendesk for the one account."""
    yield from _opened("zendesk")


@pytest.fixture
def api() -> Iterator[responses.RequestsMock]:
    """Answers that are written down; any other call fails."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def _opened(vendor: str) -> Iterator[Provider]:
    provider = providers.build(vendor, accounts=MemoryAccounts(account(vendor)), clock=clock, allow_loopback=False)
    yield provider
    provider.close()
