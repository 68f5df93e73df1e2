"""The demo's own set-up in a real browser: an agent of each helpdesk has the card with the draft beside the ticket."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

import demo.__main__ as program
from demo import sidebar
from demo.play import Row, write
from demo.samples import SAMPLES
from demo.world import World

DRAFTED = {"zendesk": "How-to question in German", "freshdesk": "Copy of an invoice"}
"""One sample of each helpdesk that gets a draft, also before anything is released."""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Both processes, connected as the demo connects them."""
    world = World(home=tmp_path_factory.mktemp("demo"), settle_seconds=0)
    (world.home / "lookups.json").write_text(json.dumps(program.lookups([])))
    try:
        world.start_sandbox(0)
        world.start_handrail(0)
        program.connect(world)
        yield world
    finally:
        world.stop()


@pytest.fixture(scope="module")
def rows(world: World) -> Mapping[str, Row]:
    """What was written to each helpdesk, once Handrail has come to rest."""
    found = {}
    for vendor, title in DRAFTED.items():
        sample = next(sample for sample in SAMPLES if sample.title == title)
        empty: dict[str, Any] = {"intent": "", "author": "", "why": "", "seconds": None, "faults": ()}
        found[vendor] = Row(sample=sample, ticket=write(world, sample), action="draft", **empty)
    world.control("POST", "deliveries/drain", {"timeout_seconds": 60})
    world.wait_until_quiet(seconds=60)
    return found


@pytest.mark.parametrize("vendor", DRAFTED)
def test_the_agent_view_has_the_card_with_the_draft(
    page: Page, world: World, rows: Mapping[str, Row], vendor: str
) -> None:
    row = rows[vendor]
    page.goto(world.desk)
    page.get_by_role("link", name=row.sample.subject, exact=True).click()
    frame = page.frame_locator("iframe[name=app]")
    expect(frame.locator("article")).to_have_attribute("data-state", re.compile("draft|shadow"))
    drafted = frame.locator(".draft p").first.inner_text()
    assert drafted.split()
    for part in row.sample.must_contain:
        expect(frame.locator(".draft")).to_contain_text(part)
    frame.locator("#insert").click()
    expect(frame.locator("#notice")).not_to_have_text("")
    expect(page.locator("#editor")).to_have_value(re.compile(re.escape(drafted.split()[0])))


def test_the_demos_own_look_finds_both_cards(world: World, rows: Mapping[str, Row]) -> None:
    assert sidebar.faults(world, rows.values()) == []


def test_a_card_that_is_not_there_is_named(world: World, rows: Mapping[str, Row]) -> None:
    """A ticket that the helpdesk does not have; and a helpdesk without any drafted ticket."""
    lost = replace(rows["zendesk"], ticket="424242")
    (fault,) = sidebar.faults(world, [lost, rows["freshdesk"]])
    assert fault.startswith("The sidebar in Zendesk does not answer (HTTPError: HTTP Error 404")
    (fault,) = sidebar.faults(world, [rows["zendesk"]])
    assert fault.startswith("The sidebar in Freshdesk does not answer (KeyError")
