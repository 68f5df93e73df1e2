"""What holds for every card, IBAN, name and text."""

from __future__ import annotations

import re
from itertools import pairwise

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from masking_builders import EVERYWHERE, a_ticket, masked, masked_text

from connector.masking import find_spans, mask, restore, words
from connector.masking.cards import is_card, passes_luhn
from connector.masking.ibans import _LENGTHS, passes_mod97
from connector.masking.shadow import plain

PREFIXES = {
    "4": (13, 16, 19),
    "51": (16,),
    "55": (16,),
    "2221": (16,),
    "2720": (16,),
    "34": (15,),
    "37": (15,),
    "300": (14,),
    "36": (14,),
    "6011": (16, 19),
    "65": (16,),
    "62": (16, 19),
    "3528": (16,),
    "3589": (16,),
    "5018": (12, 16),
    "6304": (13, 19),
    "2200": (16,),
    "9792": (16,),
}
BEFORE = ["", "card ", "Karte:", "(", "paid with\n", "No. ", "order 48551 paid with ", "x", "„"]
AFTER = ["", ".", ", thanks", " 12/27", "\nCVV 123", ")", "!", " and order 48551"]


def luhn_digit(body: str) -> str:
    return next(digit for digit in "0123456789" if passes_luhn(body + digit))


@st.composite
def cards(draw: st.DrawFn) -> str:
    prefix = draw(st.sampled_from(sorted(PREFIXES)))
    length = draw(st.sampled_from(PREFIXES[prefix]))
    body = prefix + draw(st.text("0123456789", min_size=length - len(prefix) - 1, max_size=length - len(prefix) - 1))
    assume(len(set(body)) > 1)
    number = body + luhn_digit(body)
    assert is_card(number)
    separator = draw(st.sampled_from(["", " ", "-", "  ", "\u00a0", "\u2011", " \u200b"]))
    grouped = re.findall(r"\d{1,4}", number)
    shift = draw(st.sampled_from([0x30, 0xFF10, 0x0660]))  # ASCII, full-width and Arabic digits
    return "".join(chr(int(char) + shift) if char.isdigit() else char for char in separator.join(grouped))


@given(cards(), st.sampled_from(BEFORE), st.sampled_from(AFTER))
def test_every_card_is_masked_whole(card: str, before: str, after: str) -> None:
    text = masked_text(before + card + after)
    assert "[PII_CARD_" in text
    # A date behind it may be taken for three more digits of the card, never the other way round.
    left = re.sub(r"\[PII_\w+_\d+\]|48551|12/27|/27", "", text)
    assert not any(char.isdigit() for char in left)


@st.composite
def ibans(draw: st.DrawFn) -> str:
    country = draw(st.sampled_from(sorted(_LENGTHS)))
    account = draw(st.text("0123456789", min_size=_LENGTHS[country] - 4, max_size=_LENGTHS[country] - 4))
    check = next(f"{n:02d}" for n in range(2, 99) if passes_mod97(f"{country}{n:02d}{account}"))
    number = country + check + account
    number = draw(st.sampled_from([str.upper, str.lower, str.swapcase]))(number)
    return draw(st.sampled_from(["", " ", "-", "\u202f", " \u200b"])).join(re.findall(".{1,4}", number))


@given(
    ibans(),
    st.sampled_from(["", "IBAN ", "my iban:", "(", "Konto\n", "IBAN"]),
    st.sampled_from(["", ".", ", danke", " bitte", "\n"]),
)
def test_every_iban_is_masked_whole(iban: str, before: str, after: str) -> None:
    text = masked_text(before + iban + after)
    if before == "IBAN":  # nothing between the word and the number: it may be taken for a key with it
        assert not any(char.isdigit() for char in re.sub(r"\[PII_\w+_\d+\]", "", text))
    else:
        assert text == f"{before}[PII_IBAN_1]{after}"


NAME = st.text("abcdefghijklmnopqrstuvwxyzäöüßéèñçłøåšž", min_size=4, max_size=12).map(str.title)


@given(NAME, NAME, st.sampled_from(["{}", "{}'s", "({})", "{}.", "{}s"]), st.sampled_from([str, str.lower, str.upper]))
def test_every_known_name_is_masked(first: str, last: str, spelling: str, case: type[str]) -> None:
    ticket = a_ticket(f"{first} {last}")
    everyday = words.listed("common") | words.listed("role") | {"told", "i", "so"}
    for part in (first, last, f"{first} {last}"):
        written = case(part)
        text = masked_text(f"I told {spelling.format(written)} so", ticket=ticket)
        assume(not {*plain(part).split()} & everyday)
        assert "[PII_NAME_1]" in text
        assert written not in text


PIECES = st.sampled_from(
    [
        "anna@example.com",
        "Anna",
        "Berg",
        "will",
        "order 48551",
        "NO-2025-114408",
        "0171 3920044",
        "+44 7700 900655",
        "DE89 3704 0044 0532 0130 00",
        "10115 Berlin",
        "Hauptstr. 5",
        "10.0.0.12",
        ",",
        ".",
        "(",
        ")",
        "[",
        "]",
        "Thanks",
        "Dear Tove",
        "12,50 EUR",
    ]
)


@given(st.lists(PIECES, max_size=12), st.sampled_from([" ", "\n", ", "]))
@settings(max_examples=200)
def test_what_is_no_secret_comes_back_as_it_was(pieces: list[str], joint: str) -> None:
    text = joint.join(pieces)
    kept = masked(text, ticket=a_ticket())
    assert "anna@example.com" not in kept.texts[0]
    found = restore(kept.texts[0], kept)
    assert found.unknown == ()
    if not found.withheld:
        assert re.sub(r"\s+", " ", found.text) == re.sub(r"\s+", " ", text)


FORGERY = st.lists(
    st.sampled_from(
        [
            "PII",
            "pii",
            "Ｐ",
            "P\u200bII",
            "[",
            "]",
            "{",
            "\\",
            "_",
            "-",
            " ",
            "NAME",
            "mail",
            "CARD",
            "1",
            "2",
            "\n",
            "a@b.example",
            "4111 1111 1111 1111",
        ]
    ),
    max_size=20,
).map("".join)


@given(st.one_of(FORGERY, st.text(max_size=60)))
@settings(max_examples=300)
def test_no_text_breaks_masking_or_forges_a_placeholder(text: str) -> None:
    kept = mask([text, "anna@example.com"], a_ticket(), EVERYWHERE)
    ours = len(re.findall(r"\[PII_[A-Z]+_\d+\]", kept.texts[0]))
    spans = find_spans([text, "anna@example.com"], a_ticket(), EVERYWHERE)[0]
    assert ours == len(spans)
    assert all(left.end <= right.start for left, right in pairwise(spans))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert restore(kept.texts[0], kept).unknown == ()
