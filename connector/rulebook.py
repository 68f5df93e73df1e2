"""The rules in force for an account: its parsed policy and the words that go with them.

A policy that does not parse counts as none: everything goes to a person [D3].
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.errors import ConfigurationError
from connector.handoff import tags
from connector.intents import Catalogue
from connector.model import FLOOR_INTENTS, Account, Action, Ticket, Tier
from connector.outbox import Tags
from connector.policy.document import Caps, Policy, parse_policy
from connector.policy.reasons import ReasonWords
from connector.ports import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Rulebook:
    """Answers what an account's rules say. Published versions never change, so parsed ones are kept."""

    ledger: Ledger
    catalogue: Catalogue
    words: ReasonWords
    _parsed: dict[tuple[str, int], Policy | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def policy(self, account: Account) -> Policy | None:
        """The policy in force; None when there is none or it is not valid."""
        version = self.ledger.policies.current(account.id)
        if version is None:
            return None
        key = (account.id, version.version)
        with self._lock:
            if key not in self._parsed:
                self._parsed[key] = self._parse(version.text, version.version)
            return self._parsed[key]

    def parse(self, text: str, *, version: str = "draft") -> Policy:
        """A policy text as values. ConfigurationError names line and key."""
        return parse_policy(text, catalogue_tiers=self.tiers, floor_intents=FLOOR_INTENTS, version=version)

    @property
    def tiers(self) -> Mapping[str, Tier]:
        """The strictest tier each intent of the catalogue was made with."""
        return {intent.key: intent.tier for intent in self.catalogue}

    def labels(self, language: str) -> Mapping[str, tuple[str, str]]:
        """(label, next action) of every intent in the agents' language."""
        known = (*self.catalogue, self.catalogue.unmapped)
        return {intent.key: (intent.label_in(language), intent.next_action_in(language)) for intent in known}

    def replaced(self, account: Account, code: str) -> str:
        """Why a reply stands in a note instead."""
        return self.words.sentence(code.partition(":")[0], agents_language(account))

    def note_tags(self, account: Account, ticket: Ticket, intent: str, action: Action) -> Tags:
        """Tags to add and to remove with a note; only our own prefix is touched."""
        return tags(account.config.tag_prefix, intent, action, ticket.tags)

    def over_caps(self, account: Account, *, to_requester: int, of_account: int) -> bool:
        """Whether these numbers of sends, the one in hand included, are above the caps in force."""
        policy = self.policy(account)
        caps = policy.caps if policy else Caps()
        return to_requester > caps.per_recipient_day or of_account > caps.per_account_10min

    def _parse(self, text: str, version: int) -> Policy | None:
        try:
            return self.parse(text, version=str(version))
        except ConfigurationError:
            return None


def agents_language(account: Account) -> str:
    """The language of notes and cards: the account's first one."""
    return account.config.languages[0] if account.config.languages else "en"
