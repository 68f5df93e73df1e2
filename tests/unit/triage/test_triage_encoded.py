"""The second opinion over an encoder's vectors, with a tiny encoder in the place of the real one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from triage_builders import WordEncoder, small_catalogue, ticket

from connector import starters
from connector.errors import ConfigurationError
from connector.intents import parse_catalogue
from connector.model import AccountConfig
from connector.ports import Classification, Classifier, TriageContext
from connector.records import ENCODED_MODEL
from connector.triage import EmbeddedTriager, encoded, encoded_training, parse_rules
from connector.triage.blended import blend
from connector.triage.encoder import NAME
from connector.triage.material import Alarm, Material, Message, starter_version
from connector.triage.training import fit


def message(text: str, *, person: bool = False) -> Message:
    return Message(text=text, intent="order_status", language="en", tier="auto", person=person, signals=frozenset())


CATALOGUE = small_catalogue()
MATERIAL = Material(
    messages=(
        *(message(f"where is parcel {n}, a present for a friend") for n in range(30)),
        *(message(f"where is parcel {n}, my neighbour was hurt by it", person=True) for n in range(30)),
    ),
    alarms=(Alarm(signal="safety", positive=("there was smoke",) * 4, negative=("smoke grey please",)),),
    version="x",
)
ENCODER = WordEncoder()
HEADS = encoded_training.train(CATALOGUE, MATERIAL, ENCODER)
SECOND = encoded.ready(HEADS, ENCODER, CATALOGUE, "x")
CONTEXT = TriageContext(config=AccountConfig(company="Brightwater"), human_only_intents=frozenset())


def test_it_is_a_classifier() -> None:
    checked: Classifier = SECOND
    assert checked.classify([]) == ()


def test_it_tells_intents_apart() -> None:
    texts = [
        "when does my parcel arrive",
        "what are your opening hours",
        "charged twice, money back",
        "cheap advertising space",
    ]
    found = [max(item.probabilities, key=item.probabilities.__getitem__) for item in SECOND.classify(texts)]
    assert found == ["order_status", "contact_and_hours", "billing_dispute", "unmapped"]


def test_it_learns_whether_a_person_must_answer() -> None:
    calm, grave = SECOND.classify(["is the present for my friend here", "somebody was hurt by it"])
    assert calm.person is not None
    assert grave.person is not None
    assert calm.person < 0.5 < grave.person


def test_it_learns_what_alarms() -> None:
    smoke, grey, parcel = SECOND.classify(["there was smoke", "smoke grey please", "where is parcel 3, a present"])
    assert smoke.signals["safety"] >= 0.5
    assert grey.signals["safety"] < 0.5
    assert parcel.signals["safety"] < 0.5


def test_what_was_stored_reads_like_what_was_trained() -> None:
    stored = encoded.load(encoded.dump(HEADS))
    texts = ["where is my parcel", "", "xyz"]
    assert encoded.ready(stored, ENCODER, CATALOGUE, "x").classify(texts) == SECOND.classify(texts)


def test_the_same_training_gives_the_same_bytes() -> None:
    again = encoded_training.train(CATALOGUE, MATERIAL, WordEncoder())
    assert encoded.dump(again) == encoded.dump(HEADS)


def test_a_file_that_is_something_else_is_refused() -> None:
    with pytest.raises((ValueError, KeyError)):
        encoded.load(b"something else")


def test_heads_of_another_encoder_are_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"with the encoder words 1, and words 2 is in use"):
        encoded.ready(HEADS, WordEncoder("words 2"), CATALOGUE, "x")


def test_heads_learnt_from_something_else_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="other examples"):
        encoded.ready(HEADS, ENCODER, CATALOGUE, "y")


def test_the_shipped_heads_belong_to_the_starter_and_to_the_pinned_encoder() -> None:
    heads = encoded.shipped()
    catalogue = parse_catalogue(starters.folder("intents"))
    assert heads is not None
    assert heads.encoder == NAME
    assert heads.digest == encoded.digest(catalogue, starter_version(), NAME), (
        "starter-encoder.npz is stale: run `make train EXTRAS=encoder`"
    )
    assert heads.weights.shape == (384, len(heads.classes) + 1 + len(heads.signals))
    assert np.isfinite(heads.weights).all()


class Listening:
    """A classifier that remembers what it was asked."""

    version = "listening"

    def __init__(self, found: Classification) -> None:
        self.found = found
        self.asked: list[str] = []

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        self.asked += texts
        return tuple(self.found for _ in texts)


SMALL = fit(CATALOGUE)
TICKET = ticket("Where is my parcel, please? When does it arrive? I have been waiting for it.", "Parcel")


def triager(second: Classifier | None = None) -> EmbeddedTriager:
    return EmbeddedTriager(CATALOGUE, parse_rules({}), SMALL, second)


def test_only_whole_texts_are_asked_of_the_second_opinion() -> None:
    second = Listening(SMALL.classify(["when are you open"])[0])
    triager(second).triage(TICKET, CONTEXT)
    assert second.asked == [f"Parcel\n\n{TICKET.comments[0].text}"]


def test_both_opinions_are_in_the_reading() -> None:
    (second,) = SMALL.classify(["you charged me twice"])
    (first,) = SMALL.classify([f"Parcel\n\n{TICKET.comments[0].text}"])
    found = triager(Listening(second)).triage(TICKET, CONTEXT)

    assert dict(found.ranked) == pytest.approx(dict(blend(first, second).probabilities))


def test_a_second_opinion_can_raise_a_signal_and_never_lower_one() -> None:
    (calm,) = SMALL.classify(["when are you open"])
    alone = triager().triage(TICKET, CONTEXT).signals
    assert "safety" not in alone
    alarmed = triager(Listening(replace(calm, signals={"safety": 0.9}))).triage(TICKET, CONTEXT).signals
    assert alarmed >= {"safety"}


def test_a_reading_with_a_second_opinion_is_another_models() -> None:
    alone, both = triager().triage(TICKET, CONTEXT), triager(SECOND).triage(TICKET, CONTEXT)
    assert both.model.startswith(ENCODED_MODEL)
    assert SECOND.version in both.model
    assert alone.model == f"{SMALL.version}+{triager().rules.version}"
