from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.triage.language import detect, other_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel? I ordered it last week and have heard nothing.", "en"),
        ("Wo bleibt mein Paket? Ich habe es letzte Woche bestellt.", "de"),
        ("Bonjour, où en est ma commande s'il vous plaît ?", "fr"),
        ("Hola, ¿dónde está mi pedido? Muchas gracias", "es"),
        ("Buongiorno, vorrei sapere quando arriva il mio ordine.", "it"),
        ("Goedemiddag, wanneer komt mijn bestelling aan?", "nl"),
        ("Dzień dobry, kiedy dotrze moje zamówienie?", "pl"),
        ("Hej, jag undrar när min beställning kommer fram, tack på förhand.", "sv"),
        ("Olá, onde está a minha encomenda? Muito obrigada pela ajuda.", "pt"),
        ("WHERE IS MY ORDER", "en"),
        ("wo ist es", "de"),
        ("thanks!", "en"),
        ("danke", "de"),
        ("hi, can i dit terugbrengen in een winkel of moet dat per post?", "nl"),
        (
            "Hello, when I open the list in my browser this comes up, and I do not know what to make of it:\n"
            '"Die Liste konnte nicht geladen werden, weil Ihre Sitzung abgelaufen ist. Bitte melden Sie sich '
            'neu an und versuchen Sie es noch einmal. Sollte der Fehler wieder auftreten, wenden Sie sich an uns."\n'
            "Could you tell me where these settings are, please? I have tried it twice today.",
            "en",
        ),
    ],
)
def test_languages_are_told_apart(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize("text", ["", "12345", "??", "48551", "OK", "👍", "https://shop.example/a/b"])
def test_too_little_text_is_unknown(text: str) -> None:
    assert detect(text) == "und"


def test_the_requesters_setting_helps_only_where_the_text_does_not_tell() -> None:
    assert detect("48551", "de-AT") == "de"
    assert detect("Where is my order please?", "de") == "en"
    assert detect("48551", "") == "und"


def test_quotes_that_never_close_cost_no_time() -> None:
    """Each quotation mark is looked at up to the next one."""
    began = time.process_time()
    for text in ('"' + "a " * 4000, '"a ' * 3000, "“ " * 4000):
        detect(text)
    assert time.process_time() - began < 5


@given(st.text(max_size=300))
def test_any_text_has_a_tag(text: str) -> None:
    assert 2 <= len(detect(text)) <= 3


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Valaki feltörte a fiókomat, kérem hívjanak fel.", "hu"),
        ("Laite syttyi tuleen ja poltin käteni pahasti.", "fi"),
        ("Je voudrais parler à quelqu'un de votre équipe.", "fr"),
    ],
)
def test_a_sentence_of_another_language_is_told(text: str, language: str) -> None:
    assert other_language(text, ("en", "de")) == language
    assert other_language(text, ("en", language)) is None


@pytest.mark.parametrize(
    "text",
    [
        "Bien cordialement, Jules",
        "Wo bleibt meine Bestellung, und wann kommt sie an?",
        "The Crème Brûlée Dessert Grand Marnier set was lovely.",
        "48551 48552 48553 48554 48555",
        "",
    ],
)
def test_short_and_mixed_texts_tell_nothing(text: str) -> None:
    assert other_language(text, ("en", "de")) is None
