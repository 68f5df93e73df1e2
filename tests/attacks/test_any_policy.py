"""Whatever a policy, a ticket, a triage and a model say: what keeps a send back keeps it back [D1, D2, G4].

`tests/unit/policy` proves this of the engine with invented reviews. Here the review is the real one of real model
answers, and the policies are built by hand to be as hostile as values can be: they lie about their intents and their
numbers are none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector import drafting
from connector.drafting import EmbeddedDrafter
from connector.knowledge import FolderKnowledge
from connector.lookups import FileLookup
from connector.model import (
    FLOOR_INTENTS,
    FLOOR_SIGNALS,
    HUMAN_ONLY_SIGNALS,
    UNMAPPED,
    Action,
    Channel,
    Draft,
    Posture,
    Priority,
    Role,
    SenderWarning,
    Sentiment,
    Signal,
    SignalHit,
    Source,
    Stage,
    Status,
    Ticket,
    TicketFlag,
    Tier,
    Triage,
)
from connector.policy.engine import Question, Review, Standing, decide, safe_decide, would_send
from connector.policy.hours import Hours
from connector.policy.terms import Caps, Defaults, IntentPolicy, Policy, as_if_live
from connector.records import KillSwitch
from tests.attacks.bench import CATALOGUE, CONFIG, ORDER, ROOT, TEMPLATES, free_policy, stolen_values
from tests.attacks.corpus import ATTACKS, MAILS, Attack, attacked
from tests.attacks.obedience import MANNERS, ObedientDrafter

KEYS = [*sorted(intent.key for intent in CATALOGUE), UNMAPPED, "invented"]
HELD_SIGNALS = HUMAN_ONLY_SIGNALS | {
    Signal.SPAM,
    Signal.MACHINE_MAIL,
    Signal.INJECTION,
    Signal.ALREADY_HANDLED,
    Signal.OUT_OF_SCOPE,
}
NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 0.01, 0.6, 1.0, 1.5, -1.0])
KNOWLEDGE = FolderKnowledge(ROOT / "data/sources")
LOOKUP = FileLookup(ROOT / "data/lookups.json")


class Lying(dict[str, IntentPolicy]):
    """A table of intents that knows every intent there is, and all of them are free."""

    def get(self, key: str, default: Any = None) -> Any:
        return freest(key)

    def __contains__(self, key: object) -> bool:
        return True

    def __getitem__(self, key: str) -> IntentPolicy:
        return freest(key)


def freest(key: str) -> IntentPolicy:
    return IntentPolicy(
        key=key,
        tier=Tier.AUTO,
        stage=Stage.LIVE,
        owner="nobody",
        threshold=-math.inf,
        pilot_share=10**9,
        goals=("goal",),
        tolerated_error_pilot=1.0,
        tolerated_error_live=1.0,
        acknowledge=True,
        status_after_send=Status.RESOLVED,
    )


def hostile(intents: Mapping[str, IntentPolicy]) -> Policy:
    """Everything as wide as a value can be."""
    return Policy(
        version="hostile",
        intents=intents,
        defaults=Defaults(tolerated_error=1.0, tolerated_error_live=1.0, confidence_threshold=-math.inf),
        caps=Caps(per_ticket=10**9, per_recipient_day=10**9, per_account_10min=10**9),
        hours=None,
        channels=frozenset(channel.value for channel in Channel),
        brands=frozenset(),
        human_only_limit=math.inf,
        out_of_scope_limit=math.inf,
        take_within_minutes=10**9,
    )


HOSTILE = (
    hostile({key: freest(key) for key in KEYS}),
    hostile(Lying()),
    hostile({key: freest("order_status") for key in KEYS}),
    as_if_live(free_policy()),
    free_policy(),
)

rules = st.builds(
    IntentPolicy,
    key=st.sampled_from(KEYS),
    tier=st.sampled_from(Tier),
    stage=st.sampled_from(Stage),
    owner=st.text(max_size=3),
    route=st.text(max_size=3),
    tolerated_error_pilot=NUMBERS,
    tolerated_error_live=NUMBERS,
    threshold=NUMBERS,
    template=st.text(max_size=3),
    macros=st.tuples(st.text(max_size=3)),
    pilot_share=st.integers(-10, 200),
    status_after_send=st.sampled_from(Status),
    goals=st.tuples(st.text(max_size=3)),
    acknowledge=st.booleans(),
)
wild_policies = st.builds(
    Policy,
    version=st.text(max_size=3),
    intents=st.dictionaries(st.sampled_from(KEYS), rules, max_size=6),
    version_note=st.text(max_size=3),
    defaults=st.builds(Defaults, tolerated_error=NUMBERS, tolerated_error_live=NUMBERS, confidence_threshold=NUMBERS),
    caps=st.builds(
        Caps,
        per_ticket=st.integers(-1, 9),
        per_recipient_day=st.integers(-1, 9),
        per_account_10min=st.integers(-1, 99),
    ),
    hours=st.none() | st.builds(Hours, timezone=st.just("UTC"), days=st.just(((),) * 7), limit_sends=st.booleans()),
    channels=st.frozensets(st.sampled_from([item.value for item in Channel])),
    brands=st.frozensets(st.sampled_from(["b1", "b2"])),
    human_only_limit=NUMBERS,
    out_of_scope_limit=NUMBERS,
    take_within_minutes=st.integers(-5, 500),
)
policies = st.sampled_from(HOSTILE) | wild_policies | st.none()
signals = st.lists(st.sampled_from(Signal), max_size=3)


@st.composite
def triages(draw: st.DrawFn) -> Triage:
    intent = draw(st.sampled_from(["order_status", "return_policy"]) | st.sampled_from(KEYS))
    wild = draw(st.booleans())
    return Triage(
        intent=intent,
        confidence=draw(NUMBERS) if wild else 0.97,
        ranked=((intent, 0.97),),
        human_only_probability=draw(NUMBERS) if wild else 0.01,
        out_of_scope=draw(NUMBERS) if wild else 0.01,
        language=draw(st.sampled_from(["en", "en", "de", "fr", "und", ""])),
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts=draw(st.sampled_from([{"order_number": ORDER}, {}, {"order_number": "49288", "amount": "300 EUR"}])),
        hits=tuple(
            SignalHit(signal=item, rule="rule", matched="words")
            for item in (draw(signals) if draw(st.booleans()) else ())
        ),
        also=tuple(draw(st.lists(st.sampled_from(KEYS), max_size=2)) if draw(st.booleans()) else ()),
    )


@st.composite
def tickets(draw: st.DrawFn) -> Ticket:
    plain = attacked(
        draw(st.sampled_from(MAILS)), draw(st.sampled_from(ATTACKS) | st.just(Attack(text="", style="none")))
    )
    if draw(st.booleans()):
        return plain
    return replace(
        plain,
        subject=draw(st.text(max_size=30)),
        status=draw(st.sampled_from(Status)),
        channel=draw(st.sampled_from(Channel)),
        brand_id=draw(st.none() | st.sampled_from(["b1", "b2", ""])),
        cc=draw(st.sampled_from([(), (), ("x@other.example",)])),
        flags=draw(st.frozensets(st.sampled_from(TicketFlag), max_size=1)),
        comments=tuple(
            replace(
                plain.comments[-1],
                role=draw(st.sampled_from(Role)),
                warnings=draw(st.frozensets(st.sampled_from(SenderWarning), max_size=1)),
            )
            for _ in range(draw(st.integers(0, 2)))
        ),
    )


@st.composite
def standings(draw: st.DrawFn) -> Standing:
    ideal = Standing.permissive()
    if draw(st.booleans()):
        return ideal
    killed = KillSwitch(account_id=None, intent=None, since=datetime(2026, 1, 2, tzinfo=UTC), by="mara@team.example")
    spoiled = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "account_stage": st.sampled_from(Stage),
                "postures": st.lists(st.sampled_from(Posture), max_size=2).map(tuple),
                "killed": st.just(killed),
                "share_draw": NUMBERS,
                "within_hours": st.booleans(),
                "replied_since_agent": st.booleans(),
                "sends_to_requester_today": st.integers(0, 20),
                "sends_of_account_10min": st.integers(0, 200),
                "certified": st.booleans(),
                "goal_frozen": st.booleans(),
                "requester_verified": st.booleans(),
                "languages": st.sampled_from([(), ("en",), ("en", "de", "fr", "und", "")]),
                "person_has_taken": st.booleans(),
                "budget_left": st.booleans(),
                "reply_possible": st.booleans(),
            },
        )
    )
    return replace(ideal, **spoiled)


@st.composite
def model_answers(draw: st.DrawFn, ticket: Ticket, triage: Triage) -> tuple[Draft | None, Review]:
    """A draft of any sort, judged as the product judges it."""
    sources = KNOWLEDGE.passages("acme", intent=triage.intent, text=ticket.subject, language=triage.language)
    found = {}
    for kind, reference in drafting.wanted_lookups(ticket, triage, TEMPLATES):
        if answer := LOOKUP.find("acme", ticket.requester, kind, reference):
            found[kind] = answer
    honest = EmbeddedDrafter(templates=TEMPLATES).draft(ticket, triage, CONFIG, sources, found)
    manner = draw(st.sampled_from(["honest", "honest", "invented", *MANNERS]))
    if manner == "invented":
        written: Draft | None = Draft(
            text=draw(st.text(max_size=200)),
            language=draw(st.sampled_from(["en", "de", "", triage.language])),
            author=draw(st.sampled_from(["embedded", "model", ""])),
            template=draw(st.sampled_from(["order_status/shipped", ""])),
            sources=(Source(id=draw(st.text(max_size=5)), title="", text=draw(st.text(max_size=50))),),
            facts=draw(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=2)),
            missing=tuple(draw(st.lists(st.text(max_size=5), max_size=1))),
            promises_hand_off=draw(st.booleans()),
        )
    elif honest is None:
        written = None
    else:
        obedient = ObedientDrafter(templates=TEMPLATES, stolen=stolen_values(), manner=manner)
        obedient.demand = draw(st.sampled_from(ATTACKS)).text
        written = obedient.draft(ticket, triage, CONFIG, sources, found)
    if written is None:
        return None, Review(complete=False, checks=(), drafted=False)
    draft, checks = drafting.finish(written, ticket, triage, CONFIG, TEMPLATES, sources, found)
    assert [check.name for check in checks] == list(drafting.CHECK_NAMES)
    if written != honest and all(check.passed for check in checks):
        assert not draft.complete or draft.text == (honest.text if honest else None)
    return draft, Review(complete=draft.complete, checks=checks)


@st.composite
def asked_questions(draw: st.DrawFn) -> tuple[Question, Draft | None]:
    ticket, triage = draw(tickets()), draw(triages())
    draft, review = draw(model_answers(ticket, triage))
    question = Question(ticket=ticket, triage=triage, policy=draw(policies), standing=draw(standings()), review=review)
    return question, draft


def reasons_against(question: Question) -> list[str]:
    """Everything that must keep this message back, said once more and apart from the engine's rules."""
    triage, now, ticket, policy = question.triage, question.standing, question.ticket, question.policy
    if policy is None:
        return ["no policy"]
    intents = {triage.intent, *triage.also}
    tiers = {policy.intents[key].tier if key in policy.intents else None for key in intents}
    stages = {policy.intents[key].stage if key in policy.intents else None for key in intents}
    numbers = (triage.confidence, triage.human_only_probability, triage.out_of_scope)
    against = {
        "no probabilities": not all(0 <= number <= 1 for number in numbers),
        "a signal": triage.signals & HELD_SIGNALS,
        "the floor": intents & FLOOR_INTENTS,
        "unmapped": UNMAPPED in intents,
        "not automatic": tiers != {Tier.AUTO},
        "not released": stages - {Stage.PILOT, Stage.LIVE},
        "the account's stage": now.account_stage not in (Stage.PILOT, Stage.LIVE),
        "killed": now.killed,
        "a posture": set(now.postures) - {Posture.NORMAL},
        "not certified": not now.certified,
        "no goal": not now.goal_frozen,
        "not verified": not now.requester_verified,
        "taken": now.person_has_taken,
        "replied": now.replied_since_agent,
        "no budget": not now.budget_left,
        "no reply possible": not now.reply_possible,
        "language": triage.language not in now.languages,
        "channel": ticket.channel.value not in policy.channels,
        "others on the thread": ticket.cc or any(item.role is Role.OTHER_CUSTOMER for item in ticket.comments),
        "not ours": ticket.flags - {TicketFlag.OUTBOUND} or ticket.status is Status.CLOSED,
        "nothing open": not ticket.unanswered,
        "no number": any(math.isnan(number) for number in numbers),
        "likely a person's": triage.human_only_probability >= 0.5,
        "caps": now.sends_to_requester_today >= policy.caps.per_recipient_day
        or now.sends_of_account_10min >= policy.caps.per_account_10min
        or policy.caps.per_ticket < 1,
        "hours": not now.within_hours and (policy.hours is None or policy.hours.limit_sends),
        "no review": question.review is None or not question.review.passed,
    }
    return [name for name, holds in against.items() if holds]


@settings(max_examples=250)
@given(asked_questions())
def test_what_stands_against_a_send_keeps_it_back(asked: tuple[Question, Draft | None]) -> None:
    question, _ = asked
    decision = safe_decide(question)
    if decision.action is Action.AUTO_SEND:
        assert reasons_against(question) == []
        assert would_send(question, decision)
    if question.triage.signals & FLOOR_SIGNALS or {question.triage.intent, *question.triage.also} & FLOOR_INTENTS:
        assert decision.action in (Action.HAND_OFF, Action.SHADOW)
        assert decision.tier is Tier.HUMAN_ONLY
        assert not decision.gate


@settings(max_examples=150)
@given(st.data())
def test_no_hostile_policy_lowers_the_floor(data: st.DataObject) -> None:
    policy = data.draw(st.sampled_from(HOSTILE))
    ticket, triage = data.draw(tickets()), data.draw(triages())
    signal, intent = (
        data.draw(st.sampled_from(sorted(FLOOR_SIGNALS))),
        data.draw(st.sampled_from(sorted(FLOOR_INTENTS))),
    )
    passed = Review(complete=True, checks=(drafting.review(*_passing())[0],))
    raised = (
        replace(triage, hits=(*triage.hits, SignalHit(signal=signal, rule="rule", matched="words"))),
        replace(triage, intent=intent),
        replace(triage, also=(*triage.also, intent)),
        replace(triage, intent=UNMAPPED),
    )
    for read in raised:
        for review in (None, passed):
            question = Question(
                ticket=ticket, triage=read, policy=policy, standing=Standing.permissive(), review=review
            )
            assert safe_decide(question).action is Action.HAND_OFF
            assert not safe_decide(question).gate


def _passing() -> tuple[Any, ...]:
    ticket = attacked(MAILS[0], Attack(text="", style="none"))
    triage = Triage(
        intent="order_status",
        confidence=1.0,
        ranked=(("order_status", 1.0),),
        human_only_probability=0.0,
        out_of_scope=0.0,
        language="en",
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts={"order_number": ORDER},
        hits=(),
    )
    answer = LOOKUP.find("acme", ticket.requester, "order", ORDER)
    assert answer is not None
    draft = EmbeddedDrafter(templates=TEMPLATES).draft(ticket, triage, CONFIG, (), {"order": answer})
    return draft, ticket, triage, CONFIG, {"order": answer}


def _seen(wanted: Sequence[Action], examples: int) -> set[Action]:
    seen: set[Action] = set()

    @settings(max_examples=examples, database=None, derandomize=True)
    @given(asked_questions())
    def look(asked: tuple[Question, Draft | None]) -> None:
        seen.add(decide(asked[0]).action)

    look()
    return seen & set(wanted)


def test_the_questions_asked_here_reach_every_action() -> None:
    """Properties over questions that are never sent would prove nothing."""
    wanted = [Action.AUTO_SEND, Action.DRAFT, Action.HAND_OFF, Action.SHADOW]
    assert _seen(wanted, 250) == set(wanted)


@pytest.mark.parametrize("field", ["confidence", "human_only_probability", "out_of_scope"])
@pytest.mark.parametrize("number", [-1.0, 1.5, math.inf, -math.inf, math.nan])
def test_what_is_no_probability_sends_nothing_however_wide_the_limits(field: str, number: float) -> None:
    draft, ticket, triage, config, lookups = _passing()
    review = Review(complete=True, checks=drafting.review(draft, ticket, triage, config, lookups))
    sound = Question(ticket=ticket, triage=triage, policy=HOSTILE[0], standing=Standing.permissive(), review=review)
    assert safe_decide(sound).action is Action.AUTO_SEND
    misread = replace(triage, **{field: number})
    assert safe_decide(replace(sound, triage=misread)).action is not Action.AUTO_SEND


@pytest.mark.parametrize(
    "changes",
    [
        {"intents": None},
        {"intents": []},
        {"caps": None},
        {"channels": None},
        {"human_only_limit": "0.9"},
        {"brands": 7},
    ],
    ids=str,
)
def test_a_policy_of_the_wrong_types_sends_nothing(changes: dict[str, Any]) -> None:
    draft, ticket, triage, config, lookups = _passing()
    review = Review(complete=True, checks=drafting.review(draft, ticket, triage, config, lookups))
    sound = Question(ticket=ticket, triage=triage, policy=HOSTILE[0], standing=Standing.permissive(), review=review)
    assert safe_decide(sound).action is Action.AUTO_SEND
    broken = replace(HOSTILE[0], **changes)
    decision = safe_decide(replace(sound, policy=broken))
    assert decision.action is Action.HAND_OFF
    assert decision.reasons[0].code == "internal_error"
