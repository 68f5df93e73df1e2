"""Whether a section is about a question: rare words tell more than common ones, titles more than text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connector.knowledge import FolderKnowledge
from connector.knowledge.bearing import NO_BEARING, Bearing, Bearings, Worded

WORDS = st.lists(st.sampled_from(["order", "return", "glove", "password", "code", "reset", "mail"]), max_size=6)


def section(name: str, title: str, text: str) -> Worded:
    return Worded((name, 0), title=title.split(), heading=(), text=text.split())


def asked(*words: str) -> dict[str, frozenset[str]]:
    return {word: frozenset({word}) for word in words}


def test_the_very_word_tells_more_than_its_beginning() -> None:
    sections = [section(f"a{number}", "files", "datei") for number in range(20)]
    shelf = Bearings([*sections, section("datev", "handover", "datev")])
    found = shelf.of({"date": frozenset({"datev"})})
    assert found["datev", 0].weight > 2 * found["a1", 0].weight > 0


def test_a_word_of_every_section_tells_less_than_a_rare_one() -> None:
    shelf = Bearings([section(f"a{number}", "order", f"word{number}") for number in range(40)])
    found = shelf.of(asked("order", "word7"))
    assert found["a7", 0].weight > found["a8", 0].weight
    assert shelf.of(asked("word7"))["a7", 0].weight > shelf.of(asked("order"))["a7", 0].weight / 2


def test_a_title_tells_more_than_the_text_below_it() -> None:
    found = Bearings([section("a", "password reset", "mail"), section("b", "mail", "password reset")]).of(
        asked("passw")
    )
    assert found["a", 0].weight == 2 * found["b", 0].weight


def test_nearness_of_meaning_counts_like_words() -> None:
    little = Bearing(0.5, 1, 0)
    assert not little.is_enough(4)
    assert not little.is_enough(4, 0.84)
    assert little.is_enough(4, 0.92)
    assert NO_BEARING.is_enough(4, 0.93)


@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=5), WORDS)
def test_more_of_the_question_never_bears_less(texts: list[tuple[list[str], list[str]]], terms: list[str]) -> None:
    shelf = Bearings(
        Worded((str(number), 0), title=title, heading=(), text=text) for number, (title, text) in enumerate(texts)
    )
    fewer, all_of_it = shelf.of(asked(*terms[:-1])), shelf.of(asked(*terms))
    for place, bearing in fewer.items():
        assert all_of_it[place].weight >= bearing.weight
        assert all_of_it[place].shared >= bearing.shared >= bearing.topical


def test_one_common_word_in_a_heading_is_no_answer() -> None:
    head = "---\ntitle: {}\nlanguage: en\n---\n{}\n"
    pages = {
        "points.md": head.format(
            "Points missing after a return", "## Ordered as a guest\n\nWrite to us within a month."
        ),
        "cancel.md": head.format("Cancelling an order", "You can cancel within 60 minutes."),
        "gift.md": head.format("Orders with gift wrapping", "Wrapping costs 3 euros for each order."),
    }
    knowledge = FolderKnowledge(pages)

    def titles(text: str) -> list[str]:
        found = knowledge.passages("a", intent="product_how_to", text=text, language="en")
        return [source.title for source in found]

    assert titles("I have a question about my order, it is about the delivery van") == []
    assert titles("How can I cancel my order?")[0] == "Cancelling an order"


def test_an_umlaut_is_found_in_both_spellings() -> None:
    page = "---\ntitle: Rückgabe von Brötchenkörben\nlanguage: de\n---\nWir nehmen sie zurück.\n"
    knowledge = FolderKnowledge({"korb.md": page})
    found = knowledge.passages("a", intent="x", text="Rueckgabe eines Broetchenkorbs", language="de")
    assert [source.id for source in found] == ["korb.md#0"]
