"""The contract, run by every provider: over real sockets where the helpdesk has an API."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

import providers
from connector.model import Account, Comment, Priority, Role, Status, Ticket, Visibility
from connector.sandbox import Sandbox
from providers.console import Console
from providers.freshdesk import fields as freshdesk_fields
from providers.zendesk import fields as zendesk_fields
from tests.providers.contract import NetworkContract, ProviderContract
from tests.providers.desk import NOW, MemoryAccounts, account

CUSTOMER = {"name": "Mara Linde", "email": "mara.linde@birkenweg.example", "verified": True}


class SandboxDesk:
    """One of the sandbox's helpdesks; its journal is the judge."""

    def __init__(self, sandbox: Sandbox, vendor: str, credentials: dict[str, str], stranger: dict[str, str]) -> None:
        self.sandbox = sandbox
        self.vendor = vendor
        self.account = account(
            vendor,
            base_url=sandbox.helpdesk(vendor).url,
            bot_user_id=str(sandbox.credentials[vendor]["bot_user_id"]),
            credentials=credentials,
        )
        self.stranger = replace(self.account, id="acc-stranger", credentials=stranger)
        accounts = MemoryAccounts(self.account, self.stranger)
        self.provider = providers.build(vendor, accounts=accounts, clock=sandbox.clock.now, allow_loopback=True)  # type: ignore[arg-type] - the part of the port that providers use

    def open_ticket(self, text: str, *, tags: tuple[str, ...] = ()) -> str:
        made = self.sandbox.add_ticket(
            self.vendor, subject="A question", body=text, requester=CUSTOMER, channel="email", tags=list(tags)
        )
        return str(made)

    def customer_says(self, ticket_id: str, text: str) -> None:
        self.sandbox.add_comment(self.vendor, int(ticket_id), author="requester", text=text)

    def agent_tags(self, ticket_id: str, tag: str) -> None:
        self.sandbox.change(self.vendor, int(ticket_id), tags=[*self._ticket(ticket_id)["tags"], tag])

    def pass_time(self) -> None:
        self.sandbox.advance(120)

    def notes(self, ticket_id: str) -> list[str]:
        return [note["text"] for note in self._ticket(ticket_id)["notes"] if note["by"] == "integration"]

    def replies(self, ticket_id: str) -> list[str]:
        return [reply["text"] for reply in self._ticket(ticket_id)["replies"] if reply["by"] == "integration"]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self._ticket(ticket_id)["tags"])

    def state(self, ticket_id: str) -> tuple[Status, Priority | None]:
        ticket = self._ticket(ticket_id)
        words: Any = zendesk_fields if self.vendor == "zendesk" else freshdesk_fields
        return words.STATUS[ticket["status"]], words.PRIORITY.get(ticket["priority"])

    def lose_next_answer(self, method: str) -> None:
        self.sandbox.faults.add("reset_after", vendor=self.vendor, method=method)

    def delay_next_write(self, method: str) -> None:
        self.sandbox.faults.add("apply_late", vendor=self.vendor, method=method)

    def apply_late(self) -> None:
        assert self.sandbox.faults.apply_late() == 1

    def writes(self, ticket_id: str) -> int:
        calls = self.sandbox.journal.calls(vendor=self.vendor, ticket=int(ticket_id))
        return sum(call.method != "GET" for call in calls)

    def _ticket(self, ticket_id: str) -> dict[str, Any]:
        return self.sandbox.ticket(self.vendor, int(ticket_id))


class ConsoleDesk:
    """The console's memory, changed the way people would change it."""

    def __init__(self) -> None:
        self.now = NOW
        self.account: Account = account("console", bot_user_id="1")
        self.provider = Console(clock=lambda: self.now, out=io.StringIO())
        self._rows: list[dict[str, Any]] = []
        self.provider.load(self.account, [])

    def open_ticket(self, text: str, *, tags: tuple[str, ...] = ()) -> str:
        self._rows.append({"id": len(self._rows) + 1, "body": text, "tags": list(tags)})
        other = Console(clock=lambda: self.now, out=io.StringIO())
        other.load(self.account, self._rows[-1:])
        self.provider.put(self.account, other.fetch(self.account, str(len(self._rows))))
        return str(len(self._rows))

    def customer_says(self, ticket_id: str, text: str) -> None:
        ticket = self._ticket(ticket_id)
        said = replace(ticket.comments[0], id=f"said-{len(ticket.comments)}", text=text, raw_text=text)
        self.provider.put(self.account, replace(ticket, comments=(*ticket.comments, said)))

    def agent_tags(self, ticket_id: str, tag: str) -> None:
        ticket = self._ticket(ticket_id)
        self.provider.put(self.account, replace(ticket, tags=ticket.tags | {tag}))

    def pass_time(self) -> None:
        self.now += timedelta(seconds=120)

    def notes(self, ticket_id: str) -> list[str]:
        return [entry.text for entry in self._ours(ticket_id) if entry.visibility is Visibility.INTERNAL]

    def replies(self, ticket_id: str) -> list[str]:
        return [entry.text for entry in self._ours(ticket_id) if entry.visibility is Visibility.PUBLIC]

    def tags(self, ticket_id: str) -> set[str]:
        return set(self._ticket(ticket_id).tags)

    def state(self, ticket_id: str) -> tuple[Status, Priority | None]:
        ticket = self._ticket(ticket_id)
        return ticket.status, ticket.priority

    def _ours(self, ticket_id: str) -> list[Comment]:
        return [entry for entry in self._ticket(ticket_id).comments if entry.role is Role.CONNECTOR]

    def _ticket(self, ticket_id: str) -> Ticket:
        return self.provider.fetch(self.account, ticket_id)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def fresh(sandbox: Sandbox) -> Sandbox:
    sandbox.reset()
    return sandbox


class TestZendeskWithOAuth(NetworkContract):
    @pytest.fixture
    def desk(self, fresh: Sandbox) -> SandboxDesk:
        given = fresh.credentials["zendesk"]
        client = {"kind": "client_credentials", "client_id": given["client_id"]}
        return SandboxDesk(
            fresh,
            "zendesk",
            {**client, "client_secret": given["client_secret"]},
            {**client, "client_secret": "wrong"},
        )


class TestZendeskWithApiToken(NetworkContract):
    @pytest.fixture
    def desk(self, fresh: Sandbox) -> SandboxDesk:
        given = fresh.credentials["zendesk"]
        token = {"kind": "api_token", "email": given["email"]}
        return SandboxDesk(
            fresh, "zendesk", {**token, "api_token": given["api_token"]}, {**token, "api_token": "wrong"}
        )


class TestFreshdesk(NetworkContract):
    @pytest.fixture
    def desk(self, fresh: Sandbox) -> SandboxDesk:
        return SandboxDesk(
            fresh, "freshdesk", {"api_key": fresh.credentials["freshdesk"]["api_key"]}, {"api_key": "wrong"}
        )


class TestConsole(ProviderContract):
    @pytest.fixture
    def desk(self) -> ConsoleDesk:
        return ConsoleDesk()
