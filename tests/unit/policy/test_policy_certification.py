"""The certificate: exact, early for good intents, and honest under daily looking."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from policy_builders import NOW
from scipy.stats import beta, binom

from connector.policy.certification import SPENDING, certify, days_missing, looks, streams, upper_bound
from connector.records import Verdict


def verdict(number: int, word: str = "right", **more: Any) -> Verdict:
    facts: dict[str, Any] = {
        "account_id": "a1",
        "ticket_id": str(number),
        "intent": "order_status",
        "template": "order_status",
        "verdict": word,
        "who": "mara",
        "given_at": NOW + timedelta(minutes=number),
        **more,
    }
    return Verdict(**facts)


def stream(count: int, *wrong: int) -> list[Verdict]:
    return [verdict(at, "wrong_facts" if at in wrong else "right") for at in range(count)]


@pytest.mark.parametrize(("errors", "n"), [(0, 1), (0, 299), (1, 473), (2, 628), (5, 1050), (40, 41)])
def test_the_bound_is_clopper_and_pearsons(errors: int, n: int) -> None:
    bound = upper_bound(errors, n, 0.95)
    assert bound == pytest.approx(beta.ppf(0.95, errors + 1, n - errors))
    assert binom.cdf(errors, n, bound) == pytest.approx(0.05)


@pytest.mark.parametrize(("errors", "n"), [(0, 0), (3, 3), (4, 3)])
def test_without_a_right_answer_the_bound_is_one(errors: int, n: int) -> None:
    assert upper_bound(errors, n, 0.95) == 1.0


@pytest.mark.parametrize("tolerated", [0.05, 0.01, 0.005, 0.001])
def test_each_look_is_the_first_at_which_its_errors_are_tolerable(tolerated: float) -> None:
    assert math.fsum(SPENDING) == pytest.approx(1)
    before = 0
    for look in looks(tolerated):
        assert look.verdicts > before
        assert upper_bound(look.errors, look.verdicts, 1 - look.alpha) <= tolerated
        if look.verdicts - 1 > before:
            assert upper_bound(look.errors, look.verdicts - 1, 1 - look.alpha) > tolerated
        before = look.verdicts


def test_no_error_certifies_one_percent_early() -> None:
    first = looks(0.01)[0]
    assert 320 <= first.verdicts <= 370
    waiting = certify(stream(first.verdicts - 1), tolerated_error=0.01)
    assert (waiting.certified, waiting.next_look, waiting.missing) == (False, first.verdicts, 1)
    done = certify(stream(first.verdicts), tolerated_error=0.01)
    assert (done.certified, done.missing, done.errors, done.passed) == (True, 0, 0, first)
    assert done.bound == pytest.approx(upper_bound(0, first.verdicts, 0.95))


def test_an_error_moves_the_goal_to_the_next_look() -> None:
    certificate = certify(stream(100, 7), tolerated_error=0.01)
    second = looks(0.01)[1]
    assert (certificate.next_look, certificate.missing) == (second.verdicts, second.verdicts - 100)
    assert certify(stream(second.verdicts, 7), tolerated_error=0.01).certified
    assert not certify(stream(second.verdicts, 7, 8), tolerated_error=0.01).certified
    assert not certify(stream(second.verdicts - 1, 7), tolerated_error=0.01).certified


def test_between_looks_nothing_is_certified() -> None:
    """470 verdicts with one error satisfy a bound computed only once; looking then was not registered."""
    count = 480
    assert upper_bound(1, count, 0.95) <= 0.01
    assert not certify(stream(count, 3), tolerated_error=0.01).certified


def test_nothing_proves_nothing() -> None:
    certificate = certify([], tolerated_error=0.01)
    assert (certificate.certified, certificate.verdicts, certificate.bound) == (False, 0, None)
    assert certificate.missing == looks(0.01)[0].verdicts


def test_too_many_errors_need_a_new_stream() -> None:
    certificate = certify(stream(60, *range(60)), tolerated_error=0.01)
    assert (certificate.next_look, certificate.missing) == (0, 0)
    assert days_missing(certificate, 10) == math.inf


def test_later_errors_demote_and_later_proof_restores() -> None:
    first = looks(0.01)[0].verdicts
    broken = certify(stream(first + 20, first + 3), tolerated_error=0.01)
    assert (broken.certified, broken.demoted) == (False, True)
    assert broken.bound is not None
    assert broken.bound > 0.01
    assert broken.missing == broken.next_look - (first + 20)
    restored = certify(stream(broken.next_look, first + 3), tolerated_error=0.01)
    assert (restored.certified, restored.demoted) == (True, False)
    assert not certify(stream(broken.next_look - 1, first + 3), tolerated_error=0.01).certified


@pytest.mark.parametrize("word", ["wrong_intent", "wrong_facts", "tone", "should_have_been_a_person", "??"])
def test_only_right_counts_for_an_intent(word: str) -> None:
    assert certify([verdict(1, word)], tolerated_error=0.01).errors == 1


def test_people_who_disagree_make_an_error() -> None:
    first = looks(0.01)[0].verdicts
    agreed = stream(first)
    doubled = [*agreed, verdict(5, "right", who="jo")]
    assert certify(doubled, tolerated_error=0.01).verdicts == first
    assert certify(doubled, tolerated_error=0.01).certified
    later = NOW + timedelta(days=30)
    disputed = certify([*agreed, verdict(5, "tone", who="jo", given_at=later)], tolerated_error=0.01)
    assert (disputed.verdicts, disputed.errors, disputed.certified, disputed.demoted) == (first, 1, False, True)
    early = certify([verdict(5, "tone", who="jo"), *agreed], tolerated_error=0.01)
    assert (early.errors, early.certified, early.demoted) == (1, False, False)


def test_the_order_of_the_verdicts_is_that_of_time() -> None:
    mixed = stream(700, 690)
    assert certify(mixed[::-1], tolerated_error=0.01) == certify(mixed, tolerated_error=0.01)


def test_no_verdict_chooses_which_sends_a_look_sees() -> None:
    """An error on the fifth send stays the fifth, whatever time its verdict names."""
    count = looks(0.01)[0].verdicts + 100
    honest = [replace(item, sent_at=item.given_at, sent_seq=at) for at, item in enumerate(stream(count, 4))]
    forged = [replace(item, given_at=NOW + timedelta(days=9)) if item.verdict != "right" else item for item in honest]
    assert certify(honest, tolerated_error=0.01).certified is False
    assert certify(forged, tolerated_error=0.01).certified is False
    assert [item.ticket_id for item in streams(forged)["order_status", "order_status"]][4] == "4"


def test_sends_of_one_moment_count_in_the_order_of_their_receipts() -> None:
    together = [replace(item, sent_at=NOW, sent_seq=50 - at) for at, item in enumerate(stream(50))]
    assert [item.ticket_id for item in streams(together)["order_status", "order_status"]][:2] == ["49", "48"]


def test_a_verdict_that_is_taken_back_costs_the_certificate_whatever_time_it_names() -> None:
    first = looks(0.01)[0].verdicts
    before = [replace(item, batch=1) for item in stream(first)]
    assert certify(before, tolerated_error=0.01).certified
    back = replace(before[5], verdict="wrong_facts", given_at=NOW - timedelta(days=3), batch=2)
    found = certify([*before, back], tolerated_error=0.01)
    assert (found.errors, found.certified, found.demoted) == (1, False, True)
    again = replace(before[5], given_at=NOW + timedelta(days=9), batch=3)
    assert certify([*before, back, again], tolerated_error=0.01).errors == 1, "a right takes no wrong back"


def test_streams_are_per_intent_and_template() -> None:
    grouped = streams([verdict(2), verdict(1), verdict(3, template="new"), verdict(4, intent="invoice_copy")])
    assert {key: [item.ticket_id for item in items] for key, items in grouped.items()} == {
        ("order_status", "order_status"): ["1", "2"],
        ("order_status", "new"): ["3"],
        ("invoice_copy", "order_status"): ["4"],
    }


def test_days_missing_at_this_volume() -> None:
    certificate = certify(stream(49), tolerated_error=0.01)
    assert days_missing(certificate, 30) == certificate.missing / 30
    assert days_missing(certificate, 0) == math.inf
    assert days_missing(certify(stream(349), tolerated_error=0.01), 0) == 0


@pytest.mark.parametrize("tolerated", [0, 1, -1, 2])
def test_a_tolerance_that_is_no_share_is_refused(tolerated: float) -> None:
    with pytest.raises(ValueError, match="shares"):
        certify([], tolerated_error=tolerated)


# --- Honest under daily looking -----------------------------------------------------------------------


def chance_of_ever_certifying(true_error: float, tolerated: float, horizon: int) -> float:
    """Exact, by following every possible number of errors from look to look until `horizon` verdicts."""
    alive = {0: 1.0}
    certified, at = 0.0, 0
    for look in looks(tolerated):
        if look.verdicts > horizon:
            break
        step = look.verdicts - at
        spread = binom.pmf(np.arange(step + 1), step, true_error)
        after: dict[int, float] = {}
        for errors, mass in alive.items():
            for more, share in enumerate(spread[:60]):
                after[errors + more] = after.get(errors + more, 0.0) + mass * share
        certified += sum(mass for errors, mass in after.items() if errors <= look.errors)
        alive = {errors: mass for errors, mass in after.items() if errors > look.errors}
        at = look.verdicts
    return certified


@pytest.mark.parametrize("tolerated", [0.02, 0.01, 0.005])
def test_an_intent_at_the_tolerated_error_is_hardly_ever_certified(tolerated: float) -> None:
    chance = chance_of_ever_certifying(tolerated, tolerated, horizon=10**6)
    assert 0.03 < chance <= 0.05
    assert chance_of_ever_certifying(tolerated * 2, tolerated, horizon=10**6) < 0.002
    assert chance_of_ever_certifying(tolerated / 10, tolerated, horizon=10**6) > 0.9


def test_simulated_daily_looking_keeps_the_promise_where_the_plain_bound_breaks_it() -> None:
    """4,000 roll-outs of an intent that errs exactly as often as tolerated, looked at after every verdict."""
    runs, horizon, tolerated = 4000, 2300, 0.01
    generator = np.random.default_rng(20261123)
    errors = np.cumsum(generator.random((runs, horizon)) < tolerated, axis=1)
    ours = np.zeros(runs, dtype=bool)
    for look in looks(tolerated):
        if look.verdicts <= horizon:
            ours |= errors[:, look.verdicts - 1] <= look.errors
    naive = np.zeros(runs, dtype=bool)
    for allowed in range(40):
        # From this many verdicts on the plain bound tolerates this many errors.
        counts = np.arange(allowed + 1, horizon + 1)
        fits = counts[binom.cdf(allowed, counts, tolerated) <= 0.05]
        if fits.size:
            naive |= (errors[:, fits[0] - 1 :] <= allowed).any(axis=1)
    # The largest share that chance alone would show in so many runs, once in a million.
    ceiling = binom.ppf(1 - 1e-6, runs, 0.05) / runs
    assert ours.mean() <= ceiling
    assert naive.mean() > ceiling


def test_the_simulation_and_the_certificate_agree() -> None:
    generator = np.random.default_rng(7)
    for _ in range(15):
        wrong = np.flatnonzero(generator.random(1300) < 0.004)
        certificate = certify(stream(1300, *map(int, wrong)), tolerated_error=0.01)
        passed = any((wrong < look.verdicts).sum() <= look.errors for look in looks(0.01) if look.verdicts <= 1300)
        assert (certificate.passed is not None) is passed
