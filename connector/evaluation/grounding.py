"""How many faults the checks of a draft find, and how many correct drafts they reject [G4]. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector import drafting
from connector.drafting.wording import DISCLOSURE, greeting_line, signature_lines
from connector.evaluation.intervals import share
from connector.evaluation.perturbation import APART, Fault, Perturbed, perturb
from connector.evaluation.replies import PARAPHRASED, QUOTED, Reply, Wrong
from connector.model import (
    AccountConfig,
    Channel,
    Comment,
    Draft,
    DraftCheck,
    Requester,
    Role,
    Sentiment,
    Status,
    Ticket,
    Triage,
    Visibility,
)
from connector.model.ticket import Priority

Figures = Mapping[str, Any]

SURE = (
    Fault.AMOUNT_CHANGED,
    Fault.AMOUNT_SWAPPED,
    Fault.LINK_FOREIGN,
    Fault.LINK_PATH,
    Fault.PROMISE,
)
"""What has to be found every time."""

_NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)  # a fixed moment: a measurement must not depend on the clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A reply, and the checks that failed on it with what they found; none where it may be sent."""

    reply: Reply
    failed: tuple[DraftCheck, ...]


def judge(reply: Reply, templates: drafting.Templates) -> Judged:
    """The reply as a model's draft in front of the checks, with the look-ups and passages it was written from."""
    config = config_of(reply)
    ticket = ticket_of(reply)
    triage = triage_of(reply)
    draft = draft_of(reply, ticket, config)
    _, checks = drafting.finish(draft, ticket, triage, config, templates, reply.sources, reply.lookups)
    return Judged(reply=reply, failed=tuple(check for check in checks if not check.passed))


def measure_grounding(replies: Sequence[Reply], templates: drafting.Templates) -> Figures:
    """Shares with intervals: faults found by kind and in all, and correct replies rejected by style.

    A fault in a reply that is rejected without it, too, says nothing and is left out; `left_out` counts those.
    """
    judged = [judge(reply, templates) for reply in replies]
    passing = {found.reply.id for found in judged if not found.failed}
    perturbed = perturb(replies)
    tried = [made for made in perturbed if made.reply.id in passing]
    caught = [(made, judge(made.reply, templates)) for made in tried]
    return {
        "replies": len(replies),
        "perturbed": len(perturbed),
        "left_out": len(perturbed) - len(tried),
        "caught": {fault.value: _caught(caught, {fault}) for fault in Fault},
        "caught_all": _caught(caught, set(Fault) - APART),
        "caught_sure": _caught(caught, set(SURE)),
        "rejected": {
            **{style: _rejected(found for found in judged if found.reply.style == style) for style in _STYLES},
            "all": _rejected(judged),
        },
        "rejected_by": dict(Counter(check.name for found in judged for check in found.failed).most_common()),
    }


def measure_wrong(wrong: Sequence[Wrong], correct: Sequence[Reply], templates: drafting.Templates) -> Figures:
    """Shares with intervals of subtle faults that are found: by kind, in all, and in all whose correct copy passes.

    A reply of which the correct copy is rejected as well tells little: `sure` leaves those out.
    """
    passing = {reply.id for reply in correct if not judge(reply, templates).failed}
    found = [(item, bool(judge(item.reply, templates).failed)) for item in wrong]
    kinds = Counter(item.fault for item in wrong)
    return {
        "all": _share(caught for _, caught in found),
        "copy_passes": _share(caught for item, caught in found if item.copy_of in passing),
        "kinds": {kind: _share(caught for item, caught in found if item.fault == kind) for kind in sorted(kinds)},
    }


def _share(found: Iterable[bool]) -> Figures:
    listed = list(found)
    return share(sum(listed), len(listed))


_STYLES = (QUOTED, PARAPHRASED)


def _caught(judged: Iterable[tuple[Perturbed, Judged]], faults: set[Fault]) -> Figures:
    found = [bool(one.failed) for made, one in judged if made.fault in faults]
    return share(sum(found), len(found))


def _rejected(judged: Iterable[Judged]) -> Figures:
    found = [bool(one.failed) for one in judged]
    return share(sum(found), len(found))


def config_of(reply: Reply) -> AccountConfig:
    """The account of the company that replies."""
    return AccountConfig(company=reply.company, link_hosts=reply.link_hosts, disclosure=DISCLOSURE)


def ticket_of(reply: Reply) -> Ticket:
    """The customer's message as a helpdesk would give it, from a verified sender."""
    sender = f"{reply.name.split()[0].casefold()}@example.com"
    message = Comment(
        id="1",
        author_id="7",
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text=reply.customer,
        raw_text=reply.customer,
        created_at=_NOW,
    )
    return Ticket(
        account_id="evaluation",
        id=reply.id,
        subject=reply.subject,
        requester=Requester(id="7", name=reply.name, email=sender, verified=True),
        status=Status.NEW,
        vendor_status="new",
        priority=None,
        vendor_priority=None,
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset(),
        comments=(message,),
        created_at=_NOW,
        updated_at=_NOW,
        read_at=_NOW,
        stamp=_NOW.isoformat(),
    )


def triage_of(reply: Reply) -> Triage:
    """A reading of the ticket without any doubt."""
    return Triage(
        intent=reply.intent,
        confidence=0.95,
        ranked=((reply.intent, 0.95),),
        human_only_probability=0.01,
        out_of_scope=0.01,
        language=reply.language,
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts=reply.facts,
        hits=(),
    )


def draft_of(reply: Reply, ticket: Ticket, config: AccountConfig) -> Draft:
    """The reply as a model would have written it, with the lines around it that are added to every draft."""
    parts = (
        greeting_line(config, ticket.requester, reply.language),
        " ".join(statement.text for statement in reply.statements),
        signature_lines(config, reply.language),
        drafting.disclosure_line(config, reply.language),
    )
    return Draft(
        text="\n\n".join(parts),
        language=reply.language,
        author="measured",
        template="",
        sources=reply.sources,
        facts={},
        statements=reply.statements,
    )
