"""The command line as people use it: in an empty folder, with its own data folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from connector.cli import handrail
from connector.model import Account
from tests.cli.seeding import Cli, opened_app, store_account

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("HANDRAIL_") and name != "HANDRAIL_DEBUG":
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def cli() -> Cli:
    """Runs a command in this process; the result has exit_code, stdout and stderr."""

    def run(*arguments: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(handrail, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def environ() -> dict[str, str]:
    """The environment for commands in a process of their own."""
    path = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([*([path] if path else []), str(ROOT)])}


@pytest.fixture
def acme() -> Account:
    """The only account, owned by the support team."""
    with opened_app() as app:
        return store_account(app, owner="support team")
