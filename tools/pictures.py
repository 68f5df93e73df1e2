"""Takes the pictures of the README from a running demo: `python tools/pictures.py ADDRESS` (the agent view it printed).

Needs Chromium (`python tools/system_parts.py`) and the packages of requirements/dev.txt.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SIDEBARS = {"zendesk": "Board duplizieren", "freshdesk": "Invoice copy please"}
"""The ticket of each helpdesk whose sidebar is shown."""
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


def main(address: str) -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        page = browser.new_page(viewport={"width": 1180, "height": 820})
        page.goto(address)
        page.screenshot(path=FOLDER / "agent-view.png")
        for name, subject in (("hand-off.png", "Order 48551"), ("draft.png", "Invoice copy please")):
            show_ticket(page, address, subject)
            page.screenshot(path=FOLDER / name, full_page=True)
        for scheme in ("light", "dark"):
            page = browser.new_page(viewport={"width": 1180, "height": 820}, color_scheme=scheme)
            take_sidebars(page, address, scheme)
        browser.close()


def take_sidebars(page: Page, address: str, scheme: str) -> None:
    """The sidebar in both helpdesks, each alone and beside its ticket."""
    for vendor, subject in SIDEBARS.items():
        show_ticket(page, address, subject)
        app = page.locator("iframe[name=app]")
        app.content_frame.locator("#sidebar[aria-busy=false] #headline").wait_for()
        app.screenshot(path=FOLDER / f"sidebar-{vendor}-{scheme}.png")
        page.screenshot(path=FOLDER / f"beside-{vendor}-{scheme}.png")


def show_ticket(page: Page, address: str, subject: str) -> None:
    """Open the newest ticket with this subject."""
    page.goto(address)
    page.get_by_role("link", name=subject, exact=True).first.click()


if __name__ == "__main__":
    main(sys.argv[1])
