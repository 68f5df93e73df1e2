"""A model whose plug is pulled in the middle of a batch: every ticket ends as it would have without any model."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox import Sandbox
from connector.sandbox.model import ModelServer
from demo.samples import SAMPLES, Sample
from tests.pipeline.service import Service

BATCH = [sample for sample in SAMPLES if len(sample.messages) == 1]
ANSWERED = 3
"""So many drafts of the model arrive; the next one is cut off halfway, and after it nobody listens any more."""
ABOUT_THE_DRAFT = {"draft_incomplete", "check_failed", "no_draft"}
"""Reasons that speak of the draft, which may differ with its author."""


class Unplugged(ModelServer):
    """Its sockets are closed while it is at work on the draft after the last one it gives."""

    def begin(self, request: dict[str, Any]) -> int:
        number = super().begin(request)
        asked = [item["response_format"]["json_schema"]["name"] for item in self.requests]
        if asked.count("reply") > ANSWERED:  # cards are asked for as well
            self.seconds = 60.0  # `pause` ends at once when the server stops: no answer gets out any more
            threading.Thread(target=self.stop, daemon=True).start()
        return number


@dataclass(frozen=True, kw_only=True)
class End:
    """What became of one ticket."""

    intent: str
    action: str
    reasons: list[str]
    tags: list[str]
    fields: Mapping[str, Any]
    notes: list[str]
    replies: int
    author: str
    unwritten: str


def played(home: Path, environ: Mapping[str, str]) -> list[End]:
    """The whole batch on both helpdesks, from the customers' first words until nothing is left to do."""
    home.mkdir()
    service = Service(home=home, environ=environ)
    with Sandbox() as sandbox:
        service.start()
        try:
            for vendor in ("zendesk", "freshdesk"):
                service.connect(sandbox, vendor, name=vendor)
            tickets = [(sample.vendor, _written(sandbox, sample)) for sample in BATCH]
            assert sandbox.drain(60)
            service.wait_until_quiet()
            assert service.command("events", "--state", "dead") == []
            told = {vendor: _told(service, vendor, tickets) for vendor in ("zendesk", "freshdesk")}
            return [_end(told[vendor][ticket], sandbox, vendor, ticket) for vendor, ticket in tickets]
        finally:
            service.stop()


def _written(sandbox: Sandbox, sample: Sample) -> int:
    name, address, verified = sample.sender
    return sandbox.add_ticket(
        sample.vendor,
        subject=sample.subject,
        body=sample.messages[0].text,
        requester={"name": name, "email": address, "verified": verified},
        channel="email",
        cc=list(sample.cc),
        flags=list(sample.flags),
    )


def _told(service: Service, vendor: str, tickets: Sequence[tuple[str, int]]) -> dict[int, list[dict[str, Any]]]:
    """The receipts of each ticket of this helpdesk, the newest first."""
    mine = [ticket for name, ticket in tickets if name == vendor]
    told = service.command("receipt", *map(str, mine), "--account", vendor)
    return {ticket: document["receipts"] for ticket, document in zip(mine, told, strict=True)}


def _end(receipts: list[dict[str, Any]], sandbox: Sandbox, vendor: str, ticket: int) -> End:
    receipt = next((item for item in receipts if item["action"] != "ignore"), receipts[0])
    found = sandbox.ticket(vendor, ticket)
    draft = receipt.get("draft") or {}
    written = sandbox.journal.entries(vendor=vendor, ticket=ticket, by="integration")
    return End(
        intent=receipt["intent"],
        action=receipt["action"],
        reasons=[item["code"] for item in receipt["decision"]["reasons"] if item["code"] not in ABOUT_THE_DRAFT],
        tags=sorted(found["tags"]),
        fields={name: found.get(name) for name in ("priority", "status", "group_id", "assignee_id", "responder_id")},
        notes=[entry.text for entry in written if entry.verb == "note"],
        replies=sum(entry.verb == "reply" for entry in written),
        author=draft.get("author", ""),
        unwritten=draft.get("unwritten", ""),
    )


def unsigned(note: str) -> list[str]:
    """The lines of a note without the reference, which every decision has its own of."""
    return [line for line in note.splitlines() if not line.startswith("Ref ")]


@pytest.mark.timeout(600)
def test_the_plug_pulled_in_the_middle_of_a_batch_changes_the_author_and_nothing_else(tmp_path: Path) -> None:
    without = played(tmp_path / "without", {})
    with Unplugged(seconds=0.05) as server:
        environ = {
            "HANDRAIL_LLM_BASE_URL": server.url,
            "HANDRAIL_LLM_MODEL": "sandbox",
            "HANDRAIL_LLM_SECONDS": "10",
            "HANDRAIL_CONCURRENCY": "1",  # else the plug could be pulled while every draft is being written
        }
        unplugged = played(tmp_path / "unplugged", environ)
    for sample, before, after in zip(BATCH, without, unplugged, strict=True):
        for name in ("intent", "action", "reasons", "tags", "fields", "replies"):
            assert getattr(after, name) == getattr(before, name), (sample.title, name)
        assert len(after.notes) == len(before.notes) == sample.notes + (sample.replies if not before.replies else 0)
        for old, new in zip(before.notes, after.notes, strict=True):
            assert unsigned(new)[0] == unsigned(old)[0], "what the note is: a draft or a hand-off"
            if after.author in ("embedded", ""):
                assert unsigned(new) == unsigned(old), sample.title
    authors = [end.author for end in unplugged]
    assert 0 < authors.count("sandbox") <= ANSWERED, "the model wrote before its plug was pulled"
    assert sum("ModelUnavailable" in end.unwritten for end in unplugged) >= 2, "and was asked in vain afterwards"
    assert {end.author for end in without} <= {"embedded", ""}
