"""What the team's own files hold that no reply can use: a look-up record or an article that is readable and still of no
effect. Every finding is a sentence that names the row or the file.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from connector.drafting import Template, Templates
from connector.intents import Catalogue
from connector.knowledge import Article

SHOWN_CHARS = 40


def useless_records(path: Path, templates: Templates) -> Iterator[str]:
    """A sentence for each record of a readable look-up file whose facts fit no complete reply that could use it."""
    for number, (kind, facts) in enumerate(_records(path), start=1):
        users = [template for template in templates.by_intent.values() if kind in template.needs]
        if not users:
            kinds = sorted({known for template in templates.by_intent.values() for known in template.needs})
            yield f"row {number}: the kind {_shown(kind)} is none of {', '.join(kinds)}"
            continue
        lacks = [_lack(template, kind, facts) for template in users]
        if all(lacks):
            yield f"row {number} ({kind}): {lacks[0]}"


def _lack(template: Template, kind: str, facts: Mapping[str, str]) -> str:
    """Why no complete variant of the template applies to a record with these facts; "" where one does."""
    known = {**dict.fromkeys(template.needs[kind], "the reference"), **facts}
    complete = [variant for variant in template.variants if not (variant.asks or variant.lacks)]
    if any(variant.applies(known) for variant in complete):
        return ""
    asked = {name for variant in complete for name in variant.when}
    for name in sorted(asked):
        values = sorted({variant.when[name] for variant in complete if name in variant.when})
        if not known.get(name):
            return f"there is no {name}"
        if known[name] not in values:
            return f"{name} {_shown(known[name])} is none of {', '.join(values)}"
    missing = [name for variant in complete for name in variant.having if not known.get(name)]
    return f"there is no {missing[0]}" if missing else ""


def _records(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Kind and facts of each record, in the order of the file."""
    text = path.read_text(encoding="utf-8-sig")
    if path.suffix.lower() == ".csv":
        rows: Iterable[Mapping[str, Any]] = csv.DictReader(io.StringIO(text))
        for row in rows:
            yield _text(row.get("kind")), {key: _text(value) for key, value in row.items() if key}
        return
    data = json.loads(text)
    for row in data["rows"] if isinstance(data, dict) else data:
        yield _text(row.get("kind")), {key: _text(value) for key, value in (row.get("facts") or {}).items()}


def unknown_intents(articles: Iterable[Article], catalogue: Catalogue) -> Iterator[str]:
    """A sentence for each intent an article was written for that the catalogue does not have."""
    for article in articles:
        for intent in sorted(article.intents):
            if intent not in catalogue:
                yield f"{article.name}: there is no intent {_shown(intent)}"


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _shown(value: str) -> str:
    return repr(value if len(value) <= SHOWN_CHARS else f"{value[:SHOWN_CHARS]}...")
