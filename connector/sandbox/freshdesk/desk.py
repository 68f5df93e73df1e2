"""Customers and agents of the emulated Freshdesk, for tests and the agent view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sandbox.freshdesk import api_tickets, hooks, rules
from connector.sandbox.freshdesk.state import (
    PRIORITY_LABELS,
    SOURCE_LABELS,
    SOURCE_OF_CHANNEL,
    Account,
    HookRule,
)
from connector.sandbox.markup import clean_mail, from_text, to_text
from connector.sandbox.people import DEFAULT_REQUESTER, author_of, staff_id
from connector.sandbox.store import Comment, Store, Ticket

_FLAGS = ("deleted", "archived", "spam")


class FreshdeskDesk:
    """The verbs of `people.Desk` on a Freshdesk account."""

    vendor = "freshdesk"

    def __init__(self, account: Account) -> None:
        self.account = account
        self.store: Store = account.store

    def add_ticket(self, fields: Mapping[str, Any]) -> Ticket:
        """A new ticket from a customer; `channel` is a word (email, web, chat...) or Freshdesk's number."""
        with self.store.lock:
            requester = self.store.find_or_add(fields.get("requester") or DEFAULT_REQUESTER)
            channel = fields.get("channel", "email")
            source = channel if isinstance(channel, int) else SOURCE_OF_CHANNEL.get(str(channel), 1)
            given = {
                k: fields[k]
                for k in ("status", "priority", "type", "tags", "group_id", "custom_fields", "attachments")
                if fields.get(k) is not None
            }
            html = fields.get("body_html") or fields.get("html")
            text = str(fields.get("body") or fields.get("text") or "")
            given |= {"subject": fields.get("subject") or "(no subject)", "source": source}
            given |= {"requester_id": requester.id, "description": html or from_text(text) or "<p></p>"}
            given["cc_emails"] = list(fields.get("cc") or [])
            if fields.get("assignee") is not None:
                given["responder_id"] = staff_id(self.store, fields["assignee"])
            outcome = rules.create(self.account, given, requester)
            ticket = outcome.ticket
            first = ticket.comments[0]
            first.flags, first.auto_response = list(fields.get("flags") or []), bool(fields.get("auto_response"))
            if html:
                first.html = clean_mail(str(html))
                first.text = to_text(first.html)
            ticket.association_type = fields.get("association_type")
            for name in _FLAGS:
                setattr(ticket, name, bool(fields.get(name)))
            if fields.get("notify", True):
                hooks.publish(self.account, outcome)
            return ticket

    def add_comment(self, ticket_id: int, fields: Mapping[str, Any]) -> Comment:
        """Another message of a customer, or a reply or note of an agent, or `kind="survey"` feedback."""
        with self.store.lock:
            ticket = self.store.tickets[ticket_id]
            author = author_of(self.store, ticket, fields.get("author", "requester"))
            public = bool(fields.get("public", True))
            html = fields.get("html") or fields.get("body_html")
            text = str(fields.get("text") or fields.get("body") or "")
            if not html and not text:
                raise ValueError("A comment needs text or html.")
            kind = str(fields.get("kind") or ("message" if not author.is_staff else "reply" if public else "note"))
            requester = self.store.people[ticket.requester_id]
            outcome = rules.add_comment(
                self.account,
                ticket,
                author=author,
                actor=author,
                kind=kind,
                public=public,
                html=str(html) if html else from_text(text),
                incoming=not author.is_staff,
                to=[requester.email] if kind == "reply" and requester.email else [],
                cc=list(fields.get("cc") or []),
                auto_response=bool(fields.get("auto_response")),
                attachments=fields.get("attachments"),
                flags=fields.get("flags"),
            )
            if fields.get("notify", True):
                hooks.publish(self.account, outcome)
            assert outcome.comment is not None  # noqa: S101 - add_comment always makes one
            return outcome.comment

    def change(self, ticket_id: int, fields: Mapping[str, Any]) -> Ticket:
        """A change by an agent (`actor`: agent, bot or an id). Raises `ApiError` for what the rules forbid."""
        with self.store.lock:
            ticket = self.store.tickets[ticket_id]
            actor = author_of(self.store, ticket, fields.get("actor", "agent"))
            special = ("actor", "notify", "assignee", "assignee_id", "merged_into", "cc", "association_type", *_FLAGS)
            given = {k: v for k, v in fields.items() if k not in special}
            for name in ("assignee", "assignee_id"):
                if name in fields:
                    given["responder_id"] = staff_id(self.store, fields[name])
            changes: dict[str, tuple[Any, Any]] = {}
            for name in ("cc", "association_type", *_FLAGS):
                if name in fields and getattr(ticket, name) != fields[name]:
                    changes[name] = (getattr(ticket, name), fields[name])
            if given:
                outcome = rules.update(self.account, ticket, given, actor)
                if fields.get("notify", True):
                    hooks.publish(self.account, outcome)
            rules.apply_changes(self.account, ticket, changes, actor)
            if changes and fields.get("notify", True):
                hooks.publish(self.account, rules.Outcome(ticket=ticket, actor=actor, changes=changes))
            if fields.get("merged_into"):
                primary = self.store.tickets[fields["merged_into"]]
                api_tickets.merge(self.account, ticket, primary, actor_id=actor.id)
            return ticket

    def set_webhook(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces the two rules set here before: one for new tickets, one for updates.

        Options: `authentication` (header, basic, url, none), `content` (advanced, simple), `ids` (string,
        number), `performer` (requester, agent, either), `events`, `template`.
        """
        with self.store.lock:
            self.account.rules[:] = [r for r in self.account.rules if not r.name.startswith("sandbox")]
            performer = {"agent": 1, "requester": 2, "either": 3}[str(fields.get("performer", "requester"))]
            for kind, name in ((hooks.CREATION, "sandbox: new ticket"), (hooks.UPDATES, "sandbox: ticket updated")):
                self.account.rules.append(
                    HookRule(
                        id=self.store.other_ids.next(),
                        name=name,
                        kind=kind,
                        performer=performer,
                        url=str(fields["url"]),
                        secret=fields.get("secret"),
                        authentication=str(fields.get("authentication", "header")),
                        content=str(fields.get("content", "advanced")),
                        ids=str(fields.get("ids", "string")),
                        template=fields.get("template"),
                        copies=int(fields.get("copies", 1)),
                        events=tuple(fields.get("events") or ()),
                    )
                )
            return {"id": str(self.account.rules[-1].id), "secret": fields.get("secret")}

    def rate(self, ticket_id: int, *, good: bool) -> None:
        """The customer answers the survey; it also shows as an incoming public conversation."""
        with self.store.lock:
            ticket = self.store.tickets[ticket_id]
            agent_id = ticket.assignee_id or self.store.agent().id
            api_tickets.add_rating(self.account, ticket_id, {"default_question": 103 if good else -103}, agent_id)
            text = "Extremely happy" if good else "Extremely unhappy"
            self.add_comment(ticket_id, {"author": "requester", "kind": "survey", "text": text})

    def words(self, ticket: Ticket) -> dict[str, str]:
        """Status, priority and channel as people read them."""
        return {
            "status": self.account.statuses.get(ticket.status, str(ticket.status)),
            "priority": PRIORITY_LABELS.get(ticket.priority, str(ticket.priority)),
            "channel": SOURCE_LABELS.get(ticket.channel, str(ticket.channel)),
        }
