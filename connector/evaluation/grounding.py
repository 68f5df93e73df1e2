"""How many faults the checks of a draft find, and how many correct drafts they reject [G4]. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from connector import drafting
from connector.drafting.sentences import squash
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

    @property
    def withheld(self) -> bool:
        """Whether something wrong was found: an agent gets the approved template instead."""
        return any(check.withholds for check in self.failed)

    @property
    def marked(self) -> tuple[str, ...]:
        """The sentences that an agent is asked to check."""
        return tuple(squash(line) for check in self.failed for line in check.doubtful)

    def points_at(self, statement: str) -> bool:
        """Whether a person is kept from this statement, or pointed at it."""
        said = squash(statement)
        return self.withheld or any(line in said or said in line for line in self.marked)


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

    A reply is rejected that is withheld; one with marked sentences is shown, and counted as marked. A fault is found
    where the draft is withheld or the faulty sentence marked (`only_marked` of those). A fault in a reply that is
    rejected without it, or in a sentence that is marked without it, says nothing and is left out.
    """
    judged = {reply.id: judge(reply, templates) for reply in replies}
    perturbed = perturb(replies)
    tried = [made for made in perturbed if not _says_nothing(made, judged[made.reply.id])]
    found = [(made, judge(made.reply, templates)) for made in tried]
    return {
        "replies": len(replies),
        "perturbed": len(perturbed),
        "left_out": len(perturbed) - len(tried),
        "caught": {fault.value: _caught(found, {fault}) for fault in Fault},
        "caught_all": _caught(found, set(Fault) - APART),
        "caught_sure": _caught(found, set(SURE)),
        "only_marked": _only_marked(found, set(Fault) - APART),
        "rejected": _by_style(judged.values(), lambda one: one.withheld),
        "marked": _by_style(judged.values(), lambda one: bool(one.marked) and not one.withheld),
        "not_sent": _by_style(judged.values(), lambda one: bool(one.failed)),
        "rejected_by": dict(
            Counter(check.name for one in judged.values() for check in one.failed if check.withholds).most_common()
        ),
    }


def _says_nothing(made: Perturbed, without: Judged) -> bool:
    before = without.reply.statements
    changed = len(before) == len(made.reply.statements)
    return without.withheld or (changed and without.points_at(before[made.at].text))


def measure_wrong(wrong: Sequence[Wrong], correct: Sequence[Reply], templates: drafting.Templates) -> Figures:
    """Shares with intervals of subtle faults that are found: by kind, in all, and in all whose correct copy is clean.

    A reply of which the correct copy is withheld or marked as well tells little: `copy_passes` leaves those out.
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


_Found = Sequence[tuple[Perturbed, Judged]]


def _caught(found: _Found, faults: set[Fault]) -> Figures:
    return _share(one.points_at(made.statement) for made, one in found if made.fault in faults)


def _only_marked(found: _Found, faults: set[Fault]) -> Figures:
    return _share(not one.withheld and one.points_at(made.statement) for made, one in found if made.fault in faults)


def _by_style(judged: Iterable[Judged], counts: Callable[[Judged], bool]) -> Figures:
    listed = list(judged)
    return {
        **{style: _share(counts(one) for one in listed if one.reply.style == style) for style in _STYLES},
        "all": _share(map(counts, listed)),
    }


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
