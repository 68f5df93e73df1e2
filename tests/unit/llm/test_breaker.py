"""When a model's server is left alone."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from connector.errors import BudgetSpent, ModelInvalid, ModelRefused, ModelUnavailable
from connector.llm.breaker import Breaker, breaker_of
from connector.llm.failures import Unanswered


class Time:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def breaker(time: Time) -> Breaker:
    return Breaker(failures=3, seconds=30, monotonic=time)


def fails(error: Exception) -> Callable[[], None]:
    def request() -> None:
        raise error

    return request


def fail(breaker: Breaker, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Unanswered):
            breaker.ask(fails(Unanswered("x")))


def left_alone(breaker: Breaker) -> bool:
    asked = []
    try:
        breaker.ask(lambda: asked.append(1))
    except Unanswered:
        raise
    except ModelUnavailable:
        assert asked == []
        return True
    return False


def test_it_opens_after_failures_in_a_row(breaker: Breaker) -> None:
    fail(breaker, 2)
    assert not left_alone(breaker)
    fail(breaker, 2)
    assert breaker.state == "closed"
    fail(breaker)
    assert breaker.state == "open"
    assert left_alone(breaker)


@pytest.mark.parametrize("answer", [ModelInvalid("x"), ModelRefused("x")])
def test_an_answer_of_no_use_is_an_answer(answer: Exception, breaker: Breaker) -> None:
    fail(breaker, 2)
    with pytest.raises(type(answer)):
        breaker.ask(fails(answer))
    fail(breaker, 2)
    assert breaker.state == "closed"


@pytest.mark.parametrize("never_left", [BudgetSpent("x"), ModelUnavailable("ledger"), ZeroDivisionError()])
def test_what_never_left_says_nothing_of_the_server(never_left: Exception, breaker: Breaker, time: Time) -> None:
    fail(breaker, 2)
    with pytest.raises(type(never_left)):
        breaker.ask(fails(never_left))
    fail(breaker)
    assert breaker.state == "open"
    time.now += 31
    with pytest.raises(type(never_left)):
        breaker.ask(fails(never_left))
    assert not left_alone(breaker), "the trial was not used up"
    assert breaker.state == "closed"


def test_one_request_tries_again_and_decides(breaker: Breaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 29
    assert left_alone(breaker)
    time.now += 2
    fail(breaker)
    assert left_alone(breaker), "its failure starts the time again"
    time.now += 31
    assert breaker.ask(lambda: "answer") == "answer"
    assert breaker.state == "closed"


def test_the_others_are_refused_while_one_tries(breaker: Breaker, time: Time) -> None:
    fail(breaker, 3)
    time.now += 31
    begun, may_end = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert may_end.wait(10)
        return "answer"

    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(breaker.ask, slow)
        assert begun.wait(10)
        assert left_alone(breaker)
        may_end.set()
        assert trial.result(10) == "answer"
    assert not left_alone(breaker)


def test_requests_do_not_wait_for_one_another(breaker: Breaker) -> None:
    together = threading.Barrier(16, timeout=10)
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: breaker.ask(together.wait), range(16)))
    assert sorted(found) == list(range(16))


def test_what_left_before_it_opened_changes_nothing_after(breaker: Breaker, time: Time) -> None:
    def late() -> None:
        fail(breaker, 3)
        time.now += 10
        raise Unanswered("late")

    with pytest.raises(Unanswered):
        breaker.ask(late)
    time.now += 19
    assert left_alone(breaker)
    time.now += 2
    assert not left_alone(breaker), "thirty seconds from when it opened, not from the late failure"


def test_an_address_has_one_breaker() -> None:
    first = breaker_of("https://model.example/v1")
    assert breaker_of("https://model.example/v1") is first
    assert breaker_of("https://other.example/v1") is not first
    fail(first, 5)
    del first
    gc.collect()
    assert breaker_of("https://model.example/v1").state == "closed", "nobody asks there any more"
