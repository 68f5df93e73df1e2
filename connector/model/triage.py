"""What a ticket was read as [T1, T2], and the floor [D2]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.model.ticket import Priority


class Signal(StrEnum):
    """Why a ticket deserves care, found by rule [T2]."""

    BILLING_DISPUTE = "billing_dispute"
    ACCOUNT_ACCESS = "account_access"
    SECURITY = "security"
    LEGAL = "legal"
    PRIVACY = "privacy"
    SAFETY = "safety"
    ASKS_FOR_HUMAN = "asks_for_human"
    CHURN_THREAT = "churn_threat"
    ANGER = "anger"
    VIP = "vip"
    INJECTION = "injection"
    MACHINE_MAIL = "machine_mail"
    SPAM = "spam"
    OUT_OF_SCOPE = "out_of_scope"
    NEAR_MISS = "near_miss"
    MIXED = "mixed"
    ALREADY_HANDLED = "already_handled"


FLOOR_SIGNALS = frozenset(
    {
        Signal.BILLING_DISPUTE,
        Signal.ACCOUNT_ACCESS,
        Signal.SECURITY,
        Signal.LEGAL,
        Signal.PRIVACY,
        Signal.SAFETY,
        Signal.ASKS_FOR_HUMAN,
    }
)
"""The floor [D2]: no configuration, prompt, API call or ticket text can lower it."""

FLOOR_INTENTS = frozenset({"billing_dispute", "account_access_change", "security_or_legal"})
"""The floor by intent. A constant of the code: neither catalogue nor policy can take an intent out."""

HUMAN_ONLY_SIGNALS = FLOOR_SIGNALS | {Signal.CHURN_THREAT, Signal.ANGER, Signal.VIP}
"""Signals that hand the ticket to a person."""

UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHit:
    """A signal with the rule that raised it and the words it matched (for the explanation).

    `hint`: words that are as often harmless; alone they raise nothing.
    """

    signal: Signal
    rule: str
    matched: str
    hint: bool = False


class Sentiment(StrEnum):
    """Coarse, for the card only; it never decides anything."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What the customer wants [T1, T2].

    `ranked` holds (intent, probability) from most to least likely; `human_only_probability` is the total
    over all human-only intents; `out_of_scope` is 0 (surely known) to 1 (surely unlisted). `also` are
    further intents raised by single sentences of a mixed message. `language` is a BCP 47 primary tag or
    "und". `model` names the classifier version. `doubts` is what a second reader has against this reading: another
    intent, "person" or "none" (it could not be asked); any of them keeps a reply back.
    """

    intent: str
    confidence: float
    ranked: tuple[tuple[str, float], ...]
    human_only_probability: float
    out_of_scope: float
    language: str
    sentiment: Sentiment
    priority: Priority
    facts: Mapping[str, str]
    hits: tuple[SignalHit, ...]
    also: tuple[str, ...] = ()
    model: str = ""
    doubts: tuple[str, ...] = ()

    @property
    def signals(self) -> frozenset[Signal]:
        """The signals without their evidence."""
        return frozenset(hit.signal for hit in self.hits)
