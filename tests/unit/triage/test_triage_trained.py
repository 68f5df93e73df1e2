"""The shipped training belongs to the shipped examples; `make train` renews it."""

import pytest
from triage_builders import small_catalogue

from connector import starters
from connector.intents import parse_catalogue
from connector.triage import fit, trained, training


def test_the_shipped_training_belongs_to_the_starter_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: object) -> None:
        raise AssertionError("the shipped training is stale: run `make train`")

    monkeypatch.setattr(training, "train", forbidden)
    assert len(fit(parse_catalogue(starters.folder("intents"))).trained.classes) == 21


def test_what_was_stored_classifies_like_what_was_trained() -> None:
    catalogue = small_catalogue()
    stored = trained.load(trained.dump(training.train(catalogue)))
    texts = ["Where is my order?", "I want a person", "", "xyz"]
    fresh, kept = training.fit(catalogue), training.fit(catalogue, trained=stored)
    for one, two in zip(fresh.classify(texts), kept.classify(texts), strict=True):
        assert one == two


def test_training_for_other_examples_is_not_used() -> None:
    catalogue = small_catalogue()
    foreign = trained.shipped()
    assert foreign is not None
    assert training.fit(catalogue, trained=foreign).trained.classes == training.fit(catalogue).trained.classes


def test_a_file_that_is_cut_off_or_spoilt_is_refused_in_one_way() -> None:
    data = trained.dump(training.train(small_catalogue()))
    for spoilt in (data[: len(data) // 2], data[:300] + bytes([data[300] ^ 255]) + data[301:]):
        with pytest.raises(ValueError, match="no stored training"):
            trained.load(spoilt)


def test_a_file_that_is_something_else_is_refused() -> None:
    with pytest.raises((ValueError, KeyError)):
        trained.load(b"something else")
