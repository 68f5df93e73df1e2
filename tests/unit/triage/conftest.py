from __future__ import annotations

import pytest

from connector import starters
from connector.intents import Catalogue, parse_catalogue
from connector.model import AccountConfig
from connector.ports import Classifier, TriageContext
from connector.triage import EmbeddedTriager, fit, parse_rules


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return parse_catalogue(starters.folder("intents"))


@pytest.fixture(scope="session")
def classifier(catalogue: Catalogue) -> Classifier:
    return fit(catalogue)


@pytest.fixture(scope="session")
def triager(catalogue: Catalogue, classifier: Classifier) -> EmbeddedTriager:
    return EmbeddedTriager(catalogue, parse_rules(starters.folder("signals")), classifier)


@pytest.fixture(scope="session")
def context(catalogue: Catalogue) -> TriageContext:
    return TriageContext(config=AccountConfig(company="Brightwater"), human_only_intents=catalogue.human_only)
