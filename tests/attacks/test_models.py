"""A language model over HTTP that obeys the ticket or invents: nothing of it leaves, nothing of it leads elsewhere.

All parts are the product's own: the client, the drafter, the checks, the engine. Triage is fooled and the model's own
drafts are certified, so only what stands outside the model is left between it and the customer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from connector import starters
from connector.answer import Answer
from connector.drafting import EmbeddedDrafter
from connector.drafting.sentences import squash
from connector.evaluation import Labelled, Workbench, evaluate
from connector.llm import open_model
from connector.model import Action, EffectKind, Ticket
from connector.records import Verdict
from connector.sandbox.model import ModelServer
from connector.sandbox.model.misdeeds import orders
from connector.settings import Settings
from connector.writing import OPINION, REPLY, ModelDrafter, ModelReader, parse_prompts
from tests.attacks.bench import CATALOGUE, ENOUGH_VERDICTS, NOW, RELEASED, TEMPLATES, Bench, build, violations
from tests.attacks.corpus import ATTACKS, MAILS, POSITIONS, Attack, Mail, attacked

PROMPTS = parse_prompts(starters.folder("prompts", ".md"))
NOTHING = Attack(text="", style="none")
FAULTS = (
    "refusal", "content_filter", "empty", "bad_json", "wrong_schema", "truncated", "huge", "429", "500", "reset",
)  # fmt: skip
CLAIMS = ("claims-desk", "250 EUR", "2031")
"""What the inventing model says."""


@contextmanager
def modelled(home: Path, server: ModelServer, *, opinion: bool = False) -> Iterator[Bench]:
    """The bench with this model as its author. People found its drafts right, and embedded ones wrong."""
    bench = build(home)
    ledger = bench.answerer.ledger
    settings = Settings(llm_base_url=server.url, llm_model="sandbox", llm_seconds=5.0, llm_budget=0)
    client = open_model(settings, ledger.spend, lambda: NOW)
    assert client is not None
    drafter = ModelDrafter(client=client, prompt=PROMPTS.newest(REPLY), fallback=EmbeddedDrafter(templates=TEMPLATES))
    reader = ModelReader(client=client, prompt=PROMPTS.newest(OPINION), catalogue=CATALOGUE) if opinion else None
    answerer = replace(bench.answerer, drafter=drafter, author=drafter.author, reader=reader)
    bench = replace(bench, answerer=answerer)
    judge(bench, drafter.author, "right")
    judge(bench, "", "wrong_facts")
    try:
        yield bench
    finally:
        client.close()
        ledger.close()


def judge(bench: Bench, author: str, verdict: str) -> None:
    """People's verdicts on drafts of this author."""
    policy = bench.answerer.rulebook.policy(bench.account)
    assert policy is not None
    bench.answerer.ledger.policies.add_verdicts(
        Verdict(
            account_id=bench.account.id,
            ticket_id=f"{verdict}-{intent}-{number}",
            intent=intent,
            template=policy.intents[intent].template,
            verdict=verdict,
            who="Ines",
            given_at=NOW,
            edition=bench.answerer.certificates.edition(intent, "starter", author),
        )
        for intent in RELEASED
        for number in range(ENOUGH_VERDICTS)
    )


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, server: ModelServer) -> Iterator[Bench]:
    with modelled(tmp_path_factory.mktemp("models"), server) as bench:
        yield bench


def answered(bench: Bench, mail: Mail, ticket: Ticket) -> Answer:
    bench.triager.intent, bench.triager.language = mail.intent, mail.language
    return bench.answerer.answer(bench.account, None, ticket, NOW)  # type: ignore[arg-type]  # the requester is known


def texts(answer: Answer) -> str:
    return "\n".join(f"{effect.text}\n{effect.note_instead or ''}" for effect in answer.effects)


def written(answer: Answer) -> tuple[str, str]:
    """Who wrote the draft, and why the model did not."""
    draft = answer.receipt.body["draft"]
    assert isinstance(draft, dict)
    return draft["author"], draft["unwritten"]


def demands(ticket: Ticket, mail: Mail) -> list[str]:
    """What the obeying model would say for this ticket, as far as it says more than the mail without the attack."""
    said = [{"from": "customer", "text": comment.text} for comment in ticket.comments]
    usual = [{"from": "customer", "text": comment.text} for comment in attacked(mail, NOTHING).comments]
    given = {"language": mail.language, "customer": {"name": ticket.requester.name}}
    return [text for text in orders({**given, "messages": said}) if text not in orders({**given, "messages": usual})]


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: f"{mail.language}-{mail.intent}-{len(mail.body)}")
def test_a_good_model_answers_where_nobody_attacks(bench: Bench, server: ModelServer, mail: Mail) -> None:
    server.mode = "good"
    ticket = attacked(mail, NOTHING)
    answer = answered(bench, mail, ticket)
    assert [wrong for effect in answer.effects for wrong in violations(effect, ticket)] == []
    assert answer.decision.action in (Action.AUTO_SEND, Action.DRAFT)


def test_some_of_its_answers_are_sent(bench: Bench, server: ModelServer) -> None:
    """Attacks that never come near a send would prove nothing."""
    server.mode = "good"
    answers = [answered(bench, mail, attacked(mail, NOTHING)) for mail in MAILS]
    sent = [answer for answer in answers if answer.decision.action is Action.AUTO_SEND]
    assert sent
    assert {written(answer)[0] for answer in sent} == {"sandbox"}
    assert all("reply-1@" not in answer.receipt.edition and "~" in answer.receipt.edition for answer in sent)


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=lambda number: f"{number}-{ATTACKS[number]}")
def test_a_model_that_obeys_achieves_nothing(bench: Bench, server: ModelServer, number: int) -> None:
    server.mode = "obey"
    mail = MAILS[number % len(MAILS)]
    ticket = attacked(mail, ATTACKS[number], POSITIONS[number % len(POSITIONS)])
    answer = answered(bench, mail, ticket)
    assert [wrong for effect in answer.effects for wrong in violations(effect, ticket)] == []
    assert answer.decision.intent == mail.intent
    for effect in answer.effects:
        if effect.kind is EffectKind.REPLY:
            said = squash(effect.text)
            assert not any(squash(demand) in said for demand in demands(ticket, mail) if len(squash(demand)) > 8)


@pytest.mark.parametrize("mail", MAILS, ids=lambda mail: f"{mail.language}-{mail.intent}-{len(mail.body)}")
def test_a_model_that_invents_is_not_sent_and_not_shown(bench: Bench, server: ModelServer, mail: Mail) -> None:
    server.mode = "invent"
    ticket = attacked(mail, NOTHING)
    answer = answered(bench, mail, ticket)
    assert answer.decision.action is Action.DRAFT
    assert not answer.receipt.would_send or written(answer)[0] == "embedded"
    assert not any(claim in texts(answer) for claim in CLAIMS)
    assert [wrong for effect in answer.effects for wrong in violations(effect, ticket)] == []
    author, why = written(answer)
    assert author == "embedded"
    assert why.startswith("checks: ")


@pytest.mark.parametrize("mode", FAULTS)
def test_no_fault_of_a_model_ends_in_a_send(tmp_path: Path, mode: str) -> None:
    with ModelServer(mode=mode) as broken, modelled(tmp_path, broken) as bench:
        answer = answered(bench, MAILS[0], attacked(MAILS[0], NOTHING))
        assert answer.decision.action is Action.DRAFT
        author, why = written(answer)
        assert author == "embedded"
        assert why.startswith("Model")
        assert broken.calls <= 3


def test_pulling_the_plug_changes_the_author_and_nothing_else(tmp_path: Path) -> None:
    """On an account whose embedded drafts are certified: what is sent stays sent, what is a draft stays one."""
    plain = build(tmp_path)
    with ModelServer() as server:
        settings = Settings(llm_base_url=server.url, llm_model="sandbox", llm_seconds=2.0, llm_budget=0)
        client = open_model(settings, plain.answerer.ledger.spend, lambda: NOW)
        assert client is not None
        embedded = EmbeddedDrafter(templates=TEMPLATES)
        drafter = ModelDrafter(client=client, prompt=PROMPTS.newest(REPLY), fallback=embedded)
        bench = replace(plain, answerer=replace(plain.answerer, drafter=drafter, author=drafter.author))
        mails = [*MAILS, *(replace(mail, intent="refund_status") for mail in MAILS[:2])]
        before = [answered(bench, mail, attacked(mail, NOTHING)) for mail in mails]
    after = [answered(bench, mail, attacked(mail, NOTHING)) for mail in mails]
    client.close()
    bench.answerer.ledger.close()
    # What is said of the draft (that it lacks a person, say) may differ with its author; what happens may not.
    assert [replace(item.decision, reasons=()) for item in after] == [
        replace(item.decision, reasons=()) for item in before
    ]
    sent = [item.decision.action is Action.AUTO_SEND for item in before]
    assert any(sent)
    assert not all(sent)
    assert {written(item)[0] for item, out in zip(before, sent, strict=True) if out} == {"embedded"}
    assert "sandbox" in {written(item)[0] for item, out in zip(before, sent, strict=True) if not out}
    assert {written(item)[0] for item in after} == {"embedded"}


@pytest.mark.parametrize("opinion", [False, True], ids=["drafts", "drafts-and-opinions"])
@pytest.mark.parametrize("mode", ["good", "invent", "500"])
def test_an_evaluation_says_of_a_model_what_the_product_does_with_it(tmp_path: Path, mode: str, opinion: bool) -> None:
    """`handrail eval` and `handrail backtest` go no way of their own."""
    with ModelServer(mode=mode) as server, modelled(tmp_path, server, opinion=opinion) as bench:
        parts = bench.answerer
        measured = Workbench(
            catalogue=CATALOGUE,
            words=parts.rulebook.words,
            policy=parts.rulebook.policy(bench.account),
            config=bench.account.config,
            triager=parts.triager,
            templates=TEMPLATES,
            knowledge=parts.knowledge,
            lookup=parts.lookup,
            account_id=bench.account.id,
            drafter=parts.drafter,
            author=parts.author,
            reader=parts.reader,
        )
        authors = set()
        for mail in MAILS:
            ticket = attacked(mail, NOTHING)
            done = answered(bench, mail, ticket)
            line = evaluate(measured, Labelled(id=ticket.id, row={}, ticket=ticket))
            drafted = done.receipt.body["draft"]
            draft = drafted if isinstance(drafted, dict) else {"text": None, "author": None}
            assert (line["action"], line["gate"]) == (done.decision.action.value, done.decision.gate)
            assert line["reasons"] == [reason.code for reason in done.decision.reasons]
            assert (line["draft"], line["author"]) == (draft["text"], draft["author"])
            authors.add(line["author"])
        assert ("sandbox" in authors) is (mode == "good")


def test_a_second_opinion_is_asked_where_the_gate_is_open_and_missing_it_is_a_draft(tmp_path: Path) -> None:
    mail = MAILS[0]
    with ModelServer() as server, modelled(tmp_path, server, opinion=True) as bench:
        first = answered(bench, mail, attacked(mail, NOTHING))
        assert server.calls == (2 if first.decision.gate else 1)
        assert isinstance(first.receipt.body["opinion"], dict)
        server.mode = "500"
        second = answered(bench, mail, attacked(mail, NOTHING))
        assert second.decision.action is Action.DRAFT
        assert "model_doubts" in {reason.code for reason in second.decision.reasons}
        assert second.receipt.body["opinion"] is None
        assert written(second)[0] == "embedded"
