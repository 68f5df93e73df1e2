"""A running service: an account is disconnected while its helpdesk is down, and the worker gives the access back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.pipeline.service import Service


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    service = Service(home=tmp_path, environ={"HANDRAIL_RETENTION_DAYS": "0", "HANDRAIL_POLL_SECONDS": "1"})
    service.start()
    yield service
    service.stop()


def given_back(sandbox: Sandbox) -> bool:
    calls = sandbox.journal.calls()
    return any(call.path.endswith("oauth/tokens/current.json") and call.status == 204 for call in calls)


def test_the_worker_goes_on_until_the_helpdesk_has_taken_our_access_back(service: Service) -> None:
    with Sandbox() as sandbox:
        service.connect(sandbox, "zendesk")
        sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
        ended = service.command("account", "disconnect", "acme")
        assert (ended["pending"], ended["erase_at"]) == (True, None)
        assert not given_back(sandbox)
        written = len(sandbox.journal.entries(vendor="zendesk"))
        sandbox.faults.clear()
        up_at = time.monotonic()
        while not given_back(sandbox):
            assert time.monotonic() - up_at < 60, "not within a minute"
            time.sleep(0.2)
        later = [call for call in sandbox.journal.calls() if "incremental" in call.path]
        sandbox.add_ticket("zendesk", subject="Late", body="Is anybody there?")
        sandbox.drain(30)
        service.wait_until_quiet()
        assert [call for call in sandbox.journal.calls() if "incremental" in call.path] == later, "nothing is polled"
        own = [entry for entry in sandbox.journal.entries(vendor="zendesk") if entry.by_integration]
        assert len(own) <= written
        assert service.command("account", "list") == []
        verbs = [entry["verb"] for entry in service.command("audit", "list")]
        assert "account leave" in verbs
