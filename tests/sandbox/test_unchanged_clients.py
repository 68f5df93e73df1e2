"""Clients nobody here wrote, unchanged: zenpy and python-freshdesk."""

from __future__ import annotations

from typing import Any

import pytest
import requests
from freshdesk.api import API
from zenpy import Zenpy
from zenpy.lib.api_objects import Comment, Ticket, Webhook
from zenpy.lib.exception import APIException, RecordNotFoundException

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Receiver

MAIL = {"name": "Sam Okafor", "email": "sam@customer.example"}


@pytest.fixture
def zenpy(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("ZENPY_FORCE_NETLOC", sandbox.zendesk.url.removeprefix("http://"))
    monkeypatch.setenv("ZENPY_FORCE_SCHEME", "http")
    known = sandbox.credentials["zendesk"]
    with requests.Session() as session:
        session.auth = (f"{known['email']}/token", known["api_token"])
        session.authorized = True  # type: ignore[attr-defined] # zenpy asks for this mark
        yield Zenpy(subdomain="northwind", session=session, disable_cache=True, timeout=10)


def test_zenpy_reads_a_ticket_and_its_people(sandbox: Sandbox, zenpy: Any) -> None:
    number = sandbox.add_ticket("zendesk", subject="Parcel", body="Where is it?", requester=MAIL, tags=["vip"])
    ticket = zenpy.tickets(id=number)
    assert (ticket.subject, ticket.status, ticket.tags) == ("Parcel", "new", ["vip"])
    assert ticket.requester.email == "sam@customer.example"
    assert zenpy.users.me().id == sandbox.credentials["zendesk"]["bot_user_id"]
    assert ticket.group.name == "Support"
    with pytest.raises(RecordNotFoundException):
        zenpy.tickets(id=999)


def test_zenpy_pages_through_more_than_200_tickets_and_comments(sandbox: Sandbox, zenpy: Any) -> None:
    numbers = [sandbox.add_ticket("zendesk", body=f"text {n}") for n in range(205)]
    assert [t.id for t in zenpy.tickets()] == numbers
    assert [t.id for t in zenpy.tickets(cursor_pagination=50)] == numbers
    for number in range(210):
        sandbox.add_comment("zendesk", numbers[0], text=f"message {number}")
    assert [c.body for c in zenpy.tickets.comments(ticket=numbers[0])][1:] == [f"message {n}" for n in range(210)]
    assert len(list(zenpy.tickets.audits(ticket=numbers[0]))) == 211


def test_zenpy_writes_a_note_with_fields_in_one_update(sandbox: Sandbox, zenpy: Any) -> None:
    number = sandbox.add_ticket("zendesk", body="x", tags=["old"])
    stamp = zenpy.tickets(id=number).updated_at
    comment = Comment(html_body="<p>note</p>", public=False)
    written = zenpy.tickets.update(
        Ticket(
            id=number,
            comment=comment,
            priority="high",
            tags=["new"],
            safe_update=True,
            updated_stamp=stamp,
            metadata={"effect": "e1"},
        )
    )
    assert written.ticket.priority == "high"
    assert written.audit.metadata.custom == {"effect": "e1"}
    assert sandbox.ticket("zendesk", number)["tags"] == ["new"]
    assert len(sandbox.journal.notes(number)) == 1
    assert len(sandbox.journal.calls(method="PUT")) == 1
    with pytest.raises(APIException):
        zenpy.tickets.update(Ticket(id=number, priority="low", safe_update=True, updated_stamp="2020-01-01T00:00:00Z"))


def test_zenpy_creates_tags_and_deletes(sandbox: Sandbox, zenpy: Any) -> None:
    made = zenpy.tickets.create(Ticket(subject="New", comment=Comment(body="text"))).ticket
    zenpy.tickets.add_tags(made.id, ["a", "b"])
    assert sandbox.ticket("zendesk", made.id)["tags"] == ["a", "b"]
    zenpy.tickets.set_tags(made.id, ["c", "d"])
    zenpy.tickets.delete_tags(made.id, ["c"])
    assert sandbox.ticket("zendesk", made.id)["tags"] == ["d"]
    zenpy.tickets.delete(made)
    assert sandbox.ticket("zendesk", made.id)["deleted"] is True


def test_zenpy_exports_and_searches(sandbox: Sandbox, zenpy: Any) -> None:
    sandbox.zendesk.settings.incremental_lag_seconds = 0
    numbers = [sandbox.add_ticket("zendesk", subject=f"T{n}", body="x", tags=["lot"]) for n in range(25)]
    export = zenpy.tickets.incremental(start_time=1, per_page=10)
    assert [t.id for t in export] == numbers
    sandbox.change("zendesk", numbers[3], priority="high")
    assert [t.id for t in zenpy.tickets.incremental(cursor=export.after_cursor)] == [numbers[3]]
    assert len(list(zenpy.tickets.events(start_time=1))) == 26
    assert {t.id for t in zenpy.search(type="ticket", tags="lot")} == set(numbers)
    assert zenpy.tickets.metrics(numbers[0]).ticket_id == numbers[0]


def test_zenpy_administers_webhooks_and_reads_the_rest(sandbox: Sandbox, zenpy: Any, receiver: Receiver) -> None:
    webhook = Webhook(
        name="ours",
        endpoint=receiver.url,
        http_method="POST",
        request_format="json",
        status="active",
        subscriptions=["zen:event-type:ticket.created"],
    )
    made = zenpy.webhooks.create(webhook)
    assert zenpy.webhooks.show_secret(made).secret
    assert [w.name for w in zenpy.webhooks.list()] == ["ours"]
    sandbox.add_ticket("zendesk", body="x")
    receiver.wait(1)
    zenpy.webhooks.reset_secret(made)
    zenpy.webhooks.delete(made)
    assert list(zenpy.webhooks.list()) == []
    assert {m.title for m in zenpy.macros()} >= {"Ask for the order number"}
    assert {g.name for g in zenpy.groups()} == {"Support", "Billing", "Technical"}
    assert "Where is my order?" in {a.title for a in zenpy.help_center.articles()}
    assert next(zenpy.help_center.articles.search(query="password")).title == "How to reset your password"


@pytest.fixture
def api(sandbox: Sandbox) -> Any:
    client = API("northwind.freshdesk.com", sandbox.credentials["freshdesk"]["api_key"])
    client._api_prefix = f"{sandbox.freshdesk.url}/api/v2/"
    yield client
    client._session.close()


def test_python_freshdesk_reads_and_pages(sandbox: Sandbox, api: Any) -> None:
    numbers = [sandbox.add_ticket("freshdesk", subject=f"T{n}", body="x", requester=MAIL) for n in range(120)]
    ticket = api.tickets.get_ticket(numbers[0], "requester", "stats")
    assert (ticket.status, ticket.priority, ticket.source) == ("open", "low", "email")
    assert ticket.requester["email"] == "sam@customer.example"
    assert {t.id for t in api.tickets.list_tickets(filter_name=None)} == set(numbers)
    for number in range(105):
        sandbox.add_comment("freshdesk", numbers[0], text=f"message {number}")
    comments = api.comments.list_comments(numbers[0])
    assert [c.body_text for c in comments] == [f"message {n}" for n in range(105)]
    assert len(api.tickets.filter_tickets("status:2")) == 120


def test_python_freshdesk_writes(sandbox: Sandbox, api: Any) -> None:
    number = sandbox.add_ticket("freshdesk", body="x", requester=MAIL)
    note = api.comments.create_note(number, "<p>note</p>")
    assert (note.private, note.source) == (True, "note")
    reply = api.comments.create_reply(number, "<p>reply</p>")
    assert reply.replied_to == ["sam@customer.example"]
    changed = api.tickets.update_ticket(number, priority=4, status=3, tags=["hr"])
    assert (changed.priority, changed.status, changed.tags) == ("urgent", "pending", ["hr"])
    assert len(sandbox.journal.notes(number)) == len(sandbox.journal.replies(number)) == 1
    made = api.tickets.create_ticket("New", email="kim@customer.example", description="text", tags=["a"])
    assert sandbox.ticket("freshdesk", made.id)["subject"] == "New"
    api.tickets.delete_ticket(made.id)
    assert sandbox.ticket("freshdesk", made.id)["deleted"] is True


def test_python_freshdesk_people_and_knowledge(sandbox: Sandbox, api: Any) -> None:
    assert api.agents.currently_authenticated_agent().contact["name"] == "Support Assistant"
    assert len(api.agents.list_agents()) == 3
    made = api.contacts.create_contact(name="Kim", email="kim@customer.example")
    assert api.contacts.get_contact(made.id).name == "Kim"
    assert [c.name for c in api.contacts.list_contacts(email="kim@customer.example")] == ["Kim"]
    assert {g.name for g in api.groups.list_groups()} == {"Support", "Billing", "Technical"}
    assert api.companies.list_companies()[0].name == "Harbour Cycles"
    assert any(f.name == "status" for f in api.ticket_fields.list_ticket_fields())
    category = api.solutions.categories.list_categories()[0]
    folder = api.solutions.folders.list_from_category(category.id)[0]
    assert api.solutions.articles.list_from_folder(folder.id)
    assert api.solutions.articles.search("password")[0].status == "published"
