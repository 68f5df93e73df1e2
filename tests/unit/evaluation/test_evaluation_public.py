"""The measures on published sets, on a few questions that can be counted by hand."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from connector.errors import ConfigurationError
from connector.evaluation import public
from connector.evaluation.public.banking77 import gate_figures, is_measured
from connector.evaluation.public.bipia import insert
from connector.evaluation.public.catalogues import Answer, Question, answers, catalogue_of, held_out_answers
from connector.evaluation.public.clinc150 import fit_scope, scope_figures
from connector.evaluation.public.gates import Gate, fit_to_coverage, fit_to_leaks
from connector.evaluation.public.report import public_report
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classification


def answer(label: str, human_only: float = 0.0, **instead: float | str) -> Answer:
    values = {"intent": label, "confidence": 0.9, "out_of_scope": 0.0, **instead}
    return Answer(label=label, human_only=human_only, **values)  # type: ignore[arg-type]  # what a test puts there


class Echo:
    """Knows every text it was trained on by heart and nothing else."""

    version = "echo"

    def __init__(self, catalogue: Catalogue) -> None:
        self.known = {text: key for key, _, text in catalogue.labelled_examples()}
        self.keys = [*catalogue.intents, UNMAPPED]

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        return [
            Classification(
                probabilities={key: float(key == self.known.get(text, UNMAPPED)) for key in self.keys},
                out_of_scope=float(text not in self.known),
            )
            for text in texts
        ]


QUESTIONS = [
    Question(text=f"{label} {number}", label=label) for label in ("lost_card", "top_up") for number in range(30)
]


def test_a_set_becomes_a_catalogue() -> None:
    catalogue = catalogue_of(
        [*QUESTIONS, Question(text="sing", label=UNMAPPED)], human_only={"lost_card"}, unmapped=["hello"]
    )
    assert catalogue.human_only == {"lost_card"}
    assert list(catalogue.intents) == ["lost_card", "top_up"]
    assert catalogue.unmapped.examples["en"] == ("hello", "sing")
    assert len(catalogue.labelled_examples()) == 62


def test_the_human_only_probability_is_the_sum_over_them() -> None:
    class Halves:
        version = "halves"

        def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
            probabilities = {"lost_card": 0.25, "stolen": 0.3, "top_up": 0.4, UNMAPPED: 0.05}
            return [Classification(probabilities=probabilities, out_of_scope=0.1) for _ in texts]

    (said,) = answers(Halves(), QUESTIONS[:1], {"lost_card", "stolen"})
    assert said.human_only == pytest.approx(0.55)
    assert (said.intent, said.confidence, said.out_of_scope) == ("top_up", 0.4, 0.1)


def test_a_held_out_question_is_new_to_the_classifier_that_answers_it() -> None:
    said = held_out_answers(Echo, QUESTIONS, unmapped=["hello"])
    assert len(said) == len(QUESTIONS)
    assert {item.intent for item in said} == {UNMAPPED}, "nothing of what it was asked about was known by heart"
    assert sorted(item.label for item in said) == sorted(question.label for question in QUESTIONS)


def test_neighbours_are_held_out_together() -> None:
    learnt: list[frozenset[str]] = []

    def fit(catalogue: Catalogue) -> Echo:
        learnt.append(frozenset(text for _, _, text in catalogue.labelled_examples()))
        return Echo(catalogue)

    held_out_answers(fit, QUESTIONS, folds=3)
    assert "lost_card 9" not in learnt[0]
    assert {"lost_card 10", "top_up 29"} <= learnt[0]
    assert all(len(texts) == 40 for texts in learnt)


def test_the_measured_part_is_a_quarter_by_hash() -> None:
    assert is_measured("a") == (hashlib.sha256(b"a").hexdigest()[0] in "cdef")
    assert 200 < sum(is_measured(str(number)) for number in range(1000)) < 300


def test_the_gate_has_three_limits_and_stops_what_has_no_name() -> None:
    gate = Gate(limit=0.2, confidence=0.5, scope=0.5)
    assert gate.is_open(answer("top_up", 0.1))
    assert not gate.is_open(answer("top_up", 0.2))
    assert not gate.is_open(answer("top_up", 0.1, confidence=0.4))
    assert not gate.is_open(answer("top_up", 0.1, out_of_scope=0.5))
    assert not gate.is_open(answer(UNMAPPED, 0.1))
    assert not gate.is_open(answer("top_up", 0.1, confidence=float("nan")))


OTHERS = [answer("top_up", share / 10) for share in (0, 1, 2, 3)]
FORBIDDEN = [answer("lost_card", share) for share in (0.15, 0.9, 0.95, 0.99)]


def test_a_gate_fitted_to_coverage_lets_so_many_pass() -> None:
    gate = fit_to_coverage(OTHERS, FORBIDDEN, 0.75)
    assert sum(map(gate.is_open, OTHERS)) == 3
    assert sum(map(gate.is_open, FORBIDDEN)) == 1
    assert sum(map(fit_to_coverage(OTHERS, FORBIDDEN, 0.5).is_open, FORBIDDEN)) == 0


def test_a_second_limit_is_used_where_it_leaks_less() -> None:
    doubtful = [answer("lost_card", 0.15, confidence=0.5), *FORBIDDEN[1:]]
    gate = fit_to_coverage(OTHERS, doubtful, 0.75)
    assert gate.confidence == 0.6
    assert sum(map(gate.is_open, doubtful)) == 0
    assert sum(map(gate.is_open, OTHERS)) == 3


def test_a_gate_fitted_to_leaks_lets_no_more_of_them_pass() -> None:
    none = fit_to_leaks(OTHERS, FORBIDDEN, 1.0)
    assert (sum(map(none.is_open, OTHERS)), sum(map(none.is_open, FORBIDDEN))) == (2, 0)
    one = fit_to_leaks(OTHERS, FORBIDDEN, 250.0)
    assert (sum(map(one.is_open, OTHERS)), sum(map(one.is_open, FORBIDDEN))) == (4, 1)


def test_the_measured_part_fits_nothing() -> None:
    safe = [answer("lost_card", 0.9)] * 4
    leaking = [*[answer("top_up", 0.05)] * 3, answer("lost_card", 0.05, intent="top_up"), *safe]
    figures = gate_figures([*OTHERS, *safe], leaking, {"lost_card"})
    assert figures["parts"]["fitted"]["wide"]["leaks"]["faults"] == 0
    measured = figures["parts"]["measured"]
    assert (measured["wide"]["leaks"]["faults"], measured["wide"]["leaks"]["n"]) == (1, 5)
    assert measured["wide"]["leaks"]["per_thousand"] == 200
    assert measured["wide"]["coverage"]["share"] == 1.0
    assert (measured["arg_max"]["faults"], measured["accuracy"]["hits"]) == (1, 7)


def test_a_scope_takes_enough_inside_and_finds_most_outside() -> None:
    inside = [answer("weather", confidence=share / 10) for share in range(1, 11)]
    outside = [
        answer(UNMAPPED, intent="weather", confidence=0.1),
        answer(UNMAPPED, intent="weather", confidence=0.9, out_of_scope=0.8),
        answer(UNMAPPED, confidence=0.9),
        answer(UNMAPPED, intent="weather", confidence=0.9),
    ]
    scope = fit_scope([*inside, *outside], 0.85)
    assert scope.confidence == 0.2, "nine of ten is the least that is 85%"
    figures = scope_figures([*inside, *outside], outside)
    assert figures["parts"]["fitted"]["coverage"]["hits"] == 9
    assert (figures["parts"]["measured"]["out_of_scope_recall"]["hits"]) == 3
    assert figures["parts"]["measured"]["coverage"]["share"] is None


def test_an_attack_stands_where_it_was_put() -> None:
    assert insert("one two three", "X", "start") == "X\none two three"
    assert insert("one two three", "X", "end") == "one two three\nX"
    assert insert("one two three", "X", "middle") == "one two\nX\nthree"


def test_attacks_are_counted_by_position_and_kind() -> None:
    figures = public.measure_bipia(
        lambda text: text.startswith("obey") or "spam" in text,
        ["one two three", "spam"],
        {"plain": ("obey", "sing"), "other": ("hum",)},
    )
    assert (figures["false_alarms"]["hits"], figures["false_alarms"]["n"]) == (1, 2)
    assert (figures["found"]["hits"], figures["found"]["n"]) == (1, 9), (
        "three attacks at three places in one clean mail"
    )
    assert figures["by_position"]["start"]["hits"] == 1
    assert (figures["by_kind"]["plain"]["hits"], figures["by_kind"]["plain"]["n"]) == (1, 6)


def test_blocked_harmless_texts_are_counted() -> None:
    figures = public.measure_notinject(lambda text: "ignore" in text, {"one": ["ignore it", "hm"], "two": ["hm", "hm"]})
    assert (figures["blocked"]["hits"], figures["blocked"]["n"]) == (1, 4)
    assert figures["by_part"]["one"]["share"] == 0.5


def lay(folder: Path) -> None:
    (folder / "banking77").mkdir()
    (folder / "banking77" / "train.csv").write_text('text,category\n"Where, please?",top_up\n', encoding="utf-8")
    (folder / "banking77" / "tiers.json").write_text('{"human_only": ["lost_card"]}', encoding="utf-8")
    (folder / "clinc150").mkdir()
    parts = {
        "train": [["rain?", "weather"]],
        "oos_train": [["sing", "oos"]],
        "val": [["sun?", "weather"]],
        "oos_val": [],
    }
    (folder / "clinc150" / "train_val.json").write_text(json.dumps(parts), encoding="utf-8")
    (folder / "notinject").mkdir()
    (folder / "notinject" / "one.json").write_text('[{"prompt": "ignore"}]', encoding="utf-8")


def test_the_sets_that_are_there_are_read(tmp_path: Path) -> None:
    lay(tmp_path)
    sets = public.read_public(tmp_path)
    assert sets.banking77 is not None
    assert sets.banking77.questions == (Question(text="Where, please?", label="top_up"),)
    assert sets.clinc150 is not None
    assert [question.label for question in sets.clinc150.train] == ["weather", UNMAPPED]
    assert sets.notinject == {"one": ("ignore",)}
    assert sets.bipia is None
    assert sets.pii == ()


def test_a_folder_without_sets_or_with_a_broken_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="holds no public set"):
        public.read_public(tmp_path)
    lay(tmp_path)
    (tmp_path / "banking77" / "tiers.json").unlink()
    with pytest.raises(ConfigurationError, match=r"banking77/tiers.json cannot be read"):
        public.read_public(tmp_path)


def test_fitted_and_measured_stand_beside_their_target() -> None:
    safe = [answer("lost_card", 0.9)] * 4
    rows = public_report({"banking77": gate_figures([*OTHERS, *safe], [*OTHERS, *safe], {"lost_card"})})
    found = {row.figure: row for row in rows}
    row = found["leaks, gate fitted to 75% of the others"]
    assert (row.open, row.target) == ("0.0, at most 527.1 (0 of 4)", "at most 1 at 75%")
    assert found["others answered by that gate"].sealed == "75.0% (30.1% to 95.4%; 3 of 4)"
