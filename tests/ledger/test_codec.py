"""Everything that is stored as JSON comes back equal."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.ledger import codec
from connector.ledger.database import storable
from connector.ledger.moments import micros, moment, new_id
from connector.model import AccountConfig, Basis, Effect, EffectKind, Priority, Status

text = st.text(st.characters(), max_size=20)  # lone surrogates and NUL with it
words = st.frozensets(text, max_size=3)
mapping = st.dictionaries(text, text, max_size=3)
optional_text = st.none() | text

configs = st.builds(
    AccountConfig,
    company=text,
    tag_prefix=text,
    languages=st.lists(text, max_size=3).map(tuple),
    greeting=mapping,
    signature=mapping,
    disclosure=mapping,
    own_addresses=words,
    link_hosts=words,
    vip_tags=words,
    groups=mapping,
    facts=st.dictionaries(text, mapping, max_size=2),
    tone=st.sampled_from(("", "formal", "friendly")),
    avoid=st.lists(text, max_size=3).map(tuple),
    learn_replies=st.booleans(),
)
effects = st.builds(
    Effect,
    id=text,
    kind=st.sampled_from(EffectKind),
    account_id=text,
    ticket_id=text,
    intent=text,
    revision=st.integers(0, 2**53),
    text=text,
    basis=st.builds(
        Basis,
        stamp=text,
        answers=text,
        comment_count=st.integers(0, 5000),
        status=st.sampled_from(Status),
        assignee_id=optional_text,
    ),
    tags_add=words,
    tags_remove=words,
    priority=st.none() | st.sampled_from(Priority),
    status=st.none() | st.sampled_from(Status),
    group_id=optional_text,
    note_instead=optional_text,
)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)


@given(configs)
def test_a_configuration_comes_back_equal(config: AccountConfig) -> None:
    stored = codec.config_to_text(config)
    assert codec.config_from_text(stored) == config
    assert storable(stored) == stored


@given(effects)
def test_an_effect_comes_back_equal(effect: Effect) -> None:
    stored = codec.effect_to_text(effect)
    assert codec.effect_from_text(stored) == effect
    assert storable(stored) == stored


@given(bodies)
def test_a_receipts_body_comes_back_equal(body: object) -> None:
    assert codec.from_text(codec.to_text(body)) == body


@given(mapping)
def test_the_same_value_gives_the_same_text_in_whatever_order_it_was_built(value: dict[str, str]) -> None:
    assert codec.to_text(value) == codec.to_text(dict(reversed(value.items())))


def test_every_field_is_stored() -> None:
    """A new field of the model must not be forgotten here: a round trip over defaults would not show it."""
    config = json.loads(codec.config_to_text(AccountConfig(company="c")))
    assert set(config) == set(AccountConfig.__dataclass_fields__)
    stored = json.loads(codec.effect_to_text(effect_of_all()))
    assert set(stored) == set(Effect.__dataclass_fields__)
    assert set(stored["basis"]) == set(Basis.__dataclass_fields__)


def effect_of_all() -> Effect:
    basis = Basis(stamp="s", answers="1", comment_count=1, status=Status.NEW, assignee_id=None)
    return Effect(
        id="1",
        kind=EffectKind.NOTE,
        account_id="a",
        ticket_id="7",
        intent="i",
        revision=1,
        text="t",
        basis=basis,
    )


def test_what_an_older_release_wrote_gets_the_defaults_and_what_a_newer_one_wrote_is_passed_over() -> None:
    assert codec.config_from_text('{"company":"c","from_the_future":1}') == AccountConfig(company="c")
    stored = json.loads(codec.effect_to_text(effect_of_all()))
    for name in ("tags_add", "tags_remove", "priority", "status", "group_id", "note_instead"):
        del stored[name]
    assert codec.effect_from_text(json.dumps(stored)) == effect_of_all()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_does_not_know_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        codec.to_text({"score": value})


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="datetime"):
        codec.to_text({"at": datetime(2026, 1, 1, tzinfo=UTC)})


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis wants bounds without a zone
def test_a_time_comes_back_to_the_microsecond(value: datetime) -> None:
    assert moment(micros(value)) == value


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        micros(datetime(2026, 1, 1))  # noqa: DTZ001 - the point of the test


@given(
    st.lists(
        st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as above
        min_size=2,
        max_size=5,
        unique=True,
    )
)
def test_ids_sort_by_time(times: list[datetime]) -> None:
    ids = {new_id(at): at for at in times}
    assert [ids[identity] for identity in sorted(ids)] == sorted(times)


def test_ids_of_one_moment_sort_by_the_order_of_the_calls() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ids = [new_id(now) for _ in range(100)]
    assert ids == sorted(ids)


@given(text)
def test_storable_text_can_be_encoded(value: str) -> None:
    stored = storable(value)
    assert isinstance(stored, str)
    assert "\x00" not in stored
    assert stored.encode().decode() == stored
    assert storable(stored) == stored


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_ordinary_text_is_stored_as_it_is(value: str) -> None:
    assert storable(value) == value
