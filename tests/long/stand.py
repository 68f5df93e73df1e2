"""A test stand: a sandbox helpdesk, and Handrail as processes that die and are started again on the same data."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from connector import app as apps
from connector.ledger import open_ledger
from connector.records import Verdict
from connector.sandbox import Sandbox
from connector.settings import Settings, secret_keys
from tests.faults.world import policy_template, policy_text
from tests.long.processes import NO_WORKER, ONE_THREAD, alive, children, serving_process, wait_for
from tests.pipeline.service import ENDLESS, Service

ACCOUNT = "acme"
ORDERS = range(40_000, 42_000)
LEASE_SECONDS = 4
"""After a worker's death its tickets wait this long; longer than a flow under strace takes."""

AMBIGUITY_SECONDS = 8
"""Longer than the sandbox, on a busy machine, takes to apply what a killed worker had sent."""

FRESHDESK_RETRY_SECONDS = 301
QUIET_SECONDS = 180


def customer(number: int) -> dict[str, Any]:
    """Somebody who asks about an order of their own."""
    return {"name": "Mara Lindqvist", "email": f"mara{number}@example.com", "verified": True}


def ask(sandbox: Sandbox, vendor: str, number: int) -> int:
    """This customer's message; returns the ticket."""
    return sandbox.add_ticket(
        vendor,
        subject="Where is my order?",
        body=f"Hello,\n\nwhere is my order {number}? When will it arrive?\n\nThanks\nMara",
        requester=customer(number),
        channel="email",
    )


@dataclass
class Stand:
    """One vendor, one mode (note or reply). `begin` starts afresh on a copy of the prepared data folder."""

    vendor: str
    mode: str
    folder: Path
    sandbox: Sandbox = field(default_factory=Sandbox)
    worker_words: tuple[str, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)
    copies: int = 1
    poll_seconds: int = 300
    asked: int = 0
    rounds: int = 0

    def __enter__(self) -> Stand:
        self.sandbox.start()
        self.folder.mkdir(parents=True)
        self.service = Service(home=self.folder / "none")
        self.worker: subprocess.Popen[bytes] | None = None
        self.ledger: Any = None
        self._prepare(self.folder / "prepared")
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self.sandbox.stop()
        shutil.rmtree(self.folder)

    # --- the data folder --------------------------------------------------------------------------

    def _prepare(self, home: Path) -> None:
        """Connected by the public commands; for replies also released and certified."""
        home.mkdir()
        service = self._service(home)
        service.connect(self.sandbox, self.vendor, name=ACCOUNT, stage="live" if self.mode == "reply" else "draft")
        if self.mode == "reply":
            policy = self.folder / "policy.toml"
            text = policy_text("reply")
            assert "per_account_10min = 30\n" in text
            policy.write_text(text.replace("per_account_10min = 30\n", "per_account_10min = 300\n"))
            service.command("policy", "publish", str(policy), "--account", ACCOUNT, "--comment", "the sweep's own")
            _certify(home)
        rows = [_order(number) for number in ORDERS]
        (self.folder / "lookups.json").write_text(json.dumps(rows))

    def _service(self, home: Path) -> Service:
        return Service(
            home=home,
            environ={
                **ONE_THREAD,
                "HANDRAIL_LEASE_SECONDS": str(LEASE_SECONDS),
                "HANDRAIL_AMBIGUITY_SECONDS": str(AMBIGUITY_SECONDS),
                "HANDRAIL_LOOKUPS": str(self.folder / "lookups.json"),
                **self.environ,
            },
        )

    # --- processes --------------------------------------------------------------------------------

    def begin(self, *, poll_seconds: int = 300) -> None:
        """An empty helpdesk, a fresh copy of the data, a web process and a worker that has worked already."""
        self.end()
        self.rounds += 1
        self.poll_seconds = poll_seconds
        home = self.folder / f"round-{self.rounds}"
        shutil.copytree(self.folder / "prepared", home)
        self.sandbox.reset()
        self.sandbox.helpdesk(self.vendor).change_settings(ENDLESS[self.vendor])
        if self.vendor == "zendesk":
            settings = self.sandbox.helpdesk("zendesk").settings
            settings.incremental_lag_seconds = 0
            settings.incremental_per_minute = 1_000_000  # a poll each second would wait for the vendor's ten a minute
        self.service = self._service(home)
        self._open()
        self.service.start(prefix=NO_WORKER)
        account = self.ledger.accounts.get(ACCOUNT)
        address = f"{self.service.address}/webhooks/{self.vendor}/{ACCOUNT}"
        self.sandbox.set_webhook(self.vendor, address, secret=account.webhook_secrets[0], copies=self.copies)
        self.start_worker()
        ticket = self.customer_writes()
        self.wait_until_settled(ticket)

    def end(self) -> None:
        """Stop what runs."""
        self.stop_worker()
        self.service.stop()
        if self.ledger is not None:
            self.ledger.close()
            self.ledger = None

    def restore(self, backup: Path) -> None:
        """Everything stops, the backup is put in place, and everything starts again at the same address."""
        self.stop_worker()
        self.service.stop()
        self.ledger.close()
        self.service.tell("restore", str(backup))
        self._open()
        self.service.start(port=int(self.service.address.rpartition(":")[2]), prefix=NO_WORKER)
        self.start_worker()

    def _open(self) -> None:
        settings = Settings(home=self.service.home)
        self.ledger = open_ledger(settings.ledger_url, keys=secret_keys(settings))

    def start_worker(self, *prefix: str) -> None:
        """Start the worker, perhaps under strace; it need not be ready."""
        command = [*prefix, sys.executable, "-m", "tests.long.scripted_worker", *self.worker_words]
        environment = {**self.service.environment, "HANDRAIL_POLL_SECONDS": str(self.poll_seconds)}
        with (self.folder / "worker.log").open("a") as log:
            self.worker = subprocess.Popen(command, stdout=log, stderr=log, env=environment)

    def stop_worker(self) -> None:
        """Kill the worker; nothing needs to be finished."""
        if self.worker is not None and not self.worker_died:
            for pid in (*children(self.worker.pid), self.worker.pid):  # under strace it is a child
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.worker.wait()
        self.worker = None

    @property
    def worker_died(self) -> bool:
        return self.worker is not None and self.worker.poll() is not None

    def web_process(self) -> int:
        """The process that answers requests; waits for a new one where it has just died."""
        assert self.service.process is not None
        served = self.service.process.pid
        wait_for(lambda: serving_process(served) and self._healthy(), seconds=60, what="a web process")
        found = serving_process(served)
        assert found is not None
        assert alive(found)
        return found

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.service.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    # --- the flow ---------------------------------------------------------------------------------

    def customer_writes(self) -> int:
        """A new customer's message; returns the ticket."""
        number = ORDERS[self.asked % len(ORDERS)]
        self.asked += 1
        return ask(self.sandbox, self.vendor, number)

    def redeliver_what_was_not_taken(self) -> None:
        """Freshdesk tries again after five minutes; Zendesk does not after a broken connection, the poll finds it."""
        if self.vendor == "freshdesk":
            self.sandbox.advance(FRESHDESK_RETRY_SECONDS)

    def taken(self, ticket: int) -> bool:
        """Whether a webhook of this ticket was answered 2xx."""
        return any(delivery["state"] == "delivered" for delivery in self.sandbox.deliveries(ticket=ticket))

    def settled(self, ticket: int) -> bool:
        """Whether something was written to the ticket, its echoes are through, and nothing is left to do."""
        if not (self.notes(ticket) or self.replies(ticket)):
            return False
        return self.sandbox.drain(0.01) and self.quiet()

    def quiet(self) -> bool:
        backlog = self.ledger.work.backlog(now=datetime.now(UTC))
        return not (backlog.waiting_events or backlog.unsettled_effects or backlog.by_state["leased"])

    def wait_until_all_written(self, tickets: Sequence[int], *, seconds: float = QUIET_SECONDS) -> None:
        """Return when each of these has a note or a reply, whatever else is left to do."""

        def written() -> bool:
            counts = self.written()
            return all(counts[ticket] for ticket in tickets)

        wait_for(written, seconds=seconds, what=f"each of {len(tickets)} tickets was written to")

    def wait_until_all_settled(self, tickets: Sequence[int], *, seconds: float = QUIET_SECONDS) -> None:
        """Like `wait_until_settled`, for many."""

        def settled() -> bool:
            written = self.written()
            return all(written[ticket] for ticket in tickets) and self.sandbox.drain(0.01) and self.quiet()

        wait_for(settled, seconds=seconds, what=f"{len(tickets)} tickets came to rest")

    def wait_until_settled(self, ticket: int) -> None:
        deadline = time.monotonic() + QUIET_SECONDS
        while not self.settled(ticket):
            assert not self.worker_died, (self.folder / "worker.log").read_text()[-2000:]
            assert time.monotonic() < deadline, f"ticket {ticket} did not come to rest: {self.state(ticket)}"
            time.sleep(0.02)

    # --- the judge --------------------------------------------------------------------------------

    def notes(self, ticket: int) -> int:
        """Notes of ours that stand on the ticket now (a removed twin does not)."""
        journal = self.sandbox.journal
        removed = journal.entries(vendor=self.vendor, ticket=ticket, verb="note_deleted")
        return len(journal.notes(ticket, vendor=self.vendor)) - len(removed)

    def replies(self, ticket: int) -> int:
        return len(self.sandbox.journal.replies(ticket, vendor=self.vendor))

    def written(self) -> Counter[int]:
        """How many notes and replies of ours each ticket has."""
        entries = self.sandbox.journal.entries(vendor=self.vendor, by="integration")
        return Counter(entry.ticket for entry in entries if entry.verb in ("note", "reply"))

    def wrong(self, tickets: Sequence[int]) -> dict[int, list[str]]:
        """The tickets whose flow ended with a violation, and which."""
        return {ticket: found for ticket in tickets if (found := self.violations(ticket))}

    def violations(self, ticket: int) -> list[str]:
        """What is wrong with how the flow ended; empty when the invariants hold."""
        notes, replies = self.notes(ticket), self.replies(ticket)
        found = []
        if replies > (1 if self.mode == "reply" else 0):
            found.append(f"{replies} replies")
        if notes > 1:
            found.append(f"{notes} notes")
        if not notes + replies:
            found.append("silence")
        backlog = self.ledger.work.backlog(now=datetime.now(UTC))
        if backlog.dead_events:
            found.append(f"{backlog.dead_events} dead events")
        return found

    def acknowledged_but_lost(self) -> set[int]:
        """Tickets with a webhook that was answered 2xx and of which the ledger knows only from the poll."""
        acknowledged = {d["ticket"] for d in self.sandbox.deliveries() if d["state"] == "delivered"}
        events = self.service.command("events", "--limit", "100000")
        return acknowledged - {int(event["ticket"]) for event in events if event["kind"] != "polled"}

    def state(self, ticket: int) -> str:
        """What is known about a ticket that does not come to rest."""
        written = [(entry.verb, entry.actor) for entry in self.sandbox.journal.entries(ticket=ticket)]
        sent = [(d["event"], d["state"], d["attempts"]) for d in self.sandbox.deliveries(ticket=ticket)]
        backlog = self.ledger.work.backlog(now=datetime.now(UTC))
        log = (self.folder / "worker.log").read_text()[-1500:]
        return f"journal {written}; webhooks {sent}; {backlog}; worker: {log}"


def _certify(home: Path) -> None:
    """A thousand people's verdicts on would-be sends, as a long shadow phase would have left them."""
    app = apps.build(Settings(home=home))
    try:
        account = app.ledger.accounts.get(ACCOUNT)
        assert account is not None
        template, given_at = policy_template(), datetime.now(UTC) - timedelta(days=1)
        app.ledger.policies.add_verdicts(
            Verdict(
                account_id=account.id,
                ticket_id=f"past-{number}",
                intent="order_status",
                template=template,
                verdict="right",
                who="Ines",
                given_at=given_at,
            )
            for number in range(1000)
        )
    finally:
        app.close()


def _order(number: int) -> dict[str, Any]:
    facts = {
        "order_number": str(number),
        "status": "shipped",
        "carrier": "Parcelkite",
        "tracking_number": f"PK-{4_021_000_000 + number}",
    }
    return {"kind": "order", "reference": str(number), "email": customer(number)["email"], "facts": facts}
