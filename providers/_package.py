"""What the checks of both marketplaces share: findings, and JSON read as strictly as the stores read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as resources
from importlib.resources.abc import Traversable
from typing import Any

Files = Mapping[str, bytes]
"""A package: content by path from its root."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One rule that a package breaks, in one sentence; `warns`: the store takes the package all the same."""

    rule: str
    sentence: str
    warns: bool = False


class Broken(Exception):
    """A file that cannot be read any further; carries the finding."""

    def __init__(self, rule: str, sentence: str) -> None:
        super().__init__(sentence)
        self.finding = Finding(rule=rule, sentence=sentence)


def json_object(files: Files, name: str) -> dict[str, Any]:
    """The JSON object in a file of the package. Broken: missing, no JSON, no object, or a key twice."""
    if name not in files:
        raise Broken("file missing", f"{name} is missing.")
    try:
        value = json.loads(files[name].decode("utf-8"), object_pairs_hook=lambda pairs: _once(name, pairs))
    except ValueError as error:
        raise Broken("json", f"{name} is not valid JSON in UTF-8.") from error
    if not isinstance(value, dict):
        raise Broken("json", f"{name} must hold a JSON object.")
    return value


def _once(name: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for key, _ in pairs if [other for other, _ in pairs].count(key) > 1)
        raise Broken("duplicate key", f"{name} has the key {twice!r} twice.")
    return found


def mapping(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}


def templates(package: str) -> dict[str, bytes]:
    """The files below the folder `package` of a vendor, by their path in the package."""
    return dict(_walk(resources(package).joinpath("package"), ""))


def _walk(folder: Traversable, path: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            found += _walk(entry, f"{path}{entry.name}/")
        elif entry.is_file():
            found.append((path + entry.name, entry.read_bytes()))
    return found
