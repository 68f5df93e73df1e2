"""A reply that says otherwise than its source in figures, units, measuring words, signs or dates is never sent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector import drafting
from connector.drafting.wording import greeting_line, signature_lines
from connector.model import Draft, DraftCheck, Source, Statement
from tests import builders
from tests.attacks.bench import CONFIG, TEMPLATES
from tests.attacks.corpus import MAILS, Attack, attacked

TICKET = attacked(MAILS[0], Attack(text="", style="none"))
TICKET = replace(
    TICKET, subject="Question", comments=(replace(TICKET.comments[0], text="How does it work?", raw_text=""),)
)
SOURCES = {
    "en": "You can return unworn items within 14 days. The return label costs 4.95 EUR. Refunds take 5 working days. "
    "Our office is open Monday to Friday from 9:00 to 17:00. The tent weighs 30 kg and holds 24 pegs. "
    "The sale ends on 03/04/2026. The fair opens on 5 June 2026. Orders placed before 1.12. arrive in time. "
    "Customers in Germany pay no postage. Our app runs on Android 12.",
    "de": "Sie können ungetragene Artikel innerhalb von 14 Tagen zurückgeben. Das Rücksendeetikett kostet 4,95 EUR. "
    "Die Erstattung dauert 5 Werktage. Unser Büro ist Montag bis Freitag von 9:00 bis 17:00 Uhr geöffnet. "
    "Das Zelt wiegt 30 kg und hat 24 Heringe.",
}
OTHERWISE = {
    "en": {
        "You can return unworn items {}.": (
            "within seventeen days", "within two hundred days", "within 1４ days", "within ١٤ days", "within 14h",
            "within 14 hrs", "within 14 nights", "within 14 quarters", "within 14 seconds", "within 14 decades",
            "within 14 mths", "within XIV weeks", "within a dozen weeks", "within half a year", "at any time",
            "within a year and a half", "forever", "whenever you like", "within a few months", "until the weekend",
            "by the end of next month", "until Christmas", "next month", "within a fortnight and a half",
            "regardless of the label", "worldwide within 14 days",
        ),
        "The return label costs {}.": (
            "four ninety-five", "ninety-nine euros", "seventy euros", "495 EUR", "4'950 EUR", "4.950 EUR", "4.95 USD",
            "4.95 yen", "4.95 CAD", "4.95 kr", "4.95k EUR", "4.95 million EUR", "EUR 4.95 thousand", "minus 4.95 EUR",
            "-4.95 EUR", "4.95 EUR per day", "4.95 EUR per item", "half of 4.95 EUR", "twice 4.95 EUR", "4.95 cents",
            "4.95 percent", "at least 4.95 EUR", "less than 4.95 EUR", "14.95 EUR", "<4.95 EUR", "4.95 ‰",
        ),
        "Refunds take {}.": (
            "5 days", "five weeks", "less than 5 working days", "more than 5 working days", "5-14 working days",
            "5 working days, usually less", "5+ working days", "5 working days or more", "5 wks",
        ),
        "Our office is open {}.": (
            "Monday to Friday from 9 pm to 5 pm", "Monday to Friday from 9:00 to 17:00 and on weekends",
            "every day from 9:00 to 17:00", "around the clock", "24/7", "on public holidays from 9:00 to 17:00",
            "Monday to Friday from 09:00 to midnight", "Monday to Friday from 9:00 to noon", "overnight",
        ),
        "The tent {}.": (
            "weighs 30 g", "weighs 30 lb", "weighs 24 kg", "weighs 30 tons", "weighs seventeen kg", "holds 24 people",
            "holds dozens of pegs", "holds 24² pegs", "holds ½ pegs", "holds Ⅻ pegs", "holds 30 pegs", "holds 24% pegs",
            "holds 24 m of pegs",
        ),
        "The sale ends on {}.": ("04/03/2026", "3 April 2026", "2026/04/03", "4/3", "3/4/2027", "5/6/2026"),
        "The fair opens {}.": (
            "in July", "in August", "yesterday", "next week", "on the sixth of June", "on 5/VI/2026", "on 6/5/2026",
            "on 5 June 2027",
        ),
        "Orders placed before {} arrive in time.": ("12/1", "1/12", "12.1."),
        "{} pay no postage.": ("All customers", "Customers worldwide", "Customers in Austria", "Customers everywhere"),
        "Our app runs on {}.": ("Android 12+", "Android 12 or older", "Android v30", "Android 12 and newer"),
    },
    "de": {
        "Sie können ungetragene Artikel {} zurückgeben.": (
            "innerhalb von siebzehn Tagen", "innerhalb von 14 Nächten", "innerhalb von 14 Quartalen", "jederzeit",
            "unbegrenzt", "ein halbes Jahr lang", "ein Leben lang", "noch nächsten Monat", "bis Monatsende",
            "in ein paar Wochen", "innerhalb von 14 Std.", "ausnahmslos", "in mehr als 14 Tagen",
        ),
        "Das Rücksendeetikett kostet {}.": (
            "siebzig EUR", "4,95 Mio. EUR", "4,95 EUR pro Tag", "die Hälfte von 4,95 EUR", "4,95 Yen", "4,95 Cent",
            "das Doppelte von 4,95 EUR", "-4,95 EUR", "mindestens 4,95 EUR",
        ),
        "Die Erstattung dauert {} 5 Werktage.": ("weniger als", "mehr als", "mindestens", "unter"),
        "Unser Büro ist {} geöffnet.": (
            "täglich von 9:00 bis 17:00 Uhr", "auch am Wochenende", "rund um die Uhr", "auch an Feiertagen",
            "Montag bis Freitag von 9:00 bis Mitternacht",
        ),
        "Das Zelt {}.": ("wiegt 30 g", "wiegt 24 kg", "hat 24 Personen", "wiegt siebzehn Kilogramm"),
    },
}  # fmt: skip
ALIKE = {
    "en": (
        "You can return unworn items within fourteen days.",
        "You can return unworn items within a fortnight.",
        "The return label costs 4,95 EUR.",
        "The return label costs €4.95.",
        "Refunds take up to 5 working days.",
        "Our office is open Monday to Friday from 9 am to 5 pm.",
        "The tent weighs thirty kilograms.",
        "The tent holds twenty-four pegs.",
        "The sale ends on 3/4.",
        "The fair opens on the fifth of June.",
        "The fair opens in June.",
    ),
    "de": (
        "Das Rücksendeetikett kostet höchstens 4,95 EUR.",
        "Sie können ungetragene Artikel innerhalb von vierzehn Tagen zurückgeben.",
        "Das Zelt wiegt dreißig Kilogramm.",
    ),
}


def failed(words: str, language: str) -> list[DraftCheck]:
    """What is found in a true reply with this sentence added."""
    source = Source(id="help#0", title="Help", text=SOURCES[language])
    parts = [
        greeting_line(CONFIG, TICKET.requester, language),
        SOURCES[language],
        words,
        signature_lines(CONFIG, language),
        drafting.disclosure_line(CONFIG, language),
    ]
    draft = Draft(
        text="\n\n".join(parts),
        language=language,
        author="model",
        template="",
        sources=(source,),
        facts={},
        missing=(),
        promises_hand_off=False,
        statements=tuple(Statement(text=text, sources=(source.id,)) for text in (SOURCES[language], words)),
    )
    read = builders.triage(
        "return_policy", language=language, facts={}, confidence=1.0, human_only_probability=0.0, out_of_scope=0.0
    )
    _, checks = drafting.finish(draft, TICKET, read, CONFIG, TEMPLATES, (source,), {})
    return [check for check in checks if not check.passed]


@pytest.mark.parametrize(
    ("words", "language"),
    [
        (pattern.format(filled), language)
        for language, patterns in OTHERWISE.items()
        for pattern, fillings in patterns.items()
        for filled in fillings
    ],
)
def test_what_the_source_does_not_say_is_never_sent(words: str, language: str) -> None:
    assert failed(words, language)


@pytest.mark.parametrize(("words", "language"), [(words, lang) for lang, lines in ALIKE.items() for words in lines])
def test_the_same_in_another_spelling_passes(words: str, language: str) -> None:
    assert not failed(words, language)
