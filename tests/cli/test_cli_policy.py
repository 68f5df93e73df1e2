"""Publishing, moving intents under the rules of the roll-out, and the emergency stop."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from connector import starters
from connector.model import Account, Stage
from tests.cli.seeding import Cli, decide, one_sentence, opened_app, store_account


@pytest.fixture
def starter(tmp_path: Path) -> Path:
    file = tmp_path / "policy.toml"
    file.write_text(starters.text("policy.toml"), encoding="utf-8")
    return file


def version_in_force(name: str = "acme") -> int:
    with opened_app() as app:
        account = app.ledger.accounts.get(name)
        assert account is not None
        version = app.ledger.policies.current(account.id)
        assert version is not None
        return version.version


def stage_of(intent: str) -> Stage:
    with opened_app() as app:
        account = app.ledger.accounts.get("acme")
        assert account is not None
        policy = app.rulebook.policy(account)
        assert policy is not None
        return policy.intents[intent].stage


def test_the_starter_policy_is_fit_to_publish(cli: Cli, starter: Path) -> None:
    result = cli("policy", "lint", starter, "--json")
    assert result.exit_code == 0, result.stderr
    assert [item for item in json.loads(result.stdout) if item["severity"] != "hint"] == []


def test_lint_names_every_line_and_fails(cli: Cli, starter: Path) -> None:
    text = starter.read_text(encoding="utf-8")
    starter.write_text(text.replace('tier = "auto"', 'tier = "automatic"'), encoding="utf-8")
    result = cli("policy", "lint", starter, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.stdout)
    assert len(problems) == text.count('\ntier = "auto"')
    line = problems[0]["line"]
    assert starter.read_text(encoding="utf-8").split("\n")[line - 1] == 'tier = "automatic"'
    one_sentence(result, f"line {line}", "auto, approval, human_only")


def test_lint_needs_no_data_folder(cli: Cli, starter: Path, tmp_path: Path) -> None:
    cli("policy", "lint", starter)
    assert not (tmp_path / "var").exists()


def test_the_policy_is_shown_as_one_page(cli: Cli, acme: Account) -> None:
    told = cli("policy", "show").stdout
    assert re.search(r"Does alone.*Needs approval.*Always a person", told, re.DOTALL)
    shown = json.loads(cli("policy", "show", "--json").stdout)
    assert shown["version"] == 1
    assert {line["intent"] for line in shown["page"]["person"]} >= {"billing_dispute", "security_or_legal"}
    assert shown["page"]["alone"] == []
    assert cli("policy", "show", "--toml").stdout == shown["text"]


def test_a_policy_is_published_kept_and_rolled_back(cli: Cli, acme: Account, starter: Path) -> None:
    changed = starter.read_text(encoding="utf-8").replace("per_recipient_day = 3", "per_recipient_day = 2")
    starter.write_text(changed, encoding="utf-8")
    made = json.loads(cli("policy", "publish", starter, "--comment", "fewer", "--json").stdout)
    assert made["policy_version"] == 2
    assert made["moves"] == []
    rolled = json.loads(cli("policy", "rollback", 1, "--json").stdout)
    assert rolled["policy_version"] == 3
    history = json.loads(cli("policy", "history", "--json").stdout)
    assert [(item["version"], item["comment"]) for item in history] == [
        (3, "back to version 1"),
        (2, "fewer"),
        (1, "starter"),
    ]
    assert "per_recipient_day = 3" in cli("policy", "show", "--toml").stdout
    result = cli("policy", "rollback", 9)
    assert result.exit_code == 2
    one_sentence(result, "no policy version 9")


def test_a_broken_policy_is_not_published(cli: Cli, acme: Account, starter: Path) -> None:
    starter.write_text("[intents.order_status]\n", encoding="utf-8")
    result = cli("policy", "publish", starter)
    assert result.exit_code == 2
    one_sentence(result, "line 1", "tier")
    assert version_in_force() == 1


def test_the_floor_cannot_be_published_away(cli: Cli, acme: Account, starter: Path) -> None:
    text = starter.read_text(encoding="utf-8")
    lowered = re.sub(r'(\[intents\.billing_dispute\]\ntier = )"human_only"', r'\1"auto"', text)
    assert lowered != text
    starter.write_text(lowered, encoding="utf-8")
    result = cli("policy", "publish", starter)
    assert result.exit_code == 2
    one_sentence(result, "billing_dispute", "floor")


# --- Moving intents [O2] ----------------------------------------------------------------------------


def test_an_intent_moves_to_pilot_and_its_goals_freeze(cli: Cli, acme: Account) -> None:
    result = cli("intent", "stage", "order_status", "pilot", "--pilot-share", 25, "--json")
    assert result.exit_code == 0, result.stderr
    moved = json.loads(result.stdout)
    assert (moved["before"], moved["stage"], moved["policy_version"]) == ("draft", "pilot", 2)
    assert moved["goals_frozen"][0]["intent"] == "order_status"
    assert moved["moves"][0]["warnings"] == ["not_certified"]
    with opened_app() as app:
        policy = app.rulebook.policy(acme)
        goal = app.ledger.policies.goal(acme.id, "order_status")
    assert policy is not None
    rule = policy.intents["order_status"]
    assert (rule.stage, rule.pilot_share) == (Stage.PILOT, 25)
    assert goal is not None
    assert goal.text == "; ".join(rule.goals)
    verbs = [entry["verb"] for entry in json.loads(cli("audit", "list", "--json").stdout)]
    assert verbs == ["intent stage", "goal frozen", "policy publish"]
    assert "# The starter policy" in cli("policy", "show", "--toml").stdout, "people's comments stay"


def test_a_stricter_stage_is_always_allowed(cli: Cli, acme: Account) -> None:
    cli("intent", "stage", "order_status", "pilot")
    result = cli("intent", "stage", "order_status", "off")
    assert result.exit_code == 0, result.stderr
    assert stage_of("order_status") is Stage.OFF
    assert json.loads(cli("audit", "list", "--json").stdout)[0]["detail"] == "order_status: pilot -> off"


def test_without_an_owner_nothing_is_released(cli: Cli) -> None:
    with opened_app() as app:
        store_account(app)
    result = cli("intent", "stage", "order_status", "pilot")
    assert result.exit_code == 1
    one_sentence(result, "order_status has no owner")
    assert stage_of("order_status") is Stage.DRAFT
    assert version_in_force() == 1
    assert cli("account", "update", "acme", "--owner", "Ada").exit_code == 0
    assert cli("intent", "stage", "order_status", "pilot").exit_code == 0


def test_without_goals_nothing_is_released(cli: Cli, acme: Account, starter: Path) -> None:
    text = re.sub(r"(?m)^goals = .*\n", "", starter.read_text(encoding="utf-8"))
    starter.write_text(text, encoding="utf-8")
    cli("policy", "publish", starter)
    result = cli("intent", "stage", "order_status", "pilot")
    assert result.exit_code == 1
    one_sentence(result, "order_status has no goals")


def test_human_only_intents_are_never_released(cli: Cli, acme: Account) -> None:
    for intent in ("billing_dispute", "complaint"):
        result = cli("intent", "stage", intent, "live")
        assert result.exit_code == 1
        one_sentence(result, intent, "always goes to a person")


def test_a_second_intent_waits_for_the_review_of_the_first(cli: Cli, acme: Account) -> None:
    assert cli("intent", "stage", "order_status", "pilot").exit_code == 0
    result = cli("intent", "stage", "invoice_copy", "live")
    assert result.exit_code == 1
    one_sentence(result, "order_status", "review", "--override")
    assert stage_of("invoice_copy") is Stage.DRAFT
    forced = cli("intent", "stage", "invoice_copy", "live", "--override", "agreed with the board")
    assert forced.exit_code == 0, forced.stderr
    entries = json.loads(cli("audit", "list", "--json").stdout)
    assert [entry["detail"] for entry in entries if entry["verb"] == "override"] == [
        "invoice_copy: review_pending order_status: agreed with the board"
    ]


def test_publishing_a_file_is_no_way_round_the_rules(cli: Cli, acme: Account, starter: Path) -> None:
    cli("intent", "stage", "order_status", "pilot")
    text = cli("policy", "show", "--toml").stdout
    live = re.sub(r'(\[intents\.invoice_copy\]\ntier = "auto"\nstage = )"draft"', r'\1"live"', text)
    assert live != text
    starter.write_text(live, encoding="utf-8")
    result = cli("policy", "publish", starter)
    assert result.exit_code == 1
    one_sentence(result, "review")


def test_unknown_intents_are_named(cli: Cli, acme: Account) -> None:
    result = cli("intent", "stage", "orders", "pilot")
    assert result.exit_code == 2
    one_sentence(result, "'orders'", "order_status")


# --- The emergency stop -----------------------------------------------------------------------------


def test_the_stop_counts_when_the_command_has_returned(cli: Cli, acme: Account) -> None:
    stopped = json.loads(cli("kill", "on", "--json").stdout)
    assert [(item["account"], item["intent"]) for item in stopped["stopped"]] == [(None, None)]
    with opened_app() as app:
        assert app.ledger.policies.killed(acme.id, "order_status") is not None
    assert json.loads(cli("kill", "off", "--json").stdout)["stopped"] == []
    with opened_app() as app:
        assert app.ledger.policies.killed(acme.id, "order_status") is None


def test_a_switch_is_as_wide_as_its_options(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        other = store_account(app, "other")
    cli("kill", "on", "--account", "acme", "--intent", "order_status")
    told = cli("kill", "on", "--account", "other").stdout
    assert "Stopped: acme, order_status" in told
    assert "Stopped: other, every intent" in told
    with opened_app() as app:
        killed = app.ledger.policies.killed
        assert killed(acme.id, "order_status")
        assert not killed(acme.id, "invoice_copy")
        assert killed(other.id, "invoice_copy")
    cli("kill", "off", "--account", "other")
    assert "Stopped: acme, order_status" in cli("kill", "off").stdout, "a wider switch off leaves narrower ones on"


def test_turned_off_it_says_who_waits_again(cli: Cli, acme: Account) -> None:
    cli("kill", "on")
    with opened_app() as app:
        for ticket, reason in (("51", "kill_switch"), ("52", "kill_switch"), ("53", "stage_off")):
            decide(app, acme, ticket, action="hand_off", body={"decision": {"reasons": [{"code": reason}]}})
    told = cli("kill", "off", "--json").stdout
    assert json.loads(told)["waiting_again"] == 2
    with opened_app() as app:
        waiting = app.ledger.inbox.events(state="waiting")
        assert {(event.ticket_id, event.kind) for event in waiting} == {("51", "replayed"), ("52", "replayed")}
    assert "came in meanwhile" not in cli("kill", "off").stdout, "they wait already"


def test_a_switch_for_an_unknown_intent_would_stop_nothing(cli: Cli, acme: Account) -> None:
    result = cli("kill", "on", "--intent", "orders")
    assert result.exit_code == 2
    one_sentence(result, "'orders'", "order_status")
    with opened_app() as app:
        assert app.ledger.policies.kill_switches() == ()


# --- What a publication says ------------------------------------------------------------------------


def test_publishing_says_what_changes_and_warns_of_stages(cli: Cli, acme: Account, starter: Path) -> None:
    cli("intent", "stage", "order_status", "pilot")
    told = cli("policy", "publish", starter).stdout  # the file still says draft, and names no owner
    assert re.search(r"^  order_status: pilot -> draft", told, re.MULTILINE), told
    assert "Warning: this text has lowered the stage of order_status." in told
    back = cli("policy", "rollback", 2)
    assert "order_status: draft -> pilot" in back.stdout
    assert "Warning: this text has raised the stage of order_status." in back.stdout


def test_the_same_text_is_not_published_again(cli: Cli, acme: Account, tmp_path: Path) -> None:
    file = tmp_path / "same.toml"
    file.write_text(cli("policy", "show", "--toml").stdout, encoding="utf-8")
    entries = len(json.loads(cli("audit", "list", "--json").stdout))
    result = cli("policy", "publish", file)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip() == "Policy version 1 is in force already; nothing was changed."
    again = json.loads(cli("policy", "rollback", 1, "--json").stdout)
    assert (again["published"], again["policy_version"], again["changes"]) == (False, 1, [])
    assert "order_status is in draft already" in cli("intent", "stage", "order_status", "draft").stdout
    assert version_in_force() == 1
    assert len(json.loads(cli("audit", "list", "--json").stdout)) == entries


def test_the_hint_about_the_account_is_a_command(cli: Cli, acme: Account) -> None:
    told = cli("intent", "stage", "order_status", "pilot").stdout
    command = re.search(r"`handrail (account stage acme live)`", told)
    assert command is not None, told
    assert cli(*command.group(1).split()).exit_code == 0
    assert "caps it" not in cli("intent", "stage", "order_status", "pilot", "--pilot-share", 30).stdout


def test_lint_tells_a_problem_once(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "broken.toml"
    file.write_text("a = [\n", encoding="utf-8")
    result = cli("policy", "lint", file)
    assert result.exit_code == 2
    assert result.output.count("Invalid value") == 1
    one_sentence(result, "cannot be published: 1 problem.")


def test_a_missing_stage_is_called_so(cli: Cli) -> None:
    one_sentence(cli("account", "stage", "acme"), "Missing argument 'STAGE'")
    one_sentence(cli("intent", "stage", "order_status", "on"), "Invalid value for 'STAGE'")
