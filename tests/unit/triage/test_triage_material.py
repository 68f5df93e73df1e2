"""What the classifier learns from beside the examples: it is read whole, and says where it is wrong."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from triage_builders import small_catalogue

from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED, Signal
from connector.triage import classifier, material, training
from connector.triage.material import Alarm, Material, Message

GOOD = {
    "id": "a-1",
    "subject": "Parcel",
    "body": "Where is it?\n\n> On Monday you wrote:\n> It is on its way.",
    "from": "maren@example.com",
    "language": "en",
    "intent": "order_status",
    "tier": "auto",
    "must_not_send": False,
    "signals": ["vip"],
}


def read(monkeypatch: pytest.MonkeyPatch, **files: str) -> Material:
    def folder(name: str, suffix: str = ".toml") -> dict[str, str]:
        return {key: text for key, text in files.items() if (name == "tickets") == key.startswith("t")}

    monkeypatch.setattr("connector.starters.folder", folder)
    material.starter_version.cache_clear()
    try:
        return material.starter.__wrapped__()
    finally:
        material.starter_version.cache_clear()


def test_every_label_of_the_shipped_messages_is_known(catalogue: Catalogue) -> None:
    found = material.starter()

    assert {message.intent for message in found.messages} == {*catalogue.intents, UNMAPPED}
    assert {signal for message in found.messages for signal in message.signals} <= set(Signal)
    assert len({alarm.signal for alarm in found.alarms}) == len(found.alarms) == 10
    of_intent = Counter(message.intent for message in found.messages)
    assert min(of_intent.values()) >= 70
    assert not any(message.tier == "auto" and message.intent == UNMAPPED for message in found.messages)


def test_a_message_is_what_the_customer_wrote(monkeypatch: pytest.MonkeyPatch) -> None:
    found = read(
        monkeypatch, t=json.dumps(GOOD) + "\n\n", s='signal = "legal"\n[positive]\nen=["a"]\n[negative]\nde=["b"]'
    )

    assert found.messages == (
        Message(
            text="Parcel\n\nWhere is it?",
            intent="order_status",
            language="en",
            tier="auto",
            person=False,
            signals=frozenset({"vip"}),
        ),
    )
    assert found.alarms == (Alarm(signal="legal", positive=("a",), negative=("b",)),)


@pytest.mark.parametrize("line", ["{", "[]", '"text"', json.dumps({**GOOD, "body": 1}), '{"id": "a", "body": "x"}'])
def test_a_broken_line_is_named(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    with pytest.raises(ConfigurationError, match=r"line 2"):
        read(monkeypatch, t=json.dumps(GOOD) + "\n" + line)


@pytest.mark.parametrize(
    "text",
    [
        "signal =",
        'signal = "mood"\n[positive]\nen=["a"]\n[negative]\nen=["b"]',
        'signal = "legal"\n[positive]\nen=["a"]',
        'signal = "legal"\n[positive]\nen=[1]\n[negative]\nen=["b"]',
        'signal = "legal"\n[positive]\n[negative]\nen=["b"]',
    ],
)
def test_a_broken_file_of_sentences_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"s: "):
        read(monkeypatch, s=text)


def test_messages_teach_whether_a_person_must_answer() -> None:
    def message(text: str, *, person: bool) -> Message:
        return Message(text=text, intent="order_status", language="en", tier="auto", person=person, signals=frozenset())

    calm = [message(f"where is parcel {n}, it is a present for a friend", person=False) for n in range(30)]
    grave = [message(f"where is parcel {n}, my neighbour was hurt by it", person=True) for n in range(30)]
    trained = training.train(small_catalogue(), Material(messages=(*calm, *grave), version="x"))
    one, two = classifier.ready(trained, "x").classify(["is the present for my friend here", "somebody was hurt by it"])

    assert one.person is not None
    assert two.person is not None
    assert one.person < 0.5 < two.person


def test_sentences_teach_what_alarms() -> None:
    alarm = Alarm(
        signal="safety",
        positive=tuple(f"there was smoke coming out of it at {n}" for n in range(8)),
        negative=tuple(f"the smoke grey colour of it at {n} looks fine" for n in range(8)),
    )
    trained = training.train(small_catalogue(), Material(alarms=(alarm,), version="x"))
    one, two, three = classifier.ready(trained, "x").classify(
        ["there was smoke coming out", "the grey colour looks fine", "where is my parcel"]
    )

    assert one.signals["safety"] >= 0.5
    assert two.signals["safety"] < 0.5
    assert three.signals["safety"] < 0.5
