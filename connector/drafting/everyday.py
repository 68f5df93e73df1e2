"""Words of everyday language, which tell nothing about what a text is about: `mappings/lexicon/everyday.toml`."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache

from connector import starters
from connector.drafting.morphology import root
from connector.drafting.vocabulary import bases, folded_alike


@cache
def _listed() -> frozenset[str]:
    data = tomllib.loads(starters.text("lexicon/everyday.toml"))
    words = _plain(f"{data['en']} {data['de']}").split()
    return frozenset().union(*({word, *bases(word)} for word in words))


@lru_cache(maxsize=8192)
def is_everyday(word: str) -> bool:
    """Whether a folded word, in any form, is one that any text may use."""
    plain = _plain(word)
    return plain in _listed() or root(plain) in _listed() or not bases(plain).isdisjoint(_listed())


def _plain(text: str) -> str:
    """Folded, and "ss" as "ß" is folded."""
    return folded_alike(text).replace("ss", "s")
