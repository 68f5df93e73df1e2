"""Gives a running sandbox a history to import: `python tools/seed_history.py DESK [TICKETS]` (DESK: what it printed).

The labelled tickets, over and over from other senders and with numbers of their own, each answered and solved by a
person of the team. The sandbox's limits are raised as far as it goes, so that an import is no matter of hours.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import urllib.request
from collections.abc import Iterator, Mapping
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from rich.progress import track

TICKETS = Path(__file__).parent.parent / "data" / "tickets-dev.jsonl"
LIMITS = {"calls_per_minute": 400_000, "incremental_per_minute": 10_000}
AT_ONCE = 200
ANSWERS = {
    "en": "Hello,\n\nthank you for your message. We looked into it: {subject}. It is taken care of.\n\nKind regards",
    "de": "Hallo,\n\nvielen Dank für Ihre Nachricht. Wir haben nachgesehen: {subject}. Es ist erledigt.\n\nViele Grüße",
}


def main(desk: str, count: int) -> None:
    """Write and solve `count` Zendesk tickets."""
    call(desk, "zendesk/settings", LIMITS)
    tickets = list(histories(count))
    for start in track(range(0, count, AT_ONCE), description="Tickets"):
        batch = tickets[start : start + AT_ONCE]
        made = call(desk, "zendesk/tickets", [ticket for ticket, _ in batch])
        for number, (_, answer) in zip(made["ids"], batch, strict=True):
            call(desk, f"zendesk/tickets/{number}/comments", {"author": "agent", "text": answer, "notify": False})
            call(desk, f"zendesk/tickets/{number}", {"status": "solved", "assignee": "agent", "notify": False})


def histories(count: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Each ticket as the control API takes it, and the person's answer. Zendesk takes no ticket without words."""
    labelled = [json.loads(line) for line in TICKETS.read_text(encoding="utf-8").splitlines()]
    written = [ticket for ticket in labelled if (ticket.get("body") or ticket.get("body_html", "")).strip()]
    for number, ticket in enumerate(islice(cycle(written), count)):
        yield _ticket(number, ticket), ANSWERS.get(ticket["language"], ANSWERS["en"]).format(subject=ticket["subject"])


def _ticket(number: int, ticket: Mapping[str, Any]) -> dict[str, Any]:
    kind = "body" if "body" in ticket else "body_html"
    local, _, domain = str(ticket["from"]).partition("@")
    return {
        "subject": ticket["subject"],
        kind: re.sub(r"\d{4,}", lambda found: _other(found.group(), number), ticket[kind]),
        "requester": {"name": local, "email": f"{local}.{number}@{domain}", "verified": True},
        "channel": "email",
        "notify": False,
    }


def _other(digits: str, number: int) -> str:
    """Another number of the same length, so that no two tickets are alike."""
    return str((int(digits) + number * 7919) % 10 ** len(digits)).zfill(len(digits))


def call(desk: str, path: str, body: object) -> Any:
    """Post to the sandbox's control interface."""
    request = urllib.request.Request(  # noqa: S310 - the address is the user's own
        f"{desk}/control/{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
        return json.loads(answer.read() or b"null")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Give a running sandbox answered tickets to import.")
    options.add_argument("desk", help="the address that the sandbox printed as desk")
    options.add_argument("tickets", nargs="?", type=int, default=1000, help="how many (1000)")
    chosen = options.parse_args()
    try:
        main(chosen.desk.rstrip("/"), chosen.tickets)
    except (OSError, ValueError) as error:
        sys.exit(f"{chosen.desk} does not answer as a sandbox's desk ({error}): start one with `handrail sandbox`.")
