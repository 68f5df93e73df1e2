"""Calibration and risk, on confidences that can be counted by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.evaluation.calibration import calibration, risk_coverage


def test_the_error_is_the_mean_gap_of_the_bins() -> None:
    # 0.7 to 0.8: said 0.75 twice, right once, gap 0.25 x 2; 0.9 to 1: said 1.0 twice, right twice, no gap.
    found = calibration([0.75, 0.75, 1.0, 1.0], [True, False, True, True])
    assert found["error"] == pytest.approx(0.25 * 2 / 4)
    assert found["low"] <= found["error"] <= found["high"]
    filled = [item for item in found["bins"] if item["right"]["n"]]
    assert [(item["from"], item["confidence"], item["right"]["hits"]) for item in filled] == [
        (0.7, 0.75, 1),
        (0.9, 1.0, 2),
    ]


def test_opposite_mistakes_of_one_bin_do_not_hide_in_another() -> None:
    # Over-confident by 0.9 in one bin, under-confident by 0.9 in another: the errors add up.
    assert calibration([0.9, 0.1], [False, True])["error"] == pytest.approx(0.9)


@pytest.mark.parametrize(("confidence", "start"), [(0.7, 0.7), (0.3, 0.3), (0.0, 0.0), (1.0, 0.9), (0.6999, 0.6)])
def test_a_border_belongs_to_the_upper_bin(confidence: float, start: float) -> None:
    found = calibration([confidence], [True])
    assert [item["from"] for item in found["bins"] if item["right"]["n"]] == [start]


def test_risk_counts_the_surest_first() -> None:
    confidences = [number / 20 for number in range(20)]
    right = [number >= 10 for number in range(20)]
    points = {point["coverage"]: point for point in risk_coverage(confidences, right)}
    assert points[0.5]["wrong"]["hits"] == 0
    assert points[0.5]["threshold"] == 0.5
    assert (points[0.75]["wrong"]["hits"], points[0.75]["wrong"]["n"]) == (5, 15)
    assert points[1.0]["wrong"]["share"] == 0.5


def test_among_equals_the_wrong_ones_come_first() -> None:
    points = {point["coverage"]: point for point in risk_coverage([0.5] * 4, [True, True, True, False])}
    assert points[0.25]["wrong"]["share"] == 1.0
    assert min(points) == 0.15, "below that there is no ticket to count"


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60))
def test_the_last_point_is_all_of_it(pairs: list[tuple[float, bool]]) -> None:
    confidences, right = [one for one, _ in pairs], [other for _, other in pairs]
    last = risk_coverage(confidences, right)[-1]
    assert last["coverage"] == 1.0
    assert last["wrong"]["hits"] == right.count(False)
    assert 0 <= calibration(confidences, right)["error"] <= 1
