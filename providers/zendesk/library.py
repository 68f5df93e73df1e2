"""Zendesk's public texts: help-centre articles, one listing per language, and macros.

https://developer.zendesk.com/api-reference/help_center/help-center-api/articles/ . A listing in one locale holds the
articles that have a translation into it, with that translation's title, body and draft state. Paths end in `.json`:
one team saw 415 without it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote, urlsplit

from connector.model import Account, Document, DocumentKind
from connector.ports import DocumentPage
from providers._documents import article_text, labels, macro, primary
from providers._values import garbled, identifier, optional_moment, rows, text, words
from providers.zendesk.client import Client, Json, next_link, refusal

ARTICLES = "/api/v2/help_center/articles.json"
MACROS = "/api/v2/macros/active.json"
SLOTS = {
    "ticket.requester.name": "customer_name",
    "ticket.requester.first_name": "customer_name",
    "ticket.requester.last_name": "customer_name",
    "ticket.id": "ticket_id",
    "ticket.title": "subject",
    "ticket.account": "company",
    "ticket.brand.name": "company",
    "current_user.name": "agent_name",
    "current_user.first_name": "agent_name",
    "current_user.signature": "signature",
    "ticket.assignee.name": "agent_name",
    "ticket.assignee.first_name": "agent_name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """Listings still to be read, the first of them from `link` on; "" is the listing of macros, "*" every locale."""

    left: tuple[str, ...]
    link: str = ""
    brand: str = ""

    def write(self) -> str:
        return json.dumps({"left": self.left, "link": self.link, "brand": self.brand})


def documents(client: Client, account: Account, cursor: str | None) -> DocumentPage:
    """One page of the listing that the cursor names."""
    position = _read(cursor) if cursor else _start(client, account)
    listing = position.left[0]
    path, query = position.link or _path(listing), None if position.link else _query(listing)
    answer = client.get(account, path, query)
    kind = DocumentKind.ARTICLE if listing else DocumentKind.MACRO
    if answer.status == 403:
        return _page(position, (), "", frozenset({kind}))
    if answer.status == 404 and kind is DocumentKind.ARTICLE:
        return _page(position, (), "", frozenset())  # no help centre, or not in this language
    if not answer.ok:
        raise refusal(answer, "the articles" if listing else "the macros")
    found = answer.object()
    if not isinstance(found.get("articles" if listing else "macros"), list):
        raise garbled("Zendesk", "list of articles or macros")
    withdrawn: frozenset[str] = frozenset()
    if not listing:
        made = tuple(item for row in rows(found["macros"]) if (item := _macro(row)))
    else:
        names = {identifier(row.get("id")): text(row.get("name")) for row in rows(found.get("sections"))}
        base = client.base(account)
        made = tuple(item for row in rows(found["articles"]) if (item := _article(row, names, position.brand, base)))
        withdrawn = frozenset(name for row in rows(found["articles"]) if (name := _name(row)) and not _is_public(row))
    return replace(_page(position, made, next_link(found) or "", frozenset()), withdrawn=withdrawn)


def _start(client: Client, account: Account) -> _Position:
    """Every language of the help centre, then the macros."""
    answer = client.get(account, "/api/v2/help_center/locales.json")
    if answer.status in (403, 404):
        # A scope for articles alone, or a help centre that does not tell: every article in its own language.
        return _Position(left=("*", ""), brand=_brand(client, account))
    if not answer.ok:
        raise refusal(answer, "the help centre's languages")
    locales = tuple(dict.fromkeys(locale.lower() for locale in words(answer.object().get("locales")) if locale))
    return _Position(left=(*(locales or ("*",)), ""), brand=_brand(client, account))


def _brand(client: Client, account: Account) -> str:
    """The brand whose help centre answers at this address; empty where the account has one brand only."""
    answer = client.get(account, "/api/v2/brands.json", {"page[size]": "100"})
    brands = [row for row in rows(answer.object().get("brands")) if row.get("active")] if answer.ok else []
    if len(brands) < 2:
        return ""
    host = urlsplit(account.base_url).hostname or ""
    own = [row for row in brands if text(row.get("subdomain")).lower() == host.split(".")[0]]
    default = [row for row in brands if row.get("default") is True]
    return identifier((own or default or [{}])[0].get("id")) or ""


def _path(listing: str) -> str:
    if not listing:
        return MACROS
    return ARTICLES if listing == "*" else f"/api/v2/help_center/{quote(listing, safe='')}/articles.json"


def _query(listing: str) -> dict[str, str]:
    return {"page[size]": "100", **({"include": "sections"} if listing else {})}


def _page(
    position: _Position, found: tuple[Document, ...], link: str, unlisted: frozenset[DocumentKind]
) -> DocumentPage:
    on = replace(position, link=link) if link else replace(position, link="", left=position.left[1:])
    return DocumentPage(documents=found, cursor=on.write() if on.left else "", more=bool(on.left), unlisted=unlisted)


def _is_public(row: Json) -> bool:
    public = row.get("draft") is False and "user_segment_id" in row and row["user_segment_id"] is None
    return public and not row.get("user_segment_ids")


def _name(row: Json) -> str:
    """The id that we give the article; "" where the row does not say whose it is."""
    number, locale = identifier(row.get("id")), text(row.get("locale")).lower()
    return f"article:{number}:{locale}" if number is not None and locale else ""


def _article(row: Json, names: dict[str | None, str], brand: str, base: str) -> Document | None:
    """The article, or None where it is not certain that everybody may read it."""
    name, locale = _name(row), text(row.get("locale")).lower()
    if not _is_public(row) or not name or not text(row.get("title")):
        return None
    url = text(row.get("html_url"))
    intents, keywords = labels(words(row.get("label_names")))
    return Document(
        id=name,
        kind=DocumentKind.ARTICLE,
        title=text(row.get("title")),
        language=primary(locale),
        text=article_text(text(row.get("body")), base=url or base),
        url=url,
        brand_id=brand,
        section=names.get(identifier(row.get("section_id")), ""),
        intents=intents,
        keywords=keywords,
        updated_at=optional_moment(row.get("updated_at")),
    )


def _macro(row: Json) -> Document | None:
    """The macro's public reply, or None: an internal note, one that writes nothing, one of a person or group."""
    actions = {text(action.get("field")): action.get("value") for action in rows(row.get("actions"))}
    internal = str(actions.get("comment_mode_is_public", "true")).lower() == "false"
    if row.get("active") is False or row.get("restriction") or internal:
        return None
    html, plain = _words(actions.get("comment_value_html")), _words(actions.get("comment_value"))
    return macro(row, html=html, plain=plain, slots=SLOTS)


def _words(value: Any) -> str:
    """A comment action's text, which comes bare or behind its channel: ["channel:all", "text"]."""
    if isinstance(value, list):
        return text(value[-1]) if value and text(value[0]) in ("channel:all", "channel:web", "channel:email") else ""
    return text(value)


def _read(cursor: str) -> _Position:
    try:
        stored = json.loads(cursor)
        left = words(stored["left"])
        return _Position(left=left or ("",), link=text(stored.get("link")), brand=text(stored.get("brand")))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise garbled("The ledger", "position in Zendesk's listing") from None
