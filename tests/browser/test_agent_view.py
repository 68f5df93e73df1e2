"""The sandbox's agent view in a real browser: what a person sees of what Handrail wrote."""

from playwright.sync_api import Page, expect

from connector.sandbox import Sandbox


def add_handled_ticket(sandbox: Sandbox) -> int:
    ticket = sandbox.add_ticket(
        "zendesk",
        subject="Where is my order?",
        body="Hello, where is my order 48551? <script>alert(1)</script>",
        requester={"name": "Mara Lindqvist", "email": "mara@example.com", "verified": True},
    )
    sandbox.add_comment("zendesk", ticket, author="bot", text="Handrail: draft\n\nA proposal", public=False)
    sandbox.add_comment("zendesk", ticket, author="agent", text="It is on its way.", public=True)
    sandbox.change("zendesk", ticket, tags=["hr", "hr_draft"], priority="high")
    return ticket


def test_a_ticket_tells_notes_replies_and_the_customer_apart(page: Page) -> None:
    with Sandbox() as sandbox:
        add_handled_ticket(sandbox)
        page.goto(sandbox.desk_url)
        page.get_by_role("link", name="Where is my order?").click()
        entries = page.locator("ol > li.entry")
        expect(entries).to_have_count(3)
        assert [entry.locator(".kind").inner_text() for entry in entries.all()] == [
            "Customer",
            "Internal note",
            "Public reply",
        ]
        colours = {entry.evaluate("node => getComputedStyle(node).backgroundColor") for entry in entries.all()}
        assert len(colours) == 3
        properties = page.get_by_label("Properties")
        expect(properties).to_contain_text("hr_draft")
        expect(properties).to_contain_text("High")
        expect(entries.first).to_contain_text("<script>alert(1)</script>")


def test_a_person_can_play_the_customer(page: Page) -> None:
    with Sandbox() as sandbox:
        ticket = add_handled_ticket(sandbox)
        page.goto(sandbox.desk_url)
        page.get_by_role("link", name="Where is my order?").click()
        page.get_by_label("Your message").fill("Thank you! And when will it arrive?")
        page.get_by_role("button", name="Send as customer").click()
        expect(page.locator("li.entry")).to_have_count(4)
        newest = sandbox.journal.entries(vendor="zendesk", ticket=ticket, verb="customer_message")[-1]
        assert newest.text == "Thank you! And when will it arrive?"


def test_the_list_shows_both_helpdesks_and_fits_a_phone(page: Page) -> None:
    with Sandbox() as sandbox:
        add_handled_ticket(sandbox)
        sandbox.add_ticket("freshdesk", subject="Versandkosten", body="Was kostet der Versand?")
        page.set_viewport_size({"width": 360, "height": 720})
        page.goto(sandbox.desk_url)
        expect(page.get_by_role("link", name="Where is my order?")).to_be_visible()
        expect(page.get_by_role("link", name="Versandkosten")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
