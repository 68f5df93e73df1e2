"""Tickets, triage and configuration with defaults, so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from connector.drafting import Templates, parse_templates
from connector.drafting.wording import DISCLOSURE
from connector.model import (
    AccountConfig,
    Channel,
    Comment,
    Draft,
    Priority,
    Requester,
    Role,
    Sentiment,
    Source,
    Status,
    Ticket,
    Triage,
    Visibility,
)

NOW = datetime(2025, 11, 13, 9, 0, tzinfo=UTC)
ROOT = Path(__file__).resolve().parents[3]

CONFIG = AccountConfig(
    company="Nordlicht Outdoor",
    own_addresses=frozenset({"support@nordlicht-outdoor.example"}),
    link_hosts=frozenset({"help.nordlicht.example", "billing.nordlicht.example", "tracking.nordlicht.example"}),
    disclosure=DISCLOSURE,
)


def starter_templates() -> Templates:
    return parse_templates({path.name: path.read_text() for path in (ROOT / "mappings/templates").glob("*.toml")})


def comment(text: str, *, role: Role = Role.REQUESTER, visibility: Visibility = Visibility.PUBLIC) -> Comment:
    return Comment(
        id=str(len(text)), author_id="7", role=role, visibility=visibility, text=text, raw_text=text, created_at=NOW
    )


def ticket(
    *texts: str,
    subject: str = "A question",
    name: str = "Mirela Okafor",
    email: str = "m.okafor@example.com",
    comments: tuple[Comment, ...] = (),
) -> Ticket:
    return Ticket(
        account_id="a1",
        id="100",
        subject=subject,
        requester=Requester(id="7", name=name, email=email, verified=True),
        status=Status.OPEN,
        vendor_status="open",
        priority=None,
        vendor_priority=None,
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset(),
        comments=comments or tuple(comment(text) for text in texts or ("Hello, I have a question.",)),
        created_at=NOW,
        updated_at=NOW,
        read_at=NOW,
        stamp="s",
    )


def triage(intent: str = "order_status", language: str = "en", facts: Mapping[str, str] | None = None) -> Triage:
    return Triage(
        intent=intent,
        confidence=0.9,
        ranked=((intent, 0.9),),
        human_only_probability=0.01,
        out_of_scope=0.01,
        language=language,
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts=facts or {},
        hits=(),
    )


def model_draft(
    body: str, *, language: str = "en", sources: tuple[Source, ...] = (), promises_hand_off: bool = False
) -> Draft:
    """A draft as a language model might have written it, with the disclosure line at its end."""
    return Draft(
        text=f"{body}\n\n{DISCLOSURE[language]}",
        language=language,
        author="some-model",
        template="",
        sources=sources,
        facts={},
        promises_hand_off=promises_hand_off,
    )
