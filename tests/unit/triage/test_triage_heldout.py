"""What held-out examples tell about intents that are mixed up."""

from __future__ import annotations

import io

import numpy as np
from triage_builders import small_catalogue

from connector.triage import trained, training
from connector.triage.heldout import Confusion, HeldOut, Lookalike

CLASSES = ("dispute", "invoice", "order")


def held(*rows: tuple[str, float, float, float]) -> HeldOut:
    return HeldOut(
        classes=CLASSES,
        example=np.arange(len(rows), dtype=np.int32),
        truth=np.array([CLASSES.index(row[0]) for row in rows], dtype=np.int16),
        probabilities=np.array([row[1:] for row in rows], dtype=np.float16),
    )


MIXED = held(
    ("invoice", 0.1, 0.8, 0.1),
    ("invoice", 0.7, 0.2, 0.1),
    ("order", 0.1, 0.6, 0.3),
    ("dispute", 0.02, 0.9, 0.08),
    ("dispute", 0.2, 0.8, 0.0),
    ("dispute", 0.02, 0.5, 0.48),
    ("dispute", 0.9, 0.1, 0.0),
)


def test_both_directions_are_counted_most_confused_first() -> None:
    assert MIXED.confused_with("invoice") == (
        Confusion(other="dispute", read_as_this=3, this_read_as=1),
        Confusion(other="order", read_as_this=1, this_read_as=0),
    )
    assert MIXED.confused_with("order") == (Confusion(other="invoice", read_as_this=0, this_read_as=1),)
    assert MIXED.confused_with("unheard_of") == ()


def lookalikes(threshold: float = 0.6, limit: float = 0.05, **more: object) -> tuple[Lookalike, ...]:
    return MIXED.lookalikes("invoice", human_only={"dispute"}, threshold=threshold, limit=limit, **more)  # type: ignore[arg-type]  # one option


def test_a_lookalike_must_pass_threshold_and_limit() -> None:
    assert lookalikes() == (Lookalike(intent="dispute", passing=1, examples=4),)
    assert lookalikes(threshold=0.4) == (Lookalike(intent="dispute", passing=2, examples=4),)
    assert lookalikes(limit=0.5) == (Lookalike(intent="dispute", passing=2, examples=4),)
    assert lookalikes(threshold=0.95) == ()
    assert MIXED.lookalikes("unheard_of", human_only={"dispute"}, threshold=0, limit=1) == ()


def test_what_a_signal_stops_does_not_count() -> None:
    asked: list[int] = []

    def stopped(place: int) -> bool:
        asked.append(place)
        return place == 3

    assert lookalikes(threshold=0.4, stopped=stopped) == (Lookalike(intent="dispute", passing=1, examples=4),)
    assert asked == [3, 5]


def test_training_holds_out_every_example_and_keeps_what_was_said_of_it() -> None:
    catalogue = small_catalogue()
    found = trained.load(trained.dump(training.train(catalogue))).held
    assert found is not None
    examples = catalogue.labelled_examples()
    assert sorted(found.example) == list(range(len(examples)))
    assert all(
        examples[place][0] == found.classes[truth] for place, truth in zip(found.example, found.truth, strict=True)
    )
    assert np.allclose(found.probabilities.astype(float).sum(axis=1), 1, atol=0.01)


def test_a_file_from_before_still_loads() -> None:
    older = trained.dump(training.train(small_catalogue()))
    with np.load(io.BytesIO(older)) as file:
        kept = {name: file[name] for name in file.files if not name.startswith("held")}
    target = io.BytesIO()
    np.savez(target, **kept)
    assert trained.load(target.getvalue()).held is None
