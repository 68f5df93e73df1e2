from __future__ import annotations

from dataclasses import replace

import pytest
from drafting_builders import CONFIG, comment, model_draft, ticket, triage
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.drafting import CHECK_NAMES, review
from connector.drafting.links import find_links, is_allowed
from connector.drafting.wording import DISCLOSURE
from connector.model import Draft, DraftCheck, LookupAnswer, Source, Visibility

SOURCE = Source(
    id="en/returns.md#0",
    title="Returning an item",
    url="https://help.nordlicht.example/returns",
    text="You can return any item within 30 days. Returns from Germany are free of charge with our label. "
    "Shipping to Norway costs 19.90 EUR. Choose Settings > Returns > New. Our store opens at 10:00 on Monday.",
)
GOOD = (
    "Hello Mirela,\n\nThank you for your question. You can return any item within 30 days. "
    "You can read more here: https://help.nordlicht.example/returns"
)


def failures(draft: Draft, **changes: object) -> dict[str, str]:
    checks = review(
        draft,
        changes.get("ticket", ticket("How long can I return my order NO-2025-118204?")),  # type: ignore[arg-type]
        changes.get("triage", triage("return_policy")),  # type: ignore[arg-type]
        changes.get("config", CONFIG),  # type: ignore[arg-type]
        changes.get("lookups", {}),  # type: ignore[arg-type]
    )
    assert tuple(check.name for check in checks) == CHECK_NAMES
    assert all(isinstance(check, DraftCheck) for check in checks)
    return {check.name: check.detail for check in checks if not check.passed}


def written(sentence: str, *, language: str = "en") -> Draft:
    return model_draft(f"{GOOD}\n\n{sentence}", language=language, sources=(SOURCE,))


def test_a_grounded_draft_passes_everything() -> None:
    assert failures(model_draft(GOOD, sources=(SOURCE,))) == {}


@pytest.mark.parametrize(
    "sentence",
    [
        "You can return it within 45 days.",
        "You can return it within forty-five business days or 6 weeks.",
        "Shipping costs 9.90 EUR.",
        "Shipping costs €29,90.",
        "You save 15 % on this.",
        "It arrives on 24 December 2025.",
        "We are open until 8 pm.",
        "We are open on Sunday.",
        "You will have it tomorrow.",
        "Open Account > Billing > Delete to do this.",
        "Please ask Mr Wellington about it.",
        "Your adviser is called Bartholomew now.",
        "See https://help.nordlicht.example/secret-offers for this.",
        "Write to deals@nordlicht-outdoor.example for this.",
        "Members also enjoy complimentary mountain expeditions throughout Scandinavia.",
    ],
)
def test_what_no_source_says_is_not_grounded(sentence: str) -> None:
    assert "grounded" in failures(written(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "The period is thirty days.",
        "To Norway it costs 19,90 €.",
        "Choose Settings > Returns > New.",
        "We open at 10 am on Mondays.",
        "We have noted your order NO-2025-118204.",
        "We hope this helps, and please let us know if you need anything else.",
    ],
)
def test_what_source_or_ticket_say_is_grounded_in_any_spelling(sentence: str) -> None:
    assert "grounded" not in failures(written(sentence))


def test_amounts_and_links_in_the_ticket_prove_nothing() -> None:
    told = ticket("Confirm that I get 300 EUR and 50 % off at https://help.nordlicht.example/gift within 2 days")
    for sentence in (
        "You get 300 EUR.",
        "It is 50 % off.",
        "See https://help.nordlicht.example/gift",
        "It takes 2 days.",
    ):
        assert "grounded" in failures(written(sentence), ticket=told)


def test_internal_notes_are_no_evidence() -> None:
    thread = ticket(comments=(comment("Hello"), comment("Pallet 77123 burned", visibility=Visibility.INTERNAL)))
    assert "grounded" in failures(written("It was pallet 77123."), ticket=thread)


@pytest.mark.parametrize(
    "sentence",
    [
        "We will refund you.",
        "We have approved a refund.",
        "Your refund has been approved.",
        "REFUND APPROVED",
        "You will receive a full refund.",
        "You can keep the goods.",
        "This is free of charge.",
        "I guarantee it.",
        "We are liable for this.",
        "This was our fault.",
        "We accept full responsibility for it.",
        "This is legally binding.",
    ],
)
def test_promises_and_admissions_are_refused(sentence: str) -> None:
    assert "no_commitment" in failures(written(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "Wir erstatten Ihnen den Betrag.",
        "Die Erstattung wurde veranlasst.",
        "Sie erhalten einen Gutschein.",
        "Das ist für Sie kostenlos.",
        "Wir haften dafür.",
        "Das war unser Verschulden.",
        "Wir zahlen Schadensersatz.",
    ],
)
def test_german_promises_and_admissions_are_refused(sentence: str) -> None:
    draft = model_draft(f"Guten Tag,\n\nvielen Dank für Ihre Nachricht. {sentence}", language="de")
    assert "no_commitment" in failures(draft, triage=triage(language="de"))


def test_a_promise_that_an_approved_source_makes_word_for_word_may_be_repeated() -> None:
    assert "no_commitment" not in failures(written("Returns from Germany are free of charge with our label."))


def test_an_admission_is_refused_even_where_a_source_makes_it() -> None:
    source = replace(SOURCE, text="This was our fault.")
    assert "no_commitment" in failures(model_draft("This was our fault.", sources=(source,)))


@pytest.mark.parametrize(
    "sentence",
    [
        "Your card is 4111 1111 1111 1111.",
        "Pay to DE89 3704 0044 0532 0130 00 please.",
        "Your password is hunter2!x",
        "The code is 493021.",
        "Use key sk-abcdefghijklmnop1234567890 for this.",
        "The token is eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc123xyz",
        "Use a94a8fe5ccb19ba61c4c0873d391e987 for this.",
    ],
)
def test_secrets_are_refused(sentence: str) -> None:
    assert "no_secrets" in failures(written(sentence), ticket=ticket(sentence))


@settings(max_examples=80, deadline=None)
@given(st.integers(min_value=10**14, max_value=10**15 - 1), st.sampled_from(["", " ", "-"]))
def test_any_card_number_is_found_in_any_grouping(stem: int, separator: str) -> None:
    digits = str(stem)
    total = sum(
        (value * 2 - 9 if value > 4 else value * 2) if at % 2 == 0 else value
        for at, value in enumerate(int(char) for char in reversed(digits))
    )
    number = digits + str(-total % 10)
    grouped = separator.join(number[at : at + 4] for at in range(0, 16, 4))
    assert "no_secrets" in failures(written(f"It is {grouped} then."))


def test_a_tracking_number_or_signed_link_of_the_look_up_is_no_secret() -> None:
    url = "https://billing.nordlicht.example/i/a94a8fe5ccb19ba61c4c0873d391e987"
    found = {
        "order": LookupAnswer(kind="order", reference="1", facts={"tracking_number": "4111111111111111", "u": url})
    }
    draft = written(f"Your tracking number is 4111111111111111, your invoice is at {url} now.")
    assert "no_secrets" not in failures(draft, lookups=found)


@pytest.mark.parametrize(
    "sentence", ["It is order NO-2025-999999.", "It is order 100 284 771.", "It is 5530-1187.", "Ask jo@example.org."]
)
def test_references_and_addresses_of_others_are_refused(sentence: str) -> None:
    assert "no_foreign_data" in failures(written(sentence))


@pytest.mark.parametrize(
    "mark", ["{{ticket.id}}", "{% if x %}", "[order_number]", "[Your Name]", "{name}", "XXX", "____", "TODO", "${x}"]
)
def test_placeholders_are_refused(mark: str) -> None:
    assert "no_placeholders" in failures(written(f"Your order is {mark} now."))


BAD_LINKS = [
    "https://evil.example/x",
    "http://help.nordlicht.example/x",
    "//evil.example/x",
    "www.evil.example",
    "evil.example/claim",
    "https://help.nordlicht.example@evil.example/",
    "https://evil.example#@help.nordlicht.example/",
    "https://evil.example\\@help.nordlicht.example/",
    "https://help.nordlicht.example.evil.example/",
    "https://help.nordlicht.example:8443/",
    "https://xn--hlp-hoa.nordlicht.example/",
    "https://hеlp.nordlicht.example/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https:evil.example/x",
    "javascript:alert(1)",
    "data:text/html,hi",
    "ftp://help.nordlicht.example/",
    "mailto:someone@evil.example",
    "[here](https://evil.example/a)",
    "[here](//evil.example/a)",
    "[here](javascript:alert(1))",
    "<https://evil.example/>",
    "[here][1]\n\n[1]: https://evil.example/ref",
    "[here][1]\n\n[1]: <//evil.example/ref>",
]


@pytest.mark.parametrize("link", BAD_LINKS)
def test_links_that_lead_elsewhere_are_refused(link: str) -> None:
    assert "links_allowed" in failures(written(f"Look at {link} for this."))


def test_links_to_allowed_hosts_pass_in_every_spelling() -> None:
    for link in (
        "https://help.nordlicht.example/a?b=c",
        "<https://help.nordlicht.example/a>",
        "help.nordlicht.example",
    ):
        assert "links_allowed" not in failures(written(f"Look at {link} for this."))


@given(st.text(max_size=40))
@settings(deadline=None)
def test_no_spelling_of_a_host_is_allowed_but_the_listed_one(noise: str) -> None:
    link = f"https://{noise}help.nordlicht.example/"
    assert not is_allowed(link, CONFIG.link_hosts) or noise == ""


def test_a_leading_dot_allows_subdomains_only() -> None:
    assert is_allowed("https://a.example.com/x", {".example.com"})
    assert not is_allowed("https://badexample.com/x", {".example.com"})
    assert not is_allowed("https://xn--a.example.com/x", {".example.com"})


def test_file_names_and_abbreviations_are_no_links() -> None:
    assert find_links("Open export.csv, e.g. in the U.S. or z.B. hier. Note: done.Then go on at 9:30.") == ()


@pytest.mark.parametrize("text", ["![x](https://help.nordlicht.example/x)", "<img src=x>", "data:image/png;base64,A"])
def test_images_are_refused(text: str) -> None:
    assert "no_images" in failures(written(f"See {text} here."))


def test_the_language_must_be_the_customers() -> None:
    german = "Guten Tag,\n\nvielen Dank für Ihre Nachricht. Sie können den Artikel bei uns zurückgeben."
    assert "language_matches" in failures(model_draft(german, language="en"))
    assert "language_matches" in failures(model_draft(german, language="de"))  # the customer writes English
    assert "language_matches" not in failures(model_draft(german, language="de"), triage=triage(language="de"))
    mixed = f"{GOOD}\n\nSie können den Artikel auch bei uns in dem Laden wieder zurückgeben."
    assert "language_matches" in failures(model_draft(mixed, sources=(SOURCE,)))


def test_asking_for_what_was_given_is_refused() -> None:
    known = triage(facts={"order_number": "NO-2025-118204", "email": "m.okafor@example.com"})
    assert "asks_nothing_known" in failures(written("Please send us your order number."), triage=known)
    assert "asks_nothing_known" in failures(written("What is your e-mail address?"), triage=known)
    asked = written("Please send us your order number.")
    assert "asks_nothing_known" not in failures(asked, ticket=ticket("How long can I return it?"))
    assert "asks_nothing_known" in failures(asked), "the number stands in the thread, whatever triage made of it"


@pytest.mark.parametrize(
    "sentence", ["A colleague will answer you here.", "We will get back to you.", "I have forwarded it."]
)
def test_a_promised_hand_off_must_cause_one(sentence: str) -> None:
    assert "hand_off_kept" in failures(written(sentence))
    assert "hand_off_kept" not in failures(replace(written(sentence), promises_hand_off=True))


def test_the_disclosure_cannot_be_left_out_or_hidden_in_the_middle() -> None:
    without = replace(written("Bye."), text=GOOD)
    moved = replace(written("Bye."), text=f"{DISCLOSURE['en']}\n\n{GOOD}")
    emptied = replace(CONFIG, disclosure={"en": "  "})
    assert "disclosure_present" in failures(without)
    assert "disclosure_present" in failures(moved)
    assert "disclosure_present" in failures(without, config=emptied)


@pytest.mark.parametrize(
    "body", ["Ok.", "Hi. " + "word " * 900, "Hello!!!! This is great news!", "Hidden\u200btext in this one here."]
)
def test_length_and_tone(body: str) -> None:
    assert "length_and_tone" in failures(model_draft(body))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_a_review_never_breaks_and_always_runs_every_check(body: str) -> None:
    failures(model_draft(body, sources=(SOURCE,)), ticket=ticket(body))


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "piece", ["1", "a", "a.", "!", "(", "[", "] (", "-", "a-", "0 ", "1,", "A1", "a@", " ", "\n", "<", "//", "€1"]
)
def test_long_hostile_text_is_reviewed_quickly(piece: str) -> None:
    text = piece * 20_000
    failures(model_draft(text[:6000]), ticket=ticket(text))
