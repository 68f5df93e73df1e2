"""Handrail as an operator runs it: `handrail serve` in its own processes, connected to a sandbox by commands."""

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

from connector.sandbox import Sandbox

ENDLESS = {
    "zendesk": {"calls_per_minute": 1_000_000, "updates_per_minute": 1_000_000},
    "freshdesk": {"calls_per_minute": 1_000_000, "ticket_updates_per_minute": 1_000_000},
}
HANDRAIL = (sys.executable, "-m", "connector")


@dataclass
class Service:
    """A running service on its own data folder."""

    home: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    process: subprocess.Popen[str] | None = None

    @property
    def environment(self) -> dict[str, str]:
        inherited = {key: value for key, value in os.environ.items() if not key.startswith("HANDRAIL_")}
        return {
            **inherited,
            "HANDRAIL_HOME": str(self.home),
            "HANDRAIL_SETTLE_SECONDS": "0",
            "HANDRAIL_AMBIGUITY_SECONDS": "2",
            "HANDRAIL_LAG_SECONDS": "0",
            "HANDRAIL_ALLOW_LOOPBACK_HELPDESK": "1",
            "HANDRAIL_LOG_FORMAT": "json",
            **({"HANDRAIL_PUBLIC_URL": self.address} if self.address else {}),
            **self.environ,
        }

    def start(self, *, port: int = 0, prefix: Sequence[str] = ()) -> None:
        """Start web and worker; returns when the ready line was printed."""
        command = [*prefix, *HANDRAIL, "serve", "--port", str(port)]
        with (self.home / "serve.log").open("a") as log:
            self.process = subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("Handrail is ready on "), (self.home / "serve.log").read_text()[-2000:]
        self.address = line.split()[-1]

    def stop(self) -> int:
        """End it as an operator would; returns the exit code."""
        process, self.process = self.process, None
        if process is None:
            return 0
        process.terminate()
        try:
            return process.wait(30)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()

    def command(self, *words: str) -> Any:
        """Run `handrail WORDS --json`."""
        done = subprocess.run(
            [*HANDRAIL, *words, "--json"], capture_output=True, text=True, env=self.environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def tell(self, *words: str) -> str:
        """Run `handrail WORDS`; what it says to people."""
        done = subprocess.run([*HANDRAIL, *words], capture_output=True, text=True, env=self.environment, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def metrics(self) -> dict[str, float]:
        with urllib.request.urlopen(f"{self.address}/metrics", timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if line.startswith("hand")}

    def wait_until_quiet(self, *, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            now = self.metrics()
            if not (now["handrail_waiting_events"] or now["handrail_unsettled_effects"] or now["handrail_due_tickets"]):
                return
            time.sleep(0.1)
        raise AssertionError(f"not quiet after {seconds} s: {self.metrics()}; {self.command('events', '--limit', '5')}")

    # --- connecting -------------------------------------------------------------------------------

    def connect(
        self, sandbox: Sandbox, vendor: str, *, name: str = "acme", stage: str = "draft", copies: int = 1
    ) -> None:
        """Connect an account and let its webhooks come."""
        # A plan without end: these tests are of other things than of waiting for calls.
        sandbox.helpdesk(vendor).change_settings(ENDLESS[vendor])
        secrets = sandbox.credentials[vendor]
        words = ["account", "add", vendor, "--name", name, "--base-url", sandbox.helpdesk(vendor).url, "--owner", "Ana"]
        if vendor == "zendesk":
            secret = "a signing secret for the tests of the service"
            words += ["--client-id", secrets["client_id"], "--client-secret", secrets["client_secret"]]
            added = self.command(*words, "--signing-secret", secret)
            sandbox.set_webhook(vendor, added["webhook_url"], secret=secret, copies=copies)
        else:
            added = self.command(*words, "--api-key", secrets["api_key"])
            sandbox.set_webhook(vendor, added["webhook_url"], secret=added["webhook_secret"], copies=copies)
        self.command("account", "stage", name, stage)
