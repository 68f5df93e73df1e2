"""All questions about one ticket share one time: opinion and draft together end in it, whatever the server does."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from connector import starters
from connector.answer import Answer
from connector.drafting import EmbeddedDrafter
from connector.errors import ModelUnavailable
from connector.ledger import SqlLedger
from connector.llm.client import OpenAIModel
from connector.llm.deadline import Deadline
from connector.model import Action
from connector.ports import Allowance, Completion, Prompt
from connector.sandbox.model import ModelServer
from connector.writing import OPINION, REPLY, ModelDrafter, ModelReader, parse_prompts
from tests.attacks.bench import CATALOGUE, TEMPLATES, build
from tests.attacks.corpus import MAILS, Attack, attacked
from tests.attacks.test_models import judge
from tests.ledger.samples import NOW
from tests.llm.conftest import MakeModel, prompt
from tests.llm.test_faults import FAULTS

PROMPTS = parse_prompts(starters.folder("prompts", ".md"))
SECONDS = 25.0
LEFT = 3.0


class Time:
    """The machine's clock, put on by whatever a server's answers are said to take."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead


class Hurried:
    """A model whose first answer takes so long that of the ticket's time only `leaves` seconds are left."""

    def __init__(self, model: OpenAIModel, time: Time, server: ModelServer, *, leaves: float, then: str) -> None:
        self.model, self.time, self.server, self.leaves, self.then = model, time, server, leaves, then
        self.name = model.name
        self.asked: list[str] = []

    def complete(self, prompt: Prompt, *, account_id: str, intent: str) -> Completion:
        self.asked.append(prompt.schema_name)
        try:
            return self.model.complete(prompt, account_id=account_id, intent=intent)
        finally:
            if len(self.asked) == 1 and prompt.allowance is not None:
                self.time.ahead += prompt.allowance.left() - self.leaves
                self.server.mode = self.then


@pytest.fixture
def granted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that each question was put with."""
    seen: list[float] = []

    class Noted(Deadline):
        def start(self, seconds: float) -> None:
            seen.append(seconds)
            super().start(seconds)

    monkeypatch.setattr("connector.llm.client.Deadline", Noted)
    return seen


def answered(home: Path, make_model: MakeModel, server: ModelServer, *, leaves: float, then: str = "good") -> Answer:
    """What becomes of an ordinary mail whose gate is open, with an opinion and a draft of the model behind it."""
    home.mkdir()
    bench, time = build(home), Time()
    model = Hurried(make_model(server.url, seconds=SECONDS, monotonic=time), time, server, leaves=leaves, then=then)
    drafter = ModelDrafter(client=model, prompt=PROMPTS.newest(REPLY), fallback=EmbeddedDrafter(templates=TEMPLATES))
    reader = ModelReader(client=model, prompt=PROMPTS.newest(OPINION), catalogue=CATALOGUE)
    answerer = replace(
        bench.answerer,
        drafter=drafter,
        author=drafter.author,
        reader=reader,
        model_seconds=SECONDS,
        monotonic=time,
    )
    bench = replace(bench, answerer=answerer)
    judge(bench, drafter.author, "right")
    judge(bench, "", "wrong_facts")
    mail = MAILS[2]  # the scripted model takes it for what it is
    bench.triager.intent, bench.triager.language = mail.intent, mail.language
    try:
        answer = bench.answer(attacked(mail, Attack(text="", style="none")))
    finally:
        bench.answerer.ledger.close()
    assert model.asked == ["opinion", "reply"]
    assert answer.receipt.body["opinion"], "it was slow and came"
    return answer


def unwritten(answer: Answer) -> str:
    """Why the embedded draft stands in for the model's."""
    draft = answer.receipt.body["draft"]
    assert isinstance(draft, dict)
    assert draft["author"] == "embedded"
    return str(draft["unwritten"])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_slow_opinion_leaves_the_draft_what_is_left(
    fault: str, tmp_path: Path, make_model: MakeModel, granted: list[float]
) -> None:
    with ModelServer() as server:
        answer = answered(tmp_path / "home", make_model, server, leaves=LEFT, then=fault)

    opinion, draft = granted
    assert LEFT < opinion <= SECONDS
    assert draft <= LEFT, "not the configured seconds a second time"
    assert answer.decision.action is Action.DRAFT
    assert answer.effects, "a person has it"
    assert unwritten(answer).startswith("Model")


def test_a_question_with_too_little_left_is_not_put(
    tmp_path: Path, make_model: MakeModel, granted: list[float]
) -> None:
    with ModelServer() as server:
        answer = answered(tmp_path / "home", make_model, server, leaves=0.4)
        assert server.calls == 1

    assert len(granted) == 1
    assert "too little is left" in unwritten(answer)
    assert answer.decision.action is Action.DRAFT


def test_a_question_that_is_not_put_costs_nothing_and_says_nothing_of_the_server(
    make_model: MakeModel, ledger: SqlLedger
) -> None:
    with ModelServer() as server:
        model = make_model(server.url)
        for _ in range(20):
            over = Allowance(ends_at=model._monotonic())
            with pytest.raises(ModelUnavailable, match="too little"):
                model.complete(replace(prompt(), allowance=over), account_id="acme", intent="order_status")
        assert server.calls == 0
        assert ledger.spend.spent("acme", since=NOW) == ()
        model.complete(prompt(), account_id="acme", intent="order_status")
        assert server.calls == 1, "the breaker is closed"
