"""What every draft goes through, whoever wrote it: its claims are replaced by what we know, it is reviewed, and
what must not be shown is taken out [G4, G5].

A model may have been talked into anything by the ticket it read. So a draft is only ever its text: which sources
count, what is missing and whether a hand-off follows is decided here, from what the drafter was given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from connector.drafting.compose import Outline, outline
from connector.drafting.evidence import Evidence, gather
from connector.drafting.handing import find_hand_off
from connector.drafting.review import review
from connector.drafting.showing import shown
from connector.drafting.templates import Templates
from connector.drafting.wording import without_disclosure
from connector.model import AccountConfig, Draft, DraftCheck, LookupAnswer, Source, Ticket, Triage

NO_APPROVED_REPLY = "approved_reply"
"""What a draft lacks for which the team has no approved template in the customer's language."""

PERSON = "person"
"""What a draft lacks that promises an answer by a person where nobody approved that: a person, before it may leave."""

_FACT = re.compile(r"[a-z][a-z0-9_]{0,40}")


def finish(
    draft: Draft,
    ticket: Ticket,
    triage: Triage,
    config: AccountConfig,
    templates: Templates,
    sources: Sequence[Source],
    lookups: Mapping[str, LookupAnswer],
) -> tuple[Draft, tuple[DraftCheck, ...]]:
    """The draft as it may be shown, and its checks.

    A draft that passes every check keeps its text to the letter. Of any other, foreign links, images, secrets,
    other people's data and hidden characters are taken out, of the checks' details as well: nothing of it leads
    an agent or a helpdesk's preview elsewhere.
    """
    known = outline(ticket, triage, config, templates, lookups, sources)
    vouched = _vouched(draft, known, config, sources)
    evidence = gather(vouched, ticket, triage, config, lookups)
    checks = review(vouched, ticket, triage, config, lookups, evidence)
    if all(check.passed for check in checks):
        return vouched, checks
    text = shown(vouched.text, evidence, config.link_hosts)
    return replace(vouched, text=text), tuple(_shown_check(check, evidence, config) for check in checks)


def _shown_check(check: DraftCheck, evidence: Evidence, config: AccountConfig) -> DraftCheck:
    return replace(
        check,
        detail=shown(check.detail, evidence, config.link_hosts),
        doubtful=tuple(shown(line, evidence, config.link_hosts) for line in check.doubtful),
    )


def _vouched(draft: Draft, known: Outline | None, config: AccountConfig, sources: Sequence[Source]) -> Draft:
    """The draft with nothing on its own word but text, language and author."""
    given = {source.id: source for source in sources}
    if known is not None:
        given[known.approved.id] = known.approved
    own = known.missing if known is not None else (NO_APPROVED_REPLY,)
    missing = tuple(dict.fromkeys((*own, *(name for name in draft.missing if _FACT.fullmatch(name)))))
    promises = draft.promises_hand_off or bool(find_hand_off(without_disclosure(draft.text, config, draft.language)))
    if promises and not (known is not None and known.variant.promises_hand_off):
        # The promise is kept: the draft waits for a person, who answers as it says.
        missing = missing or (PERSON,)
    cited = dict.fromkeys(source.id for source in draft.sources if source.id in given)
    return replace(
        draft,
        template=draft.template if known is not None and draft.template == known.name else "",
        sources=tuple(given[source_id] for source_id in cited),
        facts={name: value for name, value in draft.facts.items() if known and known.facts.get(name) == value},
        missing=missing,
        promises_hand_off=promises,
        statements=tuple(
            replace(statement, sources=tuple(dict.fromkeys(name for name in statement.sources if name in given)))
            for statement in draft.statements
        ),
    )
