"""The checks on a finished draft, whoever wrote it [G4]. Each says what it found; none can be turned off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connector.drafting import grounding, hygiene, style
from connector.drafting.asking import asks_for_known
from connector.drafting.details import thread_facts
from connector.drafting.evidence import Evidence, gather
from connector.drafting.handing import find_hand_off
from connector.drafting.links import foreign_links
from connector.drafting.names import unknown_name
from connector.drafting.sentences import sentences
from connector.drafting.statements import contradictions
from connector.drafting.support import carries, unsupported
from connector.drafting.wording import disclosure_line, without_disclosure
from connector.model import AccountConfig, Draft, DraftCheck, LookupAnswer, Ticket, Triage


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One draft with all it is judged by. `body` is the text without the disclosure line."""

    draft: Draft
    body: str
    ticket: Ticket
    triage: Triage
    config: AccountConfig
    lookups: Mapping[str, LookupAnswer]
    evidence: Evidence


def review(
    draft: Draft,
    ticket: Ticket,
    triage: Triage,
    config: AccountConfig,
    lookups: Mapping[str, LookupAnswer],
    evidence: Evidence | None = None,
) -> tuple[DraftCheck, ...]:
    """Every check with its outcome, always all of them and in the same order.

    The draft's own sources and its promise of a hand-off are believed: `finish` sees to it that they can be.
    A check that fails to run fails: doubt ends with a person. `evidence`: what `gather` gave for these, if it ran.
    """
    case = _Case(
        draft=draft,
        body=without_disclosure(draft.text, config, draft.language),
        ticket=ticket,
        triage=triage,
        config=config,
        lookups=lookups,
        evidence=evidence or gather(draft, ticket, triage, config, lookups),
    )
    return tuple(_run(name, check, case) for name, check in _CHECKS.items())


_Found = str | tuple[str, ...]
"""What a check found: what is wrong, or the sentences that a person should look at. Empty when all is well."""


def _run(name: str, check: Callable[[_Case], _Found], case: _Case) -> DraftCheck:
    try:
        found = check(case)
    except Exception as error:  # noqa: BLE001 - whatever breaks a check, the draft must not leave unchecked
        found = f"the check could not run ({type(error).__name__})"
    if isinstance(found, tuple):
        return DraftCheck(name=name, passed=not found, detail=" ".join(f"“{line}”" for line in found), doubtful=found)
    return DraftCheck(name=name, passed=not found, detail=found)


def _grounded(case: _Case) -> _Found:
    found = grounding.grounded(case.draft.text, case.evidence)
    if found:
        return found
    known = case.evidence
    if name := unknown_name(
        case.body, case.draft.language, known.known_words, known.known_stems, known.named_kinds, _names(case.lookups)
    ):
        return f"name not known: {name}"
    contrary = contradictions(case.body, known.grounds)
    if certain := next((said.told for said in contrary if said.certain), ""):
        return certain
    doubtful = dict.fromkeys((*(said.sentence for said in contrary), *unsupported(case.body, known)))
    return tuple(doubtful) if carries(case.body, tuple(doubtful)) else "most of it stands in no source"


def _names(lookups: Mapping[str, LookupAnswer]) -> tuple[str, ...]:
    """What look-ups gave in letters and with a capital, such as the carrier."""
    values = [value for answer in lookups.values() for value in answer.facts.values()]
    return tuple(value for value in values if value[:1].isupper() and not any(char.isdigit() for char in value))


def _no_commitment(case: _Case) -> _Found:
    return grounding.commitment(case.draft.text, case.evidence, case.evidence.grounds)


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
    return asks_for_known(case.body, thread_facts(case.ticket, case.triage))


def _hand_off_kept(case: _Case) -> str:
    promise = find_hand_off(case.body)
    if not promise or case.draft.promises_hand_off:
        return ""
    return f"promises “{promise[:60]}” but causes no hand-off"


def _disclosure_present(case: _Case) -> str:
    line = disclosure_line(case.config, case.draft.language)
    if not line:
        return f"no disclosure line for “{case.draft.language}”"
    return "" if case.draft.text.rstrip().endswith(line) else "does not end with the disclosure line"


def _length_and_tone(case: _Case) -> str:
    return hygiene.tone(case.body, case.draft.language) or hygiene.disguise(case.draft.text, case.evidence.proof)


def _house_style(case: _Case) -> str:
    lines = [line for line in sentences(case.body) if not case.evidence.grounds.is_approved(line)]
    return style.deviation("\n".join(lines), case.body, case.draft.language, case.config)


_CHECKS: Mapping[str, Callable[[_Case], _Found]] = {
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
    "house_style": _house_style,
}

CHECK_NAMES = tuple(_CHECKS)
"""The names of all checks, in order."""
