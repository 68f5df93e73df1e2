"""Names that the ticket knows: in any case, with a possessive, in other spellings; and words that are names, too."""

from __future__ import annotations

import pytest
from masking_builders import EVERYWHERE, a_ticket, masked, masked_text

from connector.masking import Kind, Masking, mask

SPELLINGS = ["{}", "{}'s", "{}’s", "{}s", "{}'", "({})", "“{}”", "{},", "{}.", "_{}_", "{}-"]


@pytest.mark.parametrize(
    "name", ["Maria Schneider", "Siobhán O'Neill", "Jürgen Strauß", "Łukasz Nowak", "José Díaz", "Ömer Şahin"]
)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_first_and_last_name_are_masked_in_any_case(name: str, spelling: str) -> None:
    ticket = a_ticket(name)
    for part in (name, *name.split()):
        for written in (part, part.lower(), part.upper(), part.swapcase()):
            text = f"please tell {spelling.format(written)} about order 48551"
            found = masked_text(text, ticket=ticket)
            assert written not in found, text
            assert "48551" in found


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Jürgen Müller", "Mueller"),
        ("Jürgen Müller", "muller"),
        ("Juergen Mueller", "Müller"),
        ("José Díaz", "jose"),
        ("Łukasz Nowak", "Lukasz"),
        ("Anne-Marie Klein", "Marie"),
        ("Anne-Marie Klein", "anne-marie"),
        ("Jose\u0301 Di\u0301az", "José"),
        ("Anna Berg", "A\u200bnna"),
        ("Anna Berg", "Ａｎｎａ"),
        ("Anna Berg", "\u0410nna"),  # a Cyrillic A
        ("山田太郎", "山田太郎"),
        ("Сергей Иванов", "сергей"),
    ],
)
def test_other_spellings_of_a_known_name_are_masked(name: str, written: str) -> None:
    assert written not in masked_text(f"for {written} please", ticket=a_ticket(name))


def test_people_in_copy_and_agents_are_known_by_name_or_mail_address() -> None:
    ticket = a_ticket("Anna Berg", "a.berg@example.com", cc=("maria.lopez@example.com", "info@example.com", "4711"))
    text = masked_text("maria and LOPEZ spoke with tove about info", ticket=ticket, people=("Tove Lind",))
    assert text == "[PII_NAME_1] and [PII_NAME_2] spoke with [PII_NAME_3] about info"


def test_a_word_that_is_a_name_too_is_masked_where_it_stands_as_one() -> None:
    ticket = a_ticket("Will May")
    assert masked_text("when will it come, may i ask", ticket=ticket) == "when will it come, may i ask"
    assert (
        masked_text("give it to Will, it is will's", ticket=ticket) == "give it to [PII_NAME_1], it is [PII_NAME_1]'s"
    )
    assert masked_text("signed will may", ticket=ticket) == "signed [PII_NAME_1]"


def test_a_mailbox_is_no_person() -> None:
    ticket = a_ticket("Support Team", "orders@example.com")
    assert masked_text("orders go to the support team", ticket=ticket) == "orders go to the support team"


def test_a_full_name_with_initial_or_particle_is_one_value() -> None:
    assert masked_text("ask Anna K. Berg", ticket=a_ticket("Anna Berg")) == "ask [PII_NAME_1]"
    assert masked_text("ask Ludwig van Hoof today", ticket=a_ticket("Ludwig van Hoof")) == "ask [PII_NAME_1] today"
    assert masked_text("ask Berg, Anna", ticket=a_ticket("Anna Berg")) == "ask [PII_NAME_1]"


def test_a_name_found_in_the_sign_off_is_masked_in_all_texts() -> None:
    found = mask(["About the parcel for Quirin Adler", "It is for Adler.\n\nThanks\nQuirin Adler"], None, EVERYWHERE)
    assert found.texts == ("About the parcel for [PII_NAME_1]", "It is for [PII_NAME_2].\n\nThanks\n[PII_NAME_1]")


def test_the_own_company_is_nobody() -> None:
    settings = Masking(spared=("Nordlicht Outdoor",))
    assert masked_text("Dear Nordlicht,", settings=settings) == "Dear Nordlicht,"
    assert masked_text("Dear Nordlicht,") == "Dear [PII_NAME_1],"


def test_names_stay_readable_where_the_account_says_so() -> None:
    settings = Masking(optional=frozenset({Kind.MAIL}))
    text = "Dear Tove, Anna Berg here, a@example.com, 0171 3920044, Hauptstr. 5, 10.0.0.12"
    assert masked_text(text, settings=settings, ticket=a_ticket()) == text.replace("a@example.com", "[PII_MAIL_1]")


def test_a_known_name_is_restored_as_the_ticket_writes_it() -> None:
    assert masked("ANNA BERG", ticket=a_ticket("Anna Berg")).values[0].text == "Anna Berg"
