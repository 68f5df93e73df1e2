"""What training found, small enough to ship: the classifier of the starter catalogue starts without training.

Kept are the weights of the examples, not of the features; those follow from the examples' texts in a second. `digest`
is over the features' structure, so that a changed example, lexicon or folding is noticed and training happens instead.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from connector.triage.heldout import HeldOut

SHIPPED = "starter.npz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """`dual` holds a weight per example and class, `classes` the classes in that order; `held` is what was said of the
    examples while they were held out, None where too few could be.
    """

    digest: str
    classes: tuple[str, ...]
    temperature: float
    dual: npt.NDArray[np.float32]
    intercept: npt.NDArray[np.float64]
    held: HeldOut | None = None


def digest(rows: Any, parameters: str) -> str:
    """Names the training data: which features stand in which example, and with which parameters it is learnt."""
    text = hashlib.sha256(parameters.encode())
    for part in (rows.indptr, rows.indices):
        text.update(np.asarray(part, dtype=np.int64).tobytes())
    return text.hexdigest()


def dump(trained: Trained) -> bytes:
    """The bytes of a file; the same training gives the same bytes."""
    file = io.BytesIO()
    held: dict[str, Any] = {}
    if trained.held is not None:
        held = {
            "held_example": trained.held.example,
            "held_truth": trained.held.truth,
            "held_probabilities": trained.held.probabilities,
        }
    np.savez(
        file,
        digest=np.array(trained.digest),
        classes=np.array(trained.classes),
        temperature=np.array(trained.temperature),
        dual=trained.dual,
        intercept=trained.intercept,
        **held,
    )
    return file.getvalue()


def load(data: bytes) -> Trained:
    """The reverse of `dump`; ValueError or KeyError where the bytes are something else. Runs no code from the file."""
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        classes = tuple(str(name) for name in file["classes"])
        return Trained(
            digest=str(file["digest"]),
            classes=classes,
            temperature=float(file["temperature"]),
            dual=file["dual"],
            intercept=file["intercept"],
            held=_held(file, classes),
        )


def _held(file: Any, classes: tuple[str, ...]) -> HeldOut | None:
    if "held_truth" not in file.files:
        return None
    return HeldOut(
        classes=classes,
        example=file["held_example"],
        truth=file["held_truth"],
        probabilities=file["held_probabilities"],
    )


def shipped() -> Trained | None:
    """What was trained on the starter catalogue; None in a checkout where it was never made."""
    file = files("connector.triage").joinpath(SHIPPED)
    return load(file.read_bytes()) if file.is_file() else None
