"""Builds what `handrail eval` needs from the starters: no ledger, no account, no helpdesk."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from connector import starters
from connector.accountconfig import parse_account_config
from connector.cli.inputs import text_of
from connector.drafting import parse_templates
from connector.errors import ConfigurationError
from connector.evaluation import Workbench
from connector.intents import Catalogue, parse_catalogue
from connector.knowledge import FolderKnowledge
from connector.lookups import open_lookup
from connector.model import Stage
from connector.policy.document import Policy, as_if_live, parse_policy
from connector.policy.reasons import parse_reasons
from connector.triage import EmbeddedTriager, encoder_named, fit, parse_rules, second_opinion

if TYPE_CHECKING:
    from connector.app import App


def workbench(
    *,
    stage: Stage | None,
    policy: Path | None = None,
    sources: Path | None = None,
    lookups: Path | None = None,
    encoder: str = "",
    config: Path | None = None,
) -> Workbench:
    """The starters with what the options replace. A stage reads every intent as if it were live under that cap.

    `config` is a file as of `handrail account config show`: languages, tone, texts.
    """
    catalogue = parse_catalogue(starters.folder("intents"))
    rules = _policy(text_of(policy) if policy else starters.text("policy.toml"), catalogue)
    sources = sources or _own("sources")
    lookups = lookups or _own("lookups.json")
    return Workbench(
        catalogue=catalogue,
        words=parse_reasons(starters.text("reasons.toml")),
        policy=as_if_live(rules) if stage is not None else rules,
        config=parse_account_config(text_of(config) if config else starters.text("accounts/zendesk.toml")),
        triager=EmbeddedTriager(
            catalogue,
            parse_rules(starters.folder("signals"), tried=True),
            fit(catalogue),
            second_opinion(catalogue, encoder_named(encoder)),
        ),
        templates=parse_templates(starters.folder("templates")),
        knowledge=FolderKnowledge(sources if sources else {}),
        lookup=open_lookup(str(lookups) if lookups else ""),
        stage=stage or Stage.LIVE,
    )


def with_model(bench: Workbench, app: App) -> Workbench:
    """The bench with the language model that is set, as a worker has it. ConfigurationError where none is."""
    if app.drafter is None:
        raise ConfigurationError("There is no language model to ask: set HANDRAIL_LLM_BASE_URL or leave --model out.")
    return replace(bench, drafter=app.drafter, author=app.drafter.author, reader=app.reader)


def _policy(text: str, catalogue: Catalogue) -> Policy:
    return parse_policy(
        text,
        catalogue_tiers={intent.key: intent.tier for intent in catalogue},
        floor_intents=frozenset(intent.key for intent in catalogue if intent.floor),
        version="evaluation",
        default_owner="evaluation",
    )


def _own(name: str) -> Path | None:
    """The project's own sample data, where it lies beside the code."""
    path = Path(__file__).resolve().parents[2] / "data" / name
    return path if path.exists() else None
