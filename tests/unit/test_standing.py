"""Whether an agent has acted since our last automatic reply: asked of two machines whose clocks may differ."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from connector.model import Account, Role, Ticket
from connector.ports import Ledger
from connector.standing import replied_since_agent
from tests.builders import NOW, comment, ticket


@dataclass
class Decisions:
    """What the ledger remembers of a ticket's automatic replies."""

    at: datetime | None
    open: bool = False

    def reply_open(self, account_id: str, ticket_id: str) -> bool:
        return self.open

    def replied(self, account_id: str, ticket_id: str) -> datetime | None:
        return self.at


@dataclass
class Remembering:
    decisions: Decisions


@dataclass
class OneAccount:
    id: str = field(default="a1")


def asked(thread: Ticket, *, replied: datetime | None, open: bool = False) -> bool:
    ledger: Any = Remembering(Decisions(replied, open))
    account: Any = OneAccount()
    return replied_since_agent(cast(Ledger, ledger), cast(Account, account), thread)


def thread(*roles: Role) -> Ticket:
    """A minute between any two comments, by the helpdesk's clock."""
    said = [comment(id=f"c{n}", role=role, created_at=NOW + timedelta(minutes=n)) for n, role in enumerate(roles)]
    return ticket(*said)


CUSTOMER, OURS, AGENT = Role.REQUESTER, Role.CONNECTOR, Role.AGENT


def test_an_agent_after_our_reply_has_acted() -> None:
    assert not asked(thread(CUSTOMER, OURS, AGENT, CUSTOMER), replied=NOW + timedelta(minutes=1))


def test_an_agent_before_our_reply_has_not() -> None:
    assert asked(thread(CUSTOMER, AGENT, CUSTOMER, OURS, CUSTOMER), replied=NOW + timedelta(minutes=3))


def test_a_clock_set_back_makes_no_agents_word_later() -> None:
    """Ours was an hour behind when the reply was written; the agent had spoken before it."""
    assert asked(thread(CUSTOMER, AGENT, CUSTOMER, OURS, CUSTOMER), replied=NOW - timedelta(hours=1))


def test_a_conversation_without_our_reply_shows_nobody_after_it() -> None:
    assert asked(thread(CUSTOMER, AGENT, CUSTOMER), replied=NOW)


@pytest.mark.parametrize("roles", [(CUSTOMER,), (CUSTOMER, AGENT, CUSTOMER)])
def test_who_never_replied_may(roles: tuple[Role, ...]) -> None:
    assert not asked(thread(*roles), replied=None)


def test_a_reply_that_the_ledger_forgot_counts() -> None:
    assert asked(thread(CUSTOMER, OURS, CUSTOMER), replied=None)


def test_a_reply_of_unknown_outcome_counts() -> None:
    assert asked(thread(CUSTOMER), replied=None, open=True)
