"""The edges as the core sees them. Adapters implement these; only `connector.app` knows which.

Thread rule: every port object may be shared by threads. Time rule: every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.ports.helpdesk import Capabilities, Check, CheckState, Guarantee, Inspection, Provider, Updates
from connector.ports.ledger import Accounts, Decisions, Inbox, Ledger, Models, Policies, Watch, Work
from connector.ports.reading import (
    Classification,
    Classifier,
    Drafter,
    Encoder,
    Knowledge,
    Lookup,
    LookupAnswers,
    TriageContext,
    Triager,
)

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""

__all__ = [
    "Accounts",
    "Capabilities",
    "Check",
    "CheckState",
    "Classification",
    "Classifier",
    "Clock",
    "Decisions",
    "Drafter",
    "Encoder",
    "Guarantee",
    "Inbox",
    "Inspection",
    "Knowledge",
    "Ledger",
    "Lookup",
    "LookupAnswers",
    "Models",
    "Policies",
    "Provider",
    "TriageContext",
    "Triager",
    "Updates",
    "Watch",
    "Work",
]
