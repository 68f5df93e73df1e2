"""The reserved share: fixed, by hash, the same for ever."""

from __future__ import annotations

from connector.policy.reserve import RESERVED_SHARE, reserved

PINNED = [2, 4, 10, 18, 21, 32, 33, 39]


def test_about_a_fifth_of_the_tickets_is_reserved() -> None:
    count = sum(reserved("acme", str(number)) for number in range(20_000))
    assert abs(count / 20_000 - RESERVED_SHARE) < 0.01


def test_which_ones_never_changes() -> None:
    # Written down once: another choice would let a model be judged by tickets it has learnt from.
    assert [number for number in range(40) if reserved("acme", str(number))] == PINNED


def test_another_account_has_other_ones() -> None:
    one = {number for number in range(1000) if reserved("acme", str(number))}
    two = {number for number in range(1000) if reserved("bravo", str(number))}
    assert len(one & two) < 90


def test_odd_ids_do_no_harm() -> None:
    assert reserved("acme", "\udc80") in (True, False)
    assert reserved("a", "b\x1fc") in (True, False)
