"""Reads a ticket: intent, signals, facts, language, priority [T1-T3].

Importing this package stays light: scikit-learn is loaded by `fit`, the language model at its first use.
"""

from __future__ import annotations

from connector.intents import Catalogue
from connector.ports import Classifier, Encoder
from connector.triage.signals import Rules, parse_rules
from connector.triage.triager import EmbeddedTriager

__all__ = ["EmbeddedTriager", "Rules", "encoder_named", "fit", "parse_rules", "second_opinion"]


def fit(catalogue: Catalogue) -> Classifier:
    """The embedded classifier of this catalogue: as shipped for the starter, else trained in half a minute."""
    from connector.triage import classifier, material, trained

    shipped = trained.shipped()
    if shipped is not None and shipped.digest == classifier.digest(catalogue, material.starter_version()):
        return classifier.ready(shipped, catalogue.version)
    from connector.triage import training

    return training.fit(catalogue, material=material.starter())


def encoder_named(name: str) -> Encoder | None:
    """The encoder of this name, loaded and tried; None for "". Nothing of it is loaded unless it is asked for.
    ConfigurationError where it is unknown, missing or broken.
    """
    if not name:
        return None
    from connector.triage.encoder import open_encoder

    return open_encoder(name)


def second_opinion(catalogue: Catalogue, encoder: Encoder | None) -> Classifier | None:
    """The classifier over the vectors of this encoder, for whole texts; None without one. ConfigurationError where
    nothing was trained with it.
    """
    if encoder is None:
        return None
    from connector.errors import ConfigurationError
    from connector.triage import encoded, material

    heads = encoded.shipped()
    if heads is None:
        raise ConfigurationError(f"{encoded.SHIPPED} was never made: run `make train` with the encoder installed")
    return encoded.ready(heads, encoder, catalogue, material.starter_version())
