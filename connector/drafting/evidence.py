"""What a statement of a draft may rest on, in a form in which spellings of one value are equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from connector.drafting.alignment import line_tokens
from connector.drafting.figures import proving
from connector.drafting.links import find_emails, find_links
from connector.drafting.names import named_kinds
from connector.drafting.paths import Path, find_paths
from connector.drafting.sentences import content_stems, fold, sentences, squash, wording, words
from connector.drafting.statements import Grounds, grounds
from connector.drafting.values import dates, find_values, values
from connector.drafting.wording import disclosure_line, greeting_line, signature_lines
from connector.model import AccountConfig, Draft, LookupAnswer, Role, Ticket, Triage, Visibility

RUN = 4
"""So many words in a row are no chance."""


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every `RUN` words in a row, folded."""
    found = [fold(word) for word in words(text)]
    return frozenset(tuple(found[at : at + RUN]) for at in range(len(found) - RUN + 1))


def _values_in(text: str) -> frozenset[str]:
    """The values of all lines; a day names its month."""
    found = {value for line in text.splitlines() for value in values(line)}
    return frozenset(found | {f"month {month}" for month, _, _ in dates(text)})


@dataclass(frozen=True)
class Evidence:
    """Two pools. `proof` (sources, look-ups, account) supports any statement; `told` (what was said on the
    ticket) supports only an echo: a promise, an amount or a link in the ticket proves nothing."""

    proof: str
    told: str
    approved: str  # the part of the proof that is approved prose: sources and the account's own lines
    grounds: Grounds
    requester_email: str = ""

    @cached_property
    def proven_values(self) -> frozenset[str]:
        """Values in the proof."""
        return _values_in(self.proof)

    @cached_property
    def proven_phones(self) -> frozenset[str]:
        """Phone numbers in the proof."""
        return frozenset(
            value.text for line in self.proof.splitlines() for value in find_values(line) if value.kind == "phone"
        )

    @cached_property
    def told_values(self) -> frozenset[str]:
        """Values on the ticket: amounts, periods and times of which only the customer speaks."""
        return _values_in(self.told)

    @cached_property
    def proven_paths(self) -> tuple[Path, ...]:
        """Paths through menus in the proof."""
        return tuple(path for line in self.proof.splitlines() for path in find_paths(line))

    @cached_property
    def proven_dates(self) -> frozenset[tuple[int, int, int | None]]:
        """Days in the proof: a day that only the customer names is a wish."""
        return dates(self.proof)

    @cached_property
    def told_dates(self) -> frozenset[tuple[int, int, int | None]]:
        """Days on the ticket."""
        return dates(self.told)

    @cached_property
    def known_numbers(self) -> frozenset[str]:
        """Runs of digits in either pool."""
        runs = re.findall(r"\d+", f"{self.proof}\n{self.told}")
        return frozenset(run.lstrip("0") or "0" for run in runs)

    @cached_property
    def known_stems(self) -> frozenset[str]:
        """Word beginnings in either pool."""
        return frozenset(content_stems(f"{self.proof}\n{self.told}"))

    @cached_property
    def proven_stems(self) -> frozenset[str]:
        """Word beginnings in the proof."""
        return frozenset(content_stems(self.proof))

    @cached_property
    def known_tokens(self) -> frozenset[str]:
        """What the words of either pool mean."""
        return self.proven_tokens | {token for line in self.grounds.told for token in line.tokens}

    @cached_property
    def proven_tokens(self) -> frozenset[str]:
        """What the words of the proof mean."""
        return frozenset(token for text in self.proof.splitlines() for token in line_tokens(text))

    @cached_property
    def told_runs(self) -> frozenset[tuple[str, ...]]:
        """Every `RUN` words in a row that stand on the ticket."""
        return word_runs(self.told)

    @cached_property
    def proven_runs(self) -> frozenset[tuple[str, ...]]:
        """Every `RUN` words in a row that stand in the proof."""
        return word_runs(self.proof)

    @cached_property
    def told_sentences(self) -> frozenset[str]:
        """Sentences and lines of the ticket, without layout."""
        return frozenset(
            squash(line) for text in (self.told, self.told.replace(":", ".\n")) for line in sentences(text)
        )

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Folded words in either pool."""
        return frozenset(re.findall(r"\w+", fold(f"{self.proof}\n{self.told}")))

    @cached_property
    def named_kinds(self) -> frozenset[str]:
        """Words that the proof puts before a name."""
        return named_kinds(self.proof)

    @cached_property
    def squashed(self) -> str:
        """Both pools without layout, to find references whatever their spacing."""
        return " ".join(squash(line) for text in (self.proof, self.told) for line in text.splitlines())

    @cached_property
    def proven_links(self) -> frozenset[str]:
        """Links in the proof."""
        return frozenset(find_links(self.proof))

    @cached_property
    def known_emails(self) -> frozenset[str]:
        """Mail addresses in the proof, and the requester's: one that he names may be anybody's."""
        return frozenset(find_emails(f"{self.proof}\n{self.requester_email}"))

    @property
    def approved_sentences(self) -> frozenset[tuple[str, str]]:
        """Sentences that stand in approved prose, without layout."""
        return self.grounds.approved


def gather(
    draft: Draft, ticket: Ticket, triage: Triage, config: AccountConfig, lookups: Mapping[str, LookupAnswer]
) -> Evidence:
    """Everything this draft may rest on."""
    draft = replace(draft, sources=tuple(map(proving, draft.sources)))
    language = draft.language
    approved = [
        disclosure_line(config, language),
        greeting_line(config, ticket.requester, language),
        signature_lines(config, language),
        *(line for source in draft.sources for line in (source.title, source.text)),
    ]
    proof = [
        *approved,
        config.company,
        *(text for texts in config.facts.values() for text in texts.values()),
        *config.own_addresses,
        *(source.url for source in draft.sources),
        *(text for answer in lookups.values() for text in (answer.reference, *answer.facts.values())),
    ]
    told = [
        ticket.subject,
        ticket.requester.name,
        ticket.requester.email or "",
        *triage.facts.values(),
        *(comment.text for comment in ticket.comments if _counts(comment.role, comment.visibility)),
    ]
    prose = "\n".join(approved)
    return Evidence(
        proof="\n".join(proof),
        told="\n".join(told),
        approved=prose,
        grounds=grounds(
            draft,
            lookups=lookups,
            account=(config.company, *(text for texts in config.facts.values() for text in texts.values())),
            told=told,
            approved=frozenset(wording(line) for line in sentences(prose)),
        ),
        requester_email=ticket.requester.email or "",
    )


def _counts(role: Role, visibility: Visibility) -> bool:
    """Internal notes are not for the customer's eyes, so nothing may be quoted from them."""
    return visibility is Visibility.PUBLIC and role is not Role.SYSTEM
