from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.accountconfig import parse_account_config, render_account_config
from connector.drafting.wording import DISCLOSURE
from connector.errors import ConfigurationError
from connector.model import AccountConfig

STARTERS = Path(__file__).resolve().parents[2] / "mappings" / "accounts"
line = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{"), min_size=1, max_size=40)
texts = st.dictionaries(st.sampled_from(["en", "de", "fr"]), line, max_size=3)


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_the_starters_are_valid(vendor: str) -> None:
    config = parse_account_config((STARTERS / f"{vendor}.toml").read_text())
    assert config.company == "Nordlicht Outdoor"
    assert set(config.disclosure) == {"en", "de"}
    assert "help.nordlicht.example" in config.link_hosts


def test_a_company_is_enough_and_the_disclosure_is_there() -> None:
    config = parse_account_config('company = "Taskwell"')
    assert config.tag_prefix == "hr_"
    assert config.languages == ("en", "de")
    assert config.disclosure == DISCLOSURE


def test_the_disclosure_can_be_reworded_per_language() -> None:
    config = parse_account_config('company = "T"\n[disclosure]\nen = "An automatic answer; say person for a person."')
    assert config.disclosure["en"].startswith("An automatic")
    assert config.disclosure["de"] == DISCLOSURE["de"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("company = ", "not valid TOML"),
        ("", "company must be"),
        ('company = "T"\ncolour = "red"', "colour is not a known key"),
        ('company = "T"\ntag_prefix = "HR "', "tag_prefix must be"),
        ('company = "T"\ntag_prefix = "abcdefghijklmnopqrstuvwxyz"', "tag_prefix must be"),
        ('company = "T"\nlanguages = "en"', "languages must be"),
        ('company = "T"\nlanguages = ["English"]', "languages must be"),
        ('company = "T"\nlink_hosts = ["https://help.example.com/x"]', "link_hosts must be"),
        ('company = "T"\n[disclosure]\nen = ""', "disclosure.en must be"),
        ('company = "T"\n[signature]\nen = "{{agent.name}}"', "signature.en must be"),
        ('company = "T"\n[groups]\nreturns = 5', "groups must be"),
        ('company = "T"\nfacts = 1', "facts must be"),
    ],
)
def test_mistakes_name_the_key(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_account_config(text)


@given(
    company=st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=20),
    greeting=texts,
    signature=texts,
    groups=st.dictionaries(line, line, max_size=3),
    facts=st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,9}", fullmatch=True), st.fixed_dictionaries({"*": line})),
    vip=st.frozensets(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), max_size=3),
)
def test_what_is_rendered_reads_back_unchanged(
    company: str,
    greeting: dict[str, str],
    signature: dict[str, str],
    groups: dict[str, str],
    facts: dict[str, dict[str, str]],
    vip: frozenset[str],
) -> None:
    config = AccountConfig(
        company=company,
        greeting=greeting,
        signature=signature,
        disclosure=DISCLOSURE,
        groups=groups,
        facts=facts,
        vip_tags=vip,
        link_hosts=frozenset({"help.example.com"}),
    )
    assert parse_account_config(render_account_config(config)) == config


@pytest.mark.parametrize("wrong", ["0.01", "1.0", "1", "true", '"half"', "nan", "inf"])
def test_the_share_of_calls_is_read_and_written_and_bounded(wrong: str) -> None:
    config = parse_account_config('company = "Nordlicht"\ncall_share = 0.25')
    assert config.call_share == 0.25
    assert parse_account_config(render_account_config(config)) == config
    assert parse_account_config('company = "Nordlicht"').call_share == 0.5
    with pytest.raises(ConfigurationError, match="call_share"):
        parse_account_config(f'company = "Nordlicht"\ncall_share = {wrong}')
