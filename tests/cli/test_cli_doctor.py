"""Every part that a user can break is broken for real, and `handrail doctor` says which it is and how to mend it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import resources
from pathlib import Path

import pytest

from connector import starters
from connector.doctor.helpdesks import judge_public_address
from connector.doctor.installation import DatabaseFile, judge_database, judge_space
from connector.ledger import SqlLedger, migrations
from connector.ledger.keys import Vault
from connector.ledger.sqlite import SqliteDatabase
from connector.model import Account, Event, EventKind
from connector.reconcile import CURSOR, Reconciler
from connector.records import REFUSED, Alarm, Delivery, EventState
from connector.runbooks import Runbook
from connector.sandbox.facade import Sandbox
from connector.watchdog import Watchdog
from tests.cli.seeding import Cli, one_sentence, opened_app, receive

ROOT = Path(__file__).resolve().parents[2]

Checks = dict[str, dict[str, str]]


def checks(cli: Cli) -> Checks:
    """Every check by its name; the exit code says the worst of them."""
    result = cli("doctor", "--json")
    report = json.loads(result.stdout)
    assert ("pass", "warn", "fail")[result.exit_code] == report["state"]
    return {check["name"]: check for check in report["checks"]}


def broken(cli: Cli, name: str, *words: str, state: str = "fail", runbook: str | None = None) -> dict[str, str]:
    """The check, which says these words and names a remedy and this page."""
    check = checks(cli)[name]
    assert check["state"] == state, check
    assert check["fix"]
    assert check["runbook"] == runbook
    for word in words:
        assert word in f"{check['found']} {check['fix']}", check
    return check


def test_every_runbook_that_a_check_may_name_is_a_page() -> None:
    pages = {path.stem for path in (ROOT / "docs/how-to/runbooks").glob("*.md")} - {"README"}
    assert pages == {page.value for page in Runbook}


# --- The machine ------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, acme: Account) -> Path:
    """A data folder with an account in it."""
    return tmp_path / "var"


def test_a_missing_key_is_named_and_no_other_is_made(cli: Cli, home: Path) -> None:
    kept = (home / "secret.key").rename(home / "kept")
    broken(cli, "secret key", "is missing", "HANDRAIL_SECRET_KEY", runbook="move-to-another-machine")
    refused = cli("account", "list")
    assert refused.exit_code == 2
    one_sentence(refused, "secret.key", "is missing", "put its copy back")
    assert not (home / "secret.key").exists()
    kept.rename(home / "secret.key")
    assert checks(cli)["secret key"]["state"] == "pass"


def test_another_key_is_told_from_the_right_one(cli: Cli, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_SECRET_KEY", "a-key-of-another-installation")
    broken(cli, "secret key", "HANDRAIL_SECRET_KEY is not the key", runbook="move-to-another-machine")


def test_a_database_that_is_gone_is_not_made_anew(cli: Cli, home: Path) -> None:
    for file in home.glob("handrail.db*"):
        file.unlink()
    broken(cli, "database", "is missing", "handrail restore FILE", runbook="restore")
    assert not (home / "handrail.db").exists()


def test_damage_within_the_file_is_found(cli: Cli, home: Path) -> None:
    with closing(sqlite3.connect(home / "handrail.db")) as connection:
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'accounts'").fetchone()
    with (home / "handrail.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    broken(cli, "ledger", "damaged", "handrail restore FILE", runbook="database-corrupt")


def test_a_file_that_is_no_database_is_found(cli: Cli, home: Path) -> None:
    (home / "handrail.db").write_bytes(b"no database" * 1000)
    broken(cli, "database", "is damaged", runbook="database-corrupt")


def test_a_database_of_a_later_release_is_found(cli: Cli, home: Path) -> None:
    with closing(sqlite3.connect(home / "handrail.db")) as connection:
        connection.execute("INSERT INTO schema_version (version, name) VALUES (99, 'later')")
        connection.commit()
    broken(cli, "database", "schema version 99", "Install the release", runbook="upgrade")


def test_migrations_that_are_due_are_told_and_not_made(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "secret.key").write_text("a-key-that-is-long-enough", encoding="ascii")
    (tmp_path / "var" / "secret.key").chmod(0o600)
    ledger = SqlLedger(SqliteDatabase(tmp_path / "var" / "handrail.db"), Vault(("a-key-that-is-long-enough",)))
    migrations.migrate(ledger.database, to=6)
    ledger.database.write(ledger._make_keys)
    ledger.close()
    broken(cli, "database", "schema version 6", "handrail migrate", state="warn", runbook="upgrade")
    with closing(sqlite3.connect(tmp_path / "var" / "handrail.db")) as connection:
        assert connection.execute("SELECT MAX(version) FROM schema_version").fetchone() == (6,)
    assert cli("migrate").exit_code == 0
    assert checks(cli)["database"]["state"] == "pass"


def test_a_database_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    """Judged by itself: root may write everywhere."""
    check = judge_database(DatabaseFile(path=tmp_path / "handrail.db", there=True, writable=False), key_there=True)
    assert (check.state.value, "cannot be written" in check.found, bool(check.fix)) == ("fail", True, True)


def test_a_data_folder_that_cannot_be_made_is_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="ascii")
    monkeypatch.setenv("HANDRAIL_HOME", str(tmp_path / "file" / "var"))
    broken(cli, "data folder", "cannot be made", "HANDRAIL_HOME")


def test_files_of_another_user_are_named(cli: Cli, home: Path) -> None:
    os.chown(home / "handrail.db", 12345, -1)
    broken(cli, "owners", "handrail.db", "chown -R")


@pytest.mark.parametrize(("mebibytes", "state"), [(100, "fail"), (500, "warn"), (5000, "pass")])
def test_a_disk_that_fills_is_told_before_it_is_full(mebibytes: int, state: str) -> None:
    check = judge_space(mebibytes * 1024 * 1024)
    assert check.state.value == state
    assert check.runbook is (None if state == "pass" else Runbook.DISK_FULL)


def test_words_that_cannot_be_read_are_named(
    cli: Cli, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "mappings"
    shutil.copytree(ROOT / "mappings", copy)
    monkeypatch.setattr(starters, "files", lambda name: copy if name == "mappings" else resources.files(name))
    assert checks(cli)["mappings"]["state"] == "pass"
    (copy / "templates" / "order_status.toml").write_text("text = [", encoding="utf-8")
    broken(cli, "mappings", "order_status.toml")


# --- The work ---------------------------------------------------------------------------------------


def test_a_worker_that_stopped_is_missed(cli: Cli, acme: Account) -> None:
    broken(cli, "worker", "none has looked", "handrail serve", state="warn", runbook="backlog")
    with opened_app() as app:
        app.ledger.watch.move_cursor(acme.id, CURSOR, "", now=app.clock())
    assert checks(cli)["worker"]["state"] == "pass"
    with opened_app() as app:
        app.ledger.watch.move_cursor(acme.id, CURSOR, "", now=app.clock() - timedelta(hours=3))
    broken(cli, "worker", "for 3 hours", runbook="backlog")


def test_what_was_given_up_is_told_with_the_reason(cli: Cli, acme: Account) -> None:
    gone = "the ticket is gone or hidden from our user"
    with opened_app() as app:
        now = app.clock()
        for ticket in ("4711", "4712"):
            receive(app, acme, ticket, at=now)
            claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
            assert claim is not None
            app.ledger.work.bury(claim, now=now, reason=gone)
    broken(cli, "dead letters", "2 events", f"2 because: {gone}", state="warn", runbook="backlog")


def test_a_ticket_that_is_tried_in_vain_is_named_though_nothing_is_due(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        now = app.clock()
        receive(app, acme, "4711", at=now - timedelta(hours=5))
        claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
        assert claim is not None
        later = now + timedelta(hours=3)
        app.ledger.work.postpone(claim, now=now, due_at=later, error="Zendesk answered 503 to the ticket", failed=True)
    broken(cli, "backlog", "ticket 4711 of acme", "5 hours", "503", state="warn", runbook="backlog")


def test_an_alarm_of_refused_credentials_leads_to_its_page(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        refused = Alarm(
            account_id=acme.id, kind="credentials_rejected", subject=acme.id, detail="no", raised_at=app.clock()
        )
        app.ledger.watch.raise_alarm(refused)
    broken(cli, "alarms", "credentials_rejected", state="warn", runbook="helpdesk-token-revoked")
    assert "1 alarm closed" in cli("alarms", "--close", "credentials_rejected").stdout
    assert checks(cli)["alarms"]["state"] == "pass"


class Hook:
    """Where alarms go; answers what it is told to."""

    def __init__(self) -> None:
        self.status, self.told = 500, 0
        hook = self

        class Answer(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                hook.told += 1
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, *_arguments: object) -> None:
                """Tests print nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/alarms"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()
    yield hook
    if hook.thread.is_alive():
        hook.close()


def test_an_alarm_hook_that_does_not_take_alarms_is_told(
    cli: Cli, acme: Account, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HANDRAIL_ALERT_WEBHOOK", hook.url)
    assert checks(cli)["alarm hook"]["state"] == "pass"
    with opened_app() as app:
        now = app.clock()
        app.ledger.watch.raise_alarm(
            Alarm(account_id=acme.id, kind="dead_letter", subject="7", detail="gone", raised_at=now)
        )
        watchdog = Watchdog(ledger=app.ledger, address=hook.url)
        watchdog.step(now)
        watchdog.step(now)
        assert hook.told == 2, "told again until it arrives, and nobody is told that nobody is told"
    broken(cli, "alarm hook", "answer 500")
    with opened_app() as app:
        hook.status = 204
        watchdog = Watchdog(ledger=app.ledger, address=hook.url)
        watchdog.step(app.clock())
        watchdog.step(app.clock())
    assert hook.told == 3
    assert checks(cli)["alarm hook"]["state"] == "pass"
    hook.close()
    broken(cli, "alarm hook", "nobody listens there")


# --- The team's own files ---------------------------------------------------------------------------


def test_look_ups_that_are_malformed_are_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.json").write_text("[{", encoding="utf-8")
    monkeypatch.setenv("HANDRAIL_LOOKUPS", str(tmp_path / "orders.json"))
    broken(cli, "look-ups", "HANDRAIL_LOOKUPS cannot be used", "correct the file")


def test_sources_that_are_gone_are_told(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_SOURCES", str(tmp_path / "gone"))
    broken(cli, "sources", "HANDRAIL_SOURCES cannot be used", "correct the file or HANDRAIL_SOURCES")


def test_a_model_that_cannot_be_reached_is_told(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_LLM_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("HANDRAIL_LLM_MODEL", "small")
    broken(cli, "model", "gave no answer", "HANDRAIL_LLM_BASE_URL", state="warn", runbook="model-down")


# --- The accounts -----------------------------------------------------------------------------------


def test_a_policy_that_is_broken_or_missing_is_told(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        app.ledger.policies.publish(acme.id, "stage = [", by="test", comment="", now=app.clock())
    broken(cli, "policy of acme", "version 2 is not valid", "handrail policy rollback")
    with closing(sqlite3.connect("var/handrail.db")) as connection:
        connection.execute("DELETE FROM policies")
        connection.commit()
    broken(cli, "policy of acme", "there is none", "handrail policy publish")


def test_a_policy_without_owner_is_told(cli: Cli) -> None:
    from tests.cli.seeding import store_account

    with opened_app() as app:
        store_account(app)
    broken(cli, "policy of acme", "nobody owns", "--owner NAME", state="warn")
    cli("account", "update", "acme", "--owner", "Ana Ruiz")
    assert checks(cli)["policy of acme"]["state"] == "pass"


@pytest.mark.parametrize(
    ("ours", "helpdesk", "words"),
    [
        ("http://handrail.acme.example", "https://acme.zendesk.com", "not encrypted"),
        ("http://127.0.0.1:8080", "https://acme.zendesk.com", "no webhook of acme.zendesk.com can arrive"),
        ("https://localhost", "https://acme.zendesk.com", "no webhook of acme.zendesk.com can arrive"),
        ("https://handrail.acme.example", "https://acme.zendesk.com", ""),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8091", ""),
    ],
)
def test_an_address_that_helpdesks_cannot_or_should_not_use_is_told(ours: str, helpdesk: str, words: str) -> None:
    check = judge_public_address(ours, [helpdesk])
    assert check.state.value == ("warn" if words else "pass")
    assert words in check.found
    assert ("HANDRAIL_PUBLIC_URL" in check.fix) == bool(words)


def test_the_public_address_is_looked_at(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    broken(cli, "public address", "no webhook of acme.zendesk.com can arrive", state="warn")
    monkeypatch.setenv("HANDRAIL_PUBLIC_URL", "https://handrail.acme.example")
    assert checks(cli)["public address"]["state"] == "pass"


def test_webhooks_that_do_not_arrive_are_told(cli: Cli, acme: Account) -> None:
    def found(key: str, kind: EventKind) -> None:
        event = Event(key=key, ticket_id=key, kind=kind, vendor_kind="ticket")
        app.ledger.inbox.receive(Delivery(account_id=acme.id, event=event, received_at=now, due_at=now))
        claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
        assert claim is not None
        app.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="draft")

    with opened_app() as app:
        now = app.clock()
        for number in range(3):
            found(f"70{number}", EventKind.POLLED)
    ours = "http://127.0.0.1:8080/webhooks/zendesk/acme"
    broken(cli, "webhooks of acme", "no webhook brought them", "--signing-secret", "old address", ours)
    with opened_app() as app:
        found("703", EventKind.CREATED)
    assert checks(cli)["webhooks of acme"]["state"] == "pass"


@pytest.fixture
def helpdesks(monkeypatch: pytest.MonkeyPatch, cli: Cli) -> Iterator[Sandbox]:
    """Both helpdesks, connected as `acme-zendesk` and `acme-freshdesk`."""
    monkeypatch.setenv("HANDRAIL_ALLOW_LOOPBACK_HELPDESK", "1")
    with Sandbox() as sandbox:
        known = sandbox.credentials
        zendesk = ("--client-id", known["zendesk"]["client_id"], "--client-secret", known["zendesk"]["client_secret"])
        for vendor, credentials in (("zendesk", zendesk), ("freshdesk", ("--api-key", known["freshdesk"]["api_key"]))):
            address = ("--base-url", sandbox.helpdesk(vendor).url, "--owner", "Ana")
            added = cli("account", "add", vendor, "--name", f"acme-{vendor}", *address, *credentials)
            assert added.exit_code == 0, added.stderr
        yield sandbox


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_a_revoked_token_is_told_and_a_new_one_mends_it(cli: Cli, helpdesks: Sandbox, vendor: str) -> None:
    new = helpdesks.renew_credentials(vendor)
    broken(cli, f"acme-{vendor}: credentials", "handrail account update", runbook="helpdesk-token-revoked")
    option, value = ("--client-secret", "client_secret") if vendor == "zendesk" else ("--api-key", "api_key")
    assert cli("account", "update", f"acme-{vendor}", option, new[value]).exit_code == 0
    assert f"acme-{vendor}: address" in checks(cli)
    assert f"acme-{vendor}: credentials" not in checks(cli)


def test_the_alarm_of_refused_credentials_ends_when_nothing_waits_for_them(cli: Cli, helpdesks: Sandbox) -> None:
    with opened_app() as app:
        now = app.clock()
        account = app.ledger.accounts.get("acme-freshdesk")
        assert account is not None
        refused = Alarm(account_id=account.id, kind=REFUSED, subject=account.id, detail="no", raised_at=now)
        app.ledger.watch.raise_alarm(refused)
        receive(app, account, "4711", at=now)
        claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
        assert claim is not None
        app.ledger.work.postpone(claim, now=now, due_at=now + timedelta(hours=1), error="refused", failed=True)
        poll = Reconciler(ledger=app.ledger, providers=app.providers, every_seconds=1, settle_seconds=0)
        poll.step(now)
        assert [alarm.kind for alarm in app.ledger.watch.alarms()] == [REFUSED], "a ticket still waits"
        app.ledger.work.hurry(now=now)
        claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
        assert claim is not None
        app.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="")
        poll.step(now + timedelta(seconds=5))
        assert app.ledger.watch.alarms() == ()


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_a_helpdesk_that_is_down_is_waited_for(cli: Cli, helpdesks: Sandbox, vendor: str) -> None:
    helpdesks.faults.add("refuse", vendor=vendor, times=0)
    broken(cli, f"acme-{vendor}: credentials", "we try again by ourselves", runbook="helpdesk-down")


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_clocks_that_differ_are_told(cli: Cli, helpdesks: Sandbox, vendor: str) -> None:
    assert checks(cli)[f"acme-{vendor}: clock"]["state"] == "pass"
    helpdesks.advance(120)
    broken(cli, f"acme-{vendor}: clock", "seconds behind", "NTP", state="warn")
    helpdesks.advance(600)
    broken(cli, f"acme-{vendor}: clock", "seconds behind", "NTP")


def test_another_user_and_too_little_rights_are_told(cli: Cli, helpdesks: Sandbox) -> None:
    with closing(sqlite3.connect("var/handrail.db")) as connection:
        connection.execute("UPDATE accounts SET bot_user_id = '1' WHERE name = 'acme-zendesk'")
        connection.commit()
    broken(cli, "acme-zendesk: user", "another user than before", "Add the account again")
    helpdesks.add_ticket("zendesk", subject="Hi", body="Hello", requester={"name": "A", "email": "a@b.example"})
    helpdesks.faults.add("status", vendor="zendesk", path="audits", status=403, times=0)
    broken(cli, "acme-zendesk: audits", "403", "scope `read`")


def test_sources_that_cannot_be_read_any_more_are_told(cli: Cli, helpdesks: Sandbox) -> None:
    with opened_app() as app:
        now = app.clock()
        account = app.ledger.accounts.get("acme-zendesk")
        assert account is not None
        app.librarian.sync(account, now=now)
    assert checks(cli)["sources of acme-zendesk"]["state"] == "pass"
    with opened_app() as app:
        app.librarian.sync(account, now=now - timedelta(hours=9))
    broken(cli, "sources of acme-zendesk", "9 hours ago", "handrail knowledge sync", state="warn")
    helpdesks.faults.add("status", vendor="zendesk", status=503, times=0)
    with opened_app() as app:
        app.librarian.tend(account, now - timedelta(hours=2))
    broken(cli, "sources of acme-zendesk", "could not be read for 2 hours", state="warn", runbook="helpdesk-down")
