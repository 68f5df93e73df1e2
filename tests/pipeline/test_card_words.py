"""The product as it is run: a hand-off whose card a model puts better, shown where people read the receipt."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

from connector.sandbox import Sandbox
from connector.sandbox.model import ModelServer
from tests.pipeline.service import HANDRAIL, Service


def test_a_card_is_put_better_after_its_note(sandbox: Sandbox, tmp_path: Path) -> None:
    with ModelServer() as server:
        service = Service(home=tmp_path, environ={"HANDRAIL_LLM_BASE_URL": server.url, "HANDRAIL_LLM_MODEL": "sandbox"})
        service.start()
        try:
            service.connect(sandbox, "zendesk")
            ticket = sandbox.add_ticket(
                "zendesk",
                subject="Please call me",
                body="Hello, I want to speak to a real person about my order 48551. Thanks, Mara",
                requester={"name": "Mara Lindqvist", "email": "mara.lindqvist@example.com", "verified": True},
                channel="email",
            )
            better = wait_for_better_card(service, str(ticket))
            told = subprocess.run(
                [*HANDRAIL, "receipt", str(ticket)], capture_output=True, text=True, env=service.environment, check=True
            ).stdout
        finally:
            service.stop()
    assert better["state"] == "done", better
    assert better["writing"]["prompt"] == "card-1"
    assert better["writing"]["tokens_in"] > 0
    assert f"summary (put by sandbox): {better['summary']}" in told
    assert len(sandbox.journal.notes(ticket)) == 1
    assert [asked["response_format"]["json_schema"]["name"] for asked in server.requests] == ["card"]


def wait_for_better_card(service: Service, ticket: str) -> dict[str, object]:
    ends_at, pause = time.monotonic() + 180, threading.Event()
    while time.monotonic() < ends_at:
        if any(event["state"] == "done" for event in service.command("events", "--limit", "20")):
            receipts = service.command("receipt", ticket)["receipts"]  # the newest may be about our own note
            found = next((receipt["better_card"] for receipt in receipts if receipt.get("better_card")), None)
            if found and found["state"] not in ("wanted", "asked"):
                return found  # type: ignore[no-any-return]  # a document
        pause.wait(0.5)
    raise AssertionError(service.command("events"))
