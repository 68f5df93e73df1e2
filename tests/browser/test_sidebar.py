"""The sidebar in a real browser beside a ticket of both helpdesks: everything by the keyboard, nothing silent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, expect

from tests.browser.sidebar_service import STATIC, Service, serving
from tests.browser.sidebar_stand import VENDORS, Stand, press_on, standing, tab_to, violations
from tests.browser.sidebar_views import STATES
from tests.browser.zendesk_sdk import fetch_sdk

both = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture(scope="session")
def sdk(tmp_path_factory: pytest.TempPathFactory) -> str:
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
@pytest.mark.parametrize("state", ["draft", "hand_off", "shadow", "sent", "unknown"])
def test_every_main_state_is_fit_for_everybody(stand: Stand, service: Service, state: str) -> None:
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


@both
def test_the_draft_is_put_into_the_reply_editor_by_the_keyboard(stand: Stand, service: Service) -> None:
    frame = stand.open()
    press_on(frame, stand.page, "#insert")
    expect(frame.locator("#notice")).to_have_text("done: insert")
    assert stand.editor() == "Your order 48551 left our warehouse on Friday <and> arrives tomorrow.\n\nNorthwind"
    assert service.actions == [
        ("insert", {"draft": "D1", "ticket": str(stand.tickets[0]), "version": "v1", "lang": "en"})
    ]
    expect(stand.page.locator("#toast")).to_have_text("done: insert")
    assert stand.sandbox.journal.replies(stand.tickets[0], by=None) == []


ACTIONS: list[tuple[str, list[tuple[str, str]], dict[str, Any]]] = [
    ("approve", [("#approve-summary", "Enter"), ("#approve", "Enter")], {"draft": "D1"}),
    ("escalate", [("#escalate", "Space")], {}),
    ("regenerate", [("#regenerate-summary", "Enter"), ("#instruction", "x"), ("#regenerate", "Enter")], {"instruction": "x"}),
    ("posture", [("#posture-summary", "Enter"), ("#posture-ticket", "d"), ("#posture-save-ticket", "Enter")], {"scope": "ticket", "value": "draft"}),
    ("posture", [("#posture-summary", "Enter"), ("#posture-requester", "n"), ("#posture-save-requester", "Enter")], {"scope": "requester", "value": "off"}),
    ("feedback", [("#feedback-summary", "Enter"), ("#feedback-helpful", "ArrowDown"), ("#reason", "y"), ("#feedback", "Enter")], {"value": "wrong_intent", "reason": "y"}),
]  # fmt: skip


@both
@pytest.mark.parametrize(("action", "steps", "fields"), ACTIONS, ids=[f"{a[0]}-{a[2].get('scope', '')}" for a in ACTIONS])
def test_every_action_by_the_keyboard(
    stand: Stand, service: Service, action: str, steps: list[tuple[str, str]], fields: dict[str, Any]
) -> None:
    frame = stand.open()
    for selector, key in steps:
        press_on(frame, stand.page, selector, key)
    expect(frame.locator("#notice")).to_have_text(f"done: {action}")
    assert service.actions == [(action, {**fields, "ticket": str(stand.tickets[0]), "version": "v1", "lang": "en"})]
    assert frame.evaluate("document.activeElement !== document.body"), "the focus was lost"


@both
@pytest.mark.parametrize("value", ["right", "tone"])
def test_a_verdict_on_what_would_have_been_sent(stand: Stand, service: Service, value: str) -> None:
    service.state = "shadow"
    frame = stand.open()
    if value == "tone":
        press_on(frame, stand.page, "#verdict-value", "t")
        press_on(frame, stand.page, "#verdict-value", "t")
    press_on(frame, stand.page, "#verdict-right" if value == "right" else "#verdict-wrong")
    expect(frame.locator("#notice")).to_have_text("done: verdict")
    assert service.actions[0][1]["value"] == value


@both
def test_what_may_not_be_done_is_not_offered(stand: Stand, service: Service) -> None:
    service.state = "hand_off"
    frame = stand.open()
    assert {e.get_attribute("data-action") for e in frame.locator("[data-action]").all()} == {"escalate", "posture", "feedback"}


@both
def test_the_keyboard_reaches_everything_sees_where_it_is_and_gets_out_again(stand: Stand) -> None:
    frame = stand.open()
    frame.evaluate("document.querySelectorAll('details').forEach(e => e.open = true)")
    wanted = set(frame.evaluate("[...document.querySelectorAll('button, summary, select, textarea')].filter(e => e.checkVisibility()).map(e => e.id)"))
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
@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "Please reload the ticket"), (404, "does not know this ticket"), (429, "Too many requests"), (500, "cannot be reached")],
)
def test_a_refused_action_keeps_the_card_and_says_why(stand: Stand, service: Service, status: int, words: str) -> None:
    stand.tolerated = ["Failed to load resource"]
    frame = stand.open()
    service.status = status
    press_on(frame, stand.page, "#escalate")
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


@both
def test_nothing_is_asked_by_itself_for_an_hour(stand: Stand, service: Service) -> None:
    stand.page.clock.install()
    frame = stand.open()
    stand.page.clock.fast_forward("01:00:00")
    frame.evaluate("fetch(document.baseURI, { method: 'HEAD' }).catch(() => 0)" if stand.vendor == "freshdesk" else "0")
    assert service.cards == [str(stand.tickets[0])]
    stand.page.evaluate("sandboxHost.fire('app.activated', {})")
    expect(frame.locator("#sidebar")).to_have_attribute("aria-busy", "false")


@both
def test_what_was_typed_and_opened_stays_when_the_card_is_asked_again(stand: Stand, service: Service) -> None:
    frame = stand.open()
    press_on(frame, stand.page, "#regenerate-summary")
    tab_to(frame, stand.page, "#instruction")
    stand.page.keyboard.type("shorter")
    service.state = "sent"
    press_on(frame, stand.page, "#escalate", "Enter")
    expect(frame.locator("article")).to_have_attribute("data-state", "sent")
    service.state = "draft"


def test_the_page_weighs_little(sdk: str) -> None:
    fragment = 20_000  # as generous as a card gets
    files = [path.stat().st_size for path in STATIC.iterdir()]
    assert sum(files) + len(sdk.encode()) + fragment < 100_000


def test_the_scripts_hold_nothing_that_a_strict_policy_forbids() -> None:
    templates = Path("connector/web/templates/sidebar")
    for path in (STATIC.parents[1] / "templates" / "sidebar").iterdir():
        text = path.read_text()
        assert "style=" not in text, templates / path.name
        assert " on" + "click" not in text
        assert "<script>" not in text
