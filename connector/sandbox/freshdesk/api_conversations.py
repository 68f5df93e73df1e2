"""Conversations: list, note, reply, edit, delete."""

from __future__ import annotations

from typing import Any

from flask import jsonify

from connector.sandbox.freshdesk import errors, hooks, rules, shapes
from connector.sandbox.freshdesk.app import Host, Routes, json_body, page_of
from connector.sandbox.markup import clean_written, from_text, to_text
from connector.sandbox.store import Comment, Person, Ticket

_NOTE_FIELDS = {"body", "structured_body", "private", "incoming", "notify_emails", "user_id", "attachments"}
_REPLY_FIELDS = {"body", "structured_body", "from_email", "cc_emails", "bcc_emails", "user_id", "attachments"}
_CHAT_SOURCES = frozenset({7, 15})


def _index(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    shown = [c for c in ticket.comments[1:] if not c.deleted]
    return page_of(shown, lambda c: shapes.conversation_json(host.account, c))


def _archived_index(host: Host, ticket_id: int) -> Any:
    ticket = host.store.tickets.get(ticket_id)
    if ticket is None or not ticket.archived:
        raise errors.not_found()
    shown = [c for c in ticket.comments[1:] if not c.deleted]
    return page_of(shown, lambda c: shapes.conversation_json(host.account, c))


def _note(host: Host, ticket_id: int) -> Any:
    fields = json_body()
    ticket = host.ticket(ticket_id, writing=True)
    _check_fields(fields, _NOTE_FIELDS)
    for name in ("private", "incoming"):
        if not isinstance(fields.get(name, False), bool):
            raise errors.wrong_type(name, "Boolean", type(fields[name]).__name__)
    public = fields.get("private", True) is False
    html = _html(ticket, fields, needs_structure=public)
    author = _author(host, fields)
    incoming = fields.get("incoming", False)
    outcome = rules.add_comment(
        host.account,
        ticket,
        author=author,
        actor=host.person,
        kind="note",
        public=public,
        html=html,
        incoming=incoming,
        to=list(fields.get("notify_emails") or []),
        attachments=fields.get("attachments"),
    )
    hooks.publish(host.account, outcome)
    return _created(host, outcome)


def _reply(host: Host, ticket_id: int) -> Any:
    fields = json_body()
    ticket = host.ticket(ticket_id, writing=True)
    _check_fields(fields, _REPLY_FIELDS)
    html = _html(ticket, fields, needs_structure=True)
    requester = host.store.people[ticket.requester_id]
    if requester.email is None and ticket.channel not in _CHAT_SOURCES:
        raise errors.invalid_value("email", "The requester has no address to reply to")
    to = [requester.email] if requester.email else []
    outcome = rules.add_comment(
        host.account,
        ticket,
        author=_author(host, fields),
        actor=host.person,
        kind="reply",
        public=True,
        html=html,
        to=to,
        cc=list(fields.get("cc_emails") or []),
        attachments=fields.get("attachments"),
    )
    hooks.publish(host.account, outcome)
    return _created(host, outcome, replied_to=to)


def _created(host: Host, outcome: rules.Outcome, replied_to: list[str] | None = None) -> Any:
    assert outcome.comment is not None  # noqa: S101 - add_comment always makes one
    shape = shapes.conversation_json(host.account, outcome.comment)
    if replied_to is not None:
        shape["replied_to"] = replied_to
        shape["cc_emails"] = outcome.comment.cc
    response = jsonify(shape)
    response.status_code = 201
    response.headers["Location"] = f"{host.account.url}/api/v2/conversations/{outcome.comment.id}"
    return response


def _check_fields(fields: dict[str, Any], known: set[str]) -> None:
    unknown = [(name, "Unexpected/invalid field in request", "invalid_field") for name in fields if name not in known]
    if unknown:
        raise errors.validation(*unknown)


def _html(ticket: Ticket, fields: dict[str, Any], *, needs_structure: bool) -> str:
    structured = fields.get("structured_body")
    if needs_structure and ticket.channel == 15 and not isinstance(structured, dict):
        raise errors.validation(("structured_body", "It should be a/an key/value pair", "missing_field"))
    if isinstance(structured, dict):
        parts = structured.get("body_contents") or []
        return from_text("\n".join(str(p.get("data", {}).get("content", "")) for p in parts))
    body = fields.get("body")
    if not isinstance(body, str) or not body.strip():
        raise errors.validation(("body", "It should be a/an String", "missing_field"))
    return body


def _author(host: Host, fields: dict[str, Any]) -> Person:
    user_id = fields.get("user_id")
    if user_id is None:
        return host.person
    author = host.store.people.get(user_id)
    if author is None:
        raise errors.invalid_value("user_id", "There is no contact matching the given user_id")
    return author


def _find(host: Host, conversation_id: int) -> tuple[Ticket, Comment]:
    for ticket in host.store.tickets.values():
        comment = ticket.comment(conversation_id)
        if comment is not None and comment is not ticket.comments[0]:
            if ticket.spam or ticket.deleted:
                raise errors.method_not_allowed("GET")
            return ticket, comment
    raise errors.not_found()


def _edit(host: Host, conversation_id: int) -> Any:
    fields = json_body()
    ticket, comment = _find(host, conversation_id)
    _check_fields(fields, {"body", "attachments"})
    if comment.kind != "note":
        raise errors.invalid_value("id", "Only notes can be edited")
    comment.html = clean_written(str(fields.get("body") or ""))
    comment.text = to_text(comment.html)
    comment.updated_at = host.store.clock.now()
    host.store.note_change(ticket, "note_edited", host.person.id, id=comment.id, text=comment.text)
    return shapes.conversation_json(host.account, comment)


def _delete(host: Host, conversation_id: int) -> Any:
    ticket, comment = _find(host, conversation_id)
    comment.deleted = True
    host.store.note_change(ticket, f"{comment.kind}_deleted", host.person.id, id=comment.id)
    return "", 204


ROUTES: Routes = (
    ("/tickets/<int:ticket_id>/conversations", ("GET",), _index),
    ("/tickets/archived/<int:ticket_id>/conversations", ("GET",), _archived_index),
    ("/tickets/<int:ticket_id>/notes", ("POST",), _note),
    ("/tickets/<int:ticket_id>/reply", ("POST",), _reply),
    ("/conversations/<int:conversation_id>", ("PUT",), _edit),
    ("/conversations/<int:conversation_id>", ("DELETE",), _delete),
)
