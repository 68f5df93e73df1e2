"""Accounts are added against the sandbox helpdesks over real sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.model import Account, Stage
from connector.sandbox.facade import Sandbox
from tests.cli.seeding import Cli, one_sentence, opened_app


@pytest.fixture
def helpdesks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    monkeypatch.setenv("HANDRAIL_ALLOW_LOOPBACK_HELPDESK", "1")
    monkeypatch.setenv("HANDRAIL_PUBLIC_URL", "https://handrail.acme.example/")
    with Sandbox() as sandbox:
        yield sandbox


def zendesk(helpdesks: Sandbox, name: str = "acme", **instead: str) -> list[str]:
    known = helpdesks.credentials["zendesk"]
    secret = instead.get("secret", known["client_secret"])
    address = ["--base-url", helpdesks.zendesk.url]
    return [
        "account",
        "add",
        "zendesk",
        "--name",
        name,
        *address,
        "--client-id",
        known["client_id"],
        "--client-secret",
        secret,
    ]


def test_zendesk_by_oauth_starts_in_shadow_with_the_starter_policy(cli: Cli, helpdesks: Sandbox) -> None:
    result = cli(*zendesk(helpdesks), "--owner", "support team", "--json")
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert set(printed) == {"account", "webhook_url", "signing_secret", "bot_user_id"}
    assert printed["account"] == "acme"
    assert printed["webhook_url"] == "https://handrail.acme.example/webhooks/zendesk/acme"
    assert printed["bot_user_id"] == str(helpdesks.credentials["zendesk"]["bot_user_id"])
    assert len(printed["signing_secret"]) >= 40
    with opened_app() as app:
        account = app.ledger.accounts.get("acme")
        assert account is not None
        policy = app.rulebook.policy(account)
    assert account.stage is Stage.SHADOW
    assert account.webhook_secrets == (printed["signing_secret"],)
    assert account.config.company == "acme"
    assert policy is not None
    assert {rule.stage for rule in policy.intents.values()} == {Stage.DRAFT}
    assert {rule.owner for rule in policy.intents.values()} == {"support team"}


def test_zendesk_by_api_token_with_the_webhook_made_there(cli: Cli, helpdesks: Sandbox) -> None:
    known = helpdesks.credentials["zendesk"]
    result = cli(
        "account", "add", "zendesk", "--name", "acme", "--base-url", helpdesks.zendesk.url,
        "--email", known["email"], "--api-token", known["api_token"], "--webhook", "create", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    secret = json.loads(result.stdout)["signing_secret"]
    made = list(helpdesks.zendesk.account.webhooks.values())
    assert [item.fields["endpoint"] for item in made] == ["https://handrail.acme.example/webhooks/zendesk/acme"]
    assert made[0].secret == secret


def test_the_human_form_says_what_to_do_at_the_helpdesk(cli: Cli, helpdesks: Sandbox) -> None:
    told = cli(*zendesk(helpdesks)).stdout
    assert "Reveal secret" in told
    assert "handrail account update acme --signing-secret" in told
    key = helpdesks.credentials["freshdesk"]["api_key"]
    told = cli(
        "account", "add", "freshdesk", "--name", "fresh", "--base-url", helpdesks.freshdesk.url, "--api-key", key
    ).stdout
    assert "Name of the header: X-Handrail-Secret" in told
    assert '{"event": "ticket_created", "ticket_id": "{{ticket.id}}"}' in told


def test_freshdesk_by_api_key_from_a_file(cli: Cli, helpdesks: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(helpdesks.credentials["freshdesk"]["api_key"] + "\n", encoding="utf-8")
    result = cli(
        "account", "add", "freshdesk", "--name", "fresh", "--base-url", helpdesks.freshdesk.url,
        "--api-key", "@key", "--json",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    printed = json.loads(result.stdout)
    assert set(printed) == {"account", "webhook_url", "webhook_secret", "bot_user_id"}
    assert printed["webhook_url"].endswith("/webhooks/freshdesk/fresh")
    assert len(printed["webhook_secret"]) >= 43  # 256 bits in base 64


@pytest.mark.parametrize("secret", ["wrong", "-"])
def test_bad_credentials_store_nothing(cli: Cli, helpdesks: Sandbox, secret: str) -> None:
    result = cli(*zendesk(helpdesks, secret=secret), stdin="also wrong\n")
    assert result.exit_code == 1
    told = one_sentence(result, "not added", "credentials", "run the command again")
    assert "account update" not in told
    assert json.loads(cli("account", "list", "--json").stdout) == []


def test_a_helpdesk_that_does_not_answer_stores_nothing(cli: Cli, helpdesks: Sandbox) -> None:
    arguments = zendesk(helpdesks)
    helpdesks.faults.add("refuse", vendor="zendesk", times=0)  # not `stop`: another sandbox may take the port
    result = cli(*arguments)
    assert result.exit_code == 1
    told = one_sentence(result, "not added", "could not be reached", "run the command again")
    assert "we try again" not in told
    assert json.loads(cli("account", "list", "--json").stdout) == []


@pytest.mark.parametrize("name", ["Acme", "-acme", "a" * 64, "a/b", "acme\n", ""])
def test_names_go_into_addresses_so_they_are_plain(cli: Cli, helpdesks: Sandbox, name: str) -> None:
    result = cli(*zendesk(helpdesks, name))
    assert result.exit_code == 2
    one_sentence(result, "small letters, digits and dashes")


def test_a_name_can_be_used_once(cli: Cli, helpdesks: Sandbox) -> None:
    cli(*zendesk(helpdesks))
    result = cli(*zendesk(helpdesks))
    assert result.exit_code == 2
    one_sentence(result, "acme already")
    assert len(json.loads(cli("account", "list", "--json").stdout)) == 1


def test_loopback_is_refused_unless_it_is_allowed(
    cli: Cli, helpdesks: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDRAIL_ALLOW_LOOPBACK_HELPDESK")
    result = cli(*zendesk(helpdesks))
    assert result.exit_code == 2
    one_sentence(result, "HANDRAIL_ALLOW_LOOPBACK_HELPDESK")


COMPLETE = ("--subdomain", "a", "--client-id", "i", "--client-secret", "s")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "exactly one of --subdomain and --base-url"),
        (("--subdomain", "a", "--base-url", "b"), "exactly one of"),
        (("--subdomain", "a"), "--client-id and --client-secret"),
        (("--subdomain", "a", "--client-id", "i"), "--client-id and --client-secret"),
        (("--subdomain", "a", "--client-id", "i", "--api-token", "t"), "not both"),
        ((*COMPLETE, "--signing-secret", "x", "--webhook", "create"), "not both"),
        (("--subdomain", "a", "--client-id", "i", "--client-secret", "@missing"), "missing cannot be read"),
    ],
)  # fmt: skip
def test_missing_and_contradicting_options(cli: Cli, arguments: tuple[str, ...], words: str) -> None:
    result = cli("account", "add", "zendesk", "--name", "acme", *arguments)
    assert result.exit_code == 2
    one_sentence(result, words)


def test_check_says_what_is_wrong_and_fails(cli: Cli, helpdesks: Sandbox) -> None:
    cli(*zendesk(helpdesks))
    good = cli("account", "check", "acme", "--json")
    assert good.exit_code == 0, good.stderr
    assert "pass" in {row["state"] for row in json.loads(good.stdout)}
    helpdesks.faults.add("refuse", vendor="zendesk", times=0)  # not `stop`: another sandbox may take the port
    bad = cli("account", "check", "acme")
    assert bad.exit_code == 1
    one_sentence(bad, "acme")


def test_stage_is_moved_and_written_down(cli: Cli, acme: Account) -> None:
    moved = json.loads(cli("account", "stage", "acme", "draft", "--json").stdout)
    assert moved == {"account": "acme", "before": "shadow", "stage": "draft"}
    assert json.loads(cli("account", "list", "--json").stdout)[0]["stage"] == "draft"
    entry = json.loads(cli("audit", "list", "--json").stdout)[0]
    assert (entry["verb"], entry["detail"], entry["account"]) == ("account stage", "shadow -> draft", "acme")


def test_webhook_secrets_rotate_without_a_gap(cli: Cli, acme: Account) -> None:
    def secrets() -> tuple[str, ...]:
        with opened_app() as app:
            account = app.ledger.accounts.get("acme")
            assert account is not None
            return account.webhook_secrets

    assert cli("account", "update", "acme", "--signing-secret", "-", stdin="second-secret\n").exit_code == 0
    assert secrets() == ("second-secret", "first-secret")
    cli("account", "update", "acme", "--signing-secret", "second-secret")
    assert secrets() == ("second-secret", "first-secret")
    cli("account", "update", "acme", "--only")
    assert secrets() == ("second-secret",)
    assert "secret" not in json.loads(cli("audit", "list", "--json").stdout)[0]["detail"].replace("webhook secret", "")


def test_an_update_needs_something_to_change_that_the_account_has(cli: Cli, acme: Account) -> None:
    one_sentence(cli("account", "update", "acme"), "say what to change")
    result = cli("account", "update", "acme", "--api-key", "k")
    assert result.exit_code == 2
    one_sentence(result, "acme is not connected by --api-key")


def test_a_removed_account_is_gone(cli: Cli, acme: Account) -> None:
    assert json.loads(cli("account", "remove", "acme", "--json").stdout) == {
        "account": "acme",
        "removed": True,
        "id": acme.id,
    }
    assert json.loads(cli("account", "list", "--json").stdout) == []
    result = cli("account", "remove", "acme")
    assert result.exit_code == 2
    one_sentence(result, "no account yet")


def test_what_a_removed_account_left_can_be_erased(cli: Cli, acme: Account) -> None:
    result = cli("account", "erase", acme.id)
    assert result.exit_code == 1
    one_sentence(result, "still connected", "account remove")
    one_sentence(cli("account", "erase", "nobody"), "no account nobody")

    assert f"account erase {acme.id}" in cli("account", "remove", "acme").stdout
    assert json.loads(cli("account", "erase", acme.id, "--json").stdout) == {"id": acme.id, "erased": True}
    entries = json.loads(cli("audit", "list", "--json").stdout)
    assert [(entry["verb"], entry["detail"]) for entry in entries] == [("account erase", ""), ("account remove", "")]
    assert cli("audit", "verify").exit_code == 0


def test_the_configuration_goes_out_and_in(cli: Cli, acme: Account, tmp_path: Path) -> None:
    text = cli("account", "config", "show", "acme").stdout
    file = tmp_path / "account.toml"
    file.write_text(text.replace('company = "acme"', 'company = "Acme Boats"'), encoding="utf-8")
    assert cli("account", "config", "publish", "acme", file).exit_code == 0
    assert 'company = "Acme Boats"' in json.loads(cli("account", "config", "show", "--json").stdout)["text"]
    file.write_text("company = 7\n", encoding="utf-8")
    result = cli("account", "config", "publish", "acme", file)
    assert result.exit_code == 2
    one_sentence(result, "company")
    file.write_bytes(b"company = \xff")
    one_sentence(cli("account", "config", "publish", "acme", file), "UTF-8")
