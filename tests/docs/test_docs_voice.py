"""What the pages on tone and wording say is what happens."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from connector import accountconfig, starters
from connector.accountconfig import parse_account_config
from connector.drafting import draft, parse_templates
from connector.drafting.style import deviation
from connector.drafting.wording import safe_name
from connector.evaluation.dataset import read_rows
from connector.model import AccountConfig, LookupAnswer, Priority, Sentiment, Ticket, Triage
from connector.writing.request import _tone

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs/reference/account-configuration.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs/how-to/sound-like-your-team.md").read_text(encoding="utf-8")
ORDER = LookupAnswer(kind="order", reference="48551", facts={"status": "processing", "dispatch_by": "2026-11-14"})


def a_ticket(folder: Path) -> Ticket:
    row = {"id": "1", "subject": "", "body": "Wo ist meine Bestellung 48551?", "from": "mara@example.com"}
    (folder / "one.jsonl").write_text(json.dumps(row))
    ticket = read_rows(folder / "one.jsonl")[0].ticket
    return replace(ticket, requester=replace(ticket.requester, name="Mara Lindqvist"))


def a_reply(folder: Path, config: AccountConfig) -> str:
    triage = Triage(
        intent="order_status",
        confidence=0.9,
        ranked=(("order_status", 0.9),),
        human_only_probability=0.01,
        out_of_scope=0.01,
        language="de",
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts={},
        hits=(),
    )
    templates = parse_templates(starters.folder("templates"))
    made = draft(a_ticket(folder), triage, config, templates, {"order": ORDER}, ())
    assert made is not None
    return made.text


def test_every_key_is_documented() -> None:
    table = REFERENCE.split("## ")[0]
    rows = re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == accountconfig._KEYS


def test_the_replies_before_and_after_are_what_is_drafted(tmp_path: Path) -> None:
    before, after = re.findall(r"^```text\n(.*?)\n```$", HOW_TO, re.MULTILINE | re.DOTALL)
    settings = re.findall(r"^   ```toml\n(.*?)\n   ```$", HOW_TO, re.MULTILINE | re.DOTALL)[0]
    assert a_reply(tmp_path, parse_account_config('company = "Acme"')) == before
    assert a_reply(tmp_path, parse_account_config(f'company = "Acme"\n{settings}')) == after


def test_the_names_said_to_be_left_out_are() -> None:
    assert [safe_name(name) for name in ("Buchhaltung", "Accounts", "S Wendorff")] == ["", "", ""]
    assert all(f"`{name}`" in REFERENCE for name in ("Buchhaltung", "Accounts", "S Wendorff"))


@pytest.mark.parametrize(
    ("tone", "language", "text", "fails"),
    [
        ("", "de", "Haben Sie schon nachgesehen, was du brauchst?", True),
        ("", "de", "Das kannst du hier ansehen.", False),
        ("", "en", "We don't know that yet.", False),
        ("formal", "de", "Das kannst du hier ansehen.", True),
        ("formal", "de", "Das können Sie hier ansehen 🙂", True),
        ("formal", "en", "We don't know that yet.", True),
        ("formal", "en", "Enjoy your tent 🙂", True),
        ("friendly", "de", "Das können Sie hier ansehen.", True),
        ("friendly", "de", "Das kannst du hier ansehen.", False),
        ("friendly", "en", "We don't know that yet 🙂", False),
    ],
)
def test_the_check_judges_each_tone_as_the_table_says(tone: str, language: str, text: str, fails: bool) -> None:
    assert bool(deviation(text, text, language, AccountConfig(company="Acme", tone=tone))) is fails


@pytest.mark.parametrize(
    ("text", "fails"), [("That is CHEAP.", True), ("That is chéap.", True), ("That is cheaper.", False)]
)
def test_avoided_words_are_whole_words_in_any_case(text: str, fails: bool) -> None:
    assert bool(deviation("", text, "en", AccountConfig(company="Acme", avoid=("cheap",)))) is fails


@pytest.mark.parametrize(
    ("tone", "words"),
    [
        ("", "friendly, clear, brief (Sie)"),
        ("formal", "formal, polite, clear, brief (Sie)"),
        ("friendly", "friendly, clear, brief (du)"),
    ],
)
def test_a_model_is_asked_for_the_tone(tone: str, words: str) -> None:
    config = AccountConfig(company="Acme", tone=tone, avoid=("cheap",))
    assert _tone(config, "de") == f"{words}; never use these words: cheap"
