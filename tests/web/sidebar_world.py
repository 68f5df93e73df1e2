"""An app with one account each, a key pair of Zendesk's, and decisions on tickets, for the tests of the sidebar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from connector.app import App
from connector.model import Event, EventKind
from connector.records import DecisionReceipt, Delivery, EventState
from tests.web.conftest import NOW

ORIGIN = "https://acme.zendesk.com"
AUDIENCE = f"{ORIGIN}/api/v2/apps/installations/77.json"


@dataclass(frozen=True)
class KeyPair:
    private: str
    public: str

    @classmethod
    def make(cls) -> KeyPair:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return cls(
            private=key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
            public=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode().strip(),
        )


def claims(now: datetime = NOW, **other: Any) -> dict[str, Any]:
    told = {
        "iss": "acme.zendesk.com",
        "aud": AUDIENCE,
        "sub": f"{ORIGIN}/api/v2/users/31.json",
        "iat": int(now.timestamp()),
        "exp": int((now + timedelta(minutes=5)).timestamp()),
        "jti": "load-1",
        "context": {"product": "support", "location": "ticket_sidebar"},
        **other,
    }
    return {name: value for name, value in told.items() if value is not None}


def signed(keys: KeyPair, now: datetime = NOW, **other: Any) -> str:
    return jwt.encode(claims(now, **other), keys.private, algorithm="RS256")


CHECKS = [{"name": "grounded", "passed": True, "detail": "", "doubtful": []}]


def body(**decision: Any) -> dict[str, Any]:
    """What a receipt of a draft says."""
    return {
        "requester_id": "501",
        "decision": {
            "action": "draft",
            "intent": "return_or_refund",
            "tier": "approval",
            "stage": "live",
            "reasons": [{"code": "tier_approval", "detail": ""}],
            "gate": False,
            "writes": True,
            "policy_version": "1",
            "floor": False,
            **decision,
        },
        "card": {
            "intent": "Return",
            "summary": "Wants to send back <b>a lamp</b>.",
            "priority": "normal",
            "next_action": "Check the order.",
            "facts": {"order_number": "48551"},
            "asked": ["How do I send it back?"],
            "tried": [],
            "sentiment": "neutral",
            "language": "en",
            "reasons": [],
            "sources": [],
            "macros": [],
            "owner": "Ana",
        },
        "draft": {
            "text": "Hello Mara,\n\nsend it back within 30 days.\n\nThis reply was written automatically. "
            "Just answer if you would like to talk to a person.",
            "language": "en",
            "author": "embedded",
            "template": "t",
            "sources": [{"id": "s1", "title": "Returns", "url": "https://help.acme.example/r", "past": False}],
            "facts": {},
            "missing": [],
            "statements": [{"text": "send it back within 30 days.", "sources": ["s1"]}],
            "writing": None,
        },
        "checks": CHECKS,
    }


def decided(
    app: App,
    account_id: str = "zendesk-id",
    ticket_id: str = "7",
    *,
    told: dict[str, Any] | None = None,
    would_send: bool = False,
    number: int = 1,
    now: datetime = NOW,
) -> DecisionReceipt:
    """A decision on a ticket, as a worker leaves it."""
    event = Event(key=f"e-{ticket_id}-{number}", ticket_id=ticket_id, kind=EventKind.CREATED, vendor_kind="created")
    app.ledger.inbox.receive(Delivery(account_id=account_id, event=event, received_at=now, due_at=now))
    claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=4)
    assert claim is not None
    told = told or body()
    receipt = DecisionReceipt(
        id=f"r-{ticket_id}-{number}",
        account_id=account_id,
        ticket_id=ticket_id,
        answers="c-1",
        decided_at=now,
        action=told["decision"]["action"],
        intent=told["decision"]["intent"],
        template="t",
        policy_version="1",
        would_send=would_send,
        body=told,
    )
    app.ledger.work.decide(claim, receipt, (), None, now=now, event_state=EventState.DONE, reason="draft")
    app.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="")
    return receipt
