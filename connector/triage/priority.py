"""How soon a person should look, by policy rather than by tone: tier, signals and explicit words of urgency."""

from __future__ import annotations

from collections.abc import Collection

from connector.model import Priority, Signal, Tier

_URGENT = frozenset({Signal.SAFETY, Signal.SECURITY})
_HIGH = frozenset(
    {
        Signal.BILLING_DISPUTE,
        Signal.ACCOUNT_ACCESS,
        Signal.LEGAL,
        Signal.PRIVACY,
        Signal.CHURN_THREAT,
        Signal.ANGER,
        Signal.VIP,
    }
)
_NOBODY_WAITS = frozenset({Signal.SPAM, Signal.MACHINE_MAIL})
# What a catalogue of any trade calls by these names is a question nobody loses money over, or a loss that grows.
_PATIENT = frozenset(
    {"return_policy", "shipping_information", "contact_and_hours", "feature_request", "invoice_copy", "unmapped"}
)


def prioritise(*, intent: str, tier: Tier, signals: Collection[Signal], urgency: int) -> Priority:
    """The priority; `urgency` counts words such as "today" or "deadline" (2 or more = the customer is stuck)."""
    found = frozenset(signals)
    if found & _URGENT:
        return Priority.URGENT
    if found & _NOBODY_WAITS:
        return Priority.LOW
    if found & _HIGH:
        return Priority.URGENT if urgency >= 2 else Priority.HIGH
    if urgency >= 2:
        return Priority.HIGH
    if tier is Tier.HUMAN_ONLY and intent not in _PATIENT:
        return Priority.HIGH
    if intent in _PATIENT and not urgency:
        return Priority.LOW
    return Priority.NORMAL
