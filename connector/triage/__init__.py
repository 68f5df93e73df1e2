"""Reads a ticket: intent, signals, facts, language, priority [T1-T3].

Importing this package stays light: scikit-learn is loaded by `fit`, the language model at its first use.
"""

from __future__ import annotations

from connector.intents import Catalogue
from connector.ports import Classifier
from connector.triage.signals import Rules, parse_rules
from connector.triage.triager import EmbeddedTriager

__all__ = ["EmbeddedTriager", "Rules", "fit", "parse_rules"]


def fit(catalogue: Catalogue) -> Classifier:
    """The embedded classifier of this catalogue: as shipped for the starter, else trained in half a minute."""
    from connector.triage import classifier, material, trained

    shipped = trained.shipped()
    if shipped is not None and shipped.digest == classifier.digest(catalogue, material.starter_version()):
        return classifier.ready(shipped, catalogue.version)
    from connector.triage import training

    return training.fit(catalogue, material=material.starter())
