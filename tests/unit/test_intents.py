"""The catalogue: what the starter says, and how a broken one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector import intents
from connector.errors import ConfigurationError
from connector.intents import MIN_EXAMPLES, parse_catalogue
from connector.model import FLOOR_INTENTS, UNMAPPED, Tier

STARTERS = Path(__file__).parents[2] / "mappings" / "intents"

INTENT = """
key = "{key}"
tier = "{tier}"
floor = {floor}
summary = "What it is"
[label]
en = "Label"
de = "Titel"
[next_action]
en = "Look"
[examples]
en = ["one", "two", "three", "four", "five"]
"""


def an_intent(key: str, tier: str = "auto", floor: str = "false") -> str:
    return INTENT.format(key=key, tier=tier, floor=floor)


def files(**changed: str | None) -> dict[str, str]:
    texts: dict[str, str | None] = {
        "opening": an_intent("opening"),
        "returns": an_intent("returns", "approval"),
        "billing_dispute": an_intent("billing_dispute", "human_only", "true"),
        UNMAPPED: an_intent(UNMAPPED, "human_only"),
        **changed,
    }
    return {f"{name}.toml": text for name, text in texts.items() if text is not None}


def test_the_starter_catalogue() -> None:
    catalogue = parse_catalogue({path.name: path.read_text(encoding="utf-8") for path in STARTERS.glob("*.toml")})
    assert len(catalogue.intents) == 20
    assert {intent.key for intent in catalogue if intent.floor} == FLOOR_INTENTS
    assert catalogue.human_only >= FLOOR_INTENTS
    for intent in (*catalogue, catalogue.unmapped):
        assert {"en", "de"} <= intent.label.keys() & intent.next_action.keys() & intent.examples.keys()
        assert all(len(texts) >= MIN_EXAMPLES for texts in intent.examples.values())


def test_the_floor_has_one_home() -> None:
    assert intents.FLOOR_INTENTS is FLOOR_INTENTS  # type: ignore[attr-defined]  # not exported on purpose


def test_reading() -> None:
    catalogue = parse_catalogue(files())
    assert [intent.key for intent in catalogue] == ["billing_dispute", "opening", "returns"]
    assert "opening" in catalogue
    assert UNMAPPED not in catalogue
    assert catalogue.get("nonsense") is catalogue.unmapped
    assert catalogue.get("opening").tier is Tier.AUTO
    assert catalogue.get("opening").label_in("de") == "Titel"
    assert catalogue.get("opening").label_in("fr") == "Label"
    assert catalogue.get("opening").next_action_in("de") == "Look"
    assert catalogue.human_only == {"billing_dispute"}
    assert len(catalogue.labelled_examples()) == 20
    assert catalogue.labelled_examples()[-1][0] == UNMAPPED


def test_the_version_names_the_content() -> None:
    first = parse_catalogue(files())
    assert first.version == parse_catalogue(dict(reversed(files().items()))).version
    assert first.version != parse_catalogue(files(opening=an_intent("opening", "approval"))).version


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"opening": "key ="}, "opening.toml: not valid TOML"),
        ({"opening": an_intent("other")}, "must equal the file name"),
        ({"Opening": an_intent("Opening")}, "Opening.toml: key"),
        ({"a" * 29: an_intent("a" * 29)}, "at most 28"),
        ({"opening": an_intent("opening", "always")}, "opening.toml: tier"),
        ({"opening": an_intent("opening", "auto", "true")}, "must be human_only"),
        ({"opening": an_intent("opening", "auto", '"no"')}, "opening.toml: floor: write true or false"),
        ({"billing_dispute": an_intent("billing_dispute", "human_only")}, "write floor = true"),
        ({"billing_dispute": an_intent("billing_dispute", "auto")}, "write floor = true"),
        ({UNMAPPED: an_intent(UNMAPPED, "auto")}, "must be human_only"),
        ({UNMAPPED: None}, "unmapped.toml: add it"),
        ({"opening": None, "returns": None}, "at least two intents"),
        ({"opening": "colour = 1\n" + an_intent("opening")}, "colour: unknown key"),
        ({"opening": an_intent("opening").replace('"five"', '" "')}, "examples.en: write a list"),
        ({"opening": an_intent("opening").replace(', "five"', "")}, "4 examples are too few"),
        ({"opening": an_intent("opening").replace("What it is", " ")}, "summary: a text is missing"),
        ({"opening": an_intent("opening").replace('en = "Label"', "")}, "label: write a table"),
    ],
)
def test_a_broken_catalogue_is_refused_by_name(changed: dict[str, str | None], named: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse_catalogue(files(**changed))
    assert named in str(caught.value)


def test_one_key_in_two_files() -> None:
    with pytest.raises(ConfigurationError, match="already defined"):
        parse_catalogue({**files(), "more/opening.toml": an_intent("opening")})
