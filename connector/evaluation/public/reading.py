"""Reads the published sets from the folder in which somebody has laid them; each may be missing."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError
from connector.evaluation.masking import MarkedText, marked_texts
from connector.evaluation.public.catalogues import Question
from connector.model import UNMAPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Banking77:
    """The questions, and the intents that are human-only."""

    questions: tuple[Question, ...]
    human_only: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinc150:
    """The questions of the training and the validation part, those outside labelled `unmapped`."""

    train: tuple[Question, ...]
    validation: tuple[Question, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bipia:
    """The mails, and the attacks by kind."""

    mails: tuple[str, ...]
    attacks: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSets:
    """The sets that are there; None and empty for those that are not."""

    banking77: Banking77 | None
    clinc150: Clinc150 | None
    bipia: Bipia | None
    notinject: Mapping[str, tuple[str, ...]]
    pii: tuple[MarkedText, ...]


def read_public(folder: Path) -> PublicSets:
    """What lies in this folder. ConfigurationError names the file that cannot be read, or says that no set is there."""
    sets = PublicSets(
        banking77=_banking77(folder / "banking77"),
        clinc150=_clinc150(folder / "clinc150"),
        bipia=_bipia(folder / "bipia"),
        notinject=_notinject(folder / "notinject"),
        pii=_pii(folder / "pii"),
    )
    if not (sets.banking77 or sets.clinc150 or sets.bipia or sets.notinject or sets.pii):
        raise ConfigurationError(
            f"{folder} holds no public set: lay banking77/, clinc150/, bipia/, notinject/ or pii/ there."
        )
    return sets


def _banking77(folder: Path) -> Banking77 | None:
    if not folder.is_dir():
        return None
    with _open(folder / "train.csv") as file:
        questions = tuple(Question(text=row["text"], label=row["category"]) for row in csv.DictReader(file))
    return Banking77(questions=questions, human_only=frozenset(_json(folder / "tiers.json")["human_only"]))


def _clinc150(folder: Path) -> Clinc150 | None:
    if not folder.is_dir():
        return None
    table = _json(folder / "train_val.json")
    return Clinc150(
        train=_labelled(table["train"], table["oos_train"]), validation=_labelled(table["val"], table["oos_val"])
    )


def _labelled(inside: list[list[str]], outside: list[list[str]]) -> tuple[Question, ...]:
    return (
        *(Question(text=text, label=label) for text, label in inside),
        *(Question(text=text, label=UNMAPPED) for text, _ in outside),
    )


def _bipia(folder: Path) -> Bipia | None:
    if not folder.is_dir():
        return None
    with _open(folder / "email_train.jsonl") as file:
        mails = tuple(str(json.loads(line)["context"]) for line in file if line.strip())
    attacks = _json(folder / "text_attack_train.json")
    return Bipia(mails=mails, attacks={kind: tuple(texts) for kind, texts in attacks.items()})


def _notinject(folder: Path) -> Mapping[str, tuple[str, ...]]:
    return {
        path.stem: tuple(str(row["prompt"]) for row in _json(path))
        for path in (folder / name for name in ("one.json", "two.json", "three.json"))
        if path.is_file()
    }


def _pii(folder: Path) -> tuple[MarkedText, ...]:
    return marked_texts(_json(folder / "synth.json")) if folder.is_dir() else ()


def _open(path: Path) -> Any:
    try:
        return path.open(encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(f"{path.parent.name}/{path.name} cannot be read: {error.strerror}") from error


def _json(path: Path) -> Any:
    with _open(path) as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise ConfigurationError(f"{path.parent.name}/{path.name} is not JSON: {error}") from error
