"""Takes the pictures of the README from a running demo: `python tools/pictures.py ADDRESS` (the agent view it printed).

Needs Chromium (`python tools/system_parts.py`) and the packages of requirements/dev.txt.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SIDEBARS = {"zendesk": "Board duplizieren", "freshdesk": "Invoice copy please"}
"""The ticket of each helpdesk whose sidebar is shown."""
TICKETS = {"agent-view": "Returns", "draft": SIDEBARS["freshdesk"], "hand-off": "Order 48551"}
"""The tickets that are shown with the sidebar beside them, by the name of the picture."""
SIZE = {"width": 1180, "height": 680}
SIDEBAR_HEIGHT = 575
"""As much of the sidebar as the draft and the buttons below it need."""
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def main(address: str) -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = open_page(browser, "light")
        for name, subject in TICKETS.items():
            show_ticket(page, address, subject)
            page.screenshot(path=FOLDER / f"{name}.png")
        for scheme in SCHEMES:
            take_sidebars(open_page(browser, scheme), address, scheme)
        browser.close()


def open_page(browser: Browser, scheme: Scheme) -> Page:
    """A window in this colour scheme."""
    return browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]}, color_scheme=scheme)


def take_sidebars(page: Page, address: str, scheme: Scheme) -> None:
    """The sidebar in both helpdesks, alone."""
    for vendor, subject in SIDEBARS.items():
        show_ticket(page, address, subject)
        place = page.locator("iframe[name=app]").bounding_box()
        assert place is not None  # noqa: S101 - the frame has just answered
        clip = {**place, "height": min(place["height"], SIDEBAR_HEIGHT)}
        page.screenshot(path=FOLDER / f"sidebar-{vendor}-{scheme}.png", clip=clip)  # type: ignore[arg-type]  # its keys are those of the place


def show_ticket(page: Page, address: str, subject: str) -> None:
    """Open the newest ticket with this subject, and wait for the card beside it."""
    page.goto(address)
    page.get_by_role("link", name=subject, exact=True).first.click()
    sidebar = page.frame_locator("iframe[name=app]")
    sidebar.locator("#sidebar[aria-busy=false] #headline").wait_for()
    page.evaluate("scrollTo(0, 0)")


if __name__ == "__main__":
    main(sys.argv[1])
