"""Keeps the processes of `handrail serve` running: starts them, starts the dead ones again, stops all of them.

A child asks the kernel to be told when this process dies, so that even `kill -9` leaves nobody behind.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

STOP_SECONDS = 8.0
"""How long children may take to stop before they are killed."""
QUICK_SECONDS = 10.0
"""A process that lived shorter than this died at its start: wait longer before the next try."""
SLOW_START_SECONDS = 120.0
"""A process that gave up by itself (not killed from outside) within this time may still have been starting."""
LONGEST_PAUSE_SECONDS = 30.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(slots=True, kw_only=True)
class Child:
    """One process to keep running. `orphan_signal` is what it gets when the supervisor dies.

    An exit code in `final_codes` means that another start would end alike: everything is stopped instead.
    """

    name: str
    command: Sequence[str]
    orphan_signal: signal.Signals = signal.SIGTERM
    final_codes: frozenset[int] = frozenset()
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    quick_deaths: int = 0
    again_at: float = 0.0


@dataclass(slots=True)
class Supervisor:
    """Runs children until `stop()`; must be driven from the main thread (see `die_with_parent`)."""

    children: Sequence[Child]
    environ: Mapping[str, str] | None = None
    final_code: int | None = None
    """The exit code for which everything was stopped, if that is why."""
    _stopping: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            self._launch(child)

    def stop(self, *_signal: object) -> None:
        """Make `run` return; fit to be a signal handler."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called."""
        return self._stopping.is_set()

    def run(self) -> None:
        """Start dead children again until stopped, then stop all of them."""
        try:
            while not self._stopping.wait(0.2):
                self.tend()
        finally:
            self.shut_down()

    def tend(self) -> None:
        """Look after every child once."""
        now = time.monotonic()
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child, now)
            if self.final_code is not None:
                return
            if child.process is None and now >= child.again_at:
                self._launch(child)

    def shut_down(self) -> None:
        """Ask every child to stop, wait, and kill what does not."""
        running = [child.process for child in self.children if child.process is not None]
        for process in running:
            _signal_group(process, signal.SIGTERM, alone=True)
        deadline = time.monotonic() + STOP_SECONDS
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                log.warning("killed", pid=process.pid)
            _signal_group(process, signal.SIGKILL)
            process.wait()

    def _launch(self, child: Child) -> None:
        parent = os.getpid()
        child.process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
            list(child.command),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # stdout is for the one line that says we are ready
            env=dict(self.environ) if self.environ is not None else None,
            process_group=0,  # Ctrl-C reaches us alone; we stop the children in order
            preexec_fn=lambda: die_with_parent(child.orphan_signal, parent),
        )
        child.started_at = time.monotonic()

    def _bury(self, child: Child, now: float) -> None:
        process = child.process
        if process is None:
            return
        _signal_group(process, signal.SIGKILL)  # what it started must not outlive it and hold the port
        if process.returncode in child.final_codes:
            log.error("gave up", name=child.name, pid=process.pid, code=process.returncode)
            child.process, self.final_code = None, process.returncode
            self.stop()
            return
        quick = died_starting(now - child.started_at, process.returncode)
        child.quick_deaths = child.quick_deaths + 1 if quick else 0
        pause = min(LONGEST_PAUSE_SECONDS, 0.5 * 2**child.quick_deaths) if quick else 0.0
        log.error("died", name=child.name, pid=process.pid, code=process.returncode, seconds=pause)
        child.process, child.again_at = None, now + pause


def died_starting(seconds: float, code: int) -> bool:
    """Whether a process that ended with this code after so many seconds never got to work.

    Loading may take longer than `QUICK_SECONDS`; a signal (negative code) says nothing about the next start.
    """
    return seconds < QUICK_SECONDS or (code > 0 and seconds < SLOW_START_SECONDS)


def die_with_parent(number: signal.Signals, parent: int | None = None) -> None:
    """Have the kernel send us this signal when the thread that started us ends. Linux only; elsewhere nothing."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, number.value, 0, 0, 0)
    if parent is not None and os.getppid() != parent:  # it died before we asked
        os.kill(os.getpid(), number.value)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals, *, alone: bool = False) -> None:
    """Signal a child alone or with everything it started; nobody there is fine."""
    try:
        if alone:
            process.send_signal(number)
        else:
            os.killpg(process.pid, number)
    except ProcessLookupError:
        pass
