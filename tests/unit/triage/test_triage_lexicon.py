from __future__ import annotations

import pytest

from connector import starters
from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.triage import lexicon, lookalikes
from connector.triage.concepts import concepts
from connector.triage.sentences import fold


@pytest.mark.parametrize(
    "text", ["my parcel", "mein Paket", "mon colis", "mi paquete", "il pacco", "mijn pakket", "moja paczka"]
)
def test_one_concept_in_seven_languages(text: str) -> None:
    assert concepts().found(fold(text)) == "parcel"


def test_a_beginning_counts_for_the_words_it_begins() -> None:
    assert concepts().found(fold("zurückgeschickt Rücksendung")) == "return_"
    assert concepts().found("") == ""


def test_look_alikes_name_intents_of_the_starter_catalogue(catalogue: Catalogue) -> None:
    for row in lookalikes._rows():
        assert row.reads_as <= set(catalogue.intents)
        assert row.matter == UNMAPPED or row.matter in catalogue


def test_look_alikes_lead_away_from_what_they_read_as() -> None:
    for row in lookalikes._rows():
        assert row.matter not in row.reads_as


@pytest.mark.parametrize("text", ["x = [", 'x = "word"', "x = [1]", 'x = ["*"]'])
def test_a_broken_word_list_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(starters, "text", lambda name: text)

    with pytest.raises(ConfigurationError, match=r"lexicon/tone\.toml"):
        lexicon.entries("tone")


@pytest.mark.parametrize(
    "text",
    [
        "[[lookalike",
        '[[lookalike]]\nid = "a"',
        '[[lookalike]]\nid = "a"\nreads_as = []\nis = "b"\nwords = ["c"]',
        '[[lookalike]]\nid = "a"\nreads_as = ["x"]\nis = "b"\nwords = [1]',
    ],
)
def test_a_broken_look_alike_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(starters, "text", lambda name: text)

    with pytest.raises(ConfigurationError, match=r"lexicon/lookalikes\.toml"):
        lookalikes._rows.__wrapped__()
