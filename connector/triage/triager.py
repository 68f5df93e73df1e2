"""Puts the parts together: one ticket in, one `Triage` out [T1-T3]. No network, no clock, milliseconds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from connector.intents import Catalogue
from connector.model import UNMAPPED, Comment, Role, Signal, SignalHit, Ticket, Triage
from connector.plaintext import HIDDEN_TEXT_FIELD, PLAINTEXT_CHARS
from connector.ports import Classifier, TriageContext
from connector.records import ENCODED_MODEL
from connector.triage.besides import besides, foreign, surely
from connector.triage.blended import blend, stricter
from connector.triage.facts import find_facts
from connector.triage.footers import footers
from connector.triage.language import detect
from connector.triage.lookalikes import lookalikes
from connector.triage.priority import prioritise
from connector.triage.sentences import MAX_CHARS, split_sentences
from connector.triage.sentiment import sentiment, urgency
from connector.triage.signals import RULES_CHARS, Rules
from connector.triage.weighing import ALARM, Reading, weigh

OUT_OF_SCOPE_LIMIT = 0.5
"""From here on the ticket carries the signal; the policy's own limit is compared with the score."""

HINT_SCORE = 0.12
"""What the classifier must give a signal for a single hint to count: less speaks against it."""

SHORT_WORDS = 8
_GAP = "\n\n"
_QUOTES = "\"'„“”‚‘’«»*_ \n"


@dataclass(frozen=True, slots=True)
class EmbeddedTriager:
    """Implements `ports.Triager` on a catalogue, its trained classifier and the signal rules; threads may share it."""

    catalogue: Catalogue
    rules: Rules
    classifier: Classifier
    second: Classifier | None = None
    """Asked about whole texts only, which is what a slow one has time for. It may change the intent; it makes nothing
    look safer."""

    @property
    def model(self) -> str:
        """What read a ticket, for its receipt; `records.ENCODED_MODEL` begins it where a second opinion was asked."""
        read = self.classifier.version if self.second is None else _both(self.classifier, self.second)
        return f"{read}+{self.rules.version}"

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        """Intent, probabilities, signals, facts, language and priority of the ticket's unanswered messages."""
        waiting = ticket.unanswered or ticket.customer_messages[-1:]
        said = _joined(ticket.subject, [comment.text for comment in waiting])
        reading = self._read(ticket, waiting, context)
        also, near = self._lookalikes(said, reading)
        language = _language(ticket, waiting)
        hits = _each_once(
            (*self._hits(ticket, waiting, reading, also), *near, *self._beside(ticket, waiting, context, language))
        )
        signals = {hit.signal for hit in hits}
        return Triage(
            intent=reading.intent,
            confidence=reading.confidence,
            ranked=reading.ranked,
            human_only_probability=reading.human_only,
            out_of_scope=reading.out_of_scope,
            language=language,
            sentiment=sentiment(said),
            priority=prioritise(
                intent=reading.intent,
                tier=self.catalogue.get(reading.intent).tier,
                signals=signals,
                urgency=urgency(said),
            ),
            facts=_facts(ticket, waiting, reading.intent),
            hits=hits,
            also=also,
            model=self.model,
        )

    def _read(self, ticket: Ticket, waiting: Sequence[Comment], context: TriageContext) -> Reading:
        """What the classifier makes of the whole, of the newest message and of every sentence, in one call."""
        whole = _joined(ticket.subject, [comment.text for comment in waiting])
        newest = _joined(ticket.subject, [comment.text for comment in waiting[-1:]])
        texts = tuple(dict.fromkeys((whole, newest, *(sentences := split_sentences(whole)))))
        found = dict(zip(texts, self.classifier.classify(texts), strict=True))
        weighed = partial(
            weigh,
            newest_text=newest,
            sentences=tuple((sentence, found[sentence]) for sentence in sentences),
            human_only=context.human_only_intents | self.catalogue.human_only,
        )
        first = weighed(whole=found[whole], newest=found[newest])
        if self.second is None:
            return first
        wholes = tuple(dict.fromkeys((whole, newest)))
        both = {
            text: blend(found[text], other) for text, other in zip(wholes, self.second.classify(wholes), strict=True)
        }
        return stricter(first, weighed(whole=both[whole], newest=both[newest]))

    def _lookalikes(self, said: str, reading: Reading) -> tuple[tuple[str, ...], tuple[SignalHit, ...]]:
        """The further intents with those that single words raise, and the hits that say which words."""
        found = lookalikes(said, reading.intent)
        known = tuple(row.matter for row, _ in found if row.matter == UNMAPPED or row.matter in self.catalogue)
        hits = tuple(SignalHit(signal=Signal.NEAR_MISS, rule=row.id, matched=words) for row, words in found)
        return tuple(dict.fromkeys((*reading.also, *known))), hits

    def _hits(
        self, ticket: Ticket, waiting: Sequence[Comment], reading: Reading, also: Sequence[str]
    ) -> tuple[SignalHit, ...]:
        everything = _joined(ticket.subject, [comment.text for comment in waiting], limit=PLAINTEXT_CHARS)
        hits = list(self.rules.hits(everything))
        if len(everything) > MAX_CHARS:
            hits.append(_too_long(everything))
        # Whoever of the team has written on the ticket knows more of it than we do, and may be about to write again.
        if any(comment.role is Role.AGENT for comment in ticket.comments):
            hits.append(SignalHit(signal=Signal.ALREADY_HANDLED, rule="person-on-ticket", matched=""))
        # One word is enough to call a person, and the automatic reply itself invites it: "Re: Order 48551" as the
        # subject or a greeting above it must not hide that the word is all there is.
        for part in _single_words(waiting):
            hits += self.rules.hits(part, only=Signal.ASKS_FOR_HUMAN)
        # An instruction to us may stand where no customer would look: in quoted history or in hidden HTML.
        behind = _joined(
            str(ticket.custom_fields.get(HIDDEN_TEXT_FIELD, "")),
            [comment.raw_text for comment in waiting],
            limit=PLAINTEXT_CHARS,
        )
        if behind.strip() not in everything:
            hits += self.rules.hits(behind, only=Signal.INJECTION)
        hits = _borne_out(hits, reading.alarms)
        hits += [
            SignalHit(signal=Signal(name), rule="learnt", matched=f"{score:.2f}")
            for name, score in reading.alarms.items()
            if score >= ALARM
        ]
        if reading.out_of_scope >= OUT_OF_SCOPE_LIMIT or reading.intent == UNMAPPED:
            hits.append(SignalHit(signal=Signal.OUT_OF_SCOPE, rule="classifier", matched=f"{reading.out_of_scope:.2f}"))
        if len({self.catalogue.get(key).tier for key in (reading.intent, *also)}) > 1:
            hits.append(SignalHit(signal=Signal.MIXED, rule="classifier", matched=", ".join(also)))
        return _each_once(hits)

    def _beside(
        self, ticket: Ticket, waiting: Sequence[Comment], context: TriageContext, language: str
    ) -> tuple[SignalHit, ...]:
        """What speaks for a person elsewhere than in the words that the classifier reads."""
        config = context.config
        hits = besides(self.rules, ticket, waiting, own_tags=config.tag_prefix)
        # What he wrote where history and signatures stand he wrote, too.
        own = (*config.disclosure.values(), *config.signature.values(), *config.greeting.values())
        if below := footers(ticket, waiting, own):
            hits += surely(self.rules.hits(below))
            if len(below) > RULES_CHARS:
                hits.append(_too_long(below))
        # A language that nobody here reads is the policy's business where the whole message is in it.
        if language in config.languages:
            hits += foreign(waiting, config.languages)
        return _each_once(hits)


def _each_once(hits: Sequence[SignalHit]) -> tuple[SignalHit, ...]:
    return tuple({(hit.signal, hit.rule): hit for hit in reversed(hits)}.values())[::-1]


def _borne_out(hits: Sequence[SignalHit], alarms: Mapping[str, float]) -> list[SignalHit]:
    """The hits without hints that nothing else bears out. Where nothing was learnt, nothing speaks against a hint."""
    rows = {(hit.signal, hit.rule) for hit in hits}
    of_signal = Counter(signal for signal, _ in rows)
    return [
        hit
        for hit in hits
        if not hit.hint or of_signal[hit.signal] > 1 or alarms.get(hit.signal.value, 1.0) >= HINT_SCORE
    ]


def _both(classifier: Classifier, second: Classifier) -> str:
    return f"{ENCODED_MODEL}-{second.version}-{classifier.version}"


def _single_words(waiting: Sequence[Comment]) -> tuple[str, ...]:
    """Messages of a few words, and their sentences, each by itself."""
    short = [comment.text for comment in waiting if len(comment.text.split()) <= SHORT_WORDS]
    return tuple(dict.fromkeys(part.strip(_QUOTES) for text in short for part in (text, *split_sentences(text))))


def _joined(subject: str, texts: Sequence[str], *, limit: int = MAX_CHARS) -> str:
    """The texts in order below the subject; where they are too long together, the oldest give way."""
    kept: list[str] = []
    room = limit
    for text in (subject.strip()[:limit], *(text.strip() for text in reversed(texts))):
        if text and room > 0:
            kept.append(text[:room])
            room -= len(text) + len(_GAP)
    first = kept[:1] if subject.strip() else []
    return _GAP.join((*first, *reversed(kept[len(first) :])))


def _too_long(text: str) -> SignalHit:
    """Nobody has read all of it with care; a person must before an answer goes out."""
    return SignalHit(signal=Signal.OUT_OF_SCOPE, rule="too-long", matched=f"{len(text)} characters")


def _language(ticket: Ticket, waiting: Sequence[Comment]) -> str:
    """The newest message tells most; a subject only helps where it is too short to tell."""
    newest = waiting[-1].text if waiting else ""
    found = detect(newest)
    if found != "und":
        return found
    return detect(_joined(ticket.subject, [comment.text for comment in waiting]), ticket.requester.language)


def _facts(ticket: Ticket, waiting: Sequence[Comment], intent: str) -> Mapping[str, str]:
    """Facts of the whole thread; what was said last counts first."""
    earlier = [comment for comment in ticket.customer_messages if comment not in waiting]
    texts = [comment.text for comment in (*reversed(waiting), *reversed(earlier))]
    return find_facts([*texts[:1], ticket.subject, *texts[1:]], intent=intent)
