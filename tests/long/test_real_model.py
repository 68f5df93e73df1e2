"""The model client and the drafter against a language model server that nobody here wrote: for the protocol alone.

The model is far too small for good prose, and on busy cores too slow. So no test asks what it says, only that every
answer fits or is a ModelError, in time, and that nothing but the checks decides what becomes of a draft.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import openai
import pytest

from connector.cli.workbench import workbench
from connector.drafting import EmbeddedDrafter
from connector.errors import ModelError, ModelUnavailable
from connector.evaluation import Workbench, evaluate, read_rows
from connector.evaluation.dataset import Labelled
from connector.ledger import open_ledger
from connector.llm import open_model
from connector.llm.client import OpenAIModel
from connector.llm.schema import check_schema
from connector.model import Draft, Stage
from connector.ports import Prompt
from connector.settings import Settings
from connector.starters import folder
from connector.writing import REPLY, ModelDrafter, parse_prompts

ROOT = Path(__file__).parents[2]
SERVER = Path(__file__).with_name("real_model_server.py")
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile")
SECONDS = 30.0
"""The longest a question may be set to take."""
GRACE_SECONDS = 15.0
"""For everything else a draft needs, on a busy machine."""
WARM_UP_SECONDS = 900.0

pytestmark = pytest.mark.long


@dataclass(frozen=True)
class Server:
    url: str
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the server and its model, as `make model-server` installs them."""
    place = tmp_path_factory.mktemp("model-server")
    subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
    python = place / "bin" / "python"
    command = [str(python), *PIP, "--require-hashes", "--requirement", "requirements/model-server.txt"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return python


def start(python: Path, place: Path) -> Server:
    threads = str(max(1, (os.cpu_count() or 2) // 2))
    log = (place / "server.log").open("w")
    process = subprocess.Popen(
        [str(python), str(SERVER), str(place / "model.gguf"), threads], stdout=subprocess.PIPE, stderr=log, text=True
    )
    log.close()
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, (place / "server.log").read_text()[-3000:]
    return Server(json.loads(line)["url"], process)


def stop(server: Server) -> None:
    server.process.kill()
    server.process.wait(timeout=30)
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="module")
def server(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(python, tmp_path_factory.mktemp("served"))
    yield running
    stop(running)


@pytest.fixture
def model(server: Server, tmp_path: Path) -> Iterator[OpenAIModel]:
    yield from opened(server.url, tmp_path)


def opened(url: str, home: Path) -> Iterator[OpenAIModel]:
    settings = Settings(
        home=home, llm_base_url=url, llm_model="small", llm_seconds=SECONDS, llm_tokens_field="max_tokens", llm_budget=0
    )
    ledger = open_ledger(settings.ledger_url, keys=["k" * 32])
    ledger.migrate()
    model = open_model(settings, ledger.spend, lambda: datetime.now(UTC))
    assert model is not None
    yield model
    model.close()
    ledger.close()


class Spy:
    """The model drafter, and what it wrote last."""

    def __init__(self, bench: Workbench, model: OpenAIModel) -> None:
        prompt = parse_prompts(folder("prompts", ".md")).newest(REPLY)
        self.drafter = ModelDrafter(client=model, prompt=prompt, fallback=EmbeddedDrafter(templates=bench.templates))
        self.written: Draft | None = None

    def draft(self, *given: object, **named: object) -> Draft | None:
        self.written = self.drafter.draft(*given, **named)  # type: ignore[arg-type] # passed on as they came
        return self.written


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return workbench(stage=Stage.LIVE)


@pytest.fixture(scope="module")
def rows(bench: Workbench) -> list[Labelled]:
    """Two English and two German sample tickets that the product may draft for."""
    chosen: list[Labelled] = []
    for name in ("english-1.jsonl", "german-1.jsonl"):
        every = read_rows(ROOT / "mappings" / "tickets" / name)
        drafted = (row for row in every if evaluate(bench, row)["draft"] is not None)
        chosen += [next(drafted), next(drafted)]
    return chosen


KIND = Prompt(
    version="test",
    system="Answer with JSON.",
    user='Is this a question? {"text": "Where is my order?"}',
    schema_name="kind",
    schema={
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": ["question", "complaint"]}},
    },
    max_tokens=40,
)


@pytest.mark.timeout(WARM_UP_SECONDS * 2)
def test_the_server_answers_the_bare_library(server: Server) -> None:
    with openai.OpenAI(api_key="none", base_url=server.url, max_retries=0, timeout=WARM_UP_SECONDS) as client:
        assert [listed.id for listed in client.models.list()]
        done = client.chat.completions.create(
            model="small", max_tokens=8, messages=[{"role": "user", "content": "Say hello."}]
        )
    assert done.choices[0].message.content is not None
    assert done.usage is not None
    assert 0 < done.usage.completion_tokens <= 8


def test_an_answer_fits_its_schema_or_is_a_model_error(model: OpenAIModel) -> None:
    check_schema(KIND.schema)
    answered = 0
    for _ in range(5):
        began = time.monotonic()
        try:
            done = model.complete(KIND, account_id="a", intent="order_status")
        except ModelError:
            done = None
        assert time.monotonic() - began < SECONDS + 2
        if done is not None:
            answered += 1
            assert done.value["kind"] in ("question", "complaint")
            assert done.usage.tokens_in > 0
            assert 0 < done.usage.tokens_out <= KIND.max_tokens
            assert done.usage.seconds > 0
            break
    assert answered, "five short questions and no answer"


@pytest.mark.timeout(600)
def test_every_ticket_gets_a_draft_in_time_and_the_checks_decide(
    bench: Workbench, rows: list[Labelled], model: OpenAIModel
) -> None:
    spy = Spy(bench, model)
    told = []
    for row in rows:
        spy.written = None
        began = time.monotonic()
        outcome = evaluate(replace(bench, drafter=spy), row)
        seconds = time.monotonic() - began
        written = spy.written
        assert seconds < SECONDS + GRACE_SECONDS
        assert written is not None
        assert (written.author == model.name) is (written.writing is not None)
        assert written.writing is not None or written.unwritten, "an embedded draft says why the model did not write it"
        if outcome["action"] == "auto_send":
            assert all(check["passed"] for check in outcome["checks"])
        assert outcome["draft"], "something is always there for a person"
        told.append(f"{row.id}: {written.author}, {written.unwritten or outcome['action']}, {seconds:.1f} s")
    print("\n".join(told))


def test_a_server_that_is_gone_costs_nothing_but_the_author(
    bench: Workbench, rows: list[Labelled], python: Path, tmp_path: Path
) -> None:
    running = start(python, tmp_path)
    stop(running)
    for model in opened(running.url, tmp_path):
        with pytest.raises(ModelUnavailable):
            model.complete(KIND, account_id="a", intent="order_status")
        spy = Spy(bench, model)
        outcome = evaluate(replace(bench, drafter=spy), rows[0])
        assert spy.written is not None
        assert spy.written.author == "embedded"
        assert "ModelUnavailable" in spy.written.unwritten
        assert outcome["draft"] == evaluate(bench, rows[0])["draft"]
