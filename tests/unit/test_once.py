"""A value that is dear to make is made once, however many threads want it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from connector.once import once


def test_threads_that_come_together_wait_for_one() -> None:
    together = threading.Barrier(8)
    makers: list[int] = []

    @once
    def value(number: int) -> list[int]:
        makers.append(threading.get_ident())
        return [number]

    def asked(number: int) -> list[int]:
        together.wait(10)
        return value(number)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(asked, [1, 1, 1, 1, 2, 2, 2, 2]))
    assert len(makers) == 2
    assert len({id(item) for item in found}) == 2
    assert [item[0] for item in found] == [1, 1, 1, 1, 2, 2, 2, 2]


def test_one_that_fails_is_tried_again() -> None:
    tries: list[None] = []

    @once
    def value() -> int:
        tries.append(None)
        if len(tries) == 1:
            raise ValueError("not yet")
        return 7

    with pytest.raises(ValueError, match="not yet"):
        value()
    assert (value(), value(), len(tries)) == (7, 7, 2)
