from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from connector import web
from connector.app import App, build
from connector.model import Account, AccountConfig, Stage
from connector.sandbox.facade import Sandbox
from connector.settings import Settings
from tests.web.connecting_world import World

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = build(Settings(home=tmp_path), clock=lambda: NOW)
    for vendor in ("zendesk", "freshdesk"):
        app.ledger.accounts.add(account(vendor), now=NOW)
    yield app
    app.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    return web.create_app(app).test_client()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Sandbox() as sandbox:
        world = World(sandbox, tmp_path)
        yield world
        world.app.close()


SECRETS = {"zendesk": "the signing secret of these tests", "freshdesk": "the-webhook-secret-of-these-tests"}


def account(vendor: str) -> Account:
    return Account(
        id=f"{vendor}-id",
        name=f"acme-{vendor}",
        vendor=vendor,
        base_url=f"https://acme.{vendor}.com",
        stage=Stage.SHADOW,
        bot_user_id="900",
        config=AccountConfig(company="Acme"),
        webhook_secrets=(SECRETS[vendor],),
    )


def removed(base: Account) -> Account:
    return replace(base, webhook_secrets=())
