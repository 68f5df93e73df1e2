"""A classifier over an encoder's vectors: linear heads of 384 weights each. It only reads; see `encoded_training.py`.

Asked about whole texts only, as a second opinion beside the lexical classifier (`blended.py`): it is better where the
words are new, in other languages and other trades, and worse where they are known.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classification, Encoder
from connector.triage.classifier import ALARM_SHARPNESS, UNLISTED_ODDS
from connector.triage.encoder import READ_CHARS

SHIPPED = "starter-encoder.npz"

METHOD = f"1-{READ_CHARS}"
"""Changes whenever texts or heads are read differently."""

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedHeads:
    """What training found. `encoder` names whose vectors it was found on, `digest` what was learnt from.

    A text's row is its vector less `centre`, scaled to length 1. The columns of `weights` are the `classes`, then
    whether a person must answer, then the `signals`; `sharpness` makes probabilities of the classes' margins.
    """

    encoder: str
    digest: str
    classes: tuple[str, ...]
    signals: tuple[str, ...]
    sharpness: float
    centre: Numbers
    weights: Numbers
    intercept: Numbers


@dataclass(slots=True, kw_only=True)  # not frozen: `ports.Classifier` declares a plain attribute
class EncodedClassifier:
    """Implements `ports.Classifier` with an encoder; threads may share it."""

    version: str
    encoder: Encoder
    heads: EncodedHeads

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        """One classification per text; ValueError where the encoder failed."""
        if not texts:
            return ()
        heads = self.heads
        margins = rows(self.encoder.encode(texts), heads.centre) @ heads.weights + heads.intercept
        count = len(heads.classes)
        probabilities = softmax(margins[:, :count].astype(np.float64) * heads.sharpness, axis=1)
        none = probabilities[:, heads.classes.index(UNMAPPED)]
        strange = UNLISTED_ODDS * none / (UNLISTED_ODDS * none + 1 - none)
        alarms = expit(margins[:, count + 1 :] * ALARM_SHARPNESS)
        return tuple(
            Classification(
                probabilities=dict(zip(heads.classes, map(float, row), strict=True)),
                out_of_scope=float(score),
                person=float(must),
                signals=dict(zip(heads.signals, map(float, raised), strict=True)),
            )
            for row, score, must, raised in zip(probabilities, strange, expit(margins[:, count]), alarms, strict=True)
        )


def ready(heads: EncodedHeads, encoder: Encoder, catalogue: Catalogue, material_version: str) -> EncodedClassifier:
    """The classifier of these heads. ConfigurationError where they belong to another encoder, or were learnt from
    something else than is in use.
    """
    if heads.encoder != encoder.name:
        raise ConfigurationError(
            f"{SHIPPED} was trained with the encoder {heads.encoder}, and {encoder.name} is in use: run `make train`"
        )
    if heads.digest != digest(catalogue, material_version, encoder.name):
        raise ConfigurationError(f"{SHIPPED} was trained on other examples than are in use: run `make train`")
    name = f"{encoder.name.replace(' ', '-')}-{METHOD}-{heads.digest[:8]}"
    return EncodedClassifier(version=name, encoder=encoder, heads=heads)


def digest(catalogue: Catalogue, material_version: str, encoder: str) -> str:
    """Names everything that training depends on."""
    parts = (METHOD, encoder, material_version, catalogue.labelled_examples())
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def rows(vectors: Numbers, centre: Numbers) -> Numbers:
    """The vectors less the centre, of length 1: what all texts have in common says nothing."""
    moved = vectors - centre
    length = np.linalg.norm(moved, axis=1, keepdims=True)
    return (moved / np.where(length > 0, length, 1)).astype(np.float32, copy=False)


def dump(heads: EncodedHeads) -> bytes:
    """The bytes of a file; the same training gives the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(
        file,
        encoder=np.array(heads.encoder),
        digest=np.array(heads.digest),
        classes=np.array(heads.classes),
        signals=np.array(heads.signals, dtype=np.str_),
        sharpness=np.array(heads.sharpness),
        centre=heads.centre,
        weights=heads.weights,
        intercept=heads.intercept,
    )
    return file.getvalue()


def load(data: bytes) -> EncodedHeads:
    """The reverse of `dump`; ValueError or KeyError where the bytes are something else.
    Runs no code from the file.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return EncodedHeads(
            encoder=str(file["encoder"]),
            digest=str(file["digest"]),
            classes=tuple(str(name) for name in file["classes"]),
            signals=tuple(str(name) for name in file["signals"]),
            sharpness=float(file["sharpness"]),
            centre=file["centre"],
            weights=file["weights"],
            intercept=file["intercept"],
        )


def shipped() -> EncodedHeads | None:
    """What was trained on the starter catalogue; None in a checkout where it was never made."""
    file = files("connector.triage").joinpath(SHIPPED)
    return load(file.read_bytes()) if file.is_file() else None
