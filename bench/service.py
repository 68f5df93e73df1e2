"""A running service of its own, an account whose helpdesk and model answer nobody, and deliveries to post to it."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from connector.ledger import open_ledger
from connector.model import Account, AccountConfig, Stage

SECRET = "the webhook secret of a measurement"  # noqa: S105 - of an account that exists for a minute
KEY = "the secret key of a measurement"
NOBODY = "http://127.0.0.1:9"
"""The port of a service that nobody runs any more: connections are refused."""


@contextmanager
def served() -> Iterator[str]:
    """The address of `handrail serve` with a worker, everything behind which is down."""
    with tempfile.TemporaryDirectory() as home:
        ledger = open_ledger(f"sqlite:///{Path(home) / 'handrail.db'}", keys=[KEY])
        ledger.migrate()
        ledger.accounts.add(_account(), now=datetime.now(UTC))
        ledger.close()
        with (
            (Path(home) / "serve.log").open("w") as log,
            subprocess.Popen(
                [sys.executable, "-m", "connector", "serve", "--port", "0"],
                env=_environment(home),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                assert process.stdout is not None  # noqa: S101 - it was asked for
                line = process.stdout.readline()
                if not line:
                    raise RuntimeError((Path(home) / "serve.log").read_text()[-2000:])
                yield line.split()[-1]
            finally:
                process.terminate()
                process.wait(timeout=30)


def connection(address: str) -> http.client.HTTPConnection:
    """A connection to be used for one delivery after the other."""
    parts = urlsplit(address)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)


def deliver(over: http.client.HTTPConnection, ticket: int) -> bool:
    """One delivery as Freshdesk sends it; whether it was acknowledged."""
    body = json.dumps({"ticket_id": str(ticket), "event": "ticket_created"}).encode()
    headers = {"X-Handrail-Secret": SECRET, "Content-Type": "application/json"}
    try:
        over.request("POST", "/webhooks/freshdesk/bench", body, headers)
        answer = over.getresponse()
        answer.read()
    except (OSError, http.client.HTTPException):
        over.close()
        return False
    return answer.status == 202


def _account() -> Account:
    return Account(
        id="bench",
        name="bench",
        vendor="freshdesk",
        base_url=NOBODY,
        stage=Stage.DRAFT,
        bot_user_id="1",
        config=AccountConfig(company="Bench"),
        default_owner="Ana",
        credentials={"kind": "api_key", "api_key": "none"},
        webhook_secrets=(SECRET,),
    )


def _environment(home: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("HANDRAIL_")}
    return {
        **inherited,
        "HANDRAIL_HOME": home,
        "HANDRAIL_SECRET_KEY": KEY,
        "HANDRAIL_SETTLE_SECONDS": "0",
        "HANDRAIL_LAG_SECONDS": "0",
        "HANDRAIL_ALLOW_LOOPBACK_HELPDESK": "1",
        "HANDRAIL_LLM_BASE_URL": f"{NOBODY}/v1",
        "HANDRAIL_LLM_MODEL": "nobody",
        "HANDRAIL_LOG_FORMAT": "json",
    }
