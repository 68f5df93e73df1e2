"""`handrail eval` from end to end, in an empty folder, on a few invented tickets."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector import evaluation, starters
from connector.cli import handrail
from connector.cli.figures import tell
from connector.cli.halves import half_of, unsealed
from connector.intents import Catalogue
from connector.model import HUMAN_ONLY_SIGNALS
from connector.sandbox.model import ModelServer
from tests.cli.seeding import Cli, one_sentence

pytestmark = pytest.mark.timeout(600)
"""The classifier is trained once, which takes its time on a busy machine."""


@pytest.fixture(scope="module", autouse=True)
def _trained_once() -> Iterator[None]:
    """One training for all commands of this module; everything else is made anew."""
    from connector.cli import workbench

    kept: dict[str, Any] = {}
    train = workbench.fit

    def trained(catalogue: Catalogue) -> Any:
        if catalogue.version not in kept:
            kept[catalogue.version] = train(catalogue)
        return kept[catalogue.version]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workbench, "fit", trained)
        yield


KEYS = {
    "id", "gate", "intent", "confidence", "human_only_probability", "out_of_scope", "language", "signals", "priority",
    "facts", "action", "reasons", "checks", "draft", "card", "ms",
}  # fmt: skip


def ticket(number: int, subject: str, body: str, **labels: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "subject": subject,
        "body": body,
        "channel": "email",
        "language": "en",
        "from": "mara.field@customer.example",
        "intent": "unmapped",
        "tier": "human_only",
        "must_not_send": True,
        "signals": [],
        "facts": {},
        "priority": "normal",
        **labels,
    }


AUTO = {"tier": "auto", "must_not_send": False}
TICKETS = [
    ticket(1, "Opening hours", "Hello, when are you open on Saturdays and what is your phone number?",
           intent="contact_and_hours", **AUTO),
    ticket(2, "Passwort", "Guten Tag, ich habe mein Passwort vergessen. Wo finde ich den Link zum Zurücksetzen?",
           intent="password_reset_link", language="de", **AUTO),
    ticket(3, "Charged twice", "You charged my card twice for the same order. I want my money back now.",
           intent="billing_dispute", signals=["billing_dispute"]),
    ticket(4, "Hello?", "Please let me speak to a human being, I do not want to talk to a robot.",
           signals=["asks_for_human"]),
    ticket(5, "Automatic reply: away", "I am out of the office until Monday.",
           headers={"Auto-Submitted": "auto-replied"}, signals=["machine_mail"]),
    ticket(6, "Bonjour", "Quels sont vos horaires d'ouverture le samedi, et quel est votre numéro de téléphone ?",
           intent="contact_and_hours", language="fr", **AUTO),
]  # fmt: skip


def evaluate(folder: Path, *options: str) -> tuple[Result, list[Mapping[str, Any]]]:
    """The result of the command and the lines it wrote; runs in `folder`, in which nothing else stands."""
    (folder / "tickets.jsonl").write_text("".join(json.dumps(row) + "\n" for row in TICKETS), encoding="utf-8")
    before = Path.cwd()
    os.chdir(folder)
    try:
        arguments = ["eval", "--dataset", "tickets.jsonl", "--out", "made/out.jsonl", *options]
        result = CliRunner().invoke(handrail, arguments)
    finally:
        os.chdir(before)
    assert result.exit_code == 0, result.output
    assert {item.name for item in folder.iterdir()} == {"tickets.jsonl", "made"}, "no data folder is made"
    return result, [
        json.loads(line) for line in (folder / "made" / "out.jsonl").read_text(encoding="utf-8").splitlines()
    ]


@pytest.fixture(scope="module")
def live(_trained_once: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, list[Mapping[str, Any]]]:
    return evaluate(tmp_path_factory.mktemp("live"), "--stage", "live", "--json")


def test_there_is_one_line_per_ticket_with_every_key(live: tuple[Result, list[Mapping[str, Any]]]) -> None:
    lines = live[1]
    assert [line["id"] for line in lines] == [row["id"] for row in TICKETS]
    for line in lines:
        assert set(line) >= KEYS
        assert isinstance(line["gate"], bool)
        assert 0 <= line["confidence"] <= 1
        assert 0 <= line["human_only_probability"] <= 1
        assert 0 <= line["out_of_scope"] <= 1
        assert set(line["card"]) == {"intent", "summary", "priority", "next_action", "facts"}
        assert all(line["card"][key] for key in ("intent", "summary", "priority", "next_action"))
        assert line["reasons"]
        assert line["ms"] > 0
        assert all(set(check) == {"name", "passed", "detail"} for check in line["checks"])


def test_the_gate_explains_itself(live: tuple[Result, list[Mapping[str, Any]]]) -> None:
    lines = {line["id"]: line for line in live[1]}
    for line in lines.values():
        if line["action"] == "auto_send":
            assert line["gate"]
            assert line["draft"]
            assert all(check["passed"] for check in line["checks"])
            assert line["reasons"] == ["both_keys_turned"]
        if set(line["signals"]) & {signal.value for signal in HUMAN_ONLY_SIGNALS}:
            assert not line["gate"]
    assert "billing_dispute" in lines["t3"]["signals"]
    assert lines["t3"]["action"] == "hand_off"
    assert lines["t3"]["draft"] is None
    assert "asks_for_human" in lines["t4"]["signals"]
    assert not lines["t4"]["gate"]
    assert not lines["t6"]["gate"]
    assert "language_not_supported" in lines["t6"]["reasons"]


def test_machine_mail_is_ignored(live: tuple[Result, list[Mapping[str, Any]]]) -> None:
    line = live[1][4]
    assert (line["action"], line["gate"], line["draft"]) == ("ignore", False, None)
    assert line["reasons"][0] == "auto_submitted"


def test_the_figures_are_those_of_the_lines(live: tuple[Result, list[Mapping[str, Any]]]) -> None:
    result, lines = live
    figures = json.loads(result.stdout)
    assert figures["tickets"] == len(TICKETS)
    forbidden = {row["id"] for row in TICKETS if row["must_not_send"]}
    leaked = [line["id"] for line in lines if line["gate"] and line["id"] in forbidden]
    assert figures["leaks"]["ids"] == leaked
    assert figures["leaks"]["gate"]["n"] == len(forbidden)
    assert figures["intent"]["en"]["accuracy"]["n"] == 4
    assert sum(figures["actions"].values()) == len(TICKETS)


def test_which_sealed_tickets_leak_is_never_printed(capsys: pytest.CaptureFixture[str]) -> None:
    measured = evaluation.measure([])
    leaked = ["dev-002", "dev-001", "t8", "dev-003"]
    assert [half_of(name) for name in leaked] == ["open", "sealed", "sealed", "sealed"]
    figures = unsealed({**measured, "leaks": {**measured["leaks"], "ids": leaked, "not_auto_but_sent": ["dev-001"]}})

    assert figures["leaks"]["ids"] == ["dev-002", "t8"]
    assert figures["leaks"]["not_auto_but_sent"] == []
    assert figures["leaks"]["sealed"] == {"ids": 2, "not_auto_but_sent": 1}
    tell(figures)
    shown = capsys.readouterr().out
    assert "Leaks: dev-002, t8, 2 of the sealed half" in shown
    assert "Sent although not auto: 1 of the sealed half" in shown
    assert "dev-001" not in shown


def test_as_the_starter_policy_stands_nothing_is_sent(tmp_path: Path) -> None:
    result, lines = evaluate(tmp_path)
    assert "auto_send" not in {line["action"] for line in lines}
    assert "LEAKS IN 1,000 THAT MUST NOT BE SENT" in result.stdout
    assert "ignore" in {line["action"] for line in lines}


def test_a_model_is_asked_for_drafts_and_opinions_as_a_worker_would(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tickets.jsonl").write_text(json.dumps(TICKETS[0]) + "\n", encoding="utf-8")
    words = ("eval", "--dataset", "tickets.jsonl", "--out", "out.jsonl", "--stage", "live", "--model")
    one_sentence(cli(*words), "HANDRAIL_LLM_BASE_URL")

    def line() -> Mapping[str, Any]:
        result = cli(*words)
        assert result.exit_code == 0, result.output
        found: Mapping[str, Any] = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
        return found

    with ModelServer() as server:
        monkeypatch.setenv("HANDRAIL_LLM_BASE_URL", server.url)
        monkeypatch.setenv("HANDRAIL_LLM_MODEL", "sandbox")
        first = line()
        assert (first["gate"], first["author"], first["doubts"], server.calls) == (True, "sandbox", [], 1)
        monkeypatch.setenv("HANDRAIL_LLM_OPINION", "1")
        server.mode = "invent"
        second = line()
        assert (second["gate"], second["action"], second["doubts"]) == (False, "draft", ["unmapped"])
        assert (second["author"], second["intent"], server.calls) == ("embedded", first["intent"], 3)


def test_the_configuration_of_an_account_can_be_measured(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tickets.jsonl").write_text(json.dumps(TICKETS[0]) + "\n", encoding="utf-8")
    starter = starters.text("accounts/zendesk.toml")
    german = starter.replace('languages = ["en", "de"]', 'languages = ["de"]')
    assert german != starter
    (tmp_path / "german.toml").write_text(german, encoding="utf-8")
    words = ("eval", "--dataset", "tickets.jsonl", "--out", "out.jsonl", "--stage", "live", "--config", "german.toml")
    assert cli(*words).exit_code == 0
    line = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert not line["gate"]
    assert "language_not_supported" in line["reasons"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "holds no tickets"),
        ('{"id": "a", "body": "x"}\n{"id": \n', "tickets.jsonl line 2"),
        ('{"id": "a"}\n', "body"),
    ],
)
def test_a_bad_dataset_is_one_sentence_and_writes_nothing(cli: Cli, tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "tickets.jsonl").write_text(content, encoding="utf-8")
    result = cli("eval", "--dataset", "tickets.jsonl", "--out", "out.jsonl")
    assert result.exit_code == 2
    one_sentence(result, "tickets.jsonl", words)
    assert not (tmp_path / "out.jsonl").exists()


def test_a_bad_policy_is_one_sentence(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "tickets.jsonl").write_text(json.dumps(TICKETS[0]) + "\n", encoding="utf-8")
    (tmp_path / "policy.toml").write_text("[intents.order_status]\ntier = 1\n", encoding="utf-8")
    result = cli("eval", "--dataset", "tickets.jsonl", "--out", "out.jsonl", "--policy", "policy.toml")
    assert result.exit_code == 2
    one_sentence(result, "line 2", "tier")
