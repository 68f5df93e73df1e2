"""Which intents the model of an account mixes up, and which mix-up keeps an intent from being sent [D4]."""

from __future__ import annotations

from dataclasses import dataclass

from connector.intents import Catalogue
from connector.model import HUMAN_ONLY_SIGNALS, Account, Tier
from connector.policy.document import Policy
from connector.policy.terms import IntentPolicy
from connector.ports import Ledger
from connector.triage import Rules
from connector.triage.heldout import Confusion, HeldOut, Lookalike
from connector.triage.lookalikes import lookalikes

A_PATTERN = 2
"""One held-out example that passes may be chance; from so many on it is a pattern."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusions:
    """What the account's model said of its own examples while they were held out."""

    held: HeldOut | None
    examples: tuple[tuple[str, str, str], ...]
    human_only: frozenset[str]
    rules: Rules

    def confused_with(self, intent: str) -> tuple[Confusion, ...]:
        """The intents that this one is mixed up with, most first; empty where nothing is known."""
        return self.held.confused_with(intent) if self.held else ()

    def refusals(self, rule: IntentPolicy, policy: Policy, *, tolerated_error: float) -> tuple[Lookalike, ...]:
        """The human-only intents whose held-out examples would be sent as this one more often than tolerated: read as
        it, surely enough, with no signal that calls a person and no word that makes it another matter. An intent of
        another tier is never sent.
        """
        if self.held is None or rule.tier is not Tier.AUTO:
            return ()
        found = self.held.lookalikes(
            rule.key,
            human_only=self.human_only,
            threshold=rule.threshold,
            limit=policy.human_only_limit,
            stopped=lambda place: self._calls_a_person(place) or self._reads_like_another(place, rule.key),
        )
        return tuple(
            item for item in found if item.passing >= A_PATTERN and item.passing > tolerated_error * item.examples
        )

    def _reads_like_another(self, place: int, intent: str) -> bool:
        """Whether its words make it a matter of another intent as well, which holds it back."""
        return bool(lookalikes(self.examples[place][2], intent))

    def _calls_a_person(self, place: int) -> bool:
        return any(hit.signal in HUMAN_ONLY_SIGNALS for hit in self.rules.hits(self.examples[place][2]))


def confusions(ledger: Ledger, catalogue: Catalogue, rules: Rules, account: Account) -> Confusions:
    """Those of the model in force: the account's champion, else the starter."""
    from connector.triage import trained
    from connector.triage.own import merged_catalogue

    champion = ledger.models.champion(account.id)
    content = ledger.models.content(account.id, champion.version) if champion else None
    if content is None:
        found, learnt = trained.shipped(), catalogue
    else:
        found = trained.load(content.trained) if content.trained else None
        learnt = merged_catalogue(catalogue, content)
    return told(found.held if found else None, learnt, rules)


def told(held: HeldOut | None, catalogue: Catalogue, rules: Rules) -> Confusions:
    """What was held out of this catalogue's examples; nothing where it was held out of others."""
    examples = catalogue.labelled_examples()
    fits = held is not None and _fits(held, examples)
    return Confusions(held=held if fits else None, examples=examples, human_only=catalogue.human_only, rules=rules)


def _fits(held: HeldOut, examples: tuple[tuple[str, str, str], ...]) -> bool:
    return len(held.example) <= len(examples) and all(
        place < len(examples) and examples[place][0] == held.classes[truth]
        for place, truth in zip(held.example.tolist(), held.truth.tolist(), strict=True)
    )
