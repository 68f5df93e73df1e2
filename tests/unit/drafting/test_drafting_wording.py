"""Greeting, closing and address: in the team's own voice, and without a name that is none."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drafting_builders import CONFIG, starter_templates, ticket, triage

from connector.accountconfig import parse_account_config
from connector.drafting import draft, finish
from connector.drafting.wording import disclosure_line, greeting_line, safe_name, signature_lines
from connector.model import Requester, Source

TEMPLATES = starter_templates()


@pytest.mark.parametrize(
    "name", ["Buchhaltung", "Hr", "Accounts Pm", "Widget", "Sales Team", "S Wendorff", "Rheinlaender S", "Guest"]
)
def test_a_mailbox_and_a_bare_initial_are_no_names(name: str) -> None:
    assert safe_name(name) == ""


def test_a_name_that_is_the_address_was_put_there_by_the_helpdesk() -> None:
    requester = Requester(id="7", name="Dpetrov", email="dpetrov@mail.example", verified=True)
    assert greeting_line(CONFIG, requester, "en") == "Hello,"
    assert greeting_line(CONFIG, replace(requester, name="Dimo Petrov"), "en") == "Hello Dimo Petrov,"
    assert (
        greeting_line(CONFIG, replace(requester, name="Dimo", email="d.petrov@mail.example"), "de") == "Guten Tag Dimo,"
    )


def test_a_friendly_account_says_du_from_greeting_to_disclosure() -> None:
    config = parse_account_config('company = "Acme"\ntone = "friendly"')
    asked, known = ticket("Wo ist meine Bestellung?"), triage(language="de")
    made = draft(asked, known, config, TEMPLATES, {}, ())
    assert made is not None
    assert made.text.startswith("Hallo Mirela Okafor,\n\nvielen Dank für deine Nachricht.")
    assert made.text.endswith(
        "Wenn du lieber mit einem Menschen sprechen möchtest, antworte einfach mit dem Wort „Mensch“, "
        "dann übernimmt unser Team."
    )
    assert not {"Sie", "Ihnen", "Ihre"} & set(made.text.replace(",", " ").split())
    _, checks = finish(made, asked, known, config, TEMPLATES, (), {})
    assert [check for check in checks if not check.passed] == []


@pytest.mark.parametrize("tone", ["", "formal"])
def test_any_other_account_says_sie(tone: str) -> None:
    made = draft(ticket(), triage(language="de"), replace(CONFIG, tone=tone), TEMPLATES, {}, ())
    assert made is not None
    assert made.text.startswith("Guten Tag Mirela Okafor,\n\nvielen Dank für Ihre Nachricht.")


def test_an_accounts_own_lines_stay_as_they_are_in_any_tone() -> None:
    own = replace(
        CONFIG,
        tone="friendly",
        greeting={"de": "Moin [name],"},
        signature={"de": "Dein [company]-Team"},
        disclosure={"de": "Das hat eine Maschine geschrieben. Mit „Mensch“ erreichst du uns."},
    )
    assert greeting_line(own, ticket().requester, "de") == "Moin Mirela Okafor,"
    assert signature_lines(own, "de") == "Dein Nordlicht Outdoor-Team"
    assert disclosure_line(own, "de").startswith("Das hat eine Maschine")


def test_an_avoided_word_in_a_source_keeps_the_reply_back() -> None:
    config = replace(CONFIG, avoid=("unfortunately",))
    source = Source(id="r#0", title="Returns", text="Unfortunately, opened food cannot be returned.")
    asked, known = ticket("Can I return food?"), triage("return_policy")
    made = draft(asked, known, config, TEMPLATES, {}, (source,))
    assert made is not None
    _, checks = finish(made, asked, known, config, TEMPLATES, (source,), {})
    assert [(check.name, check.detail) for check in checks if not check.passed] == [
        ("house_style", "a word that the team avoids: “unfortunately”")
    ]
