"""A second opinion: whatever it says, the decision is never freer for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from writing_builders import CATALOGUE, CONFIG, PROMPTS, ScriptedModel, ticket, triage

from connector import starters
from connector.errors import ModelError, ModelInvalid, ModelUnavailable
from connector.model import (
    FLOOR_INTENTS,
    FLOOR_SIGNALS,
    UNMAPPED,
    Action,
    DraftCheck,
    Signal,
    SignalHit,
    Stage,
    Triage,
    Writing,
)
from connector.policy.document import as_if_live, parse_policy
from connector.policy.engine import Question, Review, Standing, decide, would_send
from connector.writing import ModelReader, Opinion, stricter, without_opinion

POLICY = as_if_live(
    parse_policy(
        starters.text("policy.toml"),
        catalogue_tiers={intent.key: intent.tier for intent in CATALOGUE},
        floor_intents=FLOOR_INTENTS,
        default_owner="Ana Ruiz",
    )
)
WRITING = Writing(prompt="opinion-1", model="m", tokens_in=1, tokens_out=1, cost_micros=0, seconds=0.1)
PASSED = Review(complete=True, checks=(DraftCheck(name="all", passed=True),))
INTENTS = [*(intent.key for intent in CATALOGUE), UNMAPPED]
FREEDOM = [Action.IGNORE, Action.HAND_OFF, Action.SHADOW, Action.DRAFT, Action.AUTO_SEND]


def opinion(intent: str = "order_status", *alarms: Signal, needs_human: bool = False) -> Opinion:
    return Opinion(intent=intent, needs_human=needs_human, alarms=frozenset(alarms), writing=WRITING)


def question(read: Triage, stage: Stage = Stage.LIVE) -> Question:
    standing = Standing.permissive(stage=stage)
    return Question(ticket=ticket(), triage=read, policy=POLICY, standing=standing, review=PASSED)


def after(said: Opinion, read: Triage | None = None) -> Triage:
    return stricter(read or triage("order_status"), said, human_only=CATALOGUE.human_only)


def codes(read: Triage) -> set[str]:
    return {reason.code for reason in decide(question(read)).reasons}


def test_an_opinion_that_agrees_changes_nothing() -> None:
    assert after(opinion()) == triage("order_status")
    assert decide(question(after(opinion()))).action is Action.AUTO_SEND


@pytest.mark.parametrize("alarm", sorted(FLOOR_SIGNALS))
def test_an_alarm_is_a_signal(alarm: Signal) -> None:
    read = after(opinion("order_status", alarm))
    decision = decide(question(read))
    assert (decision.action, decision.floor, decision.gate) == (Action.HAND_OFF, True, False)
    assert f"signal_{alarm.value}" in codes(read)
    assert read.hits[-1].rule == "model"


@pytest.mark.parametrize("intent", sorted(CATALOGUE.human_only))
def test_an_intent_for_people_only_hands_off(intent: str) -> None:
    decision = decide(question(after(opinion(intent))))
    assert (decision.action, decision.gate) == (Action.HAND_OFF, False)


@pytest.mark.parametrize("said", [opinion("return_policy"), opinion(UNMAPPED), opinion(needs_human=True)])
def test_another_intent_or_the_wish_for_a_person_is_a_doubt(said: Opinion) -> None:
    decision = decide(question(after(said)))
    assert (decision.action, decision.gate) == (Action.DRAFT, False)
    assert codes(after(said)) == {"model_doubts"}


def test_no_opinion_is_a_doubt() -> None:
    decision = decide(question(without_opinion(triage("order_status"))))
    assert (decision.action, decision.gate) == (Action.DRAFT, False)


opinions = st.builds(
    Opinion,
    intent=st.sampled_from(INTENTS),
    needs_human=st.booleans(),
    alarms=st.frozensets(st.sampled_from(sorted(FLOOR_SIGNALS)), max_size=3),
    writing=st.just(WRITING),
)
hits = st.lists(
    st.builds(SignalHit, signal=st.sampled_from(Signal), rule=st.just("r"), matched=st.just(""), hint=st.booleans()),
    max_size=3,
).map(tuple)
triages = st.builds(
    lambda intent, changes: triage(intent, **changes),
    st.sampled_from([*INTENTS, "invented"]),
    st.fixed_dictionaries(
        {
            "confidence": st.floats(0, 1) | st.just(0.99),
            "human_only_probability": st.floats(0, 1) | st.just(0.01),
            "out_of_scope": st.floats(0, 1) | st.just(0.01),
            "hits": hits | st.just(()),
            "also": st.lists(st.sampled_from(INTENTS), max_size=2).map(tuple) | st.just(()),
        }
    ),
)


@settings(max_examples=400, deadline=None)
@given(triages, opinions, st.sampled_from([Stage.SHADOW, Stage.DRAFT, Stage.LIVE]))
def test_no_opinion_ever_makes_a_decision_freer(read: Triage, said: Opinion, stage: Stage) -> None:
    before = question(read, stage)
    for changed in (stricter(read, said, human_only=CATALOGUE.human_only), without_opinion(read)):
        now = replace(before, triage=changed)
        old, new = decide(before), decide(now)
        assert FREEDOM.index(new.action) <= FREEDOM.index(old.action)
        assert new.gate <= old.gate
        assert would_send(now, new) <= would_send(before, old)
        assert new.floor >= old.floor
        assert new.intent == old.intent
        assert read.signals <= changed.signals
        assert set(read.also) <= set(changed.also)


def test_the_reader_asks_with_masked_words_and_reads_the_answer() -> None:
    model = ScriptedModel({"intent": "return_policy", "needs_human": True, "alarms": ["legal"]})
    reader = ModelReader(client=model, prompt=PROMPTS.newest("opinion"), catalogue=CATALOGUE)
    said = reader.opinion(ticket("I am Mirela Okafor and want it back."), triage(), CONFIG)
    assert (said.intent, said.needs_human, said.alarms) == ("return_policy", True, {Signal.LEGAL})
    assert (said.writing.prompt, said.writing.tokens_in) == ("opinion-1", 900)
    assert "Okafor" not in model.prompts[0].user
    assert [item["name"] for item in model.asked["intents"]] == INTENTS
    assert model.prompts[0].schema_name == "opinion"


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"intent": "invented", "needs_human": False, "alarms": []},
        {"intent": "order_status", "needs_human": "no", "alarms": []},
        {"intent": "order_status", "needs_human": False, "alarms": ["vip"]},
        {"intent": "order_status", "needs_human": False, "alarms": None},
        {"intent": ["order_status"], "needs_human": False, "alarms": []},
        {"intent": "order_status", "needs_human": False, "alarms": [[]]},
        ModelUnavailable("timed out"),
    ],
)
def test_what_is_no_opinion_is_an_error(answer: Any) -> None:
    reader = ModelReader(client=ScriptedModel(answer), prompt=PROMPTS.newest("opinion"), catalogue=CATALOGUE)
    with pytest.raises(ModelError) as caught:
        reader.opinion(ticket(), triage(), CONFIG)
    assert isinstance(caught.value, ModelInvalid | ModelUnavailable)
