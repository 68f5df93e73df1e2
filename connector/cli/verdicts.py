"""People's verdicts on would-be sends, as JSONL: read whole or not at all, and written for people to fill in."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from connector.cli.inputs import text_of
from connector.errors import ConfigurationError
from connector.policy.certification import RIGHT
from connector.records import DecisionReceipt, Verdict

WORDS = ("right", "wrong_intent", "wrong_facts", "tone", "should_have_been_a_person")
KEYS = frozenset({"ticket", "intent", "verdict", "who", "when", "template"})
IGNORED = frozenset({"account", "draft", "decided_at", "subject"})
"""What an export adds for the eye and an import may bring back."""
AHEAD = timedelta(minutes=5)

_NO_NAME = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")

LONGEST_WHO = 100

Sends = Mapping[tuple[str, str], tuple[tuple[str, datetime], ...]]
"""(ticket, intent) -> template and time of its would-be sends, oldest first."""


def sends_by_ticket(receipts: Iterator[DecisionReceipt]) -> Sends:
    """The would-be sends that verdicts can be about."""
    found: dict[tuple[str, str], tuple[tuple[str, datetime], ...]] = {}
    for receipt in receipts:
        key = (receipt.ticket_id, receipt.intent)
        found[key] = (*found.get(key, ()), (receipt.template, receipt.decided_at))
    return found


def read_verdicts(path: Path, account_id: str, sends: Sends, *, now: datetime) -> tuple[Verdict, ...]:
    """Every verdict in the file. ConfigurationError names the first bad line; then none may be stored."""
    verdicts = tuple(
        _verdict(line, f"{path.name} line {number}", account_id, sends, now)
        for number, line in enumerate(text_of(path).split("\n"), start=1)
        if line.strip()
    )
    if not verdicts:
        raise ConfigurationError(f"{path.name} holds no verdicts: write one JSON object a line.")
    return verdicts


def _verdict(line: str, where: str, account_id: str, sends: Sends, now: datetime) -> Verdict:
    row = _object(line, where)
    ticket, intent = _text(row, "ticket", where), _text(row, "intent", where)
    word = _text(row, "verdict", where)
    if word not in WORDS:
        raise ConfigurationError(f"{where}: {word!r} is no verdict: write one of {', '.join(WORDS)}.")
    template = _template(row, ticket, intent, sends, where)
    given_at = _moment(row, where, now)
    first = min(decided_at for name, decided_at in sends[ticket, intent] if name == template)
    if given_at < first.replace(microsecond=0):  # people write whole seconds
        raise ConfigurationError(
            f'{where}: "when" {given_at.isoformat()} is before the would-be send it judges, which was decided at '
            f"{first.isoformat()}: write when the verdict was given."
        )
    return Verdict(
        account_id=account_id,
        ticket_id=ticket,
        intent=intent,
        template=template,
        verdict=word,
        who=_who(row, where),
        given_at=given_at,
    )


def _who(row: Mapping[str, Any], where: str) -> str:
    who = _text(row, "who", where)
    if len(who) > LONGEST_WHO or any(unicodedata.category(char) in _NO_NAME for char in who):
        raise ConfigurationError(
            f'{where}: "who" is no name: write at most {LONGEST_WHO} characters in one line, no control characters.'
        )
    return who


def _object(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{where}: this is not JSON ({error}): write one JSON object a line.") from error
    if not isinstance(row, dict):
        raise ConfigurationError(
            f"{where}: this is no verdict: write an object with ticket, intent, verdict, who, when."
        )
    unknown = sorted(set(row) - KEYS - IGNORED)
    if unknown:
        raise ConfigurationError(f"{where}: unknown key {unknown[0]!r}: the keys are {', '.join(sorted(KEYS))}.")
    return row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Which of two values was meant, nobody can say."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _text(row: Mapping[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool) and key == "ticket":
        value = str(value)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f'{where}: "{key}" is missing or no text: write it.')
    return value.strip()


def _template(row: Mapping[str, Any], ticket: str, intent: str, sends: Sends, where: str) -> str:
    templates = [template for template, _ in sends.get((ticket, intent), ())]
    if not templates:
        raise ConfigurationError(
            f"{where}: ticket {ticket} has no would-be send with the intent {intent!r}: "
            "only what `handrail verdicts export` lists can be judged."
        )
    given = row.get("template")
    if given is None:
        return templates[-1]
    if given not in templates:
        raise ConfigurationError(f"{where}: ticket {ticket} was not drafted from the template {given!r}: leave it out.")
    return str(given)


def _moment(row: Mapping[str, Any], where: str, now: datetime) -> datetime:
    text = _text(row, "when", where)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f'{where}: "when" {text!r} is no time: write it like 2026-11-02T14:30:00Z.') from error
    if moment.tzinfo is None:
        raise ConfigurationError(f'{where}: "when" {text!r} has no time zone: write it like 2026-11-02T14:30:00Z.')
    if moment > now + AHEAD:
        raise ConfigurationError(f'{where}: "when" {text!r} is in the future: write when the verdict was given.')
    return moment


def export_rows(
    account_name: str, receipts: Iterator[DecisionReceipt], given: tuple[Verdict, ...], *, pending: bool
) -> Iterator[Mapping[str, Any]]:
    """One row per would-be send with its draft, fit to be filled in and imported again. It shows the verdict that
    counts: the last one, but no "right" after another word.
    """
    counts: dict[tuple[str, str, str, str], Verdict] = {}
    for item in given:
        key = (item.ticket_id, item.intent, item.template, item.edition)
        if item.verdict != RIGHT or key not in counts or counts[key].verdict == RIGHT:
            counts[key] = item
    for receipt in receipts:
        known = counts.get((receipt.ticket_id, receipt.intent, receipt.template, receipt.edition))
        if pending and known is not None:
            continue
        draft = receipt.body.get("draft")
        yield {
            "account": account_name,
            "ticket": receipt.ticket_id,
            "intent": receipt.intent,
            "template": receipt.template,
            "verdict": known.verdict if known else "",
            "who": known.who if known else "",
            "when": known.given_at.isoformat() if known else "",
            "decided_at": receipt.decided_at.isoformat(),
            "draft": draft.get("text", "") if isinstance(draft, Mapping) else "",
        }


def overruled(given: Sequence[Verdict], stored: Sequence[Verdict]) -> int:
    """How many of the given verdicts say "right" of a send that another verdict calls wrong: they change nothing."""

    def send(item: Verdict) -> tuple[str, str, str, str]:
        return item.ticket_id, item.intent, item.template, item.edition

    wrong = {send(item) for item in stored if item.verdict != RIGHT}
    ours = {(item.ticket_id, item.intent, item.template, item.who, item.given_at) for item in given}
    return sum(
        item.verdict == RIGHT
        and send(item) in wrong
        and (item.ticket_id, item.intent, item.template, item.who, item.given_at) in ours
        for item in stored
    )
