"""What holds for every command: help texts, exit codes, one sentence on stderr, never a traceback."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from connector.cli import handrail
from connector.cli.group import verdict
from connector.errors import ConfigurationError, CredentialsRejected, ProviderThrottled, StoreUnavailable
from tests.cli.seeding import Cli, one_sentence

# The commands that exist at this stage, in the words of the description of the command line.
DESCRIBED = [
    "serve",
    "worker",
    "migrate",
    "backup",
    "restore",
    "doctor",
    "account add zendesk",
    "account add freshdesk",
    "account list",
    "account connect zendesk",
    "account connect freshdesk",
    "account page",
    "account disconnect",
    "account remove",
    "account erase",
    "account check",
    "account stage",
    "account update",
    "account config show",
    "account config publish",
    "policy show",
    "policy lint",
    "policy publish",
    "policy history",
    "policy rollback",
    "intent stage",
    "kill on",
    "kill off",
    "eval",
    "verdicts import",
    "verdicts export",
    "fit",
    "train",
    "train promote",
    "train list",
    "import",
    "backtest",
    "events",
    "replay",
    "receipt",
    "audit verify",
    "config show",
    "keys rotate",
    "sandbox",
    "account connect zendesk",
    "account connect freshdesk",
    "app build",
]


def commands(
    group: click.Group = handrail, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


@pytest.mark.parametrize("words", DESCRIBED)
def test_every_described_command_exists_and_explains_itself(cli: Cli, words: str) -> None:
    result = cli(*words.split(), "--help")
    assert result.exit_code == 0, result.stderr
    assert f"handrail {words}" in result.stdout
    assert len(result.stdout) > 100


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_every_command_and_option_has_a_text(path: tuple[str, ...], command: click.Command) -> None:
    assert command.help, path
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path} {parameter.name}"


@pytest.mark.parametrize(
    ("path", "command"), list(commands()), ids=lambda value: " ".join(value) if isinstance(value, tuple) else ""
)
def test_whatever_prints_data_can_print_json(path: tuple[str, ...], command: click.Command) -> None:
    silent = {"serve", "worker", "migrate", "backup", "restore", "sandbox"}
    options = {option for parameter in command.params for option in parameter.opts}
    assert ("--json" in options) is (path[0] not in silent)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["events", "--state", "lost"],
        ["events", "--nonsense"],
        ["account", "stage", "acme"],
        ["account", "stage", "acme", "sideways"],
        ["eval"],
        ["eval", "--dataset", "missing.jsonl", "--out", "out.jsonl"],
        ["policy", "lint", "missing.toml"],
        ["replay"],
        ["replay", "some-id", "--dead"],
        ["intent", "stage", "order_status", "pilot", "--pilot-share", "101"],
        ["serve", "--port", "70000"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_one_sentence_and_exit_code_2(cli: Cli, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert one_sentence(result).endswith(".")


def test_a_wrong_setting_is_named_with_its_remedy(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_SETTLE_SECONDS", "soon")
    result = cli("events")
    assert result.exit_code == 2
    one_sentence(result, "HANDRAIL_SETTLE_SECONDS", "number")


def test_a_fault_of_ours_is_one_sentence_without_its_message(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    from connector import settings

    def broken(*_args: object, **_options: object) -> None:
        raise RuntimeError("a customer's words")

    monkeypatch.setattr(settings, "load", broken)
    result = cli("events")
    assert result.exit_code == 1
    assert "a customer's words" not in result.output
    one_sentence(result, "RuntimeError", "HANDRAIL_DEBUG=1")


def test_debugging_shows_the_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HANDRAIL_DEBUG", "1")
    monkeypatch.setenv("HANDRAIL_SETTLE_SECONDS", "soon")
    result = cli("events")
    assert result.exit_code == 2
    assert "Traceback" in result.stderr


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConfigurationError("The file x is wrong: correct it"), 2, "correct it."),
        (CredentialsRejected("The helpdesk refused our credentials"), 1, "refused our credentials."),
        (ProviderThrottled("Too many calls.", retry_after_seconds=7), 1, "again in 7 seconds."),
        (StoreUnavailable("The database is locked."), 1, "nothing was changed"),
        (PermissionError(13, "Permission denied", "notes.txt"), 1, "notes.txt cannot be used (Permission denied)"),
        (click.UsageError("say what\nto change"), 2, "say what to change."),
    ],
)
def test_every_kind_of_error_has_its_code_and_sentence(error: Exception, code: int, words: str) -> None:
    found, sentence = verdict(error)
    assert found == code
    assert words in sentence
    assert "\n" not in sentence


def run(arguments: list[str], environ: dict[str, str], **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "connector", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False, **options)


def test_as_a_process_it_exits_with_the_same_codes(environ: dict[str, str], tmp_path: Path) -> None:
    assert run(["--version"], environ).stdout.startswith("handrail ")
    wrong = run(["policy", "lint", "missing.toml"], environ)
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert re.fullmatch(r"[^\n]+\.\n", wrong.stderr)
    failed = run(["replay", "no-such-event"], environ)
    assert failed.returncode == 1
    assert "no-such-event" in failed.stderr
    assert run(["events", "--json"], environ).stdout.strip() == "[]"


def test_help_loads_nothing_heavy(environ: dict[str, str]) -> None:
    probe = (
        "import sys; from connector.cli import handrail; handrail.main(['--help'], standalone_mode=False);"
        "heavy = ('sklearn', 'scipy', 'numpy', 'flask', 'requests', 'sqlite_utils');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe], env=environ, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip().endswith("[]")


def test_whoever_stops_reading_causes_no_traceback(environ: dict[str, str]) -> None:
    done = subprocess.run(
        f"{sys.executable} -m connector config show --json | head -c 1",
        env=environ,
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
