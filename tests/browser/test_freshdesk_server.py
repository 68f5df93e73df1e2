"""The server part of the Freshdesk app, run by a real engine with the platform's names put in its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page

import providers

PLATFORM = """
async ({source, event, args, status, stored, minute, dbFails}) => {
  const calls = [], rendered = [], logged = [];
  let db = stored;
  const $request = {invokeTemplate: async (name, given) => {
    calls.push([name, JSON.parse(given.body)]);
    if (status >= 300) { throw {status}; }
    return {status, response: '{}'};
  }};
  const $db = {
    get: async () => { if (dbFails) { throw {status: 429}; } if (!db) { throw {status: 404}; } return db; },
    set: async (key, value) => { db = value; },
  };
  const Clock = {now: () => minute * 60000};
  const Console = {error: (text) => logged.push(text)};
  const names = ['$request', '$db', 'renderData', 'Date', 'console', 'exports'];
  const make = new Function(...names, source + '; return exports;');
  const server = make($request, $db, (...given) => rendered.push(given), Clock, Console, {});
  await server[event](args);
  return {calls, rendered, logged, db};
}
"""
ENVELOPE = {
    "account_id": "77",
    "domain": "acme.freshdesk.com",
    "event": "onConversationCreate",
    "region": "EUC",
    "timestamp": 1795000000.5,
    "iparams": {"installation_key": "never goes on"},
    "data": {
        "actor": {"id": 43, "type": "contact", "email": "mara@kunde.example", "phone": "+49 30 5550123"},
        "conversation": {"id": 9, "ticket_id": 5, "incoming": True, "private": False, "body_text": "where is it?"},
    },
}


@pytest.fixture(scope="module")
def source() -> str:
    return providers.package("freshdesk", {})["server/server.js"].decode()


def run(page: Page, source: str, event: str, **more: Any) -> Any:
    args = more.pop("args", {**ENVELOPE, "event": event})
    given = {"source": source, "event": event, "args": args, "status": 202, "stored": None, "minute": 7, **more}
    return page.evaluate(PLATFORM, given)


def test_a_customers_message_goes_on_with_ids_only(page: Page, source: str) -> None:
    told = run(page, source, "onConversationCreate")
    ((name, body),) = told["calls"]
    assert name == "forward"
    assert body["data"] == {
        "conversation": {"id": 9, "ticket_id": 5, "incoming": True, "private": False},
        "actor": {"id": 43, "type": "contact"},
    }
    assert "kunde" not in json.dumps(body)
    assert "iparams" not in body


def test_a_new_ticket_goes_on(page: Page, source: str) -> None:
    args = {**ENVELOPE, "event": "onTicketCreate", "data": {"ticket": {"id": 5, "subject": "parcel"}}}
    ((_, body),) = run(page, source, "onTicketCreate", args=args)["calls"]
    assert (body["event"], body["data"]) == ("onTicketCreate", {"ticket": {"id": 5}})


@pytest.mark.parametrize("said", [{"incoming": False, "private": False}, {"incoming": True, "private": True}])
def test_agents_words_do_not_go_on(page: Page, source: str, said: dict[str, bool]) -> None:
    args = {**ENVELOPE, "data": {"conversation": {"id": 9, "ticket_id": 5, **said}}}
    assert run(page, source, "onConversationCreate", args=args)["calls"] == []


def test_events_keep_to_their_share_of_the_minute(page: Page, source: str) -> None:
    told = run(page, source, "onConversationCreate", stored={"minute": 7, "count": 19})
    assert (len(told["calls"]), told["db"]) == (1, {"minute": 7, "count": 20})
    assert run(page, source, "onConversationCreate", stored={"minute": 7, "count": 20})["calls"] == []
    told = run(page, source, "onConversationCreate", stored={"minute": 6, "count": 20})
    assert (len(told["calls"]), told["db"]) == (1, {"minute": 7, "count": 1})


def test_a_busy_store_leaves_the_event_to_the_poll(page: Page, source: str) -> None:
    told = run(page, source, "onConversationCreate", dbFails=True)
    assert (told["calls"], len(told["logged"])) == ([], 1)


def test_a_refused_event_is_not_tried_again(page: Page, source: str) -> None:
    told = run(page, source, "onConversationCreate", status=503)
    assert (len(told["calls"]), len(told["logged"])) == (1, 1)


def test_installing_asks_the_service_and_says_what_is_wrong(page: Page, source: str) -> None:
    assert run(page, source, "onAppInstall")["rendered"] == [[]]
    ((refused,),) = run(page, source, "onAppInstall", status=401)["rendered"]
    assert "installation key" in refused["message"]
    ((unreachable,),) = run(page, source, "onAppInstall", status=502)["rendered"]
    assert "could not be reached" in unreachable["message"]


def test_whoever_wants_to_leave_may(page: Page, source: str) -> None:
    for status in (202, 401, 503):
        assert run(page, source, "onAppUninstall", status=status)["rendered"] == [[]]
