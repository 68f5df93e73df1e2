"""Verdicts go in whole or not at all, and only about what would have been sent."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.model import Account
from tests.cli.seeding import Cli, decide, one_sentence, opened_app

NOW = datetime.now(UTC)
GOOD = {"ticket": "51", "intent": "order_status", "verdict": "right", "who": "Ada", "when": NOW.isoformat()}


@pytest.fixture
def sends(acme: Account) -> Account:
    with opened_app() as app:
        decide(app, acme, "51", ago=timedelta(days=2))
        decide(app, acme, "52", ago=timedelta(days=1))
        decide(app, acme, "53", would_send=False)
    return acme


def lines(path: Path, *rows: object) -> Path:
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return path


def stored(account: Account) -> int:
    with opened_app() as app:
        return len(app.ledger.policies.verdicts(account.id))


def test_verdicts_are_stored_once(cli: Cli, sends: Account, tmp_path: Path) -> None:
    file = lines(tmp_path / "v.jsonl", GOOD, "", {**GOOD, "ticket": 52, "verdict": "tone", "template": "order_status"})
    first = json.loads(cli("verdicts", "import", file, "--json").stdout)
    assert (first["read"], first["new"]) == (2, 2)
    again = json.loads(cli("verdicts", "import", file, "--account", "acme", "--json").stdout)
    assert (again["read"], again["new"]) == (2, 0)
    assert stored(sends) == 2


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        ("{not json", "not JSON"),
        ("[]", "no verdict"),
        ({**GOOD, "verdict": "good"}, "'good' is no verdict"),
        ({**GOOD, "who": " "}, '"who"'),
        ({key: value for key, value in GOOD.items() if key != "when"}, '"when"'),
        ({**GOOD, "when": "yesterday"}, "no time"),
        ({**GOOD, "when": "2026-11-02T14:30:00"}, "time zone"),
        ({**GOOD, "when": (datetime.now(UTC) + timedelta(hours=1)).isoformat()}, "future"),
        ({**GOOD, "when": (NOW - timedelta(days=2, minutes=1)).isoformat()}, "before the would-be send"),
        ({**GOOD, "when": "0001-01-01T00:00:00+14:00"}, "before the would-be send"),
        ({**GOOD, "who": "A\x00B"}, '"who"'),
        ({**GOOD, "who": "A\u202eB"}, '"who"'),
        ({**GOOD, "who": "A\nB"}, '"who"'),
        (json.dumps(GOOD).replace("Ada", "\\ud800"), '"who"'),
        ({**GOOD, "who": "A" * 101}, "100 characters"),
        (json.dumps(GOOD).replace('"who"', '"verdict": "tone", "who"'), "a key stands there twice"),
        (json.dumps(GOOD).replace('"51"', "9" * 5000), "not JSON"),
        ({**GOOD, "ticket": "53"}, "ticket 53 has no would-be send"),
        ({**GOOD, "ticket": "99"}, "ticket 99 has no would-be send"),
        ({**GOOD, "intent": "invoice_copy"}, "'invoice_copy'"),
        ({**GOOD, "template": "other"}, "'other'"),
        ({**GOOD, "verdikt": "right"}, "'verdikt'"),
    ],
)
def test_one_bad_line_keeps_all_of_them_out(cli: Cli, sends: Account, tmp_path: Path, bad: object, words: str) -> None:
    result = cli("verdicts", "import", lines(tmp_path / "v.jsonl", {**GOOD, "ticket": "52"}, bad))
    assert result.exit_code == 2
    one_sentence(result, "v.jsonl line 2", words)
    assert stored(sends) == 0


def test_a_person_may_take_a_verdict_back_and_a_right_takes_no_wrong_back(
    cli: Cli, sends: Account, tmp_path: Path
) -> None:
    def given(word: str, when: datetime) -> dict[str, object]:
        file = lines(tmp_path / "v.jsonl", {**GOOD, "verdict": word, "when": when.isoformat()})
        found: dict[str, object] = json.loads(cli("verdicts", "import", file, "--json").stdout)
        return found

    assert given("right", NOW - timedelta(hours=3))["overruled"] == 0
    assert given("wrong_facts", NOW - timedelta(hours=2))["new"] == 1
    again = given("right", NOW - timedelta(hours=1))
    assert (again["new"], again["overruled"]) == (1, 1)
    assert "it stays wrong" in cli("verdicts", "import", tmp_path / "v.jsonl").stdout
    (row,) = (row for row in json.loads(cli("fit", "--json").stdout) if row["intent"] == "order_status")
    assert (row["verdicts"], row["errors"]) == (1, 1)
    shown = {row["ticket"]: row["verdict"] for row in json.loads(cli("verdicts", "export", "--json").stdout)}
    assert shown == {"51": "wrong_facts", "52": ""}


def test_a_send_under_another_edition_waits_for_a_verdict_of_its_own(cli: Cli, acme: Account, tmp_path: Path) -> None:
    with opened_app() as app:
        decide(app, acme, "51", ago=timedelta(days=2), edition="a.b.starter")
    cli("verdicts", "import", lines(tmp_path / "v.jsonl", {**GOOD, "when": (NOW - timedelta(days=1)).isoformat()}))
    assert json.loads(cli("verdicts", "export", "--pending", "--json").stdout) == []
    with opened_app() as app:
        decide(app, acme, "51", number=2, edition="a.c.starter")
    assert len(json.loads(cli("verdicts", "export", "--pending", "--json").stdout)) == 1
    now = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
    assert cli("verdicts", "import", lines(tmp_path / "v.jsonl", {**GOOD, "when": now})).exit_code == 0
    assert json.loads(cli("verdicts", "export", "--pending", "--json").stdout) == []
    assert stored(acme) == 2


def test_a_file_without_verdicts_is_a_mistake(cli: Cli, sends: Account, tmp_path: Path) -> None:
    result = cli("verdicts", "import", lines(tmp_path / "v.jsonl", "", ""))
    assert result.exit_code == 2
    one_sentence(result, "holds no verdicts")


def test_what_is_exported_can_be_filled_in_and_imported(cli: Cli, sends: Account, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    assert cli("verdicts", "export", file).exit_code == 0
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [row["ticket"] for row in rows] == ["51", "52"]
    assert rows[0]["draft"] == "Your order 51 is on its way."
    filled = [{**row, "verdict": "right", "who": "Ada", "when": GOOD["when"]} for row in rows[:1]]
    assert cli("verdicts", "import", lines(file, *filled)).exit_code == 0
    pending = json.loads(cli("verdicts", "export", "--pending", "--json").stdout)
    assert [row["ticket"] for row in pending] == ["52"]


def test_fit_says_what_is_missing(cli: Cli, sends: Account, tmp_path: Path) -> None:
    cli("verdicts", "import", lines(tmp_path / "v.jsonl", GOOD, {**GOOD, "ticket": "52", "verdict": "wrong_facts"}))
    rows = {row["intent"]: row for row in json.loads(cli("fit", "--json").stdout)}
    row = rows["order_status"]
    assert (row["verdicts"], row["errors"], row["certified"]) == (2, 1, False)
    assert row["missing"] > 100
    assert row["days_missing"] == pytest.approx(row["missing"] / row["would_sends_per_day"], rel=0.02)
    assert rows["invoice_copy"]["days_missing"] is None, "nothing comes in, so nobody can say"
    assert "complaint" not in rows
    assert len(json.loads(cli("fit", "--intent", "order_status", "--json").stdout)) == 1
    assert "order_status" in cli("fit").stdout


def test_fit_refuses_what_is_never_sent(cli: Cli, sends: Account) -> None:
    result = cli("fit", "--intent", "complaint")
    assert result.exit_code == 2
    one_sentence(result, "not tier auto")
    assert cli("fit", "--intent", "orders").exit_code == 2
