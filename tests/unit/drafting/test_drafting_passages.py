"""What a reply repeats of an article, and how it reads there."""

from __future__ import annotations

from drafting_builders import CONFIG, starter_templates, ticket, triage

from connector.drafting import draft, finish
from connector.drafting.passages import PASSAGE_LIMIT, chosen, excerpt, quoted
from connector.knowledge.articles import chunks, parse_article
from connector.knowledge.fitting import source_of
from connector.model import Source
from connector.plaintext import html_to_article

TEMPLATES = starter_templates()


def section(number: int, text: str, heading: str = "") -> Source:
    return Source(id=f"page#{number}", title=f"Page: {heading}" if heading else "Page", text=text, heading=heading)


OPENING = section(
    0,
    "Shipping within Germany costs 4.90 EUR. All charges are shown in the basket before you pay, and small items go by "
    "letter. Orders are packed on the day on which they arrive and travel with one carrier only, so that nothing comes "
    "in two boxes.",
)
ABROAD = section(1, "Parcels to Norway cost 19.90 EUR. Duties are collected by the carrier.", "Abroad")


def test_the_answer_stands_first_and_an_opening_that_adds_nothing_is_left_out() -> None:
    assert chosen((ABROAD, OPENING), "Do you ship to Norway?", most=2) == (ABROAD,)
    assert chosen((ABROAD, OPENING), "What does Germany cost, and Norway?", most=2) == (ABROAD, OPENING)


def test_after_a_mere_opening_comes_what_it_leads_to() -> None:
    teaser, washing = section(0, "A dry tent lasts twice as long."), section(2, "Use lukewarm water.", "Washing")
    assert chosen((teaser, washing), "How do I clean my tent?", most=2) == (teaser, washing)
    assert chosen((teaser, washing), "How do I clean my tent?", most=1) == (teaser,)


def test_passages_of_another_article_are_never_mixed_in() -> None:
    other = Source(id="else#1", title="Else", text="Norway Norway Norway")
    assert chosen((ABROAD, other), "Norway?", most=3) == (ABROAD,)


def test_a_list_keeps_the_heading_that_says_what_it_lists() -> None:
    text = quoted((section(1, "- opened food\n- swimwear", "Cannot be returned"),), "What can be returned?")
    assert text == "Cannot be returned:\n- opened food\n- swimwear"


def test_a_beginning_that_points_back_keeps_its_heading() -> None:
    assert quoted((section(1, "Then there is no password with us.", "Single sign-on"),), "").startswith(
        "Single sign-on:\n"
    )
    assert quoted((section(1, "Dann gibt es bei uns keins.", "Firmenanmeldung?"),), "").startswith("Firmenanmeldung?\n")
    assert quoted((section(1, "Sie finden das Formular online.", "Formular"),), "") == "Sie finden das Formular online."


def test_a_long_text_is_cut_in_its_own_layout() -> None:
    filler = " ".join(f"Filler sentence number {number} about nothing." for number in range(40))
    text = f"{filler}\n\nPack the stove in this order:\n1. Let the stove cool.\n2. Wipe the stove.\n\n{filler}"
    cut = excerpt(text, "How do I pack the stove?", 300)
    assert "Pack the stove in this order:\n1. Let the stove cool.\n2. Wipe the stove." in cut
    assert len(cut) <= 300


def test_a_sentence_that_points_back_brings_the_one_before() -> None:
    filler = " ".join(f"Filler sentence number {number} about nothing." for number in range(40))
    cut = excerpt(
        f"{filler} The pump sits under the lid. It needs grease for the winter.\n{filler}", "Grease for winter?", 120
    )
    assert "The pump sits under the lid. It needs grease" in cut


def test_one_endless_sentence_is_cut_between_words() -> None:
    cut = excerpt("word " * 600, "", PASSAGE_LIMIT)
    assert cut.endswith("word…")
    assert len(cut) <= PASSAGE_LIMIT


TABLE = (
    "<h2>Prices</h2><table><tr><th>Country</th><th>Standard</th><th>Free from</th></tr>"
    "<tr><td>Germany</td><td>€3.90</td><td>€60</td></tr><tr><td>Norway</td><td>€16.90</td><td></td></tr></table>"
)


def test_a_table_reads_as_text() -> None:
    assert (
        html_to_article(TABLE)
        == "## Prices\n\n- Germany – Standard: €3.90; Free from: €60\n- Norway – Standard: €16.90"
    )


def test_a_table_without_heads_keeps_its_cells_apart() -> None:
    assert html_to_article("<table><tr><td>Mon</td><td>9 to 5</td></tr></table>") == "- Mon | 9 to 5"


def test_a_reply_with_a_table_passes_its_checks() -> None:
    text = f"---\ntitle: Shipping\nlanguage: en\nurl: https://help.nordlicht.example/s\n---\n{html_to_article(TABLE)}\n"
    source = source_of(chunks(parse_article("s.md", text))[0])
    asked, known = ticket("What does shipping to Norway cost?"), triage("shipping_information")
    made = draft(asked, known, CONFIG, TEMPLATES, {}, (source,))
    assert made is not None
    finished, checks = finish(made, asked, known, CONFIG, TEMPLATES, (source,), {})
    assert [check for check in checks if not check.passed] == []
    assert (
        "Prices:\n- Germany – Standard: €3.90; Free from: €60\n- Norway – Standard: €16.90\n\nYou can" in finished.text
    )
