"""A cache for values that are dear to make: threads that want one at the same time wait for the one who makes it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def once(make: Callable[P, T]) -> Callable[P, T]:
    """The function, called once for each set of (hashable, positional) arguments.

    `functools.cache` lets every thread that finds nothing make the value: at the start of a worker thirty threads would
    each load the same model.
    """
    made: dict[tuple[object, ...], T] = {}
    making = threading.RLock()

    @wraps(make)
    def found(*args: P.args, **kwargs: P.kwargs) -> T:
        key = (*args, *kwargs.items())
        try:
            return made[key]
        except KeyError:
            with making:
                if key not in made:
                    made[key] = make(*args, **kwargs)
                return made[key]

    return found
