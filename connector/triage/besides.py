"""What a ticket carries beside its messages: hidden text, form fields, attachments, tags, other languages.

Nobody who reads the message sees it, or nobody has read it at all; where it may matter, a person does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from connector.model import HUMAN_ONLY_SIGNALS, Attachment, Comment, Signal, SignalHit, Ticket
from connector.plaintext import HIDDEN_TEXT_FIELD
from connector.triage.footers import unknown_lines, without_phrases
from connector.triage.language import other_language
from connector.triage.lexicon import words
from connector.triage.sentences import MAX_CHARS, fold, split_sentences
from connector.triage.signals import Rules

_SMALL_PICTURE = 100_000
# What mail programs attach by themselves: the pictures of a signature, a certificate, a visiting card.
_OF_A_PROGRAM = re.compile(
    r"(?:(?:image\d{3}|logo[\w-]{0,40}|outlook-[\w-]{1,60}|signature[\w-]{0,20})\.(?:png|gif|jpe?g)"
    r"|smime\.p7[sm]|signature\.asc|[\w .-]{1,60}\.vcf)\Z",
    re.IGNORECASE,
)
_NOT_WORD = re.compile(r"[\W_]+")
_TAG = re.compile(r"<[^<>]{0,2000}>")
_STYLES = re.compile(r"\{[^{}]{0,2000}\}")


def besides(rules: Rules, ticket: Ticket, waiting: Sequence[Comment], *, own_tags: str) -> list[SignalHit]:
    """Hits for all of it but the languages; `own_tags` is how the product's own tags begin."""
    attached = [one for comment in waiting for one in comment.attachments]
    hits = surely(rules.hits("\n\n".join((*_fields(ticket), *(_NOT_WORD.sub(" ", one.name) for one in attached)))))
    if found := [one for one in attached if not _is_of_a_program(one)]:
        hits.append(_draft("attachment", f"{len(found)} attached"))
    if tag := _telling_tag(ticket.tags, own_tags):
        hits.append(_draft("tag", tag))
    hidden = _hidden(ticket, waiting)
    if signals := sorted({hit.signal for hit in surely(rules.hits(hidden))}):
        hits.append(_draft("hidden-text", ", ".join(signals)))
    return hits


def surely(hits: Iterable[SignalHit]) -> list[SignalHit]:
    """Those that mean a person, none of them a hint: what the classifier has learnt was not asked about this text."""
    return [
        SignalHit(signal=hit.signal, rule=hit.rule, matched=hit.matched)
        for hit in hits
        if hit.signal in HUMAN_ONLY_SIGNALS
    ]


def foreign(waiting: Sequence[Comment], supported: Collection[str]) -> list[SignalHit]:
    """A hit where a sentence of a message is surely in none of the supported languages."""
    sentences = dict.fromkeys(sentence for comment in waiting for sentence in split_sentences(comment.text))
    for sentence in sentences:
        if language := other_language(sentence, supported):
            return [_draft("other-language", language)]
    return []


def _draft(rule: str, matched: str) -> SignalHit:
    return SignalHit(signal=Signal.OUT_OF_SCOPE, rule=rule, matched=matched)


def _fields(ticket: Ticket) -> list[str]:
    """The texts of the form, each a paragraph; not what we keep there ourselves."""
    found: list[str] = []
    for key, value in ticket.custom_fields.items():
        values = value if isinstance(value, list | tuple) else (value,)
        if key != HIDDEN_TEXT_FIELD:
            found += [one[:MAX_CHARS] for one in values if isinstance(one, str) and any(map(str.isalpha, one))]
    return found


def _hidden(ticket: Ticket, waiting: Sequence[Comment]) -> str:
    """The hidden text without markup, style rules and what the messages show as well."""
    hidden = str(ticket.custom_fields.get(HIDDEN_TEXT_FIELD, ""))
    if not hidden:
        return ""
    plain = _STYLES.sub("\n", _TAG.sub("\n", hidden))
    left = unknown_lines(plain, (ticket.subject, *(comment.raw_text for comment in waiting)))
    return without_phrases("\n".join(fold(line) for line in left))


def _is_of_a_program(attachment: Attachment) -> bool:
    return attachment.size_bytes <= _SMALL_PICTURE and _OF_A_PROGRAM.match(attachment.name.strip()) is not None


def _telling_tag(tags: Iterable[str], own: str) -> str | None:
    known = words("tags")
    for tag in sorted(tags):
        if not (own and tag.startswith(own)) and known.find("person", fold(_NOT_WORD.sub(" ", tag))):
            return tag[:120]
    return None
