"""A sandbox, our app over it with a clock to move, and browsers: what connecting and leaving are tested with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector import web
from connector.app import App, build
from connector.connecting import make_link
from connector.model import Account
from connector.sandbox.facade import Sandbox
from connector.settings import Settings

OURS = "https://handrail.acme.example"
CALLBACK = f"{OURS}/oauth/zendesk/callback"


class World:
    """The sandbox, our app with a clock to move, and browsers."""

    def __init__(self, sandbox: Sandbox, home: Path) -> None:
        self.sandbox = sandbox
        self.moved = timedelta()
        known = sandbox.credentials["zendesk"]
        settings = Settings(
            home=home,
            public_url=OURS,
            allow_loopback_helpdesk=True,
            zendesk_client_id=known["client_id"],
            zendesk_client_secret=known["client_secret"],
            zendesk_marketplace_name="Handrail",
            zendesk_marketplace_organization_id="77",
            zendesk_marketplace_app_id="88",
        )
        self.app: App = build(settings, clock=self.now)
        self.flask = web.create_app(self.app)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.moved

    def browser(self) -> FlaskClient:
        return self.flask.test_client()

    def link(self, name: str = "acme", **more: str) -> str:
        bound = {"base_url": self.sandbox.zendesk.url, "name": name, "owner": "support team", **more}
        return make_link(self.app.ledger.connections, now=self.now(), **bound)

    def start(self, browser: FlaskClient, link: str) -> TestResponse:
        return browser.post("/oauth/zendesk/start", base_url=OURS, data={"link": link})

    def allow(self, target: str, decision: str = "allow") -> dict[str, str]:
        """What Zendesk's page sends back after its button."""
        answer = requests.post(target, data={"decision": decision}, allow_redirects=False, timeout=10)
        back = urlsplit(answer.headers["Location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == CALLBACK
        return {key: values[0] for key, values in parse_qs(back.query).items()}

    def come_back(self, browser: FlaskClient, given: dict[str, str], language: str = "en") -> TestResponse:
        headers = {"Accept-Language": language}
        return browser.get(f"/oauth/zendesk/callback?{urlencode(given)}", base_url=OURS, headers=headers)

    def connect(self, name: str = "acme", language: str = "en") -> TestResponse:
        browser = self.browser()
        given = self.allow(self.start(browser, self.link(name)).headers["Location"])
        return self.come_back(browser, given, language)

    @property
    def accounts(self) -> tuple[Account, ...]:
        return self.app.ledger.accounts.all()
