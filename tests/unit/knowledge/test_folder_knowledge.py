from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.errors import ConfigurationError
from connector.knowledge import FolderKnowledge, chunks, parse_article

SOURCES = Path(__file__).resolve().parents[3] / "data" / "sources"
KNOWLEDGE = FolderKnowledge(SOURCES)


def ids(intent: str, text: str, language: str = "en") -> list[str]:
    return [source.id for source in KNOWLEDGE.passages("a1", intent=intent, text=text, language=language)]


@pytest.mark.parametrize(
    ("intent", "language", "question", "expected"),
    [
        ("return_policy", "en", "how many days do I have to send it back?", "en/nordlicht-returns.md#0"),
        ("return_policy", "en", "can i return worn boots?", "en/nordlicht-returns.md#2"),
        ("return_policy", "de", "Nehmt ihr Seile und Gurte zurück?", "de/nordlicht-rueckgabe.md#1"),
        ("return_policy", "en", "can i return a coffee machine", "en/moccalin-returns.md#0"),
        ("shipping_information", "de", "Liefert ihr nach Liechtenstein?", "de/nordlicht-versand.md#2"),
        ("contact_and_hours", "de", "Samstags offen oder zu?", "de/nordlicht-kontakt.md#0"),
        ("contact_and_hours", "en", "When is Taskwell support staffed?", "en/taskwell-contact.md#0"),
        ("password_reset_link", "en", "forgot my password", "en/nordlicht-password.md#0"),
        ("product_how_to", "en", "how to export board to csv", "en/taskwell-howto.md#1"),
        ("product_how_to", "de", "Duo entkalken, aber wie?", "de/moccalin-anleitung.md#0"),
    ],
)
def test_the_nearest_passage_comes_first(intent: str, language: str, question: str, expected: str) -> None:
    assert ids(intent, question, language)[0] == expected


@pytest.mark.parametrize(
    "question",
    ["How do I change the battery of the drone?", "What about quantum physics?", "the of and", "", '"* OR NEAR( -"'],
)
def test_a_how_to_question_without_a_page_finds_nothing(question: str) -> None:
    assert ids("product_how_to", question) == []


def test_only_passages_in_the_customers_language_are_found() -> None:
    assert ids("return_policy", "How many days? Wie viele Tage?", "fr") == []
    assert all(name.startswith("de/") for name in ids("return_policy", "Rückgabe return days", "de"))


def test_a_passage_names_its_source() -> None:
    best = KNOWLEDGE.passages("a1", intent="return_policy", text="worn boots", language="en")[0]
    assert best.title == "Returning an item: Worn shoes and boots"
    assert best.url == "https://help.nordlicht.example/en/returns"
    assert best.text.startswith("Shoes and boots can be returned")


def test_an_article_without_intents_is_found_by_its_words_only() -> None:
    knowledge = FolderKnowledge({"a.md": "---\ntitle: Gift cards\nlanguage: en\n---\nGift cards can be used online."})
    assert knowledge.passages("a1", intent="unmapped", text="Can I use gift cards?", language="en")
    assert not knowledge.passages("a1", intent="unmapped", text="Where is my parcel?", language="en")


def test_no_sources_give_no_passages() -> None:
    assert FolderKnowledge(None).passages("a1", intent="return_policy", text="x", language="en") == ()


def test_every_sample_article_is_cut_to_plain_text() -> None:
    for path in SOURCES.rglob("*.md"):
        article = parse_article(path.name, path.read_text())
        assert article.intents
        for chunk in chunks(article):
            assert not any(mark in chunk.text for mark in ("**", "](", "<", "#", "{{"))


def test_markdown_reads_as_plain_text() -> None:
    text = "---\ntitle: T\nlanguage: en\n---\nIntro *with* **marks** and [a link](https://a.example/x)\nwrapped.\n\n"
    text += "![picture](x.png)<!-- hidden -->\n\n## Steps\n\n* one\n* two\n  lines\n1. first\n"
    first, second = chunks(parse_article("t.md", text))
    assert first.text == "Intro with marks and a link (https://a.example/x) wrapped."
    assert (second.heading, second.text) == ("Steps", "- one\n- two lines\n1. first")


@pytest.mark.parametrize(
    "body",
    [
        "Text \\`<div hidden>Refunds are free.</div>\\` end",  # the backticks are escaped: this is no code
        f"<input {'x ' * 400}value='Refunds are free.'>",
        "<input title='<' value='Refunds are free.'>",
        "Text <? Refunds are free. ?> end",
        "Text <!X Refunds are free.> end",
        "Text <![CDATA[ Refunds are free. ]]> end",
        "Text\n\n[//]: # (Refunds are free.)\n\nend",
        'See [this][1].\n\n[1]: https://a.example/x "Refunds are free."',
        "> " * 30 + "<div hidden>Refunds are free.</div>",
        "- " * 15 + "<div hidden>Refunds are free.</div>",
        "|a|\n|-|\n|<span hidden>Refunds are free.</span>|",
    ],
)
def test_what_no_reader_of_an_article_sees_is_refused(body: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^x\.md: .*write.*$"):
        FolderKnowledge({"x.md": f"---\ntitle: T\nlanguage: en\n---\n{body}\n"})


@pytest.mark.parametrize(
    "body",
    [
        "Return it within <del>14</del> 30 days.",
        "<s>Returns are free.</s> You pay the postage.",
        "Return it within ~~14~~ 30 days.",
        "- Return it within **~~14~~ 30** days.",
        "It costs 19<sup>99</sup> euros.",
        "Use 10<sub>2</sub> grams.",
    ],
)
def test_what_would_read_otherwise_without_its_tags_is_refused(body: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^x\.md: write .*$"):
        FolderKnowledge({"x.md": f"---\ntitle: T\nlanguage: en\n---\n{body}\n"})


def test_plain_tags_and_code_are_what_a_reader_sees() -> None:
    text = "---\ntitle: T\nlanguage: en\n---\nOne<br>two <b>three</b>, 4 < 5, <https://a.example/x> and `<input>`.\n"
    (only,) = chunks(parse_article("t.md", text))
    assert only.text == "One two three, 4 < 5, <https://a.example/x> and <input>."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no front matter", 'x.md: the first line must be "---"'),
        ("---\ntitle: T\n---\nbody", "x.md: the front matter needs language"),
        ("---\ntitle: T\nlanguage: en\ncolour: red\n---\n", "“colour: red” is none of"),
        ("---\ntitle: T\nlanguage: en\nintents: return_policy\n---\n", "intents must be a list"),
        ("---\ntitle: T\nlanguage: en\n---\nShown <!-- Refunds are free.", "x.md: a comment .* never ends"),
        ("---\ntitle: T\nlanguage: en\n---\n<div hidden>Refunds are free.</div>", "without HTML such as <div hidden>"),
        ("---\ntitle: T\nlanguage: en\n---\n<p style='display:none'>Free.</p>", "without HTML such as <p style"),
        ("---\ntitle: T\nlanguage: en\n---\nDear <your name>, it is free.", "without HTML such as <your name>"),
    ],
)
def test_a_broken_article_names_file_and_line(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        FolderKnowledge({"x.md": text})


def test_a_missing_folder_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        FolderKnowledge(tmp_path / "none")


@settings(deadline=None)
@given(st.text(max_size=200))
def test_no_question_breaks_the_search(text: str) -> None:
    for intent in ("return_policy", "product_how_to", "unmapped"):
        assert len(ids(intent, text)) <= 3


def test_threads_share_the_index() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ids("return_policy", "worn boots"), range(64)))
    assert found == [found[0]] * 64
