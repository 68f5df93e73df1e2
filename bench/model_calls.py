"""64 simultaneous model calls: what share of the ideal throughput is left through our own client and drafter."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import requests

from bench.drafting import Work, works
from bench.model_server import scripted_model
from bench.tables import Row, Table, interleaved
from connector.drafting import EmbeddedDrafter
from connector.ledger import open_ledger
from connector.llm import open_model
from connector.llm.client import OpenAIModel
from connector.ports import Prompt
from connector.settings import Settings
from connector.starters import folder
from connector.writing import REPLY, ModelDrafter, PromptFile, parse_prompts
from connector.writing.proposal import REPLY_SCHEMA
from connector.writing.request import reply_request

THREADS = 64
CALL_SECONDS = 0.8
ROUNDS = 3
"""Calls of each thread in one repeat."""
REPEATS = 3
TARGET = 0.70
ACCOUNT = "bench"


@dataclass(frozen=True, slots=True)
class Crew:
    """As many threads as calls at once, started beforehand as a worker's are."""

    pool: ThreadPoolExecutor

    def share(self, call: Callable[[int], object], milliseconds: list[float] | None = None) -> float:
        """The share of the ideal throughput when every thread makes its calls one after the other.

        The processor time of one call is added to `milliseconds`.
        """
        ready = Barrier(THREADS + 1)

        def work(thread: int) -> None:
            ready.wait()
            for turn in range(ROUNDS):
                call(thread + turn * THREADS)

        running = [self.pool.submit(work, thread) for thread in range(THREADS)]
        ready.wait()
        began, worked = time.perf_counter(), time.process_time()
        for one in running:
            one.result()
        if milliseconds is not None:
            milliseconds.append((time.process_time() - worked) * 1000 / (ROUNDS * THREADS))
        return ROUNDS * CALL_SECONDS / (time.perf_counter() - began)


def measure() -> Table:
    """The table: a bare HTTP client, our client and our drafter in turn, against the same server."""
    prompt = parse_prompts(folder("prompts", ".md")).newest(REPLY)
    templates, items = works()
    with scripted_model(CALL_SECONDS) as address, opened(address) as model, ThreadPoolExecutor(THREADS) as pool:
        drafter = ModelDrafter(client=model, prompt=prompt, fallback=EmbeddedDrafter(templates=templates))
        crew, milliseconds = Crew(pool), list[float]()
        found = interleaved(
            {
                "bare": lambda: crew.share(bare_call(address, prompt, items)),
                "client": lambda: crew.share(client_call(model, prompt, items)),
                "drafter": lambda: crew.share(draft_call(drafter, items), milliseconds),
            },
            repeats=REPEATS,
        )
    rows = [
        Row(name="a bare HTTP client (`requests`), for comparison", values=found["bare"], unit="share"),
        Row(name="our model client, with budget and breaker", values=found["client"], unit="share", target=TARGET),
        Row(
            name="our model drafter: request masked, answer read back, all checks",
            values=found["drafter"],
            unit="share",
        ),
        Row(name="processor time of such a draft, the call included", values=milliseconds, unit="ms"),
    ]
    return Table(
        name="model_calls",
        title=f"{THREADS} simultaneous model calls of {CALL_SECONDS * 1000:.0f} ms",
        about=(
            f"The share of the ideal throughput ({THREADS / CALL_SECONDS:.0f} answers a second) when {THREADS} threads "
            f"of one process make {ROUNDS} calls each, one after the other, to the sandbox's model server in another "
            "process on the same machine. Connections are opened on the way; calls are counted in a SQLite ledger. A "
            "drafter's threads also share one interpreter, which masks and checks one draft at a time: it can write as "
            "many a second as the processor time of one goes into a second, however many calls are waiting."
        ),
        rows=rows,
    )


@contextmanager
def opened(address: str) -> Iterator[OpenAIModel]:
    """Our client as a worker has it, with a ledger of its own."""
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Path(home), llm_base_url=address, llm_model="scripted", llm_budget=0)
        ledger = open_ledger(settings.ledger_url, keys=["bench-" * 6])
        try:
            ledger.migrate()
            model = open_model(settings, ledger.spend, lambda: datetime.now(UTC))
            if model is None:
                raise RuntimeError("the settings name no model")
            yield model
            model.close()
        finally:
            ledger.close()


def bare_call(address: str, prompt: PromptFile, items: Sequence[Work]) -> Callable[[int], object]:
    """A call that costs as little as one can in this language: one session for each thread, nothing read."""
    sessions: dict[int, requests.Session] = {}
    bodies = [
        {
            "model": "scripted",
            "messages": [{"role": "system", "content": prompt.system}, {"role": "user", "content": user_text(item)}],
            "response_format": {"type": "json_schema", "json_schema": {"name": "reply", "schema": dict(REPLY_SCHEMA)}},
        }
        for item in items
    ]

    def call(number: int) -> None:
        session = sessions.setdefault(number % THREADS, requests.Session())
        session.trust_env = False
        done = session.post(f"{address}/chat/completions", json=bodies[number % len(bodies)], timeout=60)
        done.raise_for_status()

    return call


def client_call(model: OpenAIModel, prompt: PromptFile, items: Sequence[Work]) -> Callable[[int], object]:
    """The same question through our client."""
    asked = [
        Prompt(
            version=prompt.version,
            system=prompt.system,
            user=user_text(item),
            schema_name="reply",
            schema=REPLY_SCHEMA,
            max_tokens=1200,
        )
        for item in items
    ]
    return lambda number: model.complete(asked[number % len(asked)], account_id=ACCOUNT, intent="order_status")


def draft_call(drafter: ModelDrafter, items: Sequence[Work]) -> Callable[[int], object]:
    """A whole draft; one that the model did not write ends the run, for it would be too fast."""

    def call(number: int) -> None:
        item = items[number % len(items)]
        written = item.draft(drafter)
        if written is None or written.author != drafter.client.name:
            raise RuntimeError(
                f"the model did not write the draft of {item.ticket.id}: {written and written.unwritten}"
            )

    return call


def user_text(item: Work) -> str:
    """What the model is told about the ticket."""
    return reply_request(item.ticket, item.triage.language, item.config, sources=item.sources, facts={}).user
