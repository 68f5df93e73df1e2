"""A good answer to the prompt "reply": sentences of the given sources, joined, cited, in the language asked."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.model import phrases
from connector.sandbox.model.words import blocks, clipped, language_of, matter, sentences, shared, terms

STATEMENT_LIMIT = 4
"""So many sentences of one source an answer takes over."""
SUMMARY_LIMIT = 240
ENOUGH = 1.0
"""Words that a source must share with a short question, at least, to count as an answer; half more with a long one."""
SHORT = 3
FACTS = "facts"
"""What a statement cites that repeats a fact."""
_APPROVED = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*")
"""The title of a source that is a whole reply, filled in already: template and variant, as `order_status/shipped`."""
APPROVED_LIMIT = 8

_ORDER = re.compile(
    r"\b(?:orders?|ordered|parcel|package|shipment|shipped|deliver\w*|arriv\w*|track\w*|bestell\w*|paket\w*|liefer\w*|"
    r"sendung\w*|versand\w*|verschickt|zustell\w*|invoice|rechnung\w*)\b",
    re.IGNORECASE,
)
_FAMILIAR = re.compile(r"\b(?:informal|familiar|casual|du)\b", re.IGNORECASE)
_THANKS = re.compile(r"(?:many )?thank|vielen dank|danke|herzlichen dank", re.IGNORECASE)
_PROMISE = re.compile(r"\b(?:colleague|our team will|kolleg\w*|unser team (?:wird|meldet|übernimmt))", re.IGNORECASE)
# A sentence that begins so can follow "and" without a change of its own.
_OPENERS = {
    "en": ("The", "Your", "Our", "There", "You", "We"),
    "de": ("Der", "Die", "Das", "Ihre", "Ihr", "Unsere", "Unser", "Diese", "Dieser"),
}
_AND = {"en": "and", "de": "und"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of sentences of one source, and how well it fits the question."""

    source: Mapping[str, Any]
    sentences: tuple[str, ...] = field(repr=False)
    score: float


def reply(document: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as an object of the schema "reply"; `needs_human` where neither facts nor sources fit."""
    language = str(document.get("language") or "en")
    question = newest_question(document)
    familiar = _FAMILIAR.search(str(document.get("tone", ""))) is not None
    told, rests_on = _told(document, question, language)
    courteous = bool(told) and _THANKS.match(str(told[0]["text"])) is not None
    opening = [] if courteous else [phrases.thanks(language, familiar=familiar)]
    ending = [phrases.closing(language, familiar=familiar)] if told else []
    actions = phrases.NEXT_ACTION[_language_of_team(document, language)]
    return {
        "statements": [*_courtesies(opening), *told, *_courtesies(ending)],
        "summary": clipped(matter(question), SUMMARY_LIMIT),
        "next_action": actions["send" if told and rests_on else "facts" if told else "person"].format(title=rests_on),
        "promises_hand_off": any(_PROMISE.search(str(statement["text"])) for statement in told),
        "needs_human": not told,
    }


def _told(document: Mapping[str, Any], question: str, language: str) -> tuple[list[dict[str, Any]], str]:
    """The statements, and the title of what they rest on; none where nothing fits."""
    approved, title = _approved(document, language)
    about_facts = bool(flat(document.get("facts"))) and _ORDER.search(question) is not None
    if about_facts and approved:
        return approved, title
    if about_facts and (told := _from_facts(document, language)):
        return told, ""
    passage = best_passage(document, question, language)
    if passage is not None:
        return _from_passage(passage, language), str(passage.source.get("title", ""))
    return approved, title


def _approved(document: Mapping[str, Any], language: str) -> tuple[list[dict[str, Any]], str]:
    """The approved reply where it is the best source, all of it, and its title; nothing where it is not."""
    sources = [source for source in document.get("sources") or () if isinstance(source, Mapping)]
    title = str(sources[0].get("title", "")) if sources else ""
    if _APPROVED.fullmatch(title) is None:
        return [], ""
    told = sentences(str(sources[0].get("text", "")))[:APPROVED_LIMIT]
    return [{"text": text, "sources": [str(sources[0].get("id", ""))]} for text in joined(told, language)], title


def _courtesies(texts: Sequence[str]) -> list[dict[str, Any]]:
    return [{"text": text, "sources": []} for text in texts if text]


def _language_of_team(document: Mapping[str, Any], language: str) -> str:
    """Agents may read another language than the customer; the guidance says so."""
    guidance = str(document.get("guidance", ""))
    for name, spoken in (("German", "de"), ("English", "en")):
        if name in guidance:
            return spoken
    return "de" if language == "de" else "en"


def newest_question(document: Mapping[str, Any]) -> str:
    """What the customer wrote last; the messages come newest first."""
    for message in document.get("messages") or ():
        if isinstance(message, Mapping) and message.get("from") == "customer":
            return str(message.get("text", ""))
    return ""


def best_passage(document: Mapping[str, Any], question: str, language: str) -> Passage | None:
    """The part of the sources that fits best; None where none fits or none is in that language."""
    sources = [source for source in document.get("sources") or () if isinstance(source, Mapping)]
    usable = [source for source in sources if language_of(str(source.get("text", ""))) in (language, "")]
    wanted = terms(question)
    weights = _weights(wanted, [terms(f"{source.get('title', '')} {source.get('text', '')}") for source in usable])
    passages = [
        Passage(source=source, sentences=tuple(run), score=_score(weights, source, run))
        for source in usable
        for block in blocks(str(source.get("text", "")))
        for run in _runs(block)
    ]
    enough = ENOUGH if len(wanted) <= SHORT else 1.5 * ENOUGH
    fitting = [passage for passage in passages if shared(wanted, _words(passage)) >= enough]
    return max(fitting, key=lambda passage: passage.score, default=None)


def _words(passage: Passage) -> frozenset[str]:
    return terms(" ".join((str(passage.source.get("title", "")), *passage.sentences)))


def _weights(wanted: frozenset[str], offered: Sequence[frozenset[str]]) -> Mapping[str, float]:
    """Words that stand in few of the sources say more about which one is meant."""
    count = len(offered)
    return {
        term: 0.4 + math.log((count + 1) / (0.5 + sum(shared([term], words) > 0 for words in offered))) / 2
        for term in wanted
    }


def _score(weights: Mapping[str, float], source: Mapping[str, Any], run: Sequence[str]) -> float:
    text, title = terms(" ".join(run)), terms(str(source.get("title", "")))
    return sum(weight * (shared([term], text) + 1.2 * shared([term], title)) for term, weight in weights.items())


def _runs(block: Sequence[str]) -> list[Sequence[str]]:
    """Parts of a paragraph that can stand alone: all of it where it is short."""
    last = max(1, len(block) - STATEMENT_LIMIT + 1)
    return [block[start : start + STATEMENT_LIMIT] for start in range(last)]


def _from_passage(passage: Passage, language: str) -> list[dict[str, Any]]:
    cited = [str(passage.source.get("id", ""))]
    return [{"text": text, "sources": cited} for text in joined(passage.sentences, language)]


def joined(told: Sequence[str], language: str) -> list[str]:
    """The sentences, the first two short ones that allow it made into one."""
    for at, (first, second) in enumerate(itertools.pairwise(told)):
        if _joins(first, second, language):
            both = f"{first[:-1]}, {_AND[language]} {second[0].lower()}{second[1:]}"
            return [*told[:at], both, *told[at + 2 :]]
    return list(told)


def _joins(first: str, second: str, language: str) -> bool:
    if language not in _AND or len(first) + len(second) > 180 or second.split(" ", 1)[0] not in _OPENERS[language]:
        return False
    if _THANKS.match(first):
        return False
    whole = first.endswith(".") and first[-2:-1].isalpha() and second.endswith(".")
    return whole and not any(sign in first + second for sign in (";", ":", "?", f" {_AND[language]} "))


def _from_facts(document: Mapping[str, Any], language: str) -> list[dict[str, Any]]:
    """What the look-up says about the order, every value exactly as given."""
    facts = flat(document.get("facts") or {})
    known = phrases.FACTS.get(language)
    if known is None:
        return []
    told = [known[key].format(value=value) for key, value in facts.items() if key in known]
    status = facts.get("status", "")
    if status:
        words = phrases.STATUS[language]
        pattern = words.get(status.lower(), words[""])
        number = facts.get("order_number", facts.get("reference", ""))
        told.insert(0, " ".join(pattern.format(number=number, status=status).split()))
    return [{"text": text, "sources": [FACTS]} for text in told]


def flat(facts: Any) -> dict[str, str]:
    """Facts by their innermost name; the first of two of one name counts."""
    found: dict[str, str] = {}
    if not isinstance(facts, Mapping):
        return found
    for key, value in facts.items():
        if isinstance(value, Mapping):
            found = {**flat(value), **found}
        elif isinstance(value, str | int | float) and str(value).strip():
            found.setdefault(str(key), str(value))
    return found
