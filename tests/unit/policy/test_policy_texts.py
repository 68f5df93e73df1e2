"""What must hold for every policy text: it reads back the same, edits keep the rest, and none lowers the floor."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from policy_builders import STARTER, TIERS

from connector.errors import ConfigurationError
from connector.model import FLOOR_INTENTS, Channel, Stage, Status, Tier
from connector.policy.document import edit_stage, parse_policy, render_policy, with_stage
from connector.policy.hours import Hours
from connector.policy.terms import Caps, Defaults, IntentPolicy, Policy


@st.composite
def sound_policies(draw: st.DrawFn) -> Policy:
    """Any policy that a team could write."""
    words = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8)
    error = st.floats(0.001, 0.05)
    pilot = draw(error)
    defaults = Defaults(
        owner=draw(words),
        tolerated_error=pilot,
        tolerated_error_live=draw(st.floats(0.001, pilot)),
        confidence_threshold=draw(st.floats(0.2, 1)),
    )
    intents = {}
    for key in draw(st.lists(st.sampled_from(sorted(TIERS)), unique=True, min_size=1)):
        own = draw(error)
        intents[key] = IntentPolicy(
            key=key,
            tier=draw(st.sampled_from([Tier.HUMAN_ONLY, TIERS[key]])),
            stage=draw(st.sampled_from(Stage)),
            owner=draw(words) or defaults.owner,
            route=draw(words),
            tolerated_error_pilot=own,
            tolerated_error_live=draw(st.floats(0.001, own)),
            threshold=draw(st.floats(0.2, 1)),
            template=draw(words) or key,
            macros=tuple(dict.fromkeys(draw(st.lists(words.filter(bool), max_size=2)))),
            pilot_share=draw(st.integers(0, 100)),
            status_after_send=draw(st.sampled_from([Status.OPEN, Status.PENDING, Status.RESOLVED])),
            goals=tuple(dict.fromkeys(draw(st.lists(words.filter(bool), max_size=2)))),
            acknowledge=draw(st.booleans()),
        )
    opening = ((540, 720), (780, 1440))
    return Policy(
        version="5",
        version_note=draw(words),
        defaults=defaults,
        intents=intents,
        caps=Caps(per_ticket=draw(st.integers(0, 1)), per_recipient_day=draw(st.integers(0, 10))),
        hours=draw(
            st.none()
            | st.builds(
                Hours, timezone=st.just("Europe/Berlin"), days=st.just((opening,) * 7), limit_sends=st.booleans()
            )
        ),
        channels=draw(st.frozensets(st.sampled_from([item.value for item in Channel]))),
        brands=draw(st.frozensets(words.filter(bool), max_size=2)),
        human_only_limit=draw(st.floats(0.001, 0.2)),
        out_of_scope_limit=draw(st.floats(0.01, 0.9)),
        take_within_minutes=draw(st.integers(1, 10080)),
    )


def read(text: str) -> Policy:
    return parse_policy(text, catalogue_tiers=TIERS, floor_intents=FLOOR_INTENTS, version="5")


@settings(max_examples=40)
@given(sound_policies())
def test_a_rendered_policy_reads_back_the_same(by: Policy) -> None:
    assert read(render_policy(by)) == by


@settings(max_examples=40)
@given(st.sampled_from(sorted(TIERS)), st.sampled_from(Stage), st.none() | st.integers(0, 100))
def test_an_edited_text_equals_the_moved_policy(key: str, stage: Stage, share: int | None) -> None:
    edited = edit_stage(STARTER, key, stage, share)
    assert read(edited) == with_stage(read(STARTER), key, stage, share)
    assert edited.count("#") == STARTER.count("#")


@given(st.data())
def test_no_text_that_parses_lowers_the_floor(data: st.DataObject) -> None:
    """Lines of the starter are dropped, doubled and swapped for freer ones; what still parses keeps the floor."""
    lines = STARTER.splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(lines) - 1))
        new = data.draw(
            st.sampled_from(['tier = "auto"', 'stage = "live"', "", 'route = "x"', "[intents.order_status]", "x = 1"])
            | st.text(max_size=20)
        )
        lines[at] = new
    try:
        parsed = read("\n".join(lines))
    except ConfigurationError:
        return
    for key in FLOOR_INTENTS & set(parsed.intents):
        assert parsed.intents[key].tier is Tier.HUMAN_ONLY
