"""Writes a policy as TOML, or changes a text in place so that people's comments stay."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from connector.model import Stage
from connector.policy.hours import WEEKDAYS, Hours
from connector.policy.tables import key_lines
from connector.policy.terms import IntentPolicy, Policy


def render_policy(policy: Policy) -> str:
    """The policy as TOML text that reads back as the same policy (its version is not part of the text)."""
    parts = [_entries({"version_note": policy.version_note})]
    defaults = policy.defaults
    parts.append(
        _table(
            "defaults",
            {
                "owner": defaults.owner,
                "status_after_send": defaults.status_after_send.value,
                "tolerated_error": defaults.tolerated_error,
                "tolerated_error_live": defaults.tolerated_error_live,
                "confidence_threshold": defaults.confidence_threshold,
                "human_only_limit": policy.human_only_limit,
                "out_of_scope_limit": policy.out_of_scope_limit,
                "take_within_minutes": policy.take_within_minutes,
            },
        )
    )
    caps = policy.caps
    parts.append(
        _table(
            "caps",
            {
                "per_ticket": caps.per_ticket,
                "per_recipient_day": caps.per_recipient_day,
                "per_account_10min": caps.per_account_10min,
            },
        )
    )
    if policy.hours is not None:
        parts.append(_table("hours", _hours(policy.hours)))
    parts.append(_table("channels", {"auto_send": sorted(policy.channels)}))
    parts.append(_table("brands", {"allowed": sorted(policy.brands)}))
    parts.extend(_table(f"intents.{_name(key)}", _intent(policy, rule)) for key, rule in policy.intents.items())
    return "\n\n".join(parts) + "\n"


def edit_stage(text: str, intent: str, stage: Stage, share: int | None = None) -> str:
    """The text with this intent's stage (and pilot share) changed and everything else, comments too, as it was.

    KeyError when the intent has no table of its own in the text: render the policy instead.
    """
    text = _set(text, f"intents.{intent}", "stage", _value(stage.value))
    return text if share is None else _set(text, f"intents.{intent}", "pilot_share", _value(share))


def _set(text: str, table: str, key: str, value: str) -> str:
    positions = key_lines(text)
    header = positions[table]
    lines = text.splitlines()
    if not lines[header - 1].lstrip().startswith("["):
        raise KeyError(table)  # an inline table has no room for a new line
    at = positions.get(f"{table}.{key}")
    if at is None:
        lines.insert(header, f"{key} = {value}")
    else:
        _, mark, comment = lines[at - 1].partition("#")
        lines[at - 1] = f"{key} = {value}" + (f"  {mark}{comment}" if mark else "")
    return "\n".join(lines) + "\n"


def _hours(hours: Hours) -> Mapping[str, object]:
    days = {
        name: [f"{_clock(start)}-{_clock(end)}" for start, end in openings]
        for name, openings in zip(WEEKDAYS, hours.days, strict=True)
    }
    return {"timezone": hours.timezone, "limit_sends": hours.limit_sends, **days}


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _intent(policy: Policy, rule: IntentPolicy) -> Mapping[str, object]:
    """What an intent says for itself; what it inherits stays unsaid, so that a changed default still reaches it."""
    defaults = policy.defaults
    values: dict[str, object] = {"tier": rule.tier.value, "stage": rule.stage.value}
    pilot, live = rule.tolerated_error_pilot, rule.tolerated_error_live
    inherited: Iterable[tuple[str, object, object]] = (
        ("owner", rule.owner, defaults.owner),
        ("route", rule.route, ""),
        ("tolerated_error", pilot, defaults.tolerated_error),
        ("tolerated_error_live", live, min(pilot, defaults.tolerated_error_live)),
        ("threshold", rule.threshold, defaults.confidence_threshold),
        ("template", rule.template, rule.key),
        ("macros", list(rule.macros), []),
        ("pilot_share", rule.pilot_share, 0),
        ("status_after_send", rule.status_after_send.value, defaults.status_after_send.value),
        ("goals", list(rule.goals), []),
        ("acknowledge", rule.acknowledge, False),
    )
    values.update({key: value for key, value, usual in inherited if value != usual})
    return values


def _table(name: str, values: Mapping[str, object]) -> str:
    return f"[{name}]\n{_entries(values)}"


def _entries(values: Mapping[str, object]) -> str:
    return "\n".join(f"{key} = {_value(value)}" for key, value in values.items())


def _value(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, str):
        # A JSON string is a TOML basic string but for DEL, which TOML wants escaped.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _name(key: str) -> str:
    return key if key.replace("_", "").replace("-", "").isalnum() and key.isascii() else _value(key)
