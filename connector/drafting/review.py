"""The checks on a finished draft, whoever wrote it [G4]. Each says what it found; none can be turned off."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.drafting import grounding, hygiene
from connector.drafting.evidence import Evidence, gather
from connector.drafting.links import foreign_links
from connector.drafting.sentences import sentences
from connector.drafting.wording import disclosure_line, without_disclosure
from connector.model import AccountConfig, Draft, DraftCheck, LookupAnswer, Ticket, Triage

# How a text asks for something, and by which words it names what it asks for.
_ASKING = re.compile(
    r"\?|\b(?:please|could you|can you|kindly|let us know|tell us|send us|provide|need your|bitte|könn(?:t)?en sie|"
    r"teilen sie|nennen sie|schicken sie|senden sie|benötigen|brauchen)\b",
    re.IGNORECASE,
)
_ASKED_FACTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "order_number": r"\border (?:number|no\b|id)|\bbestell-?(?:nummer|nr)|auftragsnummer",
        "invoice_number": r"\binvoice (?:number|no\b)|rechnungs-?(?:nummer|nr)",
        "customer_number": r"\bcustomer (?:number|id)|kunden-?(?:nummer|nr)",
        "email": r"\be-?mail(?: address|-?adresse)",
        "phone": r"\bphone number|\btelefonnummer|\brufnummer",
        "address": r"\b(?:delivery|postal|shipping|new) address|\b(?:liefer|post|versand)?anschrift|lieferadresse",
        "amount": r"\bwhat amount|\bthe amount\b|welche[rn]? betrag|\bden betrag\b",
        "date": r"\bwhat date|\bthe date\b|\bdas datum\b|an welchem tag",
        "product": r"\bwhich (?:product|item|model)|\bname of the product|welche[sn]? (?:produkt|artikel|modell)",
        "workspace": r"\b(?:name of (?:your|the) )?workspace\b",
        "plan": r"\bwhich plan|welche[rn]? tarif",
        "error_code": r"\berror (?:code|message)|fehler(?:code|meldung)",
        "browser": r"\bwhich browser|welche[rn]? browser",
    }.items()
}
_HAND_OFF = re.compile(
    r"""\b(?:
      (?:a|one\s+of\s+our|my|our)\s+(?:colleagues?|team|specialists?|agents?|experts?)\b.{0,40}?
        \b(?:will|is\s+going\s+to|are\s+going\s+to)
     |we(?:'ll|\s+will)\s+(?:get\s+back|look\s+into|check|review|follow\s+up|come\s+back|pass|forward|be\s+in\s+touch)
     |i(?:'ll|\s+will)\s+(?:pass|forward|hand|escalate|check)
     |(?:have|has\s+been|am|are)\s+(?:forward(?:ed|ing)|pass(?:ed|ing)|escalat\w+|hand(?:ed|ing))\s
     |(?:kolleg\w+|mitarbeiter\w*|unser\s+team|fachabteilung)\b.{0,60}?
        \b(?:meldet|melden|prüft|prüfen|kümmert|kümmern|antwortet|antworten|sieht|schaut|wird|werden)
     |wir\s+(?:melden\s+uns|prüfen|kümmern\s+uns|leiten|klären|geben\s.{0,40}\sweiter)
     |(?:leite|gebe)\s.{0,60}weiter|weitergeleitet|weitergegeben
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One draft with all it is judged by. `body` is the text without the disclosure line."""

    draft: Draft
    body: str
    triage: Triage
    config: AccountConfig
    lookups: Mapping[str, LookupAnswer]
    evidence: Evidence


def review(
    draft: Draft, ticket: Ticket, triage: Triage, config: AccountConfig, lookups: Mapping[str, LookupAnswer]
) -> tuple[DraftCheck, ...]:
    """Every check with its outcome, always all of them and in the same order.

    The draft's own sources and its promise of a hand-off are believed: `finish` sees to it that they can be.
    A check that fails to run fails: doubt ends with a person.
    """
    case = _Case(
        draft=draft,
        body=without_disclosure(draft.text, config, draft.language),
        triage=triage,
        config=config,
        lookups=lookups,
        evidence=gather(draft, ticket, triage, config, lookups),
    )
    return tuple(_run(name, check, case) for name, check in _CHECKS.items())


def _run(name: str, check: Callable[[_Case], str], case: _Case) -> DraftCheck:
    try:
        found = check(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks a check, the draft must not leave unchecked
        found = f"the check could not run ({type(error).__name__})"
    return DraftCheck(name=name, passed=not found, detail=found)


def _grounded(case: _Case) -> str:
    found = grounding.grounded(case.draft.text, case.evidence)
    if not found and case.draft.language == "en":
        found = grounding.unknown_capitals(case.body, case.evidence)
    return found


def _no_commitment(case: _Case) -> str:
    return grounding.commitment(case.draft.text, case.evidence)


def _no_secrets(case: _Case) -> str:
    return hygiene.secret(case.draft.text, _given(case.lookups))


def _given(lookups: Mapping[str, LookupAnswer]) -> tuple[str, ...]:
    """Look-up values that look like secrets but are the customer's own: links and tracking numbers."""
    return tuple(
        value
        for answer in lookups.values()
        for name, value in answer.facts.items()
        if value.startswith("https://") or name == "tracking_number"
    )


def _no_foreign_data(case: _Case) -> str:
    return grounding.foreign_data(case.draft.text, case.evidence)


def _no_placeholders(case: _Case) -> str:
    return hygiene.placeholder(case.draft.text)


def _links_allowed(case: _Case) -> str:
    refused = foreign_links(case.draft.text, case.config.link_hosts)
    return f"not an allowed link: {refused[0]}" if refused else ""


def _no_images(case: _Case) -> str:
    return hygiene.image(case.draft.text)


def _language_matches(case: _Case) -> str:
    if case.draft.language != case.triage.language:
        return f"written for “{case.draft.language}”, the customer writes “{case.triage.language}”"
    found = hygiene.other_language(case.body, case.draft.language)
    return f"reads as: {found}" if found else ""


def _asks_nothing_known(case: _Case) -> str:
    for line in sentences(case.body):
        if not _ASKING.search(line):
            continue
        for name, pattern in _ASKED_FACTS.items():
            if case.triage.facts.get(name) and pattern.search(line) and case.triage.facts[name] not in line:
                return f"asks for a fact already given: {name}"
    return ""


def _hand_off_kept(case: _Case) -> str:
    promise = _HAND_OFF.search(case.body)
    if promise is None or case.draft.promises_hand_off:
        return ""
    return f"promises “{promise.group()[:60]}” but causes no hand-off"


def _disclosure_present(case: _Case) -> str:
    line = disclosure_line(case.config, case.draft.language)
    if not line:
        return f"no disclosure line for “{case.draft.language}”"
    return "" if case.draft.text.rstrip().endswith(line) else "does not end with the disclosure line"


def _length_and_tone(case: _Case) -> str:
    return hygiene.tone(case.body) or hygiene.disguise(case.draft.text, case.evidence.proof)


_CHECKS: Mapping[str, Callable[[_Case], str]] = {
    "grounded": _grounded,
    "no_commitment": _no_commitment,
    "no_secrets": _no_secrets,
    "no_foreign_data": _no_foreign_data,
    "no_placeholders": _no_placeholders,
    "links_allowed": _links_allowed,
    "no_images": _no_images,
    "language_matches": _language_matches,
    "asks_nothing_known": _asks_nothing_known,
    "hand_off_kept": _hand_off_kept,
    "disclosure_present": _disclosure_present,
    "length_and_tone": _length_and_tone,
}

CHECK_NAMES = tuple(_CHECKS)
"""The names of all checks, in order."""
