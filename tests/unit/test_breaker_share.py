"""When a helpdesk is left alone, and when it is trusted again."""

import pytest

from connector.breaker import Breaker, LeftAlone, Share


class Time:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    trip = Share(0.7, least=10, seconds=60)
    return Breaker("a helpdesk", trip=trip, seconds=10, successes=3, monotonic=time)


def ends(breaker: Breaker, *outcomes: bool) -> None:
    for failed in outcomes:
        breaker.leave(trial=breaker.enter(), failed=failed)


def test_it_opens_at_seven_of_ten_and_not_before(breaker: Breaker) -> None:
    ends(breaker, False, False, False, *[True] * 6)
    assert breaker.state == "closed", "nine calls are too few to tell"
    ends(breaker, True)
    assert breaker.state == "open"
    with pytest.raises(LeftAlone) as left:
        breaker.enter()
    assert left.value.seconds == 10


def test_a_share_below_stays_closed_for_ever(breaker: Breaker, time: Time) -> None:
    for _ in range(60):
        time.now += 1
        ends(breaker, True, False, True, False, True)
    assert breaker.state == "closed"


def test_failures_of_an_earlier_minute_do_not_count(breaker: Breaker, time: Time) -> None:
    ends(breaker, *[True] * 9)
    time.now += 60
    ends(breaker, True)
    assert breaker.state == "closed"


def test_three_successes_one_at_a_time_close_it(breaker: Breaker, time: Time) -> None:
    ends(breaker, *[True] * 10)
    time.now += 10
    trial = breaker.enter()
    with pytest.raises(LeftAlone) as left:
        breaker.enter()
    assert left.value.seconds == 1, "another is on trial"
    breaker.leave(trial=trial, failed=False)
    ends(breaker, False)
    assert breaker.state == "half-open"
    ends(breaker, False)
    assert breaker.state == "closed"


def test_a_failed_trial_starts_the_ten_seconds_and_the_count_again(breaker: Breaker, time: Time) -> None:
    ends(breaker, *[True] * 10)
    time.now += 10
    ends(breaker, False, False, True)
    assert breaker.state == "open"
    time.now += 9
    with pytest.raises(LeftAlone):
        breaker.enter()
    time.now += 1
    ends(breaker, False, False)
    assert breaker.state == "half-open"
    breaker.leave(trial=breaker.enter(), failed=None)
    assert breaker.state == "half-open", "a call that never left says nothing"
    ends(breaker, False)
    assert breaker.state == "closed"
