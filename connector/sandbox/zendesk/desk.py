"""Customers and agents of the emulated Zendesk, for tests and the agent view."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sandbox.clock import stamp
from connector.sandbox.people import DEFAULT_REQUESTER, author_of, staff_id
from connector.sandbox.store import Comment, Store, Ticket
from connector.sandbox.zendesk import creation, events, hooks, merging, rules, shapes
from connector.sandbox.zendesk.state import Account

_DIRECT = ("deleted", "archived", "spam", "merged_into", "cc")


class ZendeskDesk:
    """The verbs of `people.Desk` on a Zendesk account."""

    vendor = "zendesk"

    def __init__(self, account: Account) -> None:
        self.account = account
        self.store: Store = account.store

    def add_ticket(self, fields: Mapping[str, Any]) -> Ticket:
        """A new ticket from a customer (or from an agent with `author="agent"`)."""
        with self.store.lock:
            requester = self.store.find_or_add(fields.get("requester") or DEFAULT_REQUESTER)
            for address in fields.get("cc") or []:
                self.store.find_or_add({"email": address})
            comment = _comment_fields(fields, public=bool(fields.get("public", True)))
            comment["author_id"] = requester.id
            given = {
                k: fields[k]
                for k in ("subject", "status", "priority", "type", "tags", "group_id", "external_id", "brand_id")
                if k in fields
            }
            given |= {"requester_id": requester.id, "comment": comment}
            given["email_ccs"] = [{"user_email": address} for address in fields.get("cc") or []]
            given["assignee_id"] = staff_id(self.store, fields.get("assignee"))
            given["custom_fields"] = [{"id": k, "value": v} for k, v in (fields.get("custom_fields") or {}).items()]
            given["recipient"] = fields.get("recipient")
            actor = self.store.agent() if fields.get("author") == "agent" else requester
            channel, rel = str(fields.get("channel", "email")), fields.get("via_rel")
            outcome = creation.create(self.account, given, actor, channel=channel, via_rel=rel)
            outcome.ticket.spam = bool(fields.get("spam"))
            if fields.get("notify", True):
                hooks.publish(self.account, outcome)
            return outcome.ticket

    def add_comment(self, ticket_id: int, fields: Mapping[str, Any]) -> Comment:
        """Another message of a customer, or a reply or note of an agent. Raises `ApiError` 422 when closed."""
        with self.store.lock:
            ticket = self.store.tickets[ticket_id]
            author = author_of(self.store, ticket, fields.get("author", "requester"))
            comment = _comment_fields(fields, public=bool(fields.get("public", True)))
            channel = str(fields.get("channel", "web" if author.is_staff else "email"))
            update = {"comment": comment}
            if fields.get("status"):
                update["status"] = fields["status"]
            outcome = rules.update(self.account, ticket, update, author, channel=channel)
            if fields.get("notify", True):
                hooks.publish(self.account, outcome)
            if outcome.comment is None:
                raise ValueError("A comment needs text or html.")
            return outcome.comment

    def change(self, ticket_id: int, fields: Mapping[str, Any]) -> Ticket:
        """A change by an agent (`actor`: agent, bot or an id). Raises `ApiError` for what the rules forbid."""
        with self.store.lock:
            ticket = self.store.tickets[ticket_id]
            actor = author_of(self.store, ticket, fields.get("actor", "agent"))
            given = {k: v for k, v in fields.items() if k not in ("actor", "notify", "assignee", *_DIRECT)}
            if "assignee" in fields:
                given["assignee_id"] = staff_id(self.store, fields["assignee"])
            if "cc" in fields:
                for address in fields["cc"]:
                    self.store.find_or_add({"email": address})
                given["email_ccs"] = [{"user_email": address} for address in fields["cc"]]
            if given:
                outcome = rules.update(self.account, ticket, given, actor, channel="web")
                if fields.get("notify", True):
                    hooks.publish(self.account, outcome)
            self._change_directly(ticket, fields, actor.id)
            return ticket

    def _change_directly(self, ticket: Ticket, fields: Mapping[str, Any], actor_id: int) -> None:
        now = self.store.clock.now()
        if fields.get("merged_into"):
            merging.merge(self.account, ticket, self.store.tickets[fields["merged_into"]], actor_id=actor_id)
        for name, event in (("deleted", "soft_deleted"), ("spam", "marked_as_spam"), ("archived", None)):
            if name not in fields or getattr(ticket, name) == bool(fields[name]):
                continue
            setattr(ticket, name, bool(fields[name]))
            ticket.updated_at = ticket.generated_at = now
            self.store.note_change(ticket, name, actor_id, after=bool(fields[name]))
            if name == "spam" and fields[name]:
                ticket.deleted = True  # a ticket marked as spam is gone for the API
            if event is not None and fields.get("notify", True):
                name_now = event if fields[name] else "undeleted"
                hooks.publish_events(self.account, ticket, [(name_now, {})], actor_id=actor_id)

    def set_webhook(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces the receiver set here before; `trigger_body` makes it trigger-connected."""
        with self.store.lock:
            for webhook in [w for w in self.account.webhooks.values() if w.fields["name"] == "sandbox"]:
                del self.account.webhooks[webhook.id]
            self.account.triggers[:] = [t for t in self.account.triggers if t["title"] != "sandbox"]
            names = fields.get("events") or events.NAMES
            by_trigger = fields.get("trigger_body") is not None
            record = {
                "name": "sandbox",
                "endpoint": fields["url"],
                "http_method": "POST",
                "request_format": "json",
                "status": "active",
                "subscriptions": ["conditional_ticket_events"] if by_trigger else [events.PREFIX + n for n in names],
            }
            webhook = hooks.add_webhook(
                self.account, record, secret=fields.get("secret"), copies=int(fields.get("copies", 1))
            )
            if by_trigger:
                self._add_trigger(webhook.id, str(fields["trigger_body"]), list(fields.get("conditions") or []))
            return {"id": webhook.id, "secret": webhook.secret}

    def _add_trigger(self, webhook_id: str, body: str, conditions: list[dict[str, Any]]) -> None:
        now = stamp(self.store.clock.now())
        action = {"field": "notification_webhook", "value": [webhook_id, body]}
        trigger = {"id": self.store.other_ids.next(), "title": "sandbox", "active": True, "position": 1}
        trigger |= {"conditions": {"all": conditions, "any": []}, "actions": [action]}
        self.account.triggers.append(trigger | {"created_at": now, "updated_at": now})

    def rate(self, ticket_id: int, *, good: bool) -> None:
        """The customer answers the survey; `csat_received` goes out."""
        with self.store.lock:
            ticket, now = self.store.tickets[ticket_id], self.store.clock.now()
            score = "good" if good else "bad"
            if self.account.settings.survey_csat:
                number = self.store.other_ids.next()
                self.account.survey_responses.append(shapes.survey_response_json(ticket, number, good=good, now=now))
                event = ("csat_received", {"satisfaction_score": {"score": score.upper()}})
                hooks.publish_events(self.account, ticket, [event], actor_id=ticket.requester_id)
                return
            record = {"id": self.store.other_ids.next(), "score": score, "ticket_id": ticket.id, "comment": None}
            record |= {"requester_id": ticket.requester_id, "assignee_id": ticket.assignee_id}
            record |= {"group_id": ticket.group_id, "reason": None, "created_at": stamp(now), "updated_at": stamp(now)}
            self.account.ratings.append(record)
            ticket.satisfaction = {"score": score, "id": record["id"], "comment": None}
            ticket.updated_at = ticket.generated_at = now
            self.store.note_change(ticket, "satisfaction", ticket.requester_id, after=score)
            event = ("csat_received", {"satisfaction_score": {"score": score.upper()}})
            hooks.publish_events(self.account, ticket, [event], actor_id=ticket.requester_id)

    def words(self, ticket: Ticket) -> dict[str, str]:
        """Status, priority and channel as people read them."""
        priority = str(ticket.priority).capitalize() if ticket.priority else "None"
        return {"status": str(ticket.status).capitalize(), "priority": priority, "channel": str(ticket.channel)}


def _comment_fields(fields: Mapping[str, Any], *, public: bool) -> dict[str, Any]:
    html = fields.get("body_html") or fields.get("html")
    given: dict[str, Any] = {"html_body": html} if html else {"body": fields.get("body") or fields.get("text") or ""}
    for name in ("flags", "attachments"):
        if fields.get(name):
            given[name] = fields[name]
    return given | {"public": public}
