"""What a back-test rests on: the account's own policy, sources and model, built anew in every process."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connector import app as apps
from connector import starters
from connector.app import App
from connector.backtest.running import Opened
from connector.errors import ConfigurationError, StoreError
from connector.evaluation import Workbench
from connector.ledger.codec import config_to_text
from connector.model import Account, Stage
from connector.policy.document import as_if_live
from connector.ports import Lookup
from connector.records import STARTER_MODEL

if TYPE_CHECKING:
    from connector.triage import EmbeddedTriager

EMBEDDED = "embedded"
"""The name of the embedded drafter beside the account's own classifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One way to handle the history. `policy` is the text of a policy, None = the account's; `stage` "" = as it says.

    `model` is "" for the account's own classifier, `starter`, a version of its own, or the name of a language model.
    """

    account_id: str
    policy: str | None = None
    stage: str = "live"
    model: str = ""


def open_variant(variant: Variant) -> Opened:
    """Everything one process needs; it lives as long as the process."""
    return open_in(apps.build(), variant)


def open_in(app: App, variant: Variant) -> Opened:
    """The same over an app that is open. ConfigurationError where policy or model cannot be used."""
    account = _account(app, variant)
    policy = _policy(app, account, variant)
    triager = _triager(app, account, variant.model)
    asked = _language_model(app, account, variant.model)
    drafter = asked.drafter if asked else None
    bench = Workbench(
        catalogue=app.catalogue,
        words=app.words,
        policy=as_if_live(policy) if policy is not None and variant.stage else policy,
        config=account.config,
        triager=triager,
        templates=app.templates,
        knowledge=app.knowledge_of_then,
        lookup=_lookup(app),
        stage=Stage(variant.stage) if variant.stage else account.stage,
        account_id=account.id,
        drafter=drafter,
        author=drafter.author if drafter else "",
        reader=asked.reader if asked else None,
    )
    return Opened(bench=bench, rules=app.signal_rules)


def run_name(app: App, variant: Variant) -> str:
    """The hash of everything that the results of this variant rest on."""
    account = _account(app, variant)
    current = app.ledger.policies.current(account.id)
    asked = _language_model(app, account, variant.model)
    rests_on = {
        "release": version("handrail"),
        "policy": variant.policy if variant.policy is not None else (current.text if current else ""),
        "stage": variant.stage or account.stage.value,
        "model": _triager(app, account, variant.model).model,
        "author": asked.drafter.author if asked and asked.drafter else "",
        "reader": asked.reader.name if asked and asked.reader else "",
        "catalogue": app.catalogue.version,
        "templates": dict(starters.folder("templates")),
        "config": config_to_text(account.config),
        "documents": app.ledger.documents.revision(account.id),
        "sources": _files(app.settings.sources),
        "lookups": _files(_lookup_file(app)),
    }
    text = json.dumps(rests_on, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _account(app: App, variant: Variant) -> Account:
    account = app.ledger.accounts.get(variant.account_id)
    if account is None:
        raise ConfigurationError("The account was removed meanwhile: see `handrail account list`.")
    return account


def _policy(app: App, account: Account, variant: Variant) -> Any:
    if variant.policy is None:
        return app.rulebook.policy(account)
    return app.rulebook.parse(variant.policy, version="backtest")


def _own_versions(app: App, account: Account) -> Mapping[str, Any]:
    return {model.version: model for model in app.ledger.models.all(account.id)}


def _triager(app: App, account: Account, name: str) -> EmbeddedTriager:
    """The classifier of this name; the account's own where the name is that of a language model."""
    try:
        if name in (own := _own_versions(app, account)):
            return app.triager.load(own[name])
        if name == STARTER_MODEL:
            return _starter(app)
        return app.triager.of(account.id)
    except StoreError as error:
        raise ConfigurationError(f"The model {name or 'of the account'} cannot be used: {error}.") from error


def _starter(app: App) -> EmbeddedTriager:
    """The classifier of an account without one of its own."""
    from connector.triage import EmbeddedTriager, fit, second_opinion

    second = second_opinion(app.catalogue, app.encoder)
    return EmbeddedTriager(app.catalogue, app.signal_rules, fit(app.catalogue), second)


def _language_model(app: App, account: Account, name: str) -> App | None:
    """The app with this language model, for its drafter and its second opinion; None where the name is none of one.

    A language model is asked only where it is named: thousands of answers cost money and the day's budget.
    """
    if name in ("", EMBEDDED, STARTER_MODEL) or name in _own_versions(app, account):
        return None
    if not app.settings.llm_base_url:
        known = ", ".join((STARTER_MODEL, EMBEDDED, *_own_versions(app, account)))
        raise ConfigurationError(
            f"There is no model {name!r}: the account has {known}; for a language model set HANDRAIL_LLM_BASE_URL."
        )
    other = App(settings=replace(app.settings, llm_model=name), ledger=app.ledger, clock=app.clock)
    if other.drafter is None:
        raise ConfigurationError(f"The language model {name!r} cannot be used: see `handrail config show`.")
    return other


def _lookup(app: App) -> Lookup:
    """A look-up file only: an address would be asked about thousands of past orders."""
    from connector.lookups import open_lookup

    return open_lookup(_lookup_file(app))


def _lookup_file(app: App) -> str:
    return "" if "://" in app.settings.lookups else app.settings.lookups


def _files(place: str) -> list[tuple[str, str]]:
    """Names and hashes of the file or of the Markdown files in a folder, as far as they are there."""
    path = Path(place)
    if not place or not path.exists():
        return []
    found = [path] if path.is_file() else sorted(path.rglob("*.md"))
    return [(str(item), _digest(item)) for item in found]


def _digest(path: Path) -> str:
    """The hash of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
