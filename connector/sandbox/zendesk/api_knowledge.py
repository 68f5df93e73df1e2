"""Help centre: listing, search and incremental export of articles (reference 2.5)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from flask import g, request

from connector.sandbox.clock import stamp
from connector.sandbox.markup import to_text
from connector.sandbox.zendesk import errors, paging
from connector.sandbox.zendesk.app import PREFIX, Host, Routes

HC = f"{PREFIX}/help_center"


def _visible(host: Host) -> list[dict[str, Any]]:
    if g.get("caller") is not None:
        return list(host.account.articles)
    return [a for a in host.account.articles if not a["draft"] and a["user_segment_id"] is None]


def _shaped(host: Host, article: dict[str, Any]) -> dict[str, Any]:
    where = f"{host.account.url}/hc/{article['locale']}/articles/{article['id']}"
    url = f"{host.account.url}/api/v2/help_center/{article['locale']}/articles/{article['id']}.json"
    return {k: v for k, v in article.items() if k != "translations"} | {"html_url": where, "url": url}


def _page(host: Host, key: str, articles: list[dict[str, Any]]) -> dict[str, Any]:
    answer = paging.page_of(key, articles, lambda a: _shaped(host, a), lambda a: int(a["id"]), default=30)
    if "count" in answer:
        size = paging.whole("per_page", 30, 1, 100)
        answer |= {"page": paging.whole("page", 1, 1, 10**6), "per_page": size}
        answer["page_count"] = -(-len(articles) // size)
    return answer


def _in(article: dict[str, Any], locale: str | None) -> dict[str, Any] | None:
    """The article in this locale: as it was written, or in one of its translations; None where it has none."""
    if locale is None or article["locale"] == locale:
        return article
    translation = article.get("translations", {}).get(locale)
    return {**article, "draft": False, **translation, "locale": locale} if translation else None


def _index(host: Host, locale: str | None = None) -> Any:
    found = [a for article in _visible(host) if (a := _in(article, locale)) is not None]
    chosen = [a for a in found if g.get("caller") is not None or not a["draft"]]
    key, descending = request.args.get("sort_by", "position"), request.args.get("sort_order", "desc") == "desc"
    if key in ("created_at", "updated_at", "edited_at", "title"):
        chosen.sort(key=lambda a: str(a[key]), reverse=descending)
    page = _page(host, "articles", chosen)
    if "sections" in request.args.get("include", "").split(","):
        ids = sorted({a["section_id"] for a in page["articles"]})
        page["sections"] = [_section(number, locale) for number in ids]
    return page


def _locales(host: Host) -> Any:
    spoken = {a["locale"] for a in host.account.articles}
    spoken |= {locale for a in host.account.articles for locale in a.get("translations", {})}
    return {"locales": sorted(spoken | {"en-us"}), "default_locale": "en-us"}


def _section(number: int, locale: str | None) -> dict[str, Any]:
    return {"id": number, "name": f"Section {number}", "locale": locale or "en-us", "category_id": 1}


def _translations(host: Host, article_id: int) -> Any:
    article = next((a for a in _visible(host) if a["id"] == article_id), None)
    if article is None:
        raise errors.not_found()
    spoken = [article["locale"], *article.get("translations", {})]
    found = [_in(article, locale) for locale in spoken]
    names = ("locale", "title", "body", "draft", "outdated", "created_at", "updated_at")
    shaped = [{"source_id": article_id, "source_type": "Article", **{n: a[n] for n in names}} for a in found if a]
    return {"translations": shaped, "count": len(shaped), "next_page": None, "previous_page": None}


def _show(host: Host, article_id: int, locale: str | None = None) -> Any:
    found = next((a for a in _visible(host) if a["id"] == article_id), None)
    if found is None or (locale is not None and found["locale"] != locale):
        raise errors.not_found()
    return {"article": _shaped(host, found)}


def _search(host: Host) -> Any:
    words = re.findall(r"\w+", request.args.get("query", "").lower())
    locale, since = request.args.get("locale"), request.args.get("updated_after", "")
    labels = {label for label in request.args.get("label_names", "").split(",") if label}
    scored = []
    for article in _visible(host):
        text = f"{article['title']} {to_text(article['body'])}".lower()
        score = sum(word in text for word in words)
        fits = locale in (None, article["locale"]) and article["updated_at"] >= since
        if score and fits and (not labels or labels & set(article["label_names"])):
            scored.append((score, {**article, "snippet": to_text(article["body"])[:160], "result_type": "article"}))
    scored.sort(key=lambda pair: -pair[0])
    return _page(host, "results", [article for _, article in scored])


def _incremental(host: Host) -> Any:
    start = request.args.get("start_time", "0")
    since = stamp(datetime.fromtimestamp(int(start), UTC)) if start.isdigit() else ""
    chosen = sorted((a for a in _visible(host) if a["updated_at"] >= since), key=lambda a: str(a["updated_at"]))
    end = int(datetime.fromisoformat(chosen[-1]["updated_at"]).timestamp()) if chosen else None
    return {"articles": [_shaped(host, a) for a in chosen], "count": len(chosen), "end_time": end, "next_page": None}


def _sections(host: Host, locale: str | None = None) -> Any:
    ids = sorted({a["section_id"] for a in _visible(host)})
    records = [_section(number, locale) for number in ids]
    return paging.page_of("sections", records, dict, lambda r: int(r["id"]))


ROUTES: Routes = (
    (HC + "/articles", ("GET",), _index),
    (HC + "/<locale>/articles", ("GET",), _index),
    (HC + "/articles/search", ("GET",), _search),
    (HC + "/articles/<int:article_id>", ("GET",), _show),
    (HC + "/<locale>/articles/<int:article_id>", ("GET",), _show),
    (HC + "/articles/<int:article_id>/translations", ("GET",), _translations),
    (HC + "/locales", ("GET",), _locales),
    (HC + "/incremental/articles", ("GET",), _incremental),
    (HC + "/sections", ("GET",), _sections),
    (HC + "/<locale>/sections", ("GET",), _sections),
)
