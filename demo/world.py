"""Starts the sandbox helpdesks and Handrail as processes on loopback, and speaks with them as anybody would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HANDRAIL = (sys.executable, "-m", "connector")
START_SECONDS = 60.0
STOP_SECONDS = 15.0
MODEL = "sandbox"
"""The sandbox's model server answers to every name."""


class DemoFailed(Exception):
    """The demonstration cannot go on; the message says why."""


@dataclass(slots=True)
class World:
    """Both processes and the folder they keep their data in."""

    home: Path
    settle_seconds: float
    desk: str = ""
    handrail: str = ""
    model: str = ""
    """The model server that drafts; "" = the embedded drafter does."""
    sandbox: Mapping[str, Any] = field(default_factory=dict)
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)

    # --- processes --------------------------------------------------------------------------------

    def start_sandbox(self, port: int) -> None:
        """Start the helpdesks; they tell their addresses and credentials in one line."""
        process = self._spawn([*HANDRAIL, "sandbox", "--port", str(port)])
        self.sandbox = json.loads(self._first_line(process, "{"))
        self.desk = self.sandbox["desk"]

    def start_handrail(self, port: int) -> None:
        """Start web and worker; they say one line when ready."""
        process = self._spawn([*HANDRAIL, "serve", "--port", str(port)])
        self.handrail = self._first_line(process, "Handrail is ready").split()[-1]

    def draft_with(self, model: str) -> None:
        """Start Handrail anew at its address with this model server behind it."""
        self.model = model
        self._end(self._processes.pop())
        self.start_handrail(int(self.handrail.rpartition(":")[2]))

    def stop(self) -> None:
        """End both processes, by the ids that were started here."""
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            self._end(process)

    def _end(self, process: subprocess.Popen[str]) -> None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()

    def _spawn(self, command: Sequence[str]) -> subprocess.Popen[str]:
        log = (self.home / f"{command[3]}.log").open("a", encoding="utf-8")
        with log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment
            )
        self._processes.append(process)
        return process

    def _first_line(self, process: subprocess.Popen[str], start: str) -> str:
        deadline = time.monotonic() + START_SECONDS
        assert process.stdout is not None  # noqa: S101 - opened as a pipe above
        while time.monotonic() < deadline:
            line = process.stdout.readline()
            if line.startswith(start):
                return line.strip()
            if not line:
                break
        raise DemoFailed(f"What prints {start!r} did not start; see the logs in {self.home}.")

    # --- Handrail ---------------------------------------------------------------------------------

    @property
    def environment(self) -> dict[str, str]:
        """What both processes and every command run with."""
        return {
            **{key: value for key, value in os.environ.items() if not key.startswith("HANDRAIL_")},
            "HANDRAIL_HOME": str(self.home),
            "HANDRAIL_SETTLE_SECONDS": str(self.settle_seconds),
            "HANDRAIL_AMBIGUITY_SECONDS": "5",
            "HANDRAIL_LAG_SECONDS": str(min(10.0, self.settle_seconds)),
            "HANDRAIL_ALLOW_LOOPBACK_HELPDESK": "1",
            "HANDRAIL_PUBLIC_URL": self.handrail or "http://127.0.0.1:8080",
            "HANDRAIL_LOOKUPS": str(self.home / "lookups.json"),
            "HANDRAIL_SOURCES": str(Path(__file__).parent.parent / "data" / "sources"),
            **({"HANDRAIL_ZENDESK_SDK_URL": self.sandbox["zendesk_sdk"]} if self.sandbox else {}),
            **({"HANDRAIL_LLM_BASE_URL": self.model, "HANDRAIL_LLM_MODEL": MODEL} if self.model else {}),
        }

    def command(self, *words: str) -> Any:
        """Run `handrail WORDS --json`; DemoFailed with its own sentence when it fails."""
        done = subprocess.run(  # noqa: S603 - our own command
            [*HANDRAIL, *words, "--json"], capture_output=True, text=True, env=self.environment, check=False
        )
        if done.returncode != 0:
            raise DemoFailed(f"handrail {' '.join(words[:3])} failed: {done.stderr.strip()[-600:]}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def backlog(self) -> Mapping[str, float]:
        """What waits, from Handrail's own metrics."""
        found: dict[str, float] = {}
        for line in self._read(f"{self.handrail}/metrics").splitlines():
            if line.startswith("handrail_"):
                name, _, value = line.rpartition(" ")
                found[name] = float(value)
        return found

    def wait_until_quiet(self, *, seconds: float) -> None:
        """Wait until every event reached its end and every write is settled."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = self.backlog()
            if not (now["handrail_waiting_events"] or now["handrail_unsettled_effects"] or now["handrail_due_tickets"]):
                return
            time.sleep(0.1)
        raise DemoFailed(f"Handrail did not come to rest within {seconds:.0f} seconds: {dict(self.backlog())}")

    # --- the helpdesks ----------------------------------------------------------------------------

    def control(self, method: str, path: str, body: object = None) -> Any:
        """Call the sandbox's control interface."""
        return json.loads(self._read(f"{self.desk}/control/{path}", method=method, body=body) or "null")

    def _read(self, address: str, *, method: str = "GET", body: object = None) -> str:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback addresses that we started
            address, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
            text: str = answer.read().decode()
            return text
