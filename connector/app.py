"""The one place that builds settings, ledger, providers, triage and pipeline from what is configured.

The web process builds an `App` and stays small; only a worker asks for `worker()`, which loads the classifier.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import providers
from connector import ledger as ledgers
from connector import settings as settings_module
from connector import starters
from connector.engine.bell import Bell
from connector.ports import Clock, Encoder, Knowledge, Ledger, Lookup, Provider
from connector.records import ENCODED_MODEL, STARTER_MODEL
from connector.settings import Settings

if TYPE_CHECKING:
    from connector.breaches import Breaches
    from connector.certificates import Certificates
    from connector.confusions import Confusions
    from connector.drafting import Templates
    from connector.improvement import Improver
    from connector.intents import Catalogue
    from connector.knowledge import FolderKnowledge, LedgerKnowledge
    from connector.knowledge.learning import Learner
    from connector.knowledge.sync import Librarian
    from connector.llm.client import OpenAIModel
    from connector.model import Account
    from connector.policy.reasons import ReasonWords
    from connector.rulebook import Rulebook
    from connector.sidebar.loading import SignedPages
    from connector.triage import Rules
    from connector.triage.own import OwnTriagers
    from connector.worker import Worker
    from connector.writing import ModelDrafter, ModelReader, Prompts


def utc_now() -> datetime:
    """The wall clock, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class App:
    """Everything built, and built once. Parts that only some commands need are made on first use."""

    settings: Settings
    ledger: Ledger
    clock: Clock

    @cached_property
    def providers(self) -> Mapping[str, Provider]:
        """Every helpdesk we can talk to, by name."""
        return {
            vendor: providers.build(
                vendor,
                accounts=self.ledger.accounts,
                clock=self.clock,
                allow_loopback=self.settings.allow_loopback_helpdesk,
            )
            for vendor in providers.VENDORS
        }

    @cached_property
    def bell(self) -> Bell:
        """Wakes the worker process of this machine."""
        return Bell(self.settings.home)

    @cached_property
    def catalogue(self) -> Catalogue:
        """The intents with their examples."""
        from connector.intents import parse_catalogue

        return parse_catalogue(starters.folder("intents"))

    @cached_property
    def words(self) -> ReasonWords:
        """Every reason in words."""
        from connector.policy.reasons import parse_reasons

        return parse_reasons(starters.text("reasons.toml"))

    @cached_property
    def rulebook(self) -> Rulebook:
        """The rules in force per account."""
        from connector.rulebook import Rulebook

        return Rulebook(ledger=self.ledger, catalogue=self.catalogue, words=self.words)

    @cached_property
    def templates(self) -> Templates:
        """The approved reply templates."""
        from connector.drafting import parse_templates

        return parse_templates(starters.folder("templates"))

    @cached_property
    def triager(self) -> OwnTriagers:
        """The embedded classifier with the signal rules, per account where it has a model of its own; with the encoder
        as a second opinion where that is set.
        """
        from connector.triage import EmbeddedTriager, fit, second_opinion
        from connector.triage.own import OwnTriagers

        second = second_opinion(self.catalogue, self.encoder)
        starter = EmbeddedTriager(self.catalogue, self.signal_rules, fit(self.catalogue), second)
        return OwnTriagers(self.ledger.models, starter)

    @cached_property
    def certificates(self) -> Certificates:
        """What people's verdicts prove."""
        from connector.certificates import Certificates

        starter = ENCODED_MODEL if self.settings.encoder else STARTER_MODEL
        return Certificates(
            ledger=self.ledger,
            catalogue=self.catalogue,
            templates=self.templates,
            starter=starter,
            author=self._named("reply"),
            reader=self._named("opinion") if self.settings.llm_opinion else "",
        )

    @cached_property
    def prompts(self) -> Prompts:
        """What a language model is asked, by version."""
        from connector.writing import parse_prompts

        return parse_prompts(starters.folder("prompts", ".md"))

    def _named(self, purpose: str) -> str:
        """The language model with its prompt for this, as certificates know it; "" where none is set."""
        from connector.settings import model_address
        from connector.writing import named_author

        if model_address(self.settings) is None:
            return ""
        return named_author(self.prompts.newest(purpose), self.settings.llm_model)

    @cached_property
    def drafter(self) -> ModelDrafter | None:
        """The drafter that asks the language model, or None: the approved templates alone."""
        from connector.drafting import EmbeddedDrafter
        from connector.writing import REPLY, ModelDrafter

        if self.model is None:
            return None
        fallback = EmbeddedDrafter(templates=self.templates)
        return ModelDrafter(client=self.model, prompt=self.prompts.newest(REPLY), fallback=fallback)

    @cached_property
    def reader(self) -> ModelReader | None:
        """The second opinion, where it is set."""
        from connector.writing import OPINION, ModelReader

        if self.model is None or not self.settings.llm_opinion:
            return None
        return ModelReader(client=self.model, prompt=self.prompts.newest(OPINION), catalogue=self.catalogue)

    @cached_property
    def improver(self) -> Improver | None:
        """Lets the language model put the cards of hand-offs better; None without a model."""
        from connector.improvement import Improver
        from connector.writing import CARD, CardWriter

        if self.model is None:
            return None
        return Improver(
            ledger=self.ledger,
            providers=self.providers,
            triager=self.triager,
            knowledge=self.knowledge,
            catalogue=self.catalogue,
            writer=CardWriter(client=self.model, prompt=self.prompts.newest(CARD)),
            model_seconds=self.settings.llm_seconds,
        )

    @cached_property
    def breaches(self) -> Breaches:
        """Says when verdicts break a certificate."""
        from connector.breaches import Breaches

        return Breaches(ledger=self.ledger, rulebook=self.rulebook, certificates=self.certificates)

    @cached_property
    def signal_rules(self) -> Rules:
        """The rules that find signals in what customers write."""
        from connector.triage import parse_rules

        return parse_rules(starters.folder("signals"), tried=True)

    def confusions(self, account: Account) -> Confusions:
        """Which intents the model of this account mixes up."""
        from connector.confusions import confusions

        return confusions(self.ledger, self.catalogue, self.signal_rules, account)

    @cached_property
    def folder(self) -> FolderKnowledge:
        """The installation's own folder of Markdown, or an empty one."""
        from connector.knowledge import FolderKnowledge

        return FolderKnowledge(Path(self.settings.sources) if self.settings.sources else None)

    @cached_property
    def encoder(self) -> Encoder | None:
        """The encoder that places texts by meaning, where one is set: one for all that use it, for its weights take
        72 MB. ConfigurationError where it is missing.
        """
        from connector.triage import encoder_named

        return encoder_named(self.settings.encoder)

    @cached_property
    def own_knowledge(self) -> LedgerKnowledge:
        """The documents of each account: its help centre, its macros, what was uploaded."""
        from connector.knowledge import LedgerKnowledge

        return LedgerKnowledge(self.ledger.documents, encoder=self.encoder, macros=self._macros)

    @cached_property
    def knowledge(self) -> Knowledge:
        """The team's own sources: the folder and the account's documents."""
        from connector.knowledge import MergedKnowledge

        return MergedKnowledge(self.folder, self.own_knowledge)

    @cached_property
    def librarian(self) -> Librarian:
        """Keeps the documents equal to the helpdesk's."""
        from connector.knowledge.sync import Librarian

        return Librarian(ledger=self.ledger, providers=self.providers, encoder=lambda: self.encoder)

    @cached_property
    def knowledge_of_then(self) -> Knowledge:
        """The same without past replies: a past ticket must not be answered from what people wrote on it."""
        from connector.knowledge import MergedKnowledge

        return MergedKnowledge(self.folder, self.own_knowledge.without_replies())

    @cached_property
    def learner(self) -> Learner:
        """Makes past replies a source, where an account lets it."""
        from connector.knowledge.general import parse_phrases
        from connector.knowledge.learning import Learner
        from connector.knowledge.replies import Reading

        text = starters.text("replies.toml")
        phrases, rules = parse_phrases(text), self.signal_rules
        return Learner(
            ledger=self.ledger,
            reading=lambda account: Reading(config=account.config, rules=rules, phrases=phrases),
            digest=f"{rules.version} {text}",
        )

    def _macros(self, account_id: str, intent: str) -> Sequence[str]:
        """The macros that the account's policy names for this intent."""
        account = self.ledger.accounts.get(account_id)
        policy = self.rulebook.policy(account) if account is not None else None
        rule = policy.intents.get(intent) if policy is not None else None
        return rule.macros if rule is not None else ()

    @cached_property
    def lookup(self) -> Lookup:
        """Order and invoice data: the configured file or address, or none."""
        from connector.lookups import open_lookup

        return open_lookup(self.settings.lookups)

    @cached_property
    def signed_pages(self) -> SignedPages:
        """Checks how Zendesk loads the page of our app."""
        from providers.zendesk import signed_pages

        return signed_pages

    @cached_property
    def model(self) -> OpenAIModel | None:
        """The language model that is set, or None: the embedded drafter writes."""
        from connector.llm import open_model

        return open_model(self.settings, self.ledger.spend, self.clock)

    def worker(self) -> Worker:
        """The pipeline with its chores, ready to be driven."""
        from connector.answer import Answerer
        from connector.callmeter import CallMeter
        from connector.disconnecting import withdrawal
        from connector.outbox import Outbox
        from connector.pipeline import Pipeline
        from connector.presence import Presence
        from connector.reconcile import Reconciler
        from connector.retention import Eraser
        from connector.watchdog import Watchdog
        from connector.worker import Worker

        pipeline = Pipeline(
            ledger=self.ledger,
            providers=self.providers,
            answerer=Answerer(
                ledger=self.ledger,
                rulebook=self.rulebook,
                catalogue=self.catalogue,
                templates=self.templates,
                triager=self.triager,
                knowledge=self.knowledge,
                lookup=self.lookup,
                drafter=self.drafter,
                author=self.drafter.author if self.drafter else "",
                reader=self.reader,
                improves=self.improver is not None,
                model_seconds=self.settings.llm_seconds,
            ),
            improver=self.improver,
            outbox=Outbox(
                ledger=self.ledger,
                rules=self.rulebook,
                ambiguity_seconds=self.settings.ambiguity_seconds,
                lag_seconds=self.settings.lag_seconds,
            ),
            lease_seconds=self.settings.lease_seconds,
            account_cap=self.settings.account_cap,
        )
        reconciler = Reconciler(
            ledger=self.ledger,
            providers=self.providers,
            every_seconds=self.settings.poll_seconds,
            settle_seconds=self.settings.settle_seconds,
        )
        return Worker(
            pipeline=pipeline,
            reconciler=reconciler,
            librarian=self.librarian,
            meter=CallMeter(ledger=self.ledger, providers=self.providers),
            watchdog=Watchdog(ledger=self.ledger, address=self.settings.alert_webhook, breaches=self.breaches),
            withdrawal=withdrawal(self),
            presence=Presence(ledger=self.ledger, providers=self.providers, public_url=self.settings.public_url),
            eraser=Eraser(ledger=self.ledger),
        )

    def close(self) -> None:
        """Finish what is being written and let go of what was opened."""
        if "bell" in self.__dict__:
            self.bell.close()
        for provider in self.__dict__.get("providers", {}).values():
            provider.close()
        if model := self.__dict__.get("model"):
            model.close()
        self.ledger.close()


def build(settings: Settings | None = None, *, clock: Clock = utc_now) -> App:
    """An App over the configured ledger, migrated where that is ours to do (the embedded default)."""
    settings = settings or settings_module.load()
    keys = settings_module.secret_keys(settings)
    ledger = ledgers.open_ledger(settings.ledger_url, keys=keys)
    if settings.embedded:
        ledger.migrate()
    return App(settings=settings, ledger=ledger, clock=clock)
