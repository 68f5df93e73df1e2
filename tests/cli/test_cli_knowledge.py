"""`handrail knowledge`: the texts that drafts may rest on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connector.cli.backtesting import Variant, open_in
from connector.model import Account, Contentment, Rating, Role
from connector.sandbox import Sandbox
from tests.cli.seeding import Cli, one_sentence, opened_app, store_account
from tests.cli.test_cli_backtest import RESET, past, said, store

HOURS = "---\ntitle: Opening hours\nlanguage: en\nintents: [contact_and_hours]\n---\nWe answer from Monday to Friday.\n"


@pytest.fixture
def hours(tmp_path: Path) -> Path:
    path = tmp_path / "hours.md"
    path.write_text(HOURS, encoding="utf-8")
    return path


def test_a_file_is_added_listed_found_and_removed(cli: Cli, acme: Account, hours: Path) -> None:
    added = cli("knowledge", "add", hours, "--json")
    assert json.loads(added.stdout)["changed"] == ["file:hours.md"]
    assert json.loads(cli("knowledge", "add", hours, "--json").stdout)["changed"] == []
    (listed,) = json.loads(cli("knowledge", "list", "--json").stdout)
    assert (listed["id"], listed["kind"], listed["intents"]) == ("file:hours.md", "file", ["contact_and_hours"])
    found = json.loads(cli("knowledge", "search", "When are you open on Monday?", "--json").stdout)
    assert (found["language"], [source["id"] for source in found["sources"]]) == ("en", ["file:hours.md#0"])
    given = cli("knowledge", "search", "Are you there?", "--language", "en", "--intent", "contact_and_hours")
    assert "from Monday to Friday" in given.stdout
    assert cli("knowledge", "remove", "file:hours.md").exit_code == 0
    assert json.loads(cli("knowledge", "list", "--json").stdout) == []
    assert "Nothing fits" in cli("knowledge", "search", "When are you open on Monday?").stdout
    with opened_app() as app:
        assert [entry.verb for entry in app.ledger.watch.audit(acme.id)][:2] == ["source removed", "source added"]


def test_mistakes_are_one_sentence(cli: Cli, acme: Account, hours: Path) -> None:
    hours.write_text("no head", encoding="utf-8")
    for arguments in (("add", hours), ("remove", "article:1"), ("list", "--account", "nobody")):
        result = cli("knowledge", *arguments)
        assert result.exit_code == 2
        assert result.stderr.count("\n") == 1


def test_a_sync_reads_the_public_help_centre(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_ALLOW_LOOPBACK_HELPDESK", "1")
    with Sandbox() as sandbox:
        known = sandbox.credentials["freshdesk"]
        with opened_app() as app:
            account = replace(store_account(app), vendor="freshdesk", base_url=sandbox.freshdesk.url)
            app.ledger.accounts.update(
                replace(account, credentials={"api_key": str(known["api_key"])}), now=app.clock()
            )
        (first,) = json.loads(cli("knowledge", "sync", "--json").stdout)
        again = cli("knowledge", "sync")
    titles = {row["title"] for row in json.loads(cli("knowledge", "list", "--json").stdout)}
    assert first["listed"] == first["written"] > 5
    assert "0 new or changed, 0 gone" in again.stdout
    assert "How to reset your password" in titles
    assert "Internal: goodwill limits" not in titles


ANSWER = (
    "Hello Mara Linde, open the page where you sign in and choose the line under the fields there. "
    "A mail with the next step then comes to the address of the account. Your order 48551 is on its way."
)


def test_past_replies_are_learnt_only_where_the_account_lets_them(cli: Cli, acme: Account) -> None:
    one_sentence(cli("knowledge", "learn-replies"), "learn_replies = true", "account config")
    with opened_app() as app:
        allowed = replace(acme, config=replace(acme.config, learn_replies=True))
        app.ledger.accounts.update(allowed, now=app.clock())
    one_sentence(cli("knowledge", "learn-replies"), "handrail import")
    asked, answer = said(1, Role.REQUESTER, RESET), said(2, Role.AGENT, ANSWER)
    bad = replace(past(3, asked, answer), rating=Rating(vendor_score="bad", contentment=Contentment.BAD))
    store(acme, past(1, asked, answer), past(2, asked, answer), bad, past(4, asked, said(2, Role.CONNECTOR, ANSWER)))
    told = json.loads(cli("knowledge", "learn-replies", "--json").stdout)
    assert (told["tickets"], told["written"], told["kept"]) == (4, 1, 1)
    assert told["left_out"] == {"duplicate": 1, "no_reply": 1, "rated_bad": 1}
    again = cli("knowledge", "learn-replies").stdout
    assert "0 replies new or changed, 0 gone, 1 are a source now" in again
    assert "1 left out: read before" in again
    (listed,) = json.loads(cli("knowledge", "list", "--json").stdout)
    assert (listed["kind"], listed["id"]) == ("reply", "reply:2:2")
    (found,) = json.loads(cli("knowledge", "search", "sign in page", "--language", "en", "--json").stdout)["sources"]
    assert found["url"] == "https://acme.zendesk.com/agent/tickets/2"
    for gone in ("Mara", "48551"):
        assert gone not in found["text"]


def test_taking_the_setting_out_takes_them_away(cli: Cli, acme: Account, tmp_path: Path) -> None:
    shown = cli("account", "config", "show", "acme").stdout
    on, off = tmp_path / "on.toml", tmp_path / "off.toml"
    off.write_text(shown, encoding="utf-8")
    on.write_text(f"learn_replies = true\n{shown}", encoding="utf-8")
    assert cli("account", "config", "publish", "acme", on).exit_code == 0
    assert "learn_replies = true" in cli("account", "config", "show", "acme").stdout
    store(acme, past(1, said(1, Role.REQUESTER, RESET), said(2, Role.AGENT, ANSWER)))
    assert json.loads(cli("knowledge", "learn-replies", "--json").stdout)["kept"] == 1
    assert cli("account", "config", "publish", "acme", off).exit_code == 0
    assert json.loads(cli("knowledge", "list", "--json").stdout) == []


def test_a_back_test_never_sees_a_past_reply(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply of the ticket itself would be the best of sources."""
    monkeypatch.delenv("HANDRAIL_SOURCES", raising=False)
    with opened_app() as app:
        allowed = replace(acme, config=replace(acme.config, learn_replies=True))
        app.ledger.accounts.update(allowed, now=app.clock())
    asked = said(1, Role.REQUESTER, "How do I sign in, on which page, and which line do I choose?")
    store(acme, past(1, asked, said(2, Role.AGENT, ANSWER)))
    assert json.loads(cli("knowledge", "learn-replies", "--json").stdout)["kept"] == 1
    with opened_app() as app:
        about = {"intent": "product_how_to", "text": asked.text, "language": "en"}
        assert app.knowledge.passages(acme.id, **about)
        assert app.knowledge_of_then.passages(acme.id, **about) == ()
        opened = open_in(app, Variant(account_id=acme.id))
        assert opened.bench.knowledge.passages("any", **about) == ()
