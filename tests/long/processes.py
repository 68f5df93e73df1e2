"""Processes to be killed: who runs below whom, who is alive, and a trap that kills at the Nth system call."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

NO_WORKER = ("sh", "-c", 'exec "$@" --no-worker', "sh")
"""A prefix for `Service.start`: the same command with one more word."""

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Fitting the classifier with as many threads as there are cores starves everything else on a busy machine."""


def wait_for(condition: Callable[[], object], *, seconds: float, what: str) -> None:
    """Return when the condition holds; AssertionError when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def children(pid: int) -> list[int]:
    """The processes right below this one."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def command_line(pid: int) -> str:
    """The words it was started with, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def child_with(pid: int, words: str) -> int | None:
    """The child of this process whose command line contains the words, None when there is none now."""
    return next((child for child in children(pid) if words in command_line(child)), None)


def serving_process(served: int) -> int | None:
    """The process below `handrail serve` that answers requests: granian runs it below its own."""
    web = child_with(served, "connector.cli.webserver")
    below = [child for child in children(web) if alive(child)] if web is not None else []
    return below[-1] if below else None


class Trap:
    """Kills a process when one of its threads is about to make its Nth call of this name.

    strace counts for each thread apart, and SIGKILL at the entry means that this call is never made.
    """

    def __init__(self, call: str, when: int, log: Path) -> None:
        self.call, self.when, self._log = call, when, log
        self._strace: subprocess.Popen[str] | None = None
        self._pid = 0

    @property
    def command(self) -> list[str]:
        inject = f"inject={self.call}:signal=KILL:when={self.when}"
        return ["strace", "-f", "-qq", "-o", str(self._log), "-e", f"trace={self.call}", "-e", inject]

    def attach(self, pid: int) -> None:
        """Return when every thread of the process is traced."""
        command = [word for word in self.command if word != "-qq"]
        self._pid = pid
        self._strace = subprocess.Popen([*command, "-p", str(pid)], stderr=subprocess.PIPE, text=True)
        assert self._strace.stderr is not None
        line = self._strace.stderr.readline()
        assert re.search(r"attached", line), f"strace did not attach: {line!r}"

    def release(self) -> None:
        """Let the process go, if it still lives."""
        strace, self._strace = self._strace, None
        if strace is None:
            return
        if alive(self._pid):
            strace.terminate()  # lets go of it; while the process is dying this would leave strace waiting for ever
        try:
            strace.wait(5)
        except subprocess.TimeoutExpired:
            strace.kill()  # the kernel lets go of what it traced
            strace.wait()
        assert strace.stderr is not None
        strace.stderr.close()

    def seen(self) -> int:
        """How many calls were recorded."""
        if not self._log.exists():
            return 0
        return len(re.findall(rf"^\d+ +{self.call}\(", self._log.read_text(errors="replace"), re.MULTILINE))
