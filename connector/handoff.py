"""The hand-off: a card with everything a person needs, and the texts and tags that go on the ticket [H].

The card is made without any model, by taking sentences out of what the customer wrote; so it is ready at
once, works in every language and cannot invent anything. Pure.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from connector.citations import cited_lines, named, numbered
from connector.drafting.details import thread_facts
from connector.drafting.links import without_links
from connector.drafting.sentences import sentences
from connector.model import (
    Action,
    Attachment,
    Card,
    Comment,
    Decision,
    Draft,
    DraftCheck,
    Effect,
    Source,
    Ticket,
    Triage,
)

SUMMARY_LIMIT = 300
LIST_LIMIT = 5
LINE_LIMIT = 200
TAG_LIMIT = 32

_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|"
    r"grüß gott|sehr geehrte|liebe[rs]?|bonjour|hola|ciao|buongiorno|dzień dobry|goedendag|beste|salut|olá)"
    r"\b[^.?!]{0,60}$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm |with )?(?:thanks|regards|wishes|cheers|thank you)|yours|sincerely|sent from|"
    r"(?:mit )?(?:freundliche|herzliche|viele|liebe|beste|schöne)[nr]? grü(?:ß|ss)|vielen dank|danke|gruß|lg|mfg|vg|"
    r"merci|cordialement|gracias|un saludo|saluti|grazie|pozdrawiam|met vriendelijke|groet|bedankt)\b.{0,60}$",
    re.IGNORECASE,
)
_TRIED = re.compile(
    r"\b(?:(?:have|has|'ve|i|we) (?:already |also |even )?(?:tried|checked|restarted|reinstalled|cleared|asked|called|"
    r"rebooted|updated|reset|looked|searched|contacted|requested)|tried|so far|ausprobiert|versucht|probiert|"
    r"neu gestartet|schon (?:\w+ ){0,3}(?:gemacht|geprüft|gefragt|angerufen|gesucht|geschaut|nachgesehen)|bereits|"
    r"j'ai (?:déjà )?(?:essayé|vérifié)|he (?:probado|intentado)|ho (?:provato|controllato)|próbowałem|próbowałam|"
    r"geprobeerd)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^(?:(?:and|also|und|auch|so|ok|or|oder)[ ,]+)*(?:who|what|when|where|which|why|how|can|could|do|does|did|is|are|"
    r"will|would|should|may|wer|was|wann|wo|wohin|woher|welche[rsnm]?|warum|wie|wieviel|kann|könnte|können|könnt|ist|sind|gibt|"
    r"darf|wird|werden|muss|habt|haben|hat|quand|où|comment|cuándo|cómo|dónde|quando|dove|come|kiedy|gdzie|jak|czy|"
    r"wanneer|waar|hoe)\b",
    re.IGNORECASE,
)
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "draft": "draft", "auto_send": "sent", "hand_off": "hand-off", "shadow": "shadow", "ignore": "ignored",
        "intent": "Intent", "summary": "Summary", "priority": "Priority", "next": "Next step", "owner": "Owner",
        "facts": "Already given", "asked": "Asked", "tried": "Already tried", "mood": "Sentiment",
        "language": "Language", "why": "Why", "checks": "Checks that failed", "missing": "Missing for the reply",
        "doubtful": "Please compare with the sources",
        "sources": "Sources", "approved": "Reply approved by your team", "macros": "Suggested macros",
        "begin": "Draft reply", "end": "End of draft",
        "attachments": "Attachments", "empty": "(no text)", "cited": "What the draft rests on",
        "low": "low", "normal": "normal", "high": "high", "urgent": "urgent",
        "negative": "negative", "neutral": "neutral", "positive": "positive",
    },
    "de": {
        "draft": "draft", "auto_send": "sent", "hand_off": "hand-off", "shadow": "shadow", "ignore": "ignored",
        "intent": "Anliegen", "summary": "Zusammenfassung", "priority": "Priorität", "next": "Nächster Schritt",
        "owner": "Zuständig", "facts": "Schon genannt", "asked": "Gefragt", "tried": "Schon versucht",
        "mood": "Stimmung", "language": "Sprache", "why": "Warum", "checks": "Nicht bestandene Prüfungen",
        "doubtful": "Bitte mit den Quellen vergleichen",
        "missing": "Für die Antwort fehlt", "sources": "Quellen", "macros": "Passende Makros",
        "approved": "Von Ihrem Team freigegebene Antwort",
        "begin": "Antwortentwurf", "end": "Ende des Entwurfs", "attachments": "Anhänge", "empty": "(kein Text)",
        "cited": "Worauf der Entwurf beruht",
        "low": "niedrig", "normal": "normal", "high": "hoch", "urgent": "dringend",
        "negative": "negativ", "neutral": "neutral", "positive": "positiv",
    },
}  # fmt: skip
_STATE_TAGS = {Action.DRAFT: "draft", Action.AUTO_SEND: "sent", Action.HAND_OFF: "handoff"}


def card(
    ticket: Ticket,
    triage: Triage,
    decision: Decision,
    *,
    labels: Mapping[str, tuple[str, str]],
    owner: str,
    sources: Sequence[Source],
    macros: Sequence[str],
    reason_words: Sequence[str],
) -> Card:
    """The card for a person. Intent, summary, priority and next action are never empty.

    `labels` maps an intent to its (label, next action) in the agents' language; `reason_words` are the
    decision's reasons as sentences.
    """
    label, next_action = labels.get(decision.intent, ("", ""))
    waiting = ticket.unanswered or ticket.customer_messages[-1:]
    text = "\n".join(_said(comment) for comment in waiting)
    facts = gathered_facts(ticket, triage)
    return Card(
        intent=label or decision.intent or triage.intent or "unmapped",
        summary=summary(ticket, waiting),
        priority=triage.priority,
        next_action=next_action or "Read the conversation and answer the customer.",
        facts=facts,
        asked=_questions(text),
        tried=_listed(line for line in sentences(_thread(ticket)) if _TRIED.search(line)),
        sentiment=triage.sentiment,
        language=triage.language,
        reasons=tuple(dict.fromkeys(reason_words)),
        sources=tuple(sources),
        macros=tuple(macros),
        owner=owner,
    )


def summary(ticket: Ticket, waiting: Sequence[Comment]) -> str:
    """One or two of the customer's own sentences that say what it is about; never empty."""
    lines = [line for comment in waiting for line in sentences(_said(comment)) if _is_matter(line)]
    subject = " ".join(ticket.subject.split())
    chosen = sorted(sorted(range(len(lines)), key=lambda at: (-_weight(lines[at], at), at))[:2])
    told = _clip(" ".join(lines[at] for at in chosen), SUMMARY_LIMIT)
    if subject and len(told) + len(subject) + 2 <= SUMMARY_LIMIT and subject.casefold() not in told.casefold():
        told = f"{subject}: {told}" if told else subject
    if told:
        return told
    names = [attachment.name for attachment in _attachments(waiting)]
    return _clip(" ".join([_WORDS["en"]["empty"], *names]), SUMMARY_LIMIT)


def gathered_facts(ticket: Ticket, triage: Triage) -> dict[str, str]:
    """What the customer gave anywhere in the thread [H3]."""
    return dict(thread_facts(ticket, triage))


def render_note(
    action: Action,
    card: Card,
    draft: Draft | None,
    *,
    reference: str,
    language: str,
    failed_checks: Sequence[DraftCheck] = (),
    disclosure: str = "",
) -> str:
    """The internal note as plain text: title line, card, draft, reasons, sources, and the reference as last line.

    `disclosure` is left out of the draft: a reply that a person sends is not automatic.
    """
    words = _WORDS.get(language.partition("-")[0], _WORDS["en"])
    parts = [f"Handrail: {words[action.value]}", _card_lines(card, words)]
    if draft is not None:
        parts.append(_draft_lines(draft, words, disclosure))
    parts += [
        _bullets(words["missing"], draft.missing if draft else ()),
        _bullets(words["doubtful"], dict.fromkeys(f"“{line}”" for check in failed_checks for line in check.doubtful)),
        _bullets(words["checks"], (_check_line(check) for check in failed_checks if check.withholds)),
        _bullets(words["why"], card.reasons),
        _bullets(words["sources"], _source_lines(card, draft, words["approved"])),
        _bullets(words["cited"], cited_lines(draft) if draft else ()),
        _bullets(words["macros"], card.macros),
        f"Ref {reference}",
    ]
    return "\n\n".join(part for part in parts if part)


def render_reply(draft: Draft) -> str:
    """The public reply as plain text; it ends with the disclosure line that every draft carries."""
    return draft.text.strip()


def carries_hand_off(effect: Effect, prefix: str) -> bool:
    """Whether this write brings a card that hands the ticket to a person."""
    wanted, _ = tags(prefix, "", Action.HAND_OFF)
    others, _ = tags(prefix, "", Action.DRAFT)
    return wanted - others <= effect.tags_add


def tags(
    prefix: str, intent: str, action: Action, present: Collection[str] = ()
) -> tuple[frozenset[str], frozenset[str]]:
    """(to add, to remove): our mark, the intent and the state; of the tags present only our own go, others never."""
    prefix = prefix.rstrip("_-") + "_"
    wanted = {_fitting(prefix.rstrip("_"), ""), _fitting(prefix, intent)}
    if action in _STATE_TAGS:
        wanted.add(_fitting(prefix, _STATE_TAGS[action]))
    own = {tag for tag in present if tag.startswith(prefix)}
    return frozenset(wanted), frozenset(own - wanted)


def _fitting(prefix: str, name: str) -> str:
    """A tag within the vendors' limit; what is too long is cut and told apart by a stable hash."""
    tag = re.sub(r"[^a-z0-9_/-]", "_", (prefix + name).lower())
    if len(tag) <= TAG_LIMIT:
        return tag
    return f"{tag[: TAG_LIMIT - 6]}_{hashlib.sha256(tag.encode()).hexdigest()[:5]}"


def _said(comment: Comment) -> str:
    return comment.text.strip() or comment.raw_text.strip()


def _thread(ticket: Ticket) -> str:
    return "\n".join(_said(comment) for comment in ticket.customer_messages)


def _is_matter(line: str) -> bool:
    return bool(re.search(r"\w", line)) and not _GREETING.match(line) and not _CLOSING.match(line)


def _weight(line: str, position: int) -> float:
    """How much a sentence says about the matter: questions, details and early sentences come first."""
    weight = 3.0 if line.rstrip().endswith("?") else 0.0
    weight += 2.0 * bool(re.search(r"\d", line))
    weight += 1.0 * bool(re.search(r"\b(?:please|bitte|need|would like|want|möchte|brauche|benötige)\b", line, re.I))
    weight -= 1.5 if len(line) < 15 else 0.0
    return weight - 0.15 * position


def _questions(text: str) -> tuple[str, ...]:
    return _listed(
        line
        for line in sentences(text)
        if line.rstrip(" \"'”“)").endswith("?")
        or (_ASKS.match(line) and len(line) < LINE_LIMIT and line[-1] not in ".!:")
    )


def _listed(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_clip(line.strip("-•* "), LINE_LIMIT) for line in lines))[:LIST_LIMIT]


def _clip(text: str, limit: int) -> str:
    text = " ".join(text.split())
    if len(text) <= limit:
        return text
    return text[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:- ") + "…"


def _attachments(waiting: Sequence[Comment]) -> list[Attachment]:
    return [attachment for comment in waiting for attachment in comment.attachments]


def _card_lines(card: Card, words: Mapping[str, str]) -> str:
    lines = [
        f"{words['intent']}: {card.intent}",
        f"{words['summary']}: {without_links(card.summary)}",
        f"{words['priority']}: {words[card.priority.value]}",
        f"{words['next']}: {card.next_action}",
    ]
    if card.owner:
        lines.append(f"{words['owner']}: {card.owner}")
    lines += [f"{words['mood']}: {words[card.sentiment.value]}", f"{words['language']}: {card.language}"]
    if card.facts:
        facts = (f"{_spoken(name)}: {without_links(value)}" for name, value in card.facts.items())
        lines.append(f"{words['facts']}: " + "; ".join(facts))
    asked, tried = map(without_links, card.asked), map(without_links, card.tried)
    parts = ["\n".join(lines), _bullets(words["asked"], asked), _bullets(words["tried"], tried)]
    return "\n\n".join(part for part in parts if part)


def _spoken(name: str) -> str:
    return name.replace("_", " ")


def _draft_lines(draft: Draft, words: Mapping[str, str], disclosure: str) -> str:
    text = draft.text.strip()
    if disclosure:
        text = text.removesuffix(disclosure.strip()).rstrip()
    return f"----- {words['begin']} -----\n{text}\n----- {words['end']} -----"


def _check_line(check: DraftCheck) -> str:
    return f"{_spoken(check.name)}: {check.detail}" if check.detail else _spoken(check.name)


def _source_lines(card: Card, draft: Draft | None, approved: str) -> tuple[str, ...]:
    """What the draft rests on, else what the card offers; each once, approved templates as `approved`.

    They are numbered where the draft says of its sentences which rests on which. Such a draft that cites none (it rests
    on order data, or is all courtesy) has none: what it was not written from is no source of it.
    """
    if draft and draft.statements:
        return numbered(draft.sources, approved)
    sources = draft.sources if draft and draft.sources else card.sources
    return tuple(dict.fromkeys(named(source, approved) for source in sources))


def _bullets(heading: str, lines: Iterable[str]) -> str:
    items = [f"- {' '.join(line.split())}" for line in lines]
    return "\n".join([f"{heading}:", *items]) if items else ""
