"""The edges as the core sees them. Adapters implement these; only `connector.app` knows which.

Thread rule: every port object may be shared by threads. Time rule: every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.ports.calls import CallBudget, CallStanding, Errand, Pool, Priority, errand
from connector.ports.cards import Cards
from connector.ports.connections import Connections
from connector.ports.documents import Documents
from connector.ports.helpdesk import (
    Capabilities,
    Check,
    CheckState,
    DocumentPage,
    Guarantee,
    Inspection,
    OAuthClient,
    Provider,
    Updates,
)
from connector.ports.history import History, ImportState, StoredPast, StoredResult
from connector.ports.leaving import Leaving
from connector.ports.ledger import Accounts, Decisions, Inbox, Ledger, Models, Policies, Watch, Work
from connector.ports.model import Allowance, Completion, ModelClient, Prompt, Usage
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
from connector.ports.sidebar import Sidebar
from connector.ports.spend import DaySpend, Spend, SpendLimit, SpendLimits

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""

__all__ = [
    "Accounts",
    "Allowance",
    "CallBudget",
    "CallStanding",
    "Capabilities",
    "Cards",
    "Check",
    "CheckState",
    "Classification",
    "Classifier",
    "Clock",
    "Completion",
    "Connections",
    "DaySpend",
    "Decisions",
    "DocumentPage",
    "Documents",
    "Drafter",
    "Encoder",
    "Errand",
    "Guarantee",
    "History",
    "ImportState",
    "Inbox",
    "Inspection",
    "Knowledge",
    "Leaving",
    "Ledger",
    "Lookup",
    "LookupAnswers",
    "ModelClient",
    "Models",
    "OAuthClient",
    "Policies",
    "Pool",
    "Priority",
    "Prompt",
    "Provider",
    "Sidebar",
    "Spend",
    "SpendLimit",
    "SpendLimits",
    "StoredPast",
    "StoredResult",
    "TriageContext",
    "Triager",
    "Updates",
    "Usage",
    "Watch",
    "Work",
    "errand",
]
