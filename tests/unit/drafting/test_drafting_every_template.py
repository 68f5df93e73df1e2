"""Every approved template reads well with any facts: no gap, no stray space, no mixed address, none asked for twice."""

from __future__ import annotations

import re

import pytest
from drafting_builders import starter_templates
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.drafting.compose import _fill
from connector.drafting.templates import SLOT, Template, Variant

VARIANTS = [
    pytest.param(variant, language, id=f"{intent}-{variant.name}-{language}")
    for intent, template in starter_templates().by_intent.items()
    for variant in template.variants
    for language in variant.texts
]
_DANGLING = re.compile(
    r"\b(?:the|a|der|die|das|dem|des|eine|einer|lautet|am|im|bei|mit)\s*[.,;!?](?:\s|$)",
    re.IGNORECASE,
)
_VALUES = {"url": "https://help.nordlicht.example/a", "on": "2025-11-13", "by": "2025-11-14"}


def value_of(name: str) -> str:
    return "A whole passage." if name == "passage" else _VALUES.get(name.rpartition("_")[2], f"NO-1{len(name)}")


@pytest.mark.parametrize(("variant", "language"), VARIANTS)
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_facts_make_a_clean_text(variant: Variant, language: str, data: st.DataObject) -> None:
    names = sorted({name for line in variant.texts[language] for name in SLOT.findall(line)})
    chosen = data.draw(st.sets(st.sampled_from(names))) if names else set()
    known = {*chosen, *variant.having, *variant.when}
    text, _ = _fill(variant.texts[language], {name: value_of(name) for name in known}, language[:2])
    assert text
    assert "[" not in text
    assert "  " not in text
    assert "\n\n\n" not in text
    assert not re.search(r"\s[.,;!?](?:\s|$)", text)
    assert not _DANGLING.search(text), text
    for paragraph in text.split("\n\n"):
        assert paragraph == paragraph.strip()
        assert paragraph[-1] in ".:?!" or re.search(r"https://\S+$", paragraph), paragraph
        for sentence in re.split(r"(?<=[.?!])\s+(?=\S)", paragraph)[1:]:
            assert sentence[0].isupper() or not sentence[0].isalpha(), sentence
    if language == "de":
        assert not re.search(r"\b(?:du|dir|dich|dein\w*|euch)\b", text)
    if language == "de_friendly":
        assert not re.search(r"\b(?:Sie|Ihnen|Ihr(?:e[mnrs]?)?)\b", text)
    if language.startswith("de"):
        assert text[0].islower(), "goes on after the greeting's comma"


@pytest.mark.parametrize(("intent", "template"), sorted(starter_templates().by_intent.items()))
def test_every_wording_knows_the_familiar_address(intent: str, template: Template) -> None:
    for variant in template.variants:
        familiar, polite = variant.texts["de_friendly"], variant.texts["de"]
        assert [SLOT.findall(line) for line in familiar] == [SLOT.findall(line) for line in polite], intent


@pytest.mark.parametrize(("variant", "language"), VARIANTS)
def test_what_is_asked_for_is_not_in_the_text(variant: Variant, language: str) -> None:
    """A variant that asks for a fact must not need it, else it would ask for what it names."""
    named = {name for line in variant.texts[language] for name in SLOT.findall(line)}
    assert not set(variant.asks) & {*named, *variant.having}
