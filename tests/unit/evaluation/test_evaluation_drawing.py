"""The pictures: well-formed, to scale, the same at every run, and without anything that could run."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from connector.evaluation.calibration import calibration, risk_coverage
from connector.evaluation.drawing import Axis, Line, lines, matrix
from connector.evaluation.pictures import pictures

SVG = "{http://www.w3.org/2000/svg}"


def figures(tickets: int) -> dict[str, object]:
    confidences = [number / tickets for number in range(tickets)]
    right = [number % 3 > 0 for number in range(tickets)]
    return {
        "tickets": tickets,
        "calibration": calibration(confidences, right),
        "risk_coverage": risk_coverage(confidences, right),
        "confusion": {"labels": ["a", "b"], "counts": [[2, 1], [0, 3]]},
    }


def drawn_path(text: str) -> list[tuple[float, float]]:
    root = ElementTree.fromstring(text)  # our own picture
    thick = [path for path in root.iter(f"{SVG}path") if path.get("stroke-width") == "2.4"]
    return [(float(one), float(other)) for one, other in re.findall(r"[ML]([\d.]+) ([\d.]+)", thick[0].get("d") or "")]


def test_a_line_is_drawn_to_scale() -> None:
    straight = Line(name="half", points=((0.0, 0.0), (0.5, 0.5), (1.0, 1.0)))
    (left, bottom), (middle, half), (right, top) = drawn_path(
        lines(title="t", note="n", x=Axis(label="x"), y=Axis(label="y"), drawn=[straight])
    )
    assert left < middle < right
    assert bottom > half > top
    assert abs((left + right) / 2 - middle) < 0.11
    assert abs((bottom + top) / 2 - half) < 0.11


def test_what_is_off_the_scale_stays_at_its_edge() -> None:
    axis = Axis(label="y", high=10, step=5, percent=False)
    inside = Line(name="a", points=((0.0, 10.0), (1.0, 10.0)))
    outside = Line(name="b", points=((0.0, 400.0), (1.0, 10.0)))
    paths = [
        drawn_path(lines(title="t", note="n", x=Axis(label="x"), y=axis, drawn=[line])) for line in (inside, outside)
    ]
    assert paths[0] == paths[1]


def test_axes_begin_at_nought_and_name_their_ticks() -> None:
    text = lines(title="t", note="n", x=Axis(label="x"), y=Axis(label="y", high=10, step=5, percent=False), drawn=[])
    words = [item.text for item in ElementTree.fromstring(text).iter(f"{SVG}text")]  # our own picture
    assert [word for word in words if word in {"0", "5", "10"}] == ["0", "5", "10"]
    assert "0%" in words
    assert "100%" in words


def test_the_matrix_shows_every_count_and_no_empty_cell() -> None:
    text = matrix(title="t", note="n", labels=["a <b>", "c"], counts=[[7, 2], [0, 5]])
    root = ElementTree.fromstring(text)  # our own picture
    words = [item.text for item in root.iter(f"{SVG}text")]
    assert sorted(word for word in words if word and word.isdigit()) == ["2", "5", "7"]
    assert words.count("a <b>") == 2
    cells = [box for box in root.iter(f"{SVG}rect") if box.get("fill-opacity")]
    assert len(cells) == 3
    assert len({box.get("fill") for box in cells}) == 2, "right and wrong differ"


def test_the_same_figures_give_the_same_harmless_bytes() -> None:
    halves = {"open": figures(40), "sealed": {key: value for key, value in figures(31).items() if key != "confusion"}}
    found = pictures(halves, {})
    assert found == pictures(halves, {})
    assert sorted(found) == ["confusion.svg", "reliability.svg", "risk-coverage.svg"]
    for text in found.values():
        assert "<script" not in text
        assert "href" not in text
        assert ElementTree.fromstring(text).get("aria-label")  # our own picture
    assert "sealed half" in found["reliability.svg"]


def test_nothing_measured_is_no_picture() -> None:
    assert pictures({"open": {"tickets": 0}}, {}) == {}
