"""The reviewed rows in `mappings/signals/`: every row can rise, every exception works, nothing is slow."""

from __future__ import annotations

import re
import time
import tomllib
from pathlib import Path

import pytest

from connector.model import Signal
from connector.triage.sentences import fold, split_sentences
from connector.triage.signals import RULE_SIGNALS, Rule, Rules, parse_rules

HERE = Path(__file__).parent
SIGNALS = Path(__file__).parents[3] / "mappings" / "signals"
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted(SIGNALS.glob("*.toml"))}
RULES = parse_rules(FILES)
FLOOR = (
    Signal.ASKS_FOR_HUMAN,
    Signal.BILLING_DISPUTE,
    Signal.ACCOUNT_ACCESS,
    Signal.LEGAL,
    Signal.PRIVACY,
    Signal.SECURITY,
    Signal.SAFETY,
)
ROWS = tomllib.loads((HERE / "rows.toml").read_text(encoding="utf-8"))
EXAMPLES = tomllib.loads((HERE / "examples.toml").read_text(encoding="utf-8"))

MAX_LINES = 520
"""A file nobody can review in one sitting is no reviewed data."""

MAX_SECONDS = 20.0
"""Processor time for one hostile text of 100 kB through all rows, on a slow and busy machine; usually one or two."""


def _alone(rule: Rule) -> Rules:
    return Rules(rules=(rule,), version=rule.id)


def _raised(text: str) -> set[Signal]:
    return {hit.signal for hit in RULES.hits(text)}


def _sentences(kind: str) -> list[tuple[Signal, str]]:
    return [
        (Signal(name), sentence)
        for name, table in EXAMPLES.items()
        for key, sentences in table.items()
        if key.startswith(kind)
        for sentence in sentences
    ]


def test_every_signal_that_rules_may_raise_has_a_file() -> None:
    assert set(FILES) == {f"{signal.value}.toml" for signal in RULE_SIGNALS}


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_parses_alone_and_stays_short(name: str) -> None:
    assert parse_rules({name: FILES[name]}).rules
    assert len(FILES[name].splitlines()) <= MAX_LINES


def test_the_examples_name_every_row_and_no_other() -> None:
    named = [(signal, rule_id) for signal, rows in ROWS.items() for rule_id in rows]
    assert sorted(named) == sorted((rule.signal.value, rule.id) for rule in RULES.rules)


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_a_row_rises_on_its_own_sentence(rule: Rule) -> None:
    assert _alone(rule).hits(ROWS[rule.signal.value][rule.id]["raises"])


@pytest.mark.parametrize("rule", [rule for rule in RULES.rules if rule.unless], ids=lambda rule: rule.id)
def test_an_exception_takes_a_match_back(rule: Rule) -> None:
    spared = ROWS[rule.signal.value][rule.id]["spares"]
    assert re.search(rule.pattern, " ".join(fold(sentence) for sentence in split_sentences(spared)))
    assert not _alone(rule).hits(spared)


@pytest.mark.parametrize("rule", [rule for rule in RULES.rules if not rule.unless], ids=lambda rule: rule.id)
def test_a_row_without_exceptions_claims_none(rule: Rule) -> None:
    assert "spares" not in ROWS[rule.signal.value][rule.id]


@pytest.mark.parametrize("signal", FLOOR)
def test_a_floor_signal_has_examples_enough(signal: Signal) -> None:
    table = EXAMPLES[signal.value]
    for language in ("en", "de"):
        assert len(table[f"raises_{language}"]) >= 8
        assert len(table[f"spares_{language}"]) >= 5


@pytest.mark.parametrize(("signal", "sentence"), _sentences("raises_"))
def test_a_floor_signal_rises(signal: Signal, sentence: str) -> None:
    assert signal in _raised(sentence)


@pytest.mark.parametrize(("signal", "sentence"), _sentences("spares_"))
def test_a_look_alike_raises_no_floor_signal(signal: Signal, sentence: str) -> None:
    assert not _raised(sentence) & set(FLOOR)


@pytest.mark.parametrize(
    ("signal", "sentence"),
    [
        (Signal.ASKS_FOR_HUMAN, "Your driver was rude. Please call me back."),
        (Signal.ASKS_FOR_HUMAN, "Ihr Fahrer war unfreundlich. Bitte rufen Sie mich an."),
        (Signal.ASKS_FOR_HUMAN, "I want to talk to someone about my Spanish course."),
        (Signal.BILLING_DISPUTE, "I want my money back. When will I get the refund?"),
        (Signal.BILLING_DISPUTE, "The invoice is wrong. My name is Ada Quill."),
        (Signal.BILLING_DISPUTE, "Ich will mein Geld zurück. Wann bekomme ich mein Geld zurück?"),
        (Signal.ACCOUNT_ACCESS, "My wife asked me to get into her account."),
        (
            Signal.ACCOUNT_ACCESS,
            "How do I enable two-factor login on my new phone, the old one with the codes is lost?",
        ),
        (Signal.LEGAL, "I am going to the police."),
        (Signal.LEGAL, "Mein Bruder ist Anwalt und übernimmt das. Wir klagen vor dem Amtsgericht."),
        (Signal.PRIVACY, "Delete my account, it was created by mistake."),
        (Signal.SECURITY, "The account for my pottery course was hacked."),
        (Signal.SECURITY, "Ich bekomme verdächtige Nachrichten in Ihrem Namen."),
        (Signal.SAFETY, "I ended up in hospital because of order 4411."),
        (Signal.SAFETY, "C'est urgent, mon fils a avalé un aimant."),
        (Signal.SAFETY, "Ich kann nicht mehr. Das Passwort weiß ich auch nicht mehr."),
    ],
)
def test_an_exception_nearby_does_not_hide_the_danger(signal: Signal, sentence: str) -> None:
    assert signal in _raised(sentence)


@pytest.mark.parametrize(
    "piece",
    [
        "[",
        "lawyer ",
        "charged twice ",
        "ignore all ",
        "my account is ",
        "ich will nicht ",
        "a" * 50 + " ",
        "0f ",
        "忽略",
    ],
)
def test_hostile_repetition_is_not_slow(piece: str) -> None:
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    start = time.process_time()
    RULES.hits(text)
    assert time.process_time() - start < MAX_SECONDS


def test_harmless_mail_with_trigger_words_is_no_injection() -> None:
    for sentence in (
        "Please ignore my last e-mail, the tap was only closed.",
        "The system prompts me for a password, where do I reset it?",
        "Thank you for the prompt reply!",
        "Which operating system does the planner need?",
        "Can I act as an organiser for two teams?",
        "Wie lautet die Anleitung für das Regal? Ich habe sie verlegt.",
        "Bitte ignorieren Sie meine erste Nachricht.",
    ):
        assert Signal.INJECTION not in _raised(sentence), sentence
