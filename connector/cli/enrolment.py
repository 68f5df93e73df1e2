"""Takes a helpdesk account in: nothing is stored before the helpdesk has confirmed address, credentials and rights."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import providers
from connector.cli.context import actor
from connector.connecting import inspected, passed, refuse_second, starter_config, starter_policy, webhook_url
from connector.errors import ConfigurationError, HandrailError, ProviderError, ProviderThrottled
from connector.identifiers import time_sorted_id
from connector.model import Account, Stage

if TYPE_CHECKING:
    from connector.app import App

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What a person gave to connect an account."""

    vendor: str
    name: str
    address: str
    credentials: Mapping[str, str] = field(repr=False)
    webhook_secret: str = field(repr=False)
    create_webhook: bool = False
    owner: str = ""


@runtime_checkable
class MakesWebhooks(Protocol):
    """A provider that can set up the webhook on the helpdesk's side."""

    def create_webhook(self, account: Account, url: str) -> MadeWebhook:
        """Our webhook for `url`, made or found again."""


class MadeWebhook(Protocol):
    """A webhook on the helpdesk's side with its signing secret."""

    @property
    def secret(self) -> str:
        """What its requests are signed with."""


def enrol(app: App, application: Application) -> tuple[Account, str]:
    """The stored account and its webhook URL. Raises one sentence and stores nothing when anything is wrong."""
    check_name(app, application.name)
    base_url = providers.base_url(
        application.vendor, application.address, allow_loopback=app.settings.allow_loopback_helpdesk
    )
    account = Account(
        id=time_sorted_id(app.clock(), secrets.token_bytes(8)),
        name=application.name,
        vendor=application.vendor,
        base_url=base_url,
        stage=Stage.SHADOW,
        bot_user_id="",
        config=starter_config(application.vendor, application.name),
        default_owner=application.owner or None,
        credentials=application.credentials,
        webhook_secrets=(application.webhook_secret,),
    )
    account = inspected(account, passed(app.providers[account.vendor].inspect(account)))
    refuse_second(app, account)
    url = webhook_url(app.settings.public_url, account)
    if application.create_webhook:
        account = replace(account, webhook_secrets=(_created_webhook(app, account, url),))
    app.ledger.accounts.add(account, now=app.clock())
    app.ledger.policies.publish(
        account.id, starter_policy(application.owner), by=actor(), comment="starter", now=app.clock()
    )
    return account, url


def check_name(app: App, name: str) -> None:
    """ConfigurationError for a name that cannot be an account's, or is one already."""
    check_plain_name(name)
    if app.ledger.accounts.get(name) is not None:
        raise ConfigurationError(f"There is an account {name} already: choose another name, or remove it first.")


def check_plain_name(name: str) -> None:
    """ConfigurationError for a name that cannot stand in an address."""
    if not _NAME.fullmatch(name):
        raise ConfigurationError(
            f"{name!r} cannot be an account's name: use small letters, digits and dashes, at most 63."
        )


def _created_webhook(app: App, account: Account, url: str) -> str:
    provider = app.providers[account.vendor]
    if not isinstance(provider, MakesWebhooks):
        raise ConfigurationError(f"Handrail cannot create webhooks at {account.vendor}: create it there by hand.")
    try:
        return provider.create_webhook(account, url).secret
    except ProviderThrottled:
        raise  # says itself when to run the command again
    except ProviderError as error:
        why = str(error).rstrip(".")
        raise HandrailError(f"The account was not added: its webhook could not be created: {why}.") from error
