"""The reviewed rows in `mappings/masking/`: each has a reason, can be read, and every language is there."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from connector.errors import ConfigurationError
from connector.masking import SECRET, checksums, words

FOLDER = Path(__file__).parents[3] / "mappings" / "masking"
LANGUAGES = {"en", "de", "fr", "es", "it", "nl", "pl"}
ROWS = [
    (path.name, row)
    for path in sorted(FOLDER.glob("*.toml"))
    for rows in tomllib.loads(path.read_text(encoding="utf-8")).values()
    for row in rows
]


@pytest.mark.parametrize(("name", "row"), ROWS, ids=[f"{name}-{number}" for number, (name, _) in enumerate(ROWS)])
def test_every_row_has_a_reason_and_no_empty_word(name: str, row: dict[str, object]) -> None:
    assert str(row["reason"]).strip()
    listed = row.get("words", row.get("countries", ["x"]))
    assert isinstance(listed, list)
    assert all(isinstance(word, str) and word.strip("* ") for word in listed)


@pytest.mark.parametrize(
    "use", ["password", "code", "key", "reference", "phone", "address", "greeting", "sign_off", "ordinary"]
)
def test_every_use_is_listed_in_seven_languages(use: str) -> None:
    found = {
        language for name, row in ROWS if name == "words.toml" and row["use"] == use for language in row["languages"]
    }
    assert found >= LANGUAGES


def test_every_secret_has_a_neutral_word_in_seven_languages() -> None:
    for kind in (*SECRET, "other"):
        assert len({words.withheld(kind, language) for language in LANGUAGES}) == len(LANGUAGES)


def test_no_two_rows_of_a_neutral_word_leave_a_bracket_that_reads_as_a_slot() -> None:
    assert not any(
        mark in words.withheld(kind, language)
        for kind in (*SECRET, "other")
        for language in LANGUAGES
        for mark in "[{<"
    )


def test_a_use_that_is_not_listed_is_named() -> None:
    with pytest.raises(ConfigurationError, match="no_such_use"):
        words.listed("no_such_use")


VALID = {
    "steuer_id": "86095742719",
    "pension_number": "15070649C103",
    "bsn": "111222333",
    "dni": "12345678Z",
    "codice_fiscale": "RSSMRA85T10A562S",
    "nir": "184127645108946",
    "pesel": "44051401359",
    "ahv": "7569217076985",
    "austrian_sv": "1237010180",
    "belgian": "85073003328",
}


@pytest.mark.parametrize(("check", "number"), VALID.items())
def test_a_check_digit_holds_and_a_wrong_one_does_not(check: str, number: str) -> None:
    holds = getattr(checksums, check)
    assert holds(number)
    at = next(at for at in range(len(number) - 1, -1, -1) if number[at].isdigit())
    wrong = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
    assert not holds(wrong)


def test_numbers_that_were_never_given_out() -> None:
    assert not checksums.ssn("000121234")
    assert not checksums.ssn("123001234")
    assert not checksums.nino("QQ123456C")
    assert not checksums.steuer_id("11111111111")
    assert checksums.nir("1842A7645108981"[:13] + "00") is False
    assert checksums.dni("X1234567L")
