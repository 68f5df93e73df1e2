"""A classifier of an account's own: the starter catalogue's examples and those of the account's own tickets together.

Everything a model was trained on is kept with it, the starter's examples too: what serves an account changes when
somebody promotes another model, not when a release brings other starter examples.
"""

from __future__ import annotations

import hashlib
import json
import threading
import zlib
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from connector.errors import StoreError, StoreUnavailable
from connector.intents import Catalogue, Intent
from connector.model import UNMAPPED, Comment, Ticket, Triage
from connector.ports import Classifier, Models, TriageContext
from connector.records import OWN_MODEL, ModelContent, OwnExample, OwnModel
from connector.triage.blended import never_safer
from connector.triage.triager import EmbeddedTriager
from connector.triage.weighing import Reading

if TYPE_CHECKING:
    from connector.triage.trained import Trained

MOST_EXAMPLES = 1500
"""More own examples would take training beyond a minute; the intents then share the room evenly."""

KEPT = 16
"""How many accounts' own models a worker holds in memory, about 20 MB each."""

Base = Mapping[str, Mapping[str, Sequence[str]]]
"""Examples by intent and language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """A model fresh from training: its version and data hash, what to store, and the classifier itself."""

    version: str
    data_hash: str
    trained: bytes
    base: bytes
    examples: tuple[OwnExample, ...]
    classifier: Classifier


def train(
    catalogue: Catalogue, examples: Sequence[OwnExample], *, moved: Callable[[float], None] = lambda _share: None
) -> Challenger:
    """Train on the catalogue's examples and these, seeded: the same examples give the same model, in any order.
    `moved` is told the share that is done.
    """
    from connector.triage import classifier, material, trained, training

    own = chosen(examples)
    merged = with_examples(catalogue, {}, own)
    found = training.train(merged, material.starter(), moved=moved)
    data_hash = _data_hash(merged)
    version = OWN_MODEL + data_hash[:12]
    return Challenger(
        version=version,
        data_hash=data_hash,
        trained=trained.dump(found),
        base=pack(catalogue),
        examples=own,
        classifier=replace(classifier.ready(found, merged.version), version=version),
    )


def build(catalogue: Catalogue, version: str, content: ModelContent) -> Classifier:
    """The stored model, ready to serve. What training found is used where it fits the examples, else it is found
    again, which takes up to a minute: after an erasure, or under a release that reads features differently.
    """
    from connector.triage import classifier, material

    merged = merged_catalogue(catalogue, content)
    found = _readable(content.trained)
    if found is None or found.method != classifier.METHOD:
        from connector.triage import training

        found = training.train(merged, material.starter())
    return replace(classifier.ready(found, merged.version), version=version)


def _readable(data: bytes) -> Trained | None:
    """What training found; None where nothing is stored or it is damaged: the examples are there to learn it again."""
    from connector.triage import trained

    try:
        return trained.load(data) if data else None
    except (ValueError, KeyError):
        return None


def merged_catalogue(catalogue: Catalogue, content: ModelContent) -> Catalogue:
    """The catalogue with the examples that a stored model was trained on."""
    return with_examples(catalogue, unpack(content.base), content.examples)


def chosen(examples: Sequence[OwnExample]) -> tuple[OwnExample, ...]:
    """At most `MOST_EXAMPLES` of them, as many of each intent and language as of the others, picked by hash."""
    groups: dict[tuple[str, str], list[OwnExample]] = defaultdict(list)
    for example in sorted(examples, key=lambda item: (_hash(item.ticket_id), item.ticket_id)):
        groups[example.intent, example.language].append(example)
    ranked = [(rank, key, example) for key, group in groups.items() for rank, example in enumerate(group)]
    ranked.sort(key=lambda item: item[:2])
    kept = [example for _, _, example in ranked[:MOST_EXAMPLES]]
    return tuple(sorted(kept, key=lambda item: (item.intent, item.language, item.ticket_id)))


def with_examples(catalogue: Catalogue, base: Base, own: Iterable[OwnExample]) -> Catalogue:
    """The catalogue with the examples in `base` where it has any, and the own ones behind them."""
    more: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for example in sorted(own, key=lambda item: (item.intent, item.language, item.ticket_id)):
        more[example.intent][example.language].append(example.text)

    def extended(intent: Intent) -> Intent:
        texts = base.get(intent.key) or intent.examples
        languages = sorted({*texts, *more[intent.key]})
        together = {
            language: tuple(dict.fromkeys((*texts.get(language, ()), *more[intent.key][language])))
            for language in languages
        }
        return replace(intent, examples=MappingProxyType(together))

    merged = replace(
        catalogue,
        intents=MappingProxyType({intent.key: extended(intent) for intent in catalogue}),
        unmapped=extended(catalogue.unmapped),
    )
    return replace(merged, version=_data_hash(merged)[:12])


def pack(catalogue: Catalogue) -> bytes:
    """The catalogue's examples, to be kept with a model."""
    base = {
        intent.key: {language: list(texts) for language, texts in sorted(intent.examples.items())}
        for intent in (*catalogue, catalogue.unmapped)
    }
    return zlib.compress(json.dumps(base, ensure_ascii=True, sort_keys=True).encode(), 9)


def unpack(data: bytes) -> Base:
    """The reverse of `pack`; StoreError where the bytes are something else."""
    try:
        base = json.loads(zlib.decompress(data))
    except (zlib.error, ValueError) as error:
        raise StoreError("the examples of a stored model cannot be read: train again with `handrail train`") from error
    return {str(key): {str(lang): tuple(texts) for lang, texts in by.items()} for key, by in base.items()}


def known_intents(catalogue: Catalogue) -> frozenset[str]:
    """What an own example may be labelled with."""
    return frozenset({*catalogue.intents, UNMAPPED})


@dataclass(frozen=True, slots=True)
class OwnTriager(EmbeddedTriager):
    """Reads with an account's own classifier, and with the starter's: the own one can only add calls for a person.

    Both classify every text, so a ticket takes twice the time; the starter's is in memory anyway.
    """

    floor: Classifier | None = None
    """The starter's."""

    def _read(self, ticket: Ticket, waiting: Sequence[Comment], context: TriageContext) -> Reading:
        own = EmbeddedTriager._read(self, ticket, waiting, context)
        if self.floor is None:
            return own
        starter = EmbeddedTriager(self.catalogue, self.rules, self.floor)
        human_only = context.human_only_intents | self.catalogue.human_only
        return never_safer(own, EmbeddedTriager._read(starter, ticket, waiting, context), human_only)


class OwnTriagers:
    """Implements `ports.Triager`: every ticket is read by the model of its account, or by the starter.

    Which model is the champion is asked of the ledger for each ticket, so that a promotion counts from the next ticket
    on. Threads may share it.
    """

    def __init__(self, models: Models, starter: EmbeddedTriager, *, kept: int = KEPT) -> None:
        self._models = models
        self._starter = starter
        self._kept = kept
        self._built: OrderedDict[str, tuple[tuple[str, datetime | None], EmbeddedTriager]] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        """What the model of the ticket's account reads. RuntimeError where the stored model cannot be used: trying
        again would not help, so it must not look like a store that is busy.
        """
        try:
            triager = self.of(ticket.account_id)
        except StoreUnavailable:
            raise
        except StoreError as error:
            raise RuntimeError(str(error)) from error
        return triager.triage(ticket, context)

    def of(self, account_id: str) -> EmbeddedTriager:
        """The triager with the account's champion; the shared one where it has none."""
        champion = self._models.champion(account_id)
        if champion is None:
            return self._starter
        name = (champion.version, champion.changed_at)
        with self._lock:
            loading = self._loading.setdefault(account_id, threading.Lock())
        with loading:  # learning a model again takes up to a minute, which no other account shall wait for
            built = self._kept_model(account_id, name) or self.load(champion)
            with self._lock:
                self._built[account_id] = (name, built)
                self._built.move_to_end(account_id)
                while len(self._built) > self._kept:
                    self._built.popitem(last=False)
        return built

    def _kept_model(self, account_id: str, name: tuple[str, datetime | None]) -> EmbeddedTriager | None:
        with self._lock:
            kept = self._built.get(account_id)
        return kept[1] if kept is not None and kept[0] == name else None

    def load(self, model: OwnModel) -> EmbeddedTriager:
        """A triager with this model, whatever its state."""
        content = self._models.content(model.account_id, model.version)
        if content is None:
            raise StoreError(f"the model {model.version} is gone")
        return self.having(build(self._starter.catalogue, model.version, content))

    def having(self, classifier: Classifier) -> EmbeddedTriager:
        """A triager that reads with this classifier and calls a person wherever the starter's does. The starter's
        second opinion knows nothing of the account's own examples, and what the account's people certified they
        certified without it.
        """
        starter = self._starter
        return OwnTriager(starter.catalogue, starter.rules, classifier, None, starter.classifier)

    @property
    def lexical(self) -> EmbeddedTriager:
        """The starter without a second opinion, which is what an own model is measured against."""
        return replace(self._starter, second=None)


def _data_hash(catalogue: Catalogue) -> str:
    text = json.dumps(catalogue.labelled_examples(), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _hash(ticket_id: str) -> str:
    return hashlib.sha256(ticket_id.encode("utf-8", "surrogatepass")).hexdigest()
