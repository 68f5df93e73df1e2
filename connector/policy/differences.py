"""What a new policy changes against the one in force, a line for each intent, in the words of the policy file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from connector.policy.terms import STAGES, IntentPolicy, Policy

_INTENT_WORDS = {
    "tier": "tier",
    "owner": "owner",
    "route": "route",
    "tolerated_error_pilot": "tolerated_error",
    "tolerated_error_live": "tolerated_error_live",
    "threshold": "threshold",
    "template": "template",
    "macros": "macros",
    "pilot_share": "pilot_share",
    "status_after_send": "status_after_send",
    "goals": "goals",
    "acknowledge": "acknowledge",
}
_CAPS = ("per_ticket", "per_recipient_day", "per_account_10min")
_TOP = ("channels", "brands", "human_only_limit", "out_of_scope_limit", "take_within_minutes")
_LONG = frozenset({"goals", "macros"})
"""Too long for a line: that they changed is said, not how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that changes. `subject` is an intent, or a part of the policy such as `caps`; `moved` says that a
    stage was "raised" or "lowered", and is empty otherwise.
    """

    subject: str
    what: str
    moved: str = ""

    @property
    def sentence(self) -> str:
        """The line for people."""
        return f"{self.subject}: {self.what}"


def differences(before: Policy | None, after: Policy) -> tuple[Difference, ...]:
    """What `after` changes, intents first. With no valid policy before, one difference that says so."""
    if before is None:
        return (Difference(subject="policy", what=f"none -> {len(after.intents)} intents"),)
    return (*_of_intents(before, after), *_of_the_rest(before, after))


def _of_intents(before: Policy, after: Policy) -> Iterator[Difference]:
    for key in dict.fromkeys((*after.intents, *before.intents)):
        old, new = before.intents.get(key), after.intents.get(key)
        if new is None:
            yield Difference(subject=key, what="taken out: always goes to a person")
        elif old is None:
            yield Difference(subject=key, what=f"new, tier {new.tier.value}, stage {new.stage.value}")
        elif old != new:
            yield _of_intent(key, old, new)


def _of_intent(key: str, old: IntentPolicy, new: IntentPolicy) -> Difference:
    parts = [f"{old.stage.value} -> {new.stage.value}"] if old.stage is not new.stage else []
    for name, word in _INTENT_WORDS.items():
        parts += _changed(word, getattr(old, name), getattr(new, name))
    step = STAGES.index(new.stage) - STAGES.index(old.stage)
    return Difference(subject=key, what=", ".join(parts), moved="raised" if step > 0 else "lowered" if step else "")


def _of_the_rest(before: Policy, after: Policy) -> Iterator[Difference]:
    caps = [part for name in _CAPS for part in _changed(name, getattr(before.caps, name), getattr(after.caps, name))]
    if caps:
        yield Difference(subject="caps", what=", ".join(caps))
    if before.hours != after.hours:
        yield Difference(subject="hours", what="changed" if before.hours and after.hours else _came(after.hours))
    for name in _TOP:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            yield Difference(subject=name, what=f"{_shown(old)} -> {_shown(new)}")


def _changed(word: str, old: Any, new: Any) -> list[str]:
    if old == new:
        return []
    return [f"{word} changed"] if word in _LONG else [f"{word} {_shown(old)} -> {_shown(new)}"]


def _came(hours: object) -> str:
    return "none -> set" if hours else "set -> none"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (frozenset, tuple)):
        return ", ".join(sorted(map(str, value))) or "all"
    return str(value) or '""'
