"""`handrail app build`: a package on the disk, or one sentence and no file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

import providers
from connector import packaging
from tests.cli.seeding import Cli, one_sentence


@pytest.mark.parametrize("vendor", providers.MARKETPLACES)
def test_two_builds_are_one_file(cli: Cli, vendor: str) -> None:
    first = cli("app", "build", vendor, "--out", "a.zip", "--json")
    assert first.exit_code == 0, first.stderr
    assert cli("app", "build", vendor, "--out", "b.zip").exit_code == 0
    assert Path("a.zip").read_bytes() == Path("b.zip").read_bytes()
    with zipfile.ZipFile("a.zip") as archive:
        assert archive.namelist() == json.loads(first.stdout)["files"]
        assert "manifest.json" in archive.namelist()


def test_a_package_that_breaks_a_rule_is_not_written(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = providers.package("freshdesk", packaging.sidebar_files())
    broken = {**whole, "README.md": b"", "app/scripts/x.js": b"var a = 1;"}
    monkeypatch.setattr(providers, "package", lambda *_, **__: broken)
    result = cli("app", "build", "freshdesk", "--out", "a.zip")
    assert result.exit_code == 1
    one_sentence(result, "was not written", "var is not taken", "and what else it breaks: 1")
    assert not Path("a.zip").exists()


@pytest.mark.parametrize("url", ["http://handrail.acme.example", "handrail.acme.example"])
def test_an_address_without_https_is_wrong_use(cli: Cli, url: str) -> None:
    result = cli("app", "build", "zendesk", "--out", "a.zip", "--public-url", url)
    assert result.exit_code == 2
    assert "https://" in result.stderr


def test_a_place_that_cannot_be_written_is_said(cli: Cli) -> None:
    result = cli("app", "build", "zendesk", "--out", "missing/a.zip")
    assert result.exit_code == 1
    one_sentence(result, "missing/a.zip cannot be written")
