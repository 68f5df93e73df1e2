"""The embedded drafter: fills the approved template of an intent from look-ups, sources and facts [G2].

Nothing here writes a sentence of its own: every word comes from a template, a source or the account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.drafting.details import own_reference, thread_facts
from connector.drafting.links import is_allowed
from connector.drafting.passages import chosen, quoted
from connector.drafting.sentences import fold
from connector.drafting.spelling import is_code, spelt
from connector.drafting.templates import PASSAGE_SLOT, SLOT, Template, Templates, Variant
from connector.drafting.wording import disclosure_line, greeting_line, signature_lines
from connector.model import AccountConfig, Draft, LookupAnswer, Source, Ticket, Triage
from connector.ports import Allowance

EMBEDDED = "embedded"
"""The author of drafts made here."""

# Facts of the ticket are the customer's own text. Only references are ever repeated, and only where they
# look like one.
_REFERENCES = ("order_number", "invoice_number", "customer_number", "ticket_number")
_REFERENCE = re.compile(r"(?=[^\n]*\d)#? ?[A-Za-z0-9][A-Za-z0-9 #./-]{1,28}[A-Za-z0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What is approved to be said about this ticket: the wording that the known facts select.

    `facts` are all that are known, `passages` those of the sources that the wording may repeat, `lines` its sentences
    as the team speaks.
    """

    template: Template
    variant: Variant
    facts: Mapping[str, str]
    passages: tuple[Source, ...]
    language: str
    lines: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """Intent and variant."""
        return f"{self.template.intent}/{self.variant.name}"

    @property
    def approved(self) -> Source:
        """The wording as a source: it was approved, what fills it must be proved apart."""
        text = "\n".join(line for line in self.lines if line)
        return Source(id=f"template:{self.name}", title=self.name, text=text)


def outline(
    ticket: Ticket,
    triage: Triage,
    config: AccountConfig,
    templates: Templates,
    lookups: Mapping[str, LookupAnswer],
    passages: Sequence[Source],
) -> Outline | None:
    """The approved wording for this ticket; None where there is none in the customer's language."""
    template = templates.get(triage.intent)
    language = triage.language
    if template is None or language not in config.languages or not template.speaks(language):
        return None
    question = "\n".join([ticket.subject, *(comment.text for comment in ticket.unanswered)])
    repeated = chosen(passages, question, most=template.passages) if template.from_sources else ()
    facts = {
        **_known_facts(template, _given(ticket, triage), config, lookups, language),
        **(_passage_facts(repeated, question, config) if repeated else {}),
    }
    variant = next((variant for variant in template.variants if variant.applies(facts)), None)
    if variant is None:
        return None
    return Outline(
        template=template,
        variant=variant,
        facts=facts,
        passages=repeated,
        language=language,
        lines=variant.wording(language, config.tone),
        missing=_missing(template, variant, triage, facts),
    )


def draft(
    ticket: Ticket,
    triage: Triage,
    config: AccountConfig,
    templates: Templates,
    lookups: Mapping[str, LookupAnswer],
    passages: Sequence[Source],
) -> Draft | None:
    """The reply to this ticket, or None when there is no template in the customer's language.

    `lookups` are by kind. `missing` names what a person has to add or ask for; such a draft is not complete.
    """
    found = outline(ticket, triage, config, templates, lookups, passages)
    if found is None:
        return None
    language = found.language
    body, used = _fill(found.lines, found.facts, language)
    greeting = greeting_line(config, ticket.requester, language)
    if not greeting.endswith(","):
        body = body[:1].upper() + body[1:]  # German goes on in lower case after a comma only
    parts = [
        greeting,
        body,
        signature_lines(config, language),
        disclosure_line(config, language),
    ]
    return Draft(
        text="\n\n".join(part for part in parts if part),
        language=language,
        author=EMBEDDED,
        template=found.name,
        sources=(*(found.passages if PASSAGE_SLOT in used else ()), found.approved),
        facts={name: found.facts[name] for name in used if name != PASSAGE_SLOT},
        missing=found.missing,
        promises_hand_off=found.variant.promises_hand_off,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedDrafter:
    """Implements `ports.Drafter` on the approved templates, without any model."""

    templates: Templates

    def draft(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        lookups: Mapping[str, LookupAnswer],
        *,
        allowance: Allowance | None = None,
    ) -> Draft | None:
        """The filled template of the intent, or None when there is none in the customer's language; asks nobody."""
        return draft(ticket, triage, config, self.templates, lookups, sources)


def _given(ticket: Ticket, triage: Triage) -> Mapping[str, str]:
    """What was told on the ticket; of several numbers the requester's own newest one, as it is looked up."""
    own = {name: value for name in _REFERENCES if (value := own_reference(name, ticket, triage))}
    return {**thread_facts(ticket, triage), **own}


def _known_facts(
    template: Template,
    given: Mapping[str, str],
    config: AccountConfig,
    lookups: Mapping[str, LookupAnswer],
    language: str,
) -> dict[str, str]:
    facts = {"company": config.company}
    for name, by_language in config.facts.items():
        facts[name] = by_language.get(language) or by_language.get("*", "")
    for name in _REFERENCES:
        value = " ".join(given.get(name, "").split())
        if _REFERENCE.fullmatch(value):
            facts[name] = value
    for kind in template.needs:
        answer = lookups.get(kind)
        if answer is not None:
            facts.update(answer.facts)
    return {name: value.strip() for name, value in facts.items() if value.strip()}


def _passage_facts(passages: Sequence[Source], question: str, config: AccountConfig) -> dict[str, str]:
    facts = {PASSAGE_SLOT: quoted(passages, question)}
    if passages[0].past:  # a customer cannot read it anywhere
        return facts if facts[PASSAGE_SLOT] else {}
    facts["source_title"] = passages[0].title
    if is_allowed(passages[0].url, config.link_hosts):
        facts["source_url"] = passages[0].url
    return {name: value for name, value in facts.items() if value}


def _fill(lines: Sequence[str], facts: Mapping[str, str], language: str) -> tuple[str, tuple[str, ...]]:
    """The sentences whose facts are all known, joined to paragraphs, and the names of the facts used."""
    paragraphs: list[list[str]] = [[]]
    used: list[str] = []
    for line in lines:
        names = SLOT.findall(line)
        if not line:
            paragraphs.append([])
        elif all(name in facts and not is_code(name, facts[name]) for name in names):
            filled = SLOT.sub(lambda match: spelt(facts[match.group(1)], language), line)
            paragraphs[-1].append(filled)
            used.extend(name for name in names if name not in used)
    return "\n\n".join(" ".join(paragraph) for paragraph in paragraphs if paragraph), tuple(used)


def _missing(template: Template, variant: Variant, triage: Triage, facts: Mapping[str, str]) -> tuple[str, ...]:
    missing = [*variant.asks, *variant.lacks]
    missing.extend(name for name in template.not_with if triage.facts.get(name))
    answer = fold(facts.get(PASSAGE_SLOT, ""))
    if answer:
        missing.extend(
            name for name in template.must_cover if triage.facts.get(name) and fold(triage.facts[name]) not in answer
        )
    return tuple(dict.fromkeys(missing))
