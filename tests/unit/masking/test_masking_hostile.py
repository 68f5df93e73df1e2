"""Long hostile texts take time in proportion to their length, and nothing in them hides a value."""

from __future__ import annotations

import time

import pytest
from masking_builders import a_ticket, masked, masked_text

from connector.masking import restore

CHARS = 100_000
CARD = " 4111 1111 1111 1111 "
HOSTILE = {
    "digits": "4",
    "spaced digits": "4 ",
    "lines of digits": "1\n",
    "at signs": "a@",
    "capitals and hyphens": "A-",
    "placeholders": "PII_NAME_1 ",
    "addresses in links": "://a:",
    "underscores": "_",
}
# A text that takes the square of its length would need more than an hour where this takes seconds.
LIMIT_SECONDS = 60


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_long_hostile_text_is_masked_in_time(piece: str) -> None:
    text = (piece * (CHARS // len(piece) + 1))[:CHARS] + "\n" + CARD
    started = time.process_time()
    kept = masked(text, ticket=a_ticket("Anna Berg"))
    restore(kept.texts[0], kept)
    assert time.process_time() - started < LIMIT_SECONDS
    assert CARD not in kept.texts[0]


@pytest.mark.parametrize(
    "hidden", ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\U000e0041", "\ufe0f", "\u034f", "\u202e", "\u0336"]
)
@pytest.mark.parametrize(
    "value",
    [
        "4111111111111111",
        "DE89370400440532013000",
        "anna@example.com",
        "+491713920044",
        "password: Sommer2024",
        "code 123456",
        "AKIA" + "IOSFODNN7EXAMPLE",
        "123-45-6789",
        "Anna Berg",
    ],
)
def test_an_invisible_character_inside_hides_nothing(value: str, hidden: str) -> None:
    found = masked_text(f"it is {hidden.join(value)} now", ticket=a_ticket("Anna Berg"))
    assert "[PII_" in found
    assert value.split()[-1] not in found.replace(hidden, "")
