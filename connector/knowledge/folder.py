"""A folder of Markdown articles as a searchable source, held in memory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from connector.errors import ConfigurationError
from connector.knowledge.articles import chunks, parse_article
from connector.knowledge.bearing import NO_BEARING
from connector.knowledge.fitting import (
    MAX_PASSAGES,
    bearings_of,
    fits,
    folded_question,
    is_how_to,
    nearest_sections,
    order_of,
    source_of,
)
from connector.knowledge.wording import asked_words
from connector.model import Source


class FolderKnowledge:
    """Articles from a folder (every `*.md` below it), from a mapping of name to Markdown text, or none.

    Search runs in one language; articles written for the intent come before all others. May be shared by threads.
    """

    def __init__(self, articles: Path | str | Mapping[str, str] | None) -> None:
        if articles is None:
            articles = {}
        texts = articles if isinstance(articles, Mapping) else _read(Path(articles))
        self.articles = tuple(parse_article(name, texts[name]) for name in sorted(texts))
        self._chunks = tuple(chunk for article in self.articles for chunk in chunks(article))
        self._bearings = bearings_of(self._chunks)

    def passages(
        self, account_id: str, *, intent: str, text: str, language: str, brand: str = ""
    ) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits."""
        del account_id, brand  # one folder serves one installation
        folded = folded_question(text)
        asked = asked_words(text, language)
        found = self._bearings[language].of(asked) if language in self._bearings else {}
        candidates = []
        for chunk in self._chunks:
            bearing = found.get((chunk.article.name, chunk.position), NO_BEARING)
            if chunk.article.language == language and fits(chunk, intent, folded, len(asked), bearing):
                candidates.append((order_of(chunk, intent, -bearing.weight, folded), chunk))
        best = [chunk for _, chunk in sorted(candidates, key=lambda candidate: candidate[0])[:MAX_PASSAGES]]
        if best and intent in best[0].article.intents and not is_how_to(best[0].article):
            article = best[0].article
            best = nearest_sections([chunk for chunk in self._chunks if chunk.article is article], tuple(asked))
        return tuple(source_of(chunk) for chunk in best)

    def is_written_for(self, source_id: str, intent: str) -> bool:
        """Whether the article of this source names the intent."""
        name = source_id.rpartition("#")[0]
        return any(intent in chunk.article.intents for chunk in self._chunks if chunk.article.name == name)


def _read(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise ConfigurationError(f"the folder of sources {folder.name!r} does not exist")
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.md"))
            if path.name.lower() != "readme.md"
        }
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"a source in {folder.name!r} cannot be read: {why}") from error
