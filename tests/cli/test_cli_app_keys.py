"""`handrail app key` and `handrail app register`: what lets an app open the sidebar."""

from __future__ import annotations

import json

import pytest

from connector.errors import CallerRefused
from connector.model import Account
from connector.sidebar.installing import check_key
from tests.cli.seeding import Cli, opened_app, store_account


@pytest.fixture
def fjord() -> Account:
    with opened_app() as app:
        return store_account(app, "fjord", vendor="freshdesk")


def test_a_new_key_opens_cards_and_signs_events_and_the_one_before_opens_none(cli: Cli, fjord: Account) -> None:
    first, second = (json.loads(cli("app", "key", "fjord", "--json").stdout)["installation_key"] for _ in range(2))
    with opened_app() as app:
        known = app.ledger.accounts.get("fjord")
        assert check_key(app.ledger, known, second).account_id == fjord.id
        for other in (first, *fjord.webhook_secrets):
            with pytest.raises(CallerRefused):
                check_key(app.ledger, known, other)
        assert known is not None
        assert known.webhook_secrets == (*fjord.webhook_secrets, second)


def test_a_registered_app_is_the_one_whose_key_is_asked_for(cli: Cli, acme: Account) -> None:
    assert cli("app", "register", "acme", "--app-id", "81", "--installation-id", "82").exit_code == 0
    with opened_app() as app:
        known = app.ledger.sidebar.installation(acme.id)
        assert known is not None
        assert (known.app_id, known.installation_id, known.public_key) == ("81", "82", "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [(("key", "acme"), "no Freshdesk account"), (("register", "acme", "--app-id", "x"), "have a number")],
)
def test_what_cannot_be_is_said_in_one_sentence(cli: Cli, acme: Account, words: tuple[str, ...], sentence: str) -> None:
    result = cli("app", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr
