"""For processes under libfaketime 0.9.10, which refuses the `time.sleep` of Python 3.11 on the true monotonic clock.

Python imports this by itself at the start of a process that finds it on PYTHONPATH.
"""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
