"""Who tells what he or somebody else wrote goes on in his own words."""

from __future__ import annotations

import pytest

from connector.plaintext import newest_text

OWN = "It has been three weeks since."


@pytest.mark.parametrize(
    "line",
    [
        "On 3 November 2025 I already wrote:",
        "On 3 Nov at 10:12 I wrote to you:",
        "On 5 November your driver wrote:",
        "Am 3. November schrieb ich Ihnen schon:",
        "Am 03.11.2025 um 10:14 schrieb ich:",
        "Am 3.11. schrieb mir Ihr Fahrer:\nIch schrieb am 4.11. zurück:",
        "Le 5 novembre j'ai écrit:",
    ],
)
def test_a_line_about_a_letter_is_no_attribution(line: str) -> None:
    assert OWN in newest_text(f"Where is my parcel?\n\n{line}\n\n{OWN}")


@pytest.mark.parametrize(
    "line",
    [
        "On Mon, 3 Nov 2025 at 10:00, Your Shop Team <help@acme.example> wrote:",
        "Am 03.11.2025 um 10:14 schrieb Ihr Team <hilfe@acme.example>:",
        "On 3 Nov 2025, Acme wrote:",
        "Am 03.11.2025 schrieb Acme:",
    ],
)
def test_an_attribution_of_a_program_is_one(line: str) -> None:
    assert OWN not in newest_text(f"Where is my parcel?\n\n{line}\n\n{OWN}")
