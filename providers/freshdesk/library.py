"""Freshdesk's public texts: solution articles, folder by folder, and canned responses.

https://developers.freshdesk.com/api/#solutions . The search returns drafts and agents' folders too, so the tree is
walked: categories, their folders, sub-folders, articles. An article is public if it is published (status 2) and its
folder, and every folder above, is visible to all (visibility 1). Translations are listed per folder and language;
where an account does not know that listing, article by article.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.errors import ProviderUnavailable
from connector.model import Account, Document, DocumentKind
from connector.ports import DocumentPage
from providers._documents import article_text, labels, macro, primary
from providers._http import Answer
from providers._values import garbled, identifier, optional_moment, rows, text, words
from providers.freshdesk.client import MAX_PAGES, PER_PAGE, Client, Json, next_link, refusal

PUBLISHED = 2
EVERYBODY = 1
ALL_AGENTS = 0
SLOTS = {
    "ticket.requester.name": "customer_name",
    "ticket.requester.firstname": "customer_name",
    "ticket.requester.lastname": "customer_name",
    "ticket.from_name": "customer_name",
    "ticket.id": "ticket_id",
    "ticket.subject": "subject",
    "ticket.portal_name": "company",
    "helpdesk_name": "company",
    "ticket.agent.name": "agent_name",
    "ticket.agent.firstname": "agent_name",
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """Steps still to do, each a word, an id and a name: "category", "folder", "translation", "canned", "responses"."""

    steps: tuple[tuple[str, str, str], ...]
    languages: tuple[str, ...] = ()

    def write(self) -> str:
        return json.dumps({"steps": self.steps, "languages": self.languages})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    documents: tuple[Document, ...] = ()
    steps: tuple[tuple[str, str, str], ...] = ()
    unlisted: frozenset[DocumentKind] = frozenset()
    withdrawn: frozenset[str] = frozenset()


def documents(client: Client, account: Account, cursor: str | None) -> DocumentPage:
    """What the next step of the walk gives: a category's folders, a folder's articles, a folder of responses."""
    position = _read(cursor) if cursor else _start(client, account)
    (step, identity, name), *left = position.steps
    found = _STEPS[step](client, account, identity, name, position.languages)
    on = replace(position, steps=(*found.steps, *left))
    return DocumentPage(
        documents=found.documents,
        cursor=on.write() if on.steps else "",
        more=bool(on.steps),
        unlisted=found.unlisted,
        withdrawn=found.withdrawn,
    )


def _start(client: Client, account: Account) -> _Position:
    """The walk begins with the categories; the languages beside the first one are asked for once."""
    answer = client.get(account, "/api/v2/settings/helpdesk")
    settings = answer.object() if answer.ok else {}
    first = text(settings.get("primary_language"))
    known = (*words(settings.get("portal_languages")), *words(settings.get("supported_languages")))
    if not answer.ok and answer.status not in (403, 404, 405):
        raise refusal(answer, "the languages")
    others = known if answer.ok else account.config.languages[1:]
    languages = tuple(dict.fromkeys(tag for tag in others if tag != first and _LANGUAGE.fullmatch(tag)))
    return _Position(steps=(("categories", "", ""), ("canned", "", "")), languages=languages)


def _categories(client: Client, account: Account, _id: str, _name: str, _languages: Sequence[str]) -> _Found:
    found = _all(client, account, "/api/v2/solutions/categories", "the categories")
    if found is None:
        return _Found(unlisted=frozenset({DocumentKind.ARTICLE}))
    public = [row for row in found if row.get("visibility", EVERYBODY) == EVERYBODY]
    return _Found(steps=tuple(("category", number, "") for row in public if (number := identifier(row.get("id")))))


def _category(client: Client, account: Account, category: str, _name: str, _languages: Sequence[str]) -> _Found:
    found = _all(client, account, f"/api/v2/solutions/categories/{category}/folders", "the folders")
    return _unlisted() if found is None else _Found(steps=_public_folders(found))


def _folder(client: Client, account: Account, folder: str, name: str, languages: Sequence[str]) -> _Found:
    path = f"/api/v2/solutions/folders/{folder}"
    articles = _all(client, account, f"{path}/articles", "the articles")
    # Older accounts have no folders within folders, and do not know the path.
    below = _all(client, account, f"{path}/subfolders", "the sub-folders", optional=True)
    if articles is None:
        return _unlisted()
    translated: list[Json] = []
    singly: list[tuple[str, str, str]] = []
    for language in languages:
        rest = [row for row in articles if _is_published(row) and text(row.get("language")) != language]
        whole = _translated(client, account, path, articles, language) if rest else []
        translated += whole or []
        if whole is None:
            # Each a step of its own: all of a large folder at once could need more calls than an account has.
            singly += [("translation", f"{folder}/{identifier(row.get('id'))}/{language}", name) for row in rest]
    found = _made(account, client, folder, name, (*articles, *translated))
    return replace(found, steps=(*singly, *_public_folders(below or [])))


def _translated(client: Client, account: Account, path: str, articles: list[Json], language: str) -> list[Json] | None:
    """The folder's articles in another language; None where there is no such listing."""
    whole = _all(client, account, f"{path}/articles/{language}", "the translations", optional=True)
    if whole is None:
        return None
    written = {identifier(row.get("id")) for row in articles if text(row.get("language")) == language}
    return [{"language": language, **row} for row in whole if identifier(row.get("id")) not in written]


def _translation(client: Client, account: Account, identity: str, name: str, _languages: Sequence[str]) -> _Found:
    folder, article, language = identity.split("/")
    answer = client.get(account, f"/api/v2/solutions/articles/{article}/{language}")
    if answer.ok:
        return _made(account, client, folder, name, ({"language": language, **answer.object()},))
    if answer.status in (403, 404, 405):
        return _Found()
    raise refusal(answer, "a translation")


def _made(account: Account, client: Client, folder: str, name: str, found: Sequence[Json]) -> _Found:
    """The documents of these articles, and what of them is only drafted."""
    base = client.base(account)
    made = tuple(item for row in found if (item := _article(row, folder, name, base)))
    return _Found(documents=made, withdrawn=frozenset(_name(row) for row in found if not _is_published(row)))


def _canned(client: Client, account: Account, _id: str, _name: str, _languages: Sequence[str]) -> _Found:
    """Folders of canned responses; only an admin's key may list them."""
    found = _all(client, account, "/api/v2/canned_response_folders", "the canned responses")
    if found is None:
        return _Found(unlisted=frozenset({DocumentKind.MACRO}))
    shared = [row for row in found if row.get("personal") is not True]
    return _Found(steps=tuple(("responses", number, "") for row in shared if (number := identifier(row.get("id")))))


def _responses(client: Client, account: Account, folder: str, _name: str, _languages: Sequence[str]) -> _Found:
    found = _all(client, account, f"/api/v2/canned_response_folders/{folder}/responses", "the canned responses")
    if found is None:
        return _Found(unlisted=frozenset({DocumentKind.MACRO}))
    return _Found(documents=tuple(item for row in found if (item := _response(row))))


_STEPS = {
    "categories": _categories,
    "category": _category,
    "folder": _folder,
    "translation": _translation,
    "canned": _canned,
    "responses": _responses,
}


def _public_folders(found: Sequence[Json]) -> tuple[tuple[str, str, str], ...]:
    public = [row for row in found if row.get("visibility") == EVERYBODY]
    return tuple(("folder", number, text(row.get("name"))) for row in public if (number := identifier(row.get("id"))))


def _unlisted() -> _Found:
    """A folder that went meanwhile, or that our user may not list: nothing is removed on that ground."""
    return _Found(unlisted=frozenset({DocumentKind.ARTICLE}))


def _is_published(row: Json) -> bool:
    return row.get("status") == PUBLISHED and identifier(row.get("id")) is not None


def _name(row: Json) -> str:
    """The id that we give the article."""
    return f"article:{identifier(row.get('id'))}:{text(row.get('language')).lower() or 'und'}"


def _article(row: Json, folder: str, section: str, base: str) -> Document | None:
    """The article, or None where it is no published one of this very folder."""
    language, title = text(row.get("language")) or "", text(row.get("title"))
    if not _is_published(row) or not title or identifier(row.get("folder_id")) not in (folder, None):
        return None
    number = identifier(row.get("id"))
    intents, keywords = labels(words(row.get("tags")))
    # The API gives no address of the page; this one leads there in every portal.
    url = f"{base}/support/solutions/articles/{number}"
    return Document(
        id=_name(row),
        kind=DocumentKind.ARTICLE,
        title=title,
        language=primary(language),
        text=article_text(text(row.get("description")), base=url),
        url=url,
        section=section,
        intents=intents,
        keywords=keywords,
        updated_at=optional_moment(row.get("updated_at")),
    )


def _response(row: Json) -> Document | None:
    """The canned response, or None where it is one person's or one group's."""
    if row.get("visibility", ALL_AGENTS) != ALL_AGENTS:
        return None
    return macro(row, html=text(row.get("content_html")), plain=text(row.get("content")), slots=SLOTS)


def _all(client: Client, account: Account, path: str, what: str, *, optional: bool = False) -> list[Json] | None:
    """Every row of a list; None where we may not read it, or where it is optional and there is no such list."""
    found: list[Json] = []
    next_path: str | None = path
    query: dict[str, str] | None = {"per_page": PER_PAGE}
    for _ in range(MAX_PAGES):
        if next_path is None:
            return found
        answer = client.get(account, next_path, query)
        if answer.status in (403, 404) or (optional and answer.status == 405):
            return None
        found += _rows(answer, what)
        next_path, query = next_link(answer), None
    raise ProviderUnavailable(f"Freshdesk's pages of {what} do not end")


def _rows(answer: Answer, what: str) -> list[Json]:
    if not answer.ok:
        raise refusal(answer, what)
    value = answer.value()
    if not isinstance(value, list):
        raise garbled("Freshdesk", "list")
    return rows(value)


def _read(cursor: str) -> _Position:
    try:
        stored = json.loads(cursor)
        steps = tuple((str(step), str(identity), str(name)) for step, identity, name in stored["steps"])
        if not steps or any(step not in _STEPS for step, _, _ in steps):
            raise ValueError("unknown steps")
        return _Position(steps=steps, languages=words(stored.get("languages")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise garbled("The ledger", "position in Freshdesk's listing") from None
