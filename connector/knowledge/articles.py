"""Markdown articles with a few lines of front matter, as plain-text chunks cut at their headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from connector.errors import ConfigurationError
from connector.plaintext.visible import MAX_CHARS, visible_text

_KEYS = {"title", "language", "url", "intents", "only_when", "keywords"}
_LISTS = {"intents", "only_when", "keywords"}

# Every run is bounded: a page of nothing but openings must not be searched to its end for each of them.
_PICTURE = re.compile(r"!\[[^\[\]]{0,1000}\]\([^()]{0,2000}\)")
_LINK = re.compile(r"\[([^\[\]]{1,1000})\]\(([^()\s]{1,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,2000})?)[^()]{0,500}\)")
_STRONG = re.compile(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1")
_EMPHASIS = re.compile(r"(?<!\w)[*_](?=\S)([^*_\n]{1,500}?)(?<=\S)[*_](?!\w)")
_HEADING = re.compile(r"#{1,6}(?:\s+(.*))?")
# Not del, s, sub and sup: without them, what is struck out reads as valid, and 19<sup>99</sup> as 1999.
_HARMLESS = re.compile(r"</?(b|br|code|em|i|kbd|mark|p|small|strong|u)\s{0,9}/?>", re.IGNORECASE)
_DEEPEST = 16
_MARKUP = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """One article. `intents` are the intents it was written for. With `only_when`, it is considered only for
    questions that hold one of these words (a second brand, one product). `keywords` are further words that
    people use for the topic; they are searched but never shown. `past` is a past reply: its title names no topic, and
    its `url` is that of a ticket.
    """

    name: str
    title: str
    language: str
    url: str
    intents: frozenset[str]
    only_when: tuple[str, ...]
    keywords: tuple[str, ...]
    body: str
    past: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One section of an article as plain text; `heading` is empty for what stands before the first heading."""

    article: Article
    position: int
    heading: str
    text: str

    @property
    def id(self) -> str:
        """Stable while the article keeps its sections."""
        return f"{self.article.name}#{self.position}"


def parse_article(name: str, text: str) -> Article:
    """The article in a file, as a reader sees it. ConfigurationError names the file and the line of front matter at
    fault, or says that it is too long or hides something.
    """
    if len(text) > MAX_CHARS:
        raise ConfigurationError(f"{name}: longer than {MAX_CHARS} characters: split it")
    text = visible_text(text)
    match = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|$)", text, re.DOTALL)
    if match is None:
        raise ConfigurationError(f'{name}: the first line must be "---", then title and language, then "---"')
    values = _front_matter(name, match.group(1))
    for key in ("title", "language"):
        if not isinstance(values.get(key), str) or not values[key]:
            raise ConfigurationError(f"{name}: the front matter needs {key}")
    if not re.match(r"https?://[^/]|$", str(values.get("url", "")), re.IGNORECASE):
        raise ConfigurationError(f"{name}: url must begin with https:// or http://")
    body = _shown(name, text[match.end() :])
    return Article(
        name=name,
        title=str(values["title"]),
        language=str(values["language"]),
        url=str(values.get("url", "")),
        intents=frozenset(values.get("intents", ())),
        only_when=tuple(values.get("only_when", ())),
        keywords=tuple(values.get("keywords", ())),
        body=body,
    )


def _front_matter(name: str, text: str) -> dict[str, str | list[str]]:
    values: dict[str, str | list[str]] = {}
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, colon, value = line.partition(":")
        key, value = key.strip(), value.strip()
        if not colon or key not in _KEYS:
            known = ", ".join(sorted(_KEYS))
            raise ConfigurationError(f"{name}: “{line.strip()}” is none of {known}")
        if key not in _LISTS:
            values[key] = value.strip("\"'")
        elif value.startswith("[") and value.endswith("]"):
            values[key] = [item.strip().strip("\"'") for item in value[1:-1].split(",") if item.strip()]
        else:
            raise ConfigurationError(f"{name}: {key} must be a list such as [one, two]")
    return values


def chunks(article: Article) -> tuple[Chunk, ...]:
    """The sections of an article in order, without empty ones."""
    found: list[Chunk] = []
    heading, lines = "", list[str]()
    for line in [*article.body.splitlines(), "# "]:
        match = _HEADING.fullmatch(line)
        if match is None:
            lines.append(line)
            continue
        text = plain("\n".join(lines))
        if text:
            found.append(Chunk(article=article, position=len(found), heading=heading, text=text))
        heading, lines = plain((match.group(1) or "").rstrip().rstrip("#")), []
    return tuple(found)


def _shown(name: str, body: str) -> str:
    """The body without comments and harmless tags. What only a browser could say whether anybody sees it is refused:
    a draft must not rest on what no reader of the article ever read.
    """
    text = _without_comments(body)
    if "<!--" in text:
        raise ConfigurationError(f"{name}: a comment begins with <!-- and never ends: close it with -->")
    _check_visible(name, text)
    return _HARMLESS.sub(lambda tag: "\n" if tag.group(1).lower() in {"br", "p"} else "", text)


def _check_visible(name: str, text: str) -> None:
    read: dict[str, Any] = {}
    tokens = _MARKUP.parse(text, read)
    if any(token.level >= _DEEPEST for token in tokens):  # what lies deeper, the parser leaves out
        raise ConfigurationError(f"{name}: write it with fewer lists and quotations inside each other")
    every = list(_nested(tokens))
    if any(token.type == "s_open" for token in every):
        raise ConfigurationError(f"{name}: write only what is valid: something is struck through with ~~")
    for token in every:
        shown_as_html = token.content if token.type in {"html_block", "html_inline"} else ""
        rest = " ".join(_HARMLESS.sub("", shown_as_html).split())
        if "<" in rest:
            tag = rest[rest.index("<") :][:60]
            raise ConfigurationError(f"{name}: write it in Markdown, without HTML such as {tag}")
    if read.get("references"):
        raise ConfigurationError(f"{name}: no reader sees what [label]: defines: write links as [text](address)")


def _nested(tokens: Iterable[Token]) -> Iterator[Token]:
    """These tokens and those within them."""
    for token in tokens:
        yield token
        yield from _nested(token.children or ())


def plain(markdown: str) -> str:
    """Markdown as it reads: no images, marks of emphasis or link brackets; wrapped lines joined."""
    text = _PICTURE.sub("", markdown)
    text = _LINK.sub(r"\1 (\2)", text)
    text = _STRONG.sub(r"\2", text)
    text = _EMPHASIS.sub(r"\1", text)
    text = text.replace("`", "")
    joined: list[str] = []
    for line in text.splitlines():
        line = line.strip()
        bullet = re.match(r"[*+-]\s+(.*)", line)
        if bullet:
            line = f"- {bullet.group(1)}"
        starts = not joined or not joined[-1] or not line or re.match(r"- |\d{1,2}[.)] ", line)
        if starts:
            joined.append(line)
        else:
            joined[-1] = f"{joined[-1]} {line}"
    return re.sub(r"\n{3,}", "\n\n", "\n".join(joined)).strip()


def _without_comments(text: str) -> str:
    """The text without HTML comments; a scan, because a pattern would be quadratic."""
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0 and (end := text.find("-->", start + 4)) >= 0:
        kept.append(text[at:start])
        at = end + 3
    return "".join([*kept, text[at:]])
