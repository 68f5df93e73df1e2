"""Lists that all behave alike, knowledge, canned responses, ratings and automation rules."""

from __future__ import annotations

import re
from typing import Any

from flask import jsonify, request

from connector.sandbox.clock import stamp
from connector.sandbox.freshdesk import errors, samples
from connector.sandbox.freshdesk.app import Host, Routes, View, json_body, page_of
from connector.sandbox.freshdesk.state import HookRule

_LISTS = {
    "groups": "/groups",
    "companies": "/companies",
    "roles": "/roles",
    "email_configs": "/email_configs",
    "time_entries": "/time_entries",
    "categories": "/solutions/categories",
    "canned_folders": "/canned_response_folders",
}
_SINGLE = {
    "folders": "/solutions/folders",
    "articles": "/solutions/articles",
    "canned_responses": "/canned_responses",
}


def _list_views(kind: str) -> tuple[View, View]:
    def index(host: Host) -> Any:
        return page_of(getattr(host.account, kind), dict)

    def show(host: Host, record_id: int) -> Any:
        record = host.account.find(kind, record_id)
        if record is None:
            raise errors.not_found()
        return record

    return index, show


def _article_in(host: Host, record_id: int, language: str) -> Any:
    article = host.account.find("articles", record_id)
    translated = _translated(article, language) if article is not None else None
    if translated is None:
        raise errors.not_found()
    return translated


def _translated(article: dict[str, Any], language: str) -> dict[str, Any] | None:
    """The article in this language; None where it has no translation into it."""
    if article["language"] == language:
        return _shown(article)
    own = article.get("translations", {}).get(language)
    return {**_shown(article), **own, "language": language} if own else None


def _shown(article: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in article.items() if name != "translations"}


def _translations_of(host: Host, folder_id: int, language: str) -> Any:
    found = (_translated(a, language) for a in host.account.articles if a["folder_id"] == folder_id)
    return page_of([a for a in found if a is not None], dict)


def _folders_of(host: Host, category_id: int) -> Any:
    top = [f for f in host.account.folders if f["category_id"] == category_id and not f.get("parent_folder_id")]
    return page_of(top, dict)


def _articles_of(host: Host, folder_id: int) -> Any:
    return page_of([a for a in host.account.articles if a["folder_id"] == folder_id], _shown)


def _subfolders(host: Host, folder_id: int) -> Any:
    if host.account.find("folders", folder_id) is None:
        raise errors.not_found()
    return page_of([f for f in host.account.folders if f.get("parent_folder_id") == folder_id], dict)


def _create_article(host: Host, folder_id: int) -> Any:
    folder, fields = host.account.find("folders", folder_id), json_body()
    if folder is None:
        raise errors.not_found()
    if not fields.get("title") or not fields.get("description"):
        raise errors.validation(("title", "It should be a/an String", "missing_field"))
    record = samples.add_article(
        host.account,
        host.store.clock.now(),
        title=str(fields["title"]),
        body=str(fields["description"]),
        section=str(folder["name"]),
        draft=fields.get("status") == 1,
        internal=folder["visibility"] != samples.PUBLIC,
    )
    return record, 201


def _search_solutions(host: Host) -> Any:
    words = re.findall(r"\w+", request.args.get("term", "").lower())

    def score(article: dict[str, Any]) -> int:
        text = f"{article['title']} {article['description_text']}".lower()
        return sum(word in text for word in words)

    found = sorted((a for a in host.account.articles if score(a)), key=score, reverse=True)
    folders = {f["id"]: f for f in host.account.folders}
    shown = [{**a, "folder_visibility": folders[a["folder_id"]]["visibility"]} for a in found]
    return page_of(shown, dict)


def _canned_of(host: Host, folder_id: int) -> Any:
    return page_of([c for c in host.account.canned_responses if c["folder_id"] == folder_id], dict)


def _ratings(host: Host) -> Any:
    since = request.args.get("created_since", "")
    return page_of([r for r in host.account.ratings if r["created_at"] >= since], dict)


def _surveys(host: Host) -> Any:
    now = stamp(host.store.clock.now())
    question = {"id": "default_question", "label": "How satisfied were you?", "accepted_ratings": [103, 100, -103]}
    survey = {"id": 1, "title": "Default survey", "active": True, "questions": [question]}
    return jsonify([survey | {"created_at": now, "updated_at": now}])


def _ticket_time_entries(host: Host, ticket_id: int) -> Any:
    host.ticket(ticket_id)
    return page_of([e for e in host.account.time_entries if e["ticket_id"] == ticket_id], dict)


def _rules(host: Host, kind: int) -> Any:
    host.need_admin()
    return jsonify([rule_json(rule) for rule in host.account.rules if rule.kind == kind])


def _rule(host: Host, kind: int, rule_id: int) -> Any:
    host.need_admin()
    found = next((r for r in host.account.rules if r.id == rule_id and r.kind == kind), None)
    if found is None:
        raise errors.not_found()
    if request.method == "DELETE":
        host.account.rules.remove(found)
        return "", 204
    if request.method == "PUT":
        fields = json_body()
        found.name, found.active = str(fields.get("name", found.name)), bool(fields.get("active", found.active))
    return rule_json(found)


def rule_json(rule: HookRule) -> dict[str, Any]:
    """An automation rule; the exact names of a webhook action are in no source (reference 4.1)."""
    action = {"field_name": "trigger_webhook", "request_type": "POST", "url": rule.url}
    content = {"content_layout": rule.content, "content_type": "JSON"}
    return {
        "id": rule.id,
        "name": rule.name,
        "position": 1,
        "active": rule.active,
        "automation_type_id": rule.kind,
        "performer": {"type": rule.performer},
        "events": [{"field_name": name} for name in rule.events],
        "conditions": [],
        "actions": [action | {"content": content, "auth_header": {"username": "freshdesk"}, "custom_headers": {}}],
    }


def _routes() -> Routes:
    rows: list[tuple[str, tuple[str, ...], View]] = []
    for kind, path in _LISTS.items():
        index, show = _list_views(kind)
        rows += [(path, ("GET",), index), (f"{path}/<int:record_id>", ("GET",), show)]
    for kind, path in _SINGLE.items():
        rows.append((f"{path}/<int:record_id>", ("GET",), _list_views(kind)[1]))
    return (
        *rows,
        ("/solutions/categories/<int:category_id>/folders", ("GET",), _folders_of),
        ("/solutions/folders/<int:folder_id>/articles", ("GET",), _articles_of),
        ("/solutions/folders/<int:folder_id>/articles", ("POST",), _create_article),
        ("/solutions/folders/<int:folder_id>/subfolders", ("GET",), _subfolders),
        ("/solutions/folders/<int:folder_id>/articles/<string:language>", ("GET",), _translations_of),
        ("/solutions/articles/<int:record_id>/<string:language>", ("GET",), _article_in),
        ("/search/solutions", ("GET",), _search_solutions),
        ("/canned_response_folders/<int:folder_id>/responses", ("GET",), _canned_of),
        ("/surveys/satisfaction_ratings", ("GET",), _ratings),
        ("/surveys", ("GET",), _surveys),
        ("/tickets/<int:ticket_id>/time_entries", ("GET",), _ticket_time_entries),
        ("/automations/<int:kind>/rules", ("GET",), _rules),
        ("/automations/<int:kind>/rules/<int:rule_id>", ("GET", "PUT", "DELETE"), _rule),
    )


ROUTES: Routes = _routes()
