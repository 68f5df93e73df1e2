"""The sidebar in a real browser beside a ticket of both helpdesks: everything by the keyboard, nothing silent."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from playwright.sync_api import Browser, Frame, expect

from connector.sandbox.apps import INVOCATIONS
from tests.browser.sidebar_service import ROOT, STATIC, Service, serving
from tests.browser.sidebar_stand import KEY, VENDORS, Stand, press_on, standing, tab_to, violations
from tests.browser.sidebar_views import STATES
from tests.browser.zendesk_sdk import fetch_sdk

both = pytest.mark.parametrize("vendor", VENDORS)
each_sdk = pytest.mark.parametrize("sdk", ["vendor", "sandbox"], indirect=True)
SANDBOX_SDK = ROOT / "connector" / "sandbox" / "static" / "zaf_client.js"


@pytest.fixture(scope="session")
def sdk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The vendor's own; the sandbox's where a test asks for that."""
    if getattr(request, "param", "vendor") == "sandbox":
        return SANDBOX_SDK.read_text(encoding="utf-8")
    return fetch_sdk(tmp_path_factory.mktemp("sdk"))


@pytest.fixture
def service(sdk: str) -> Iterator[Service]:
    with serving(sdk) as running:
        yield running


@pytest.fixture
def stand(browser: Browser, service: Service, vendor: str) -> Iterator[Stand]:
    with standing(browser, service, vendor) as running:
        yield running


def look_at(frame: Frame) -> None:
    """What must hold for whatever is shown."""
    assert frame.evaluate("document.documentElement.clientWidth") <= 320
    assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(frame) == []
    frame.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    assert frame.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(frame) == []


@both
def test_every_main_state_is_fit_for_everybody(stand: Stand, service: Service) -> None:
    for state in ("draft", "hand_off", "shadow", "sent", "unknown", "waiting"):
        service.state = state
        frame = stand.open()
        assert frame.locator("h1").inner_text() == f"Where is the order? #{stand.tickets[0]}"
        assert frame.locator("article").get_attribute("data-state") == state
        look_at(frame)


@both
@pytest.mark.long
@pytest.mark.parametrize("locale", ["en-GB", "de"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_state_in_every_look_scheme_and_language(
    browser: Browser, service: Service, vendor: str, scheme: str, locale: str
) -> None:
    with standing(browser, service, vendor, scheme=scheme, locale=locale) as stand:
        for state in STATES:
            service.state = state
            frame = stand.open()
            assert frame.locator("html").get_attribute("lang") == locale[:2]
            look_at(frame)


@both
def test_german_and_dark(browser: Browser, service: Service, vendor: str) -> None:
    with standing(browser, service, vendor, scheme="dark", locale="de") as stand:
        frame = stand.open()
        assert frame.locator("html").get_attribute("lang") == "de"
        expect(frame.get_by_role("button", name="In die Antwort einfügen")).to_be_visible()
        ground = frame.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert max(int(part) for part in ground[4:-1].split(",")) < 80
        look_at(frame)


def said(stand: Stand) -> dict[str, str]:
    """What every action says; Freshdesk's page adds who the browser says is there."""
    common = {"ticket": str(stand.tickets[0]), "version": "v1", "lang": "en"}
    return common | ({"agent": "Marta Lindqvist"} if stand.vendor == "freshdesk" else {})


@both
def test_the_draft_is_put_into_the_reply_editor_by_the_keyboard(stand: Stand, service: Service) -> None:
    frame = stand.open()
    press_on(frame, stand.page, "#insert")
    expect(frame.locator("#notice")).to_have_text("done: insert")
    assert stand.editor() == "Your order 48551 left our warehouse on Friday <and> arrives tomorrow.\n\nNorthwind"
    assert service.actions == [("insert", {"draft": "D1", **said(stand)})]
    expect(stand.page.locator("#toast")).to_have_text("done: insert")
    assert stand.sandbox.journal.replies(stand.tickets[0], by=None) == []


# Action, the keys at each control on the way, and what the server is asked for.
ACTIONS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    ("approve", ("#approve-summary Enter", "#approve Enter"), {"draft": "D1"}),
    ("escalate", ("#escalate Space",), {}),
    ("regenerate", ("#regenerate-summary Enter", "#instruction x", "#regenerate Enter"), {"instruction": "x"}),
    (
        "posture",
        ("#posture-summary Enter", "#posture-ticket d", "#posture-save-ticket Enter"),
        {"scope": "ticket", "value": "draft"},
    ),
    (
        "posture",
        ("#posture-summary Enter", "#posture-requester n", "#posture-save-requester Enter"),
        {"scope": "requester", "value": "off"},
    ),
    (
        "feedback",
        ("#feedback-summary Enter", "#feedback-helpful ArrowDown", "#reason y", "#feedback Enter"),
        {"value": "wrong_intent", "reason": "y"},
    ),
)


REFUSALS = (
    (401, "Please reload the ticket"),
    (404, "does not know this ticket"),
    (429, "Too many requests"),
    (500, "cannot be reached"),
)


@both
def test_every_action_by_the_keyboard(stand: Stand, service: Service) -> None:
    for action, steps, fields in ACTIONS:
        frame = stand.open()
        service.actions.clear()
        for step in steps:
            press_on(frame, stand.page, *step.split())
        expect(frame.locator("#notice")).to_have_text(f"done: {action}")
        assert service.actions == [(action, {**fields, **said(stand)})]
        assert frame.evaluate("document.activeElement !== document.body"), f"the focus was lost after {action}"


@both
def test_a_verdict_on_what_would_have_been_sent(stand: Stand, service: Service) -> None:
    service.state = "shadow"
    frame = stand.open()
    press_on(frame, stand.page, "#verdict-right")
    expect(frame.locator("#notice")).to_have_text("done: verdict")
    frame = stand.open()
    press_on(frame, stand.page, "#verdict-value", "ArrowDown")
    press_on(frame, stand.page, "#verdict-wrong")
    expect(frame.locator("#notice")).to_have_text("done: verdict")
    assert [body["value"] for _, body in service.actions] == ["right", "wrong_facts"]


@both
def test_what_may_not_be_done_is_not_offered(stand: Stand, service: Service) -> None:
    service.state = "hand_off"
    frame = stand.open()
    assert {e.get_attribute("data-action") for e in frame.locator("[data-action]").all()} == {
        "escalate",
        "posture",
        "feedback",
    }


@both
def test_the_keyboard_reaches_everything_sees_where_it_is_and_gets_out_again(stand: Stand) -> None:
    frame = stand.open()
    frame.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    controls = "[...document.querySelectorAll('button, summary, select, textarea')]"
    wanted = set(frame.evaluate(f"{controls}.filter(e => e.checkVisibility()).map(e => e.id)"))
    tab_to(frame, stand.page, "a, button, summary")
    seen = set()
    for _ in range(80):
        if not frame.evaluate("document.hasFocus()"):
            break
        seen.add(frame.evaluate("document.activeElement.id"))
        outline = frame.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", frame.evaluate("document.activeElement.outerHTML")
        stand.page.keyboard.press("Tab")
    assert wanted <= seen
    assert not frame.evaluate("document.hasFocus()"), "the focus is trapped"


@both
def test_a_page_that_cannot_reach_our_server_says_so_and_tries_again_when_told(stand: Stand, service: Service) -> None:
    stand.tolerated = ["Failed to load resource"]
    service.status = 503
    frame = stand.open()
    expect(frame.locator("#trouble")).to_contain_text("Handrail cannot be reached right now")
    look_at(frame)
    service.status = 200
    press_on(frame, stand.page, "#again")
    expect(frame.locator("h1")).to_have_text(f"Where is the order? #{stand.tickets[0]}")
    expect(frame.locator("#trouble")).to_be_hidden()
    assert frame.evaluate("document.activeElement.id") == "headline"
    assert service.cards == [str(stand.tickets[0])] * 2


@both
def test_a_refused_action_keeps_the_card_and_says_why(stand: Stand, service: Service) -> None:
    stand.tolerated = ["Failed to load resource"]
    frame = stand.open()
    for status, words in REFUSALS:
        service.status = status
        press_on(frame, stand.page, "#insert")
        expect(frame.locator("#trouble")).to_contain_text(words)
        expect(frame.locator("h1")).to_be_visible()
    assert stand.editor() == ""


@both
def test_a_ticket_that_moved_on_is_shown_anew(stand: Stand, service: Service) -> None:
    stand.tolerated = ["Failed to load resource"]
    frame = stand.open()
    service.conflict, service.state = True, "sent"
    press_on(frame, stand.page, "#insert")
    expect(frame.locator("#notice")).to_contain_text("The ticket has changed meanwhile")
    assert frame.locator("article").get_attribute("data-state") == "sent"
    assert stand.editor() == ""


@both
def test_a_draft_never_reaches_another_tickets_editor(stand: Stand, service: Service) -> None:
    frame = stand.open()
    service.gate.clear()
    press_on(frame, stand.page, "#insert")
    expect(frame.locator("#notice")).to_have_text("One moment…")
    stand.switch(1, quietly=True)
    service.gate.set()
    expect(frame.locator("#trouble")).to_contain_text("You have opened another ticket meanwhile")
    assert stand.editor() == ""


@both
def test_another_tickets_card_is_gone_before_the_next_one_is_there(stand: Stand, service: Service) -> None:
    frame = stand.open()
    service.gate.clear()
    stand.switch(1, quietly=False)
    expect(frame.locator("h1")).to_have_text("Handrail")
    assert frame.locator("#insert").count() == 0
    service.gate.set()
    expect(frame.locator("h1")).to_have_text(f"Where is the order? #{stand.tickets[1]}")
    assert service.cards == [str(number) for number in stand.tickets]


@both
def test_a_double_press_acts_once(stand: Stand, service: Service) -> None:
    frame = stand.open()
    service.gate.clear()
    tab_to(frame, stand.page, "#escalate")
    for _ in range(3):
        stand.page.keyboard.press("Enter")
    service.gate.set()
    expect(frame.locator("#notice")).to_have_text("done: escalate")
    assert len(service.actions) == 1


WRITE_DOWN_BUSY = """sidebar => {
  const seen = [];
  new MutationObserver(() => {
    seen.push(sidebar.getAttribute("aria-busy"));
    sidebar.dataset.busy = seen.join(" ");
  }).observe(sidebar, { attributeFilter: ["aria-busy"] });
}"""
"""A card that comes at once is busy for too short a time to be looked at."""


@both
def test_nothing_is_asked_by_itself_for_an_hour(stand: Stand, service: Service) -> None:
    stand.page.clock.install()
    frame = stand.open()
    stand.page.clock.fast_forward("01:00:00")
    assert service.cards == [str(stand.tickets[0])]
    frame.locator("#sidebar").evaluate(WRITE_DOWN_BUSY)
    stand.page.evaluate("sandboxHost.fire('app.activated', {})")
    expect(frame.locator("#sidebar")).to_have_attribute("data-busy", "true false")
    assert service.cards == [str(stand.tickets[0])] * 2


@both
def test_what_was_typed_stays_when_something_else_is_done(stand: Stand, service: Service) -> None:
    frame = stand.open()
    press_on(frame, stand.page, "#feedback-summary")
    tab_to(frame, stand.page, "#reason")
    stand.page.keyboard.type("too long")
    press_on(frame, stand.page, "#insert")
    expect(frame.locator("#notice")).to_have_text("done: insert")
    expect(frame.locator("#reason")).to_be_visible()
    assert frame.locator("#reason").input_value() == "too long"
    press_on(frame, stand.page, "#feedback")
    expect(frame.locator("#notice")).to_have_text("done: feedback")
    assert frame.locator("#reason").input_value() == ""


@both
def test_what_a_worker_did_meanwhile_is_there_when_asked_for(stand: Stand, service: Service) -> None:
    service.state = "waiting"
    frame = stand.open()
    service.state = "draft"
    press_on(frame, stand.page, "#refresh")
    expect(frame.locator("article")).to_have_attribute("data-state", "draft")
    expect(frame.locator("#notice")).to_have_text("Ticket loaded.")
    assert frame.evaluate("document.activeElement.id") == "refresh"
    service.state = "sent"
    press_on(frame, stand.page, "#refresh")
    expect(frame.locator("article")).to_have_attribute("data-state", "sent")


def test_the_page_weighs_little(sdk: str) -> None:
    fragment = 20_000  # as generous as a card gets
    files = [path.stat().st_size for path in STATIC.iterdir()]
    assert sum(files) + len(sdk.encode()) + fragment < 100_000


@pytest.mark.parametrize("vendor", ["zendesk"])
def test_the_page_token_is_renewed_while_the_page_is_open(stand: Stand, service: Service) -> None:
    stand.page.clock.install()
    frame = stand.open()
    with stand.page.expect_response("**/apps/zendesk/token"):
        stand.page.clock.fast_forward("11:00")
    press_on(frame, stand.page, "#escalate")
    expect(frame.locator("#notice")).to_have_text("done: escalate")
    assert [headers["Authorization"] for headers in service.headers] == ["Bearer T1", "Bearer T2"]


@pytest.mark.parametrize("vendor", ["zendesk"])
def test_zendesk_loads_the_page_with_a_token_its_public_key_proves(stand: Stand, service: Service) -> None:
    stand.open()
    query, token = service.loads[0]
    url, known = stand.sandbox.zendesk.url, stand.sandbox.credentials["zendesk"]
    assert query == {"origin": url, "app_guid": "sandbox-app", "colorScheme": "light"}
    app = stand.sandbox.zendesk.account.app
    asked = requests.get(
        f"{url}/api/v2/apps/{app.app_id}/public_key", auth=(f"{known['email']}/token", known["api_token"]), timeout=10
    )
    key = serialization.load_pem_public_key(asked.content)
    assert isinstance(key, rsa.RSAPublicKey)
    content, _, signature = token.rpartition(".")
    key.verify(decoded(signature), content.encode(), padding.PKCS1v15(), hashes.SHA256())
    claims = json.loads(decoded(content.partition(".")[2]))
    assert claims["iss"] == url.removeprefix("http://")
    assert claims["aud"] == f"{url}/api/v2/apps/installations/{app.installation_id}.json"
    assert claims["sub"] == f"{url}/api/v2/users/{stand.sandbox.zendesk.account.store.agent().id}.json"
    assert claims["exp"] - claims["iat"] == 300


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("vendor", ["freshdesk"])
def test_freshdesk_calls_us_through_its_platform_alone(stand: Stand, service: Service) -> None:
    frame = stand.open()
    press_on(frame, stand.page, "#escalate")
    expect(frame.locator("#notice")).to_have_text("done: escalate")
    for headers in service.headers:
        assert headers["Authorization"] == f"Bearer {KEY}"
        assert headers["X-Handrail-Account"] == "northwind"
        assert "Origin" not in headers
    assert KEY not in frame.content()


@pytest.mark.parametrize("vendor", ["freshdesk"])
def test_the_platforms_limit_is_said_in_words(stand: Stand, service: Service) -> None:
    stand.sandbox.freshdesk.limits.enforce = True
    frame = stand.open()
    for _ in range(49):
        stand.sandbox.freshdesk.limits.hit("templates", INVOCATIONS)
    press_on(frame, stand.page, "#escalate")
    expect(frame.locator("#trouble")).to_contain_text("Too many requests")
    assert service.actions == []


@pytest.mark.parametrize("vendor", ["freshdesk"])
def test_looking_away_and_back_costs_no_call(stand: Stand, service: Service) -> None:
    frame = stand.open()
    for _ in range(3):
        stand.page.evaluate("sandboxHost.fire('app.activated')")
        expect(frame.locator("#sidebar")).to_have_attribute("aria-busy", "false")
    assert len(service.cards) == 1


@each_sdk
@pytest.mark.parametrize("vendor", ["zendesk"])
def test_a_scheme_that_changes_in_the_helpdesk_changes_here(stand: Stand) -> None:
    frame = stand.open()
    assert frame.locator("html").get_attribute("data-scheme") == "light"
    stand.page.emulate_media(color_scheme="dark")
    expect(frame.locator("html")).to_have_attribute("data-scheme", "dark")


@both
def test_a_reply_is_opened_with_the_draft(stand: Stand, service: Service) -> None:
    service.host_verb = "openReply"
    frame = stand.open()
    press_on(frame, stand.page, "#approve-summary")
    press_on(frame, stand.page, "#approve")
    expect(frame.locator("#notice")).to_have_text("done: approve")
    assert stand.editor().startswith("Your order 48551")


def test_a_page_outside_of_its_helpdesk_says_so(browser: Browser, service: Service) -> None:
    page = browser.new_page()
    page.route(
        "**/lonely",
        lambda route: route.fulfill(
            body=service.package()["app/index.html"].replace("{{{appclient}}}", "/none.js"), content_type="text/html"
        ),
    )
    page.route("**/s*/*", lambda route: route.fulfill(path=STATIC / route.request.url.rpartition("/")[2]))
    page.goto(f"{service.url}/lonely")
    expect(page.get_by_role("alert")).to_contain_text("The helpdesk does not answer this page")
    page.close()


ASKED = """async () => {
  const client = ZAFClient.init();
  const context = await client.context();
  const known = await client.get(["ticket.id", "ticket.subject", "ticket.nonsense"]);
  const refused = await client.get("ticket.nonsense").catch((error) => error.message);
  await client.set("ticket.priority", "high");
  await client.invoke("ticket.tags.add", ["vip"]);
  const changed = await client.get(["ticket.priority", "ticket.tags"]);
  const mine = await client.request({ url: "/api/v2/users/me.json" });
  const lost = await client.request("/api/v2/tickets/999.json").catch((failed) => failed.status);
  return {
    product: context.product, id: known["ticket.id"], subject: known["ticket.subject"],
    errors: Object.keys(known.errors), refused, priority: changed["ticket.priority"], tags: changed["ticket.tags"],
    role: mine.user.role, lost,
  };
}"""


@each_sdk
@pytest.mark.parametrize("vendor", ["zendesk"])
def test_the_sandbox_speaks_to_the_vendors_sdk_as_to_its_own(stand: Stand) -> None:
    assert stand.open().evaluate(ASKED) == {
        "product": "support",
        "id": stand.tickets[0],
        "subject": "No 1",
        "errors": ["ticket.nonsense"],
        "refused": '"ticket.nonsense" is not supported',
        "priority": "high",
        "tags": ["vip"],
        "role": "agent",
        "lost": 404,
    }
    assert stand.sandbox.ticket("zendesk", stand.tickets[0])["priority"] is None, "nothing is saved before a submit"
