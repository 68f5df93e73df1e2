"""Settings, doctor, backup and restore."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from connector.model import Account
from connector.records import Alarm
from tests.cli.seeding import Cli, one_sentence, opened_app, receive

# --- Settings ---------------------------------------------------------------------------------------


def test_every_value_says_where_it_comes_from(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "handrail.toml").write_text("concurrency = 8\n", encoding="utf-8")
    (tmp_path / "key").write_text("0123456789abcdef0123\n", encoding="utf-8")
    monkeypatch.setenv("HANDRAIL_SETTLE_SECONDS", "3")
    monkeypatch.setenv("HANDRAIL_SECRET_KEY_FILE", str(tmp_path / "key"))
    shown = {row["name"]: row for row in json.loads(cli("config", "show", "--origin", "--json").stdout)}
    assert shown["HANDRAIL_SETTLE_SECONDS"]["origin"] == "environment HANDRAIL_SETTLE_SECONDS"
    assert shown["HANDRAIL_CONCURRENCY"] == {"name": "HANDRAIL_CONCURRENCY", "value": "8", "origin": "handrail.toml"}
    assert shown["HANDRAIL_PUBLIC_URL"]["origin"] == "default"
    assert shown["HANDRAIL_SECRET_KEY"]["value"] == "(set)"
    assert "0123456789abcdef0123" not in cli("config", "show").stdout
    assert set(json.loads(cli("config", "show", "--json").stdout)[0]) == {"name", "value"}


# --- Keys -------------------------------------------------------------------------------------------


def test_the_old_key_can_go_once_the_keys_are_rotated(cli: Cli, acme: Account, tmp_path: Path) -> None:
    kept = tmp_path / "var" / "secret.key"
    old = kept.read_text(encoding="ascii").strip()
    assert "only one key" in cli("keys", "rotate").stdout

    kept.write_text(f"a-newer-key-than-that,{old}\n", encoding="ascii")
    assert json.loads(cli("keys", "rotate", "--json").stdout) == {"accounts": 1, "changed": 1, "keys": 2}
    assert "0 accounts of 1" in cli("keys", "rotate").stdout, "run again, it finds nothing left"

    kept.write_text("a-newer-key-than-that\n", encoding="ascii")
    with opened_app() as app:
        assert app.ledger.accounts.get("acme") == acme
        assert [entry.verb for entry in app.ledger.watch.audit()] == ["keys rotate"]
    kept.write_text(f"{old}\n", encoding="ascii")
    one_sentence(cli("account", "list"), "HANDRAIL_SECRET_KEY")


# --- Doctor -----------------------------------------------------------------------------------------


def checks(cli: Cli, code: int) -> dict[str, dict[str, str]]:
    result = cli("doctor", "--json")
    assert result.exit_code == code, result.output
    report = json.loads(result.stdout)
    assert report["state"] == ("pass", "warn", "fail")[code]
    return {check["name"]: check for check in report["checks"]}


def test_a_new_installation_is_well(cli: Cli) -> None:
    found = checks(cli, 0)
    assert {"settings", "data folder", "disk space", "secret key", "ledger", "clock", "backlog"} <= set(found)
    assert cli("doctor").stdout.strip().endswith("Everything is well.")


def test_a_kill_switch_and_an_alarm_are_warnings(cli: Cli) -> None:
    cli("kill", "on", "--intent", "order_status")
    with opened_app() as app:
        app.ledger.watch.raise_alarm(
            Alarm(account_id="a", kind="dead_letter", subject="7", detail="gone", raised_at=app.clock())
        )
    found = checks(cli, 1)
    assert "order_status" in found["kill switches"]["found"]
    assert "handrail kill off" in found["kill switches"]["fix"]
    assert "dead_letter" in found["alarms"]["found"]


def test_an_open_key_fails(cli: Cli, tmp_path: Path) -> None:
    checks(cli, 0)
    (tmp_path / "var" / "secret.key").chmod(0o644)
    assert "chmod 600" in checks(cli, 2)["secret key"]["fix"]


def test_a_wrong_setting_is_a_failed_check(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_CONCURRENCY", "many")
    assert "HANDRAIL_CONCURRENCY" in checks(cli, 2)["settings"]["found"]


def test_a_database_that_is_none_is_a_failed_check(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "handrail.db").write_bytes(b"no database" * 1000)
    found = checks(cli, 2)
    assert found["database"]["state"] == "fail"
    assert found["settings"]["state"] == "pass"


def test_a_folder_that_cannot_be_written_is_a_failed_check(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_HOME", "/dev/null/home")
    assert "HANDRAIL_HOME" in checks(cli, 2)["data folder"]["fix"]


def test_late_work_and_a_clock_set_back_are_seen(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        receive(app, acme, "1", at=app.clock() - timedelta(hours=2))
    result = json.loads(cli("doctor", "--json").stdout)
    found = {check["name"]: check for check in result["checks"]}
    assert found["backlog"]["state"] == "fail"
    assert found["policy of acme"]["state"] == "pass"
    with opened_app() as app:
        receive(app, acme, "2", at=app.clock() + timedelta(hours=2))
    found = {check["name"]: check for check in json.loads(cli("doctor", "--json").stdout)["checks"]}
    assert found["clock"]["state"] == "fail"


# --- Backup and restore -----------------------------------------------------------------------------


def test_a_backup_is_put_back_with_everything_in_it(cli: Cli, acme: Account, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    made = cli("backup", copy)
    assert made.exit_code == 0, made.stderr
    assert "secret.key" in made.stdout
    cli("account", "remove", "acme")
    restored = cli("restore", copy)
    assert restored.exit_code == 0, restored.stderr
    assert json.loads(cli("account", "list", "--json").stdout)[0]["account"] == "acme"
    assert "is kept as" in restored.stdout
    assert cli("audit", "verify").exit_code == 0


def test_a_backup_never_overwrites(cli: Cli, acme: Account, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("precious", encoding="utf-8")
    result = cli("backup", tmp_path / "copy.db")
    assert result.exit_code == 2
    one_sentence(result, "exists already")
    assert (tmp_path / "copy.db").read_text(encoding="utf-8") == "precious"


def test_a_backup_without_its_key_is_refused(
    cli: Cli, acme: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli("backup", tmp_path / "copy.db")
    monkeypatch.setenv("HANDRAIL_HOME", str(tmp_path / "elsewhere"))
    result = cli("restore", tmp_path / "copy.db")
    assert result.exit_code == 2
    one_sentence(result, "secret.key")
    monkeypatch.setenv("HANDRAIL_SECRET_KEY", "another-key-of-enough-length")
    result = cli("restore", tmp_path / "copy.db")
    assert result.exit_code == 2
    one_sentence(result, "key")
    assert not (tmp_path / "elsewhere" / "handrail.db").exists()


def test_what_is_no_backup_is_not_restored(cli: Cli, acme: Account, tmp_path: Path) -> None:
    (tmp_path / "copy.db").write_text("nothing", encoding="utf-8")
    result = cli("restore", tmp_path / "copy.db")
    assert result.exit_code in (1, 2)
    one_sentence(result, "copy.db")
    assert json.loads(cli("account", "list", "--json").stdout)[0]["account"] == "acme"


@pytest.mark.parametrize("content", [b"", b"kind,reference\norder,1\n", b"no database" * 1000])
def test_a_file_that_is_no_backup_changes_nothing(cli: Cli, acme: Account, tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "orders.csv"
    file.write_bytes(content)
    result = cli("restore", file)
    assert result.exit_code == 2
    assert one_sentence(result) == f"{file} is not a Handrail backup; nothing was changed."
    assert json.loads(cli("account", "list", "--json").stdout)[0]["account"] == "acme"


def test_a_database_of_something_else_is_no_backup(cli: Cli, acme: Account, tmp_path: Path) -> None:
    file = tmp_path / "other.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    one_sentence(cli("restore", file), "is not a Handrail backup; nothing was changed.")


# --- What the team's own files hold -----------------------------------------------------------------


def test_doctor_names_rows_and_articles_of_no_use(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "orders.csv").write_text("kind,reference,email,status\norder,1,a@b.example,sent\n", encoding="utf-8")
    (tmp_path / "articles").mkdir()
    article = "---\ntitle: Hours\nlanguage: en\nintents: [opening_hours]\n---\nFrom 9 to 5.\n"
    (tmp_path / "articles" / "hours.md").write_text(article, encoding="utf-8")
    monkeypatch.setenv("HANDRAIL_LOOKUPS", "orders.csv")
    monkeypatch.setenv("HANDRAIL_SOURCES", "articles")
    found = checks(cli, 1)
    assert "orders.csv, row 1 (order): status 'sent' is none of" in found["look-up rows"]["found"]
    assert found["article intents"]["found"] == "hours.md: there is no intent 'opening_hours'"
    assert "contact_and_hours" in found["article intents"]["fix"]


def test_a_missing_look_up_file_is_told_without_numbers_of_errors(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_LOOKUPS", "nowhere.csv")
    told = checks(cli, 2)["look-ups"]["found"]
    assert "nowhere.csv" in told
    assert "Errno" not in told


@pytest.mark.parametrize(
    "text", ['home = "x"\nconcurrency = "many"\n', 'home = "x"\nconcurency = 3\n', 'home = "x"\nhome =\n']
)
def test_a_mistake_in_the_settings_file_has_its_line(cli: Cli, tmp_path: Path, text: str) -> None:
    (tmp_path / "handrail.toml").write_text(text, encoding="utf-8")
    one_sentence(cli("config", "show"), "handrail.toml", "line 2")
