"""Reads the starter files of `mappings/`: the only place that knows where they lie."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files


def folder(name: str, suffix: str = ".toml") -> Mapping[str, str]:
    """The texts of all files of one folder of `mappings/` that end so, by file name."""
    entries = files("mappings").joinpath(name).iterdir()
    return {
        entry.name: entry.read_text(encoding="utf-8")
        for entry in sorted(entries, key=lambda item: item.name)
        if entry.name.endswith(suffix)
    }


def text(name: str) -> str:
    """The text of one file of `mappings/`, for example `policy.toml`."""
    return files("mappings").joinpath(name).read_text(encoding="utf-8")
