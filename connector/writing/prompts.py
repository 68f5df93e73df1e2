"""The prompt files of `mappings/prompts/`: what they are called, and which one is in use.

A file is named `<purpose>-<number>.md`; its whole text is the system message. Whoever changes a prompt adds a file with
the next number: receipts and certificates name the version, so an old one must go on meaning what it meant.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.errors import ConfigurationError

REPLY = "reply"
OPINION = "opinion"
CARD = "card"

_NAME = re.compile(r"(?P<purpose>[a-z][a-z_]*)-(?P<number>[1-9]\d{0,3})\.md")
_DIGEST_CHARS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptFile:
    """One version of one prompt."""

    version: str
    system: str = field(repr=False)

    @property
    def digest(self) -> str:
        """Tells two texts under one name apart: part of what a certificate rests on."""
        return hashlib.sha256(self.system.encode()).hexdigest()[:_DIGEST_CHARS]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """All versions by name."""

    files: Mapping[str, PromptFile]

    def newest(self, purpose: str) -> PromptFile:
        """The version in use: the one with the highest number. ConfigurationError if there is none."""
        found = [name for name in self.files if name.rpartition("-")[0] == purpose]
        if not found:
            raise ConfigurationError(f"There is no prompt {purpose!r}: add mappings/prompts/{purpose}-1.md.")
        return self.files[max(found, key=lambda name: int(name.rpartition("-")[2]))]


def parse_prompts(files: Mapping[str, str]) -> Prompts:
    """The prompts in these files (name -> text). ConfigurationError names the file that is wrong."""
    parsed = {}
    for name, text in sorted(files.items()):
        if not _NAME.fullmatch(name):
            raise ConfigurationError(f"prompts/{name}: name the file <purpose>-<number>.md, such as reply-2.md.")
        if not text.strip():
            raise ConfigurationError(f"prompts/{name}: the prompt is empty.")
        version = name.removesuffix(".md")
        parsed[version] = PromptFile(version=version, system=text.strip())
    return Prompts(files=parsed)
