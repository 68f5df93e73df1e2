"""Tickets, triage and configuration with defaults, so that a test states only what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.drafting import Templates, parse_templates
from connector.drafting.wording import DISCLOSURE
from connector.model import (
    AccountConfig,
    Comment,
    Draft,
    Role,
    Source,
    Ticket,
    Triage,
    Visibility,
)
from tests import builders

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
    return builders.comment(text, role, id=str(len(text)), visibility=visibility)


def ticket(
    *texts: str,
    subject: str = "A question",
    name: str = "Mirela Okafor",
    email: str = "m.okafor@example.com",
    comments: tuple[Comment, ...] = (),
) -> Ticket:
    said = comments or tuple(comment(text) for text in texts or ("Hello, I have a question.",))
    return builders.ticket(*said, subject=subject, requester=builders.requester(name, email))


def triage(intent: str = "order_status", language: str = "en", facts: Mapping[str, str] | None = None) -> Triage:
    return builders.triage(intent, confidence=0.9, language=language, facts=facts or {})


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
