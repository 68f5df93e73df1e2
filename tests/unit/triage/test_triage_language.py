from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.triage.language import detect


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


@given(st.text(max_size=300))
def test_any_text_has_a_tag(text: str) -> None:
    assert 2 <= len(detect(text)) <= 3
