"""Runs everything of a simulation one after the other, in the order of one clock.

An *action* is a function that is called at its time. A *task* is a piece of ordinary blocking code (a worker) on a
thread of its own, of which exactly one runs at any moment: it gives the baton back wherever it waits. What happens
between two waits of a task happens at once; so the places where a task waits are the places where others can get in.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable

from tests.simulation.clock import Clock

MOST_EVENTS = 60_000
"""A run that needs more than this does not come to rest."""


class Killed(BaseException):
    """The process of this task dies here. Not an Exception: nothing may catch it."""


class Task:
    """Code that may wait. `alive` is False once it has ended or died."""

    def __init__(self, name: str, body: Callable[[], None]) -> None:
        self.name = name
        self.alive = True
        self.doomed = False
        self.ticket = 0  # which entry of the agenda wakes it; an older one is out of date
        self.error: BaseException | None = None
        self.ended: Callable[[], None] = lambda: None
        self._body = body
        self._gate = threading.Lock()
        self._gate.acquire()
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._back: threading.Lock | None = None

    def switch_in(self, back: threading.Lock) -> None:
        """Let the task run until it waits or ends. Called by the scheduler's own thread alone."""
        self._back = back
        if self.thread.ident is None:
            self.thread.start()
        else:
            self._gate.release()
        back.acquire()

    def switch_out(self) -> None:
        """Give the baton back and wait for it. Called by the task's own thread alone."""
        assert self._back is not None
        self._back.release()
        self._gate.acquire()

    def _run(self) -> None:
        try:
            if not self.doomed:
                self._body()
        except Killed:
            pass
        except BaseException as error:  # noqa: BLE001 - raised again where the simulation was started
            self.error = error
        self.alive = False
        assert self._back is not None
        self._back.release()


class Scheduler:
    """The agenda of one simulation."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.current: Task | None = None
        self.events = 0
        self._agenda: list[tuple[float, int, Callable[[], None] | Task, int]] = []
        self._order = 0
        self._tasks: list[Task] = []
        self._back = threading.Lock()
        self._back.acquire()
        self._stop: Callable[[], bool] = lambda: False

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call `action` then."""
        self._enter(seconds, action, 0)

    def spawn(self, name: str, body: Callable[[], None], *, delay: float = 0.0) -> Task:
        """Start a task then."""
        task = Task(name, body)
        self._tasks.append(task)
        self._enter(delay, task, 0)
        return task

    def wait(self, seconds: float) -> None:
        """Let this much time pass for the task that calls. Killed where it was doomed meanwhile.

        Outside of a task (an actor's own look at the ledger) no time passes.
        """
        task = self.current
        if task is None:
            return
        task.ticket += 1
        self._enter(seconds, task, task.ticket)
        due, _, what, ticket = self._agenda[0]
        if what is task and ticket == task.ticket and not task.doomed and not self._stop():
            # Nobody else is due before us: the same as giving the baton back and getting it again, but faster.
            heapq.heappop(self._agenda)
            self._move_to(due)
            return
        task.switch_out()
        if task.doomed:
            raise Killed

    def wake(self, task: Task, seconds: float = 0.0) -> None:
        """Let a waiting task go on earlier than it asked for."""
        task.ticket += 1
        self._enter(seconds, task, task.ticket)

    def kill(self, task: Task) -> None:
        """The task dies where it waits."""
        if task.alive:
            task.doomed = True
            self.wake(task)

    def run(self, stop: Callable[[], bool]) -> bool:
        """Go through the agenda until `stop`; False where it takes too long or nothing is left to do before."""
        self._stop = stop
        while not stop():
            if not self._agenda or self.events > MOST_EVENTS:
                return False
            due, _, what, ticket = heapq.heappop(self._agenda)
            if isinstance(what, Task):
                if what.alive and ticket == what.ticket:
                    self._move_to(due)
                    self._resume(what)
            else:
                self._move_to(due)
                what()
        return True

    def close(self) -> None:
        """End every task."""
        for task in self._tasks:
            if task.alive:
                task.doomed = True
                self._resume(task)
            if task.thread.ident is not None:
                task.thread.join()

    def _enter(self, seconds: float, what: Callable[[], None] | Task, ticket: int) -> None:
        self._order += 1
        heapq.heappush(self._agenda, (self.clock.seconds + max(0.0, seconds), self._order, what, ticket))

    def _move_to(self, due: float) -> None:
        self.events += 1
        self.clock.seconds = max(self.clock.seconds, due)

    def _resume(self, task: Task) -> None:
        self.current = task
        task.switch_in(self._back)
        self.current = None
        if task.error is not None:
            error, task.error = task.error, None
            raise error
        if not task.alive:
            task.ended()
