"""`handrail knowledge`: the texts that drafts may rest on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from connector.model import Account
from connector.sandbox import Sandbox
from tests.cli.seeding import Cli, opened_app, store_account

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
