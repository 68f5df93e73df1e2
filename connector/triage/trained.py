"""What training found: everything that the classifier needs to read, so that it starts without its examples.

`digest` names what was learnt from, so that a changed example, lexicon or method is noticed and training happens again.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from connector.triage.features import Features, Vocabulary
from connector.triage.heldout import HeldOut

SHIPPED = "starter.npz"

_KINDS = ("words", "parts", "concepts")


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """`method` names how it was learnt.

    Linear weights (features x columns) with their intercepts. The columns are the `classes` in order, then, where
    there was something to learn it from, whether a person must answer (`person`: slope and shift that make a
    probability of its margin), then the `signals`.

    `sharpness` makes probabilities of the classes' margins; `held` is what was said of the examples while they were
    held out, None where too few could be.
    """

    method: str
    digest: str
    classes: tuple[str, ...]
    signals: tuple[str, ...]
    sharpness: float
    person: tuple[float, float] | None
    features: Features
    weights: npt.NDArray[np.float32]
    intercept: npt.NDArray[np.float32]
    held: HeldOut | None = None


def dump(trained: Trained) -> bytes:
    """The bytes of a file; the same training gives the same bytes."""
    arrays: dict[str, Any] = {
        "method": np.array(trained.method),
        "digest": np.array(trained.digest),
        "classes": np.array(trained.classes),
        "signals": np.array(trained.signals, dtype=np.str_),
        "sharpness": np.array(trained.sharpness),
        "weights": trained.weights.astype(np.float16),
        "intercept": trained.intercept,
    }
    if trained.person is not None:
        arrays["person"] = np.array(trained.person)
    for kind, vocabulary in zip(_KINDS, trained.features.vocabularies, strict=True):
        arrays[kind] = np.frombuffer("\n".join(vocabulary.grams).encode(), dtype=np.uint8)
        arrays[f"{kind}_rarity"] = vocabulary.rarity.astype(np.float16)
    if trained.held is not None:
        arrays["held_example"] = trained.held.example
        arrays["held_truth"] = trained.held.truth
        arrays["held_probabilities"] = trained.held.probabilities
        if trained.held.person is not None:
            arrays["held_person"] = trained.held.person
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def load(data: bytes) -> Trained:
    """The reverse of `dump`; ValueError or KeyError where the bytes are something else.
    Runs no code from the file.
    """
    try:
        return _loaded(data)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise ValueError(f"this is no stored training: {error}") from error


def _loaded(data: bytes) -> Trained:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        classes = tuple(str(name) for name in file["classes"])
        return Trained(
            method=str(file["method"]),
            digest=str(file["digest"]),
            classes=classes,
            signals=tuple(str(name) for name in file["signals"]),
            sharpness=float(file["sharpness"]),
            person=(float(file["person"][0]), float(file["person"][1])) if "person" in file.files else None,
            features=Features(*(_vocabulary(file, kind) for kind in _KINDS)),
            weights=np.ascontiguousarray(file["weights"], dtype=np.float32),
            intercept=file["intercept"],
            held=_held(file, classes),
        )


def _vocabulary(file: Any, kind: str) -> Vocabulary:
    text = file[kind].tobytes().decode()
    return Vocabulary(text.split("\n") if text else (), file[f"{kind}_rarity"].astype(np.float32))


def _held(file: Any, classes: tuple[str, ...]) -> HeldOut | None:
    if "held_truth" not in file.files:
        return None
    return HeldOut(
        classes=classes,
        example=file["held_example"],
        truth=file["held_truth"],
        probabilities=file["held_probabilities"],
        person=file["held_person"] if "held_person" in file.files else None,
    )


def shipped() -> Trained | None:
    """What was trained on the starter catalogue; None in a checkout where it was never made."""
    file = files("connector.triage").joinpath(SHIPPED)
    return load(file.read_bytes()) if file.is_file() else None
