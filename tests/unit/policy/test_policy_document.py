"""Reading, checking and writing policy texts, and the words for reasons."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from policy_builders import MAPPINGS, NOW, STARTER, TIERS

from connector import starters
from connector.errors import ConfigurationError
from connector.intents import parse_catalogue
from connector.loopguard import REASONS as IGNORE_REASONS
from connector.model import FLOOR_INTENTS, Account, AccountConfig, Reason, Stage, Status, Tier
from connector.policy.document import (
    Policy,
    Problem,
    Severity,
    edit_stage,
    lint,
    parse_policy,
    render_policy,
    with_stage,
)
from connector.policy.engine import CODES
from connector.policy.page import page
from connector.policy.reasons import parse_reasons
from connector.records import PolicyVersion
from connector.rulebook import Rulebook

CATALOGUE = parse_catalogue(starters.folder("intents"))
WORDS = parse_reasons((MAPPINGS / "reasons.toml").read_text(encoding="utf-8"))


def parse(text: str, **more: str) -> Policy:
    return parse_policy(text, catalogue_tiers=TIERS, floor_intents=FLOOR_INTENTS, **more)


def problems(text: str, **more: str) -> tuple[Problem, ...]:
    return lint(text, catalogue_tiers=TIERS, floor_intents=FLOOR_INTENTS, **more)


HUGE = ("0x" + "f" * 5000, "9" * 5000, "-0x" + "f" * 5000, "[0x" + "f" * 5000 + "]", "1e999")


@pytest.mark.parametrize("number", HUGE)
@pytest.mark.parametrize(
    "line", ["per_ticket = 1", "confidence_threshold = 0.6", 'version_note = "Starter"', 'tier = "auto"']
)
def test_a_number_of_thousands_of_digits_is_a_wrong_value_and_no_crash(line: str, number: str) -> None:
    text = STARTER.replace(line, f"{line.partition('=')[0]}= {number}", 1)
    assert text != STARTER
    with pytest.raises(ConfigurationError) as caught:
        parse(text)
    assert len(str(caught.value)) < 300
    assert any(problem.severity is Severity.INVALID for problem in problems(text))


def test_a_stored_policy_with_such_a_number_is_none() -> None:
    class Published:
        def current(self, account_id: str) -> PolicyVersion:
            return PolicyVersion(
                account_id=account_id, version=1, text=text, published_at=NOW, published_by="x", comment=""
            )

    account = Account(
        id="a1",
        name="a",
        vendor="zendesk",
        base_url="",
        stage=Stage.SHADOW,
        bot_user_id="1",
        config=AccountConfig(company="Brightwater"),
    )
    for number in HUGE:
        text = STARTER.replace("per_ticket = 1", f"per_ticket = {number}", 1)
        ledger = SimpleNamespace(policies=Published())
        rules = Rulebook(ledger=ledger, catalogue=CATALOGUE, words=WORDS)
        assert rules.policy(account) is None


def test_the_starter_is_faultless_and_releases_nothing() -> None:
    starter = parse(STARTER, version="1")
    assert problems(STARTER) == ()
    assert len(starter.intents) == 20
    assert {rule.stage for rule in starter.intents.values()} == {Stage.DRAFT}
    assert page(starter, certified=TIERS, goals_frozen=TIERS).alone == ()
    assert starter.version == "1"


def test_the_starter_knows_the_catalogue() -> None:
    """Keys and tiers are those of the intents that the classifier is made from."""
    for file in sorted((MAPPINGS / "intents").glob("*.toml")):
        entry = tomllib.loads(file.read_text(encoding="utf-8"))
        if entry["key"] != "unmapped":
            assert TIERS[entry["key"]] == entry["tier"]
            assert (entry["key"] in FLOOR_INTENTS) is entry["floor"]


def test_intents_inherit_what_they_do_not_say() -> None:
    text = """
[defaults]
owner = "Mara"
status_after_send = "open"
tolerated_error = 0.02
tolerated_error_live = 0.004
confidence_threshold = 0.7
[intents.order_status]
tier = "auto"
[intents.return_policy]
tier = "auto"
stage = "live"
owner = "Jo"
tolerated_error = 0.003
"""
    parsed = parse(text)
    inherited, own = parsed.intents["order_status"], parsed.intents["return_policy"]
    assert (inherited.owner, own.owner) == ("Mara", "Jo")
    assert (inherited.stage, inherited.template) == (Stage.DRAFT, "order_status")
    assert (inherited.status_after_send, inherited.threshold) == (Status.OPEN, 0.7)
    assert (inherited.tolerated_error, own.tolerated_error) == (0.02, 0.003)
    assert inherited.tolerated_error_at(Stage.LIVE) == 0.004
    assert parse('[intents.order_status]\ntier = "auto"', default_owner="Li").intents["order_status"].owner == "Li"


FAULTS = [
    # text, line, key, part of the sentence
    ('[intents.billing_dispute]\ntier = "auto"', 2, "intents.billing_dispute.tier", "floor"),
    ('[intents.billing_dispute]\ntier = "approval"', 2, "intents.billing_dispute.tier", "floor"),
    ('\n[intents.refund_status]\n\ntier = "auto"', 4, "intents.refund_status.tier", "looser than the catalogue"),
    ('[intents.complaint]\ntier = "approval"', 2, "intents.complaint.tier", "human_only or stricter"),
    ('[intents.order_staus]\ntier = "auto"', 1, "intents.order_staus", "order_status"),
    ('[intents.unmapped]\ntier = "human_only"', 1, "intents.unmapped", "always goes to a person"),
    ('[intents.order_status]\nstage = "draft"', 1, "intents.order_status.tier", "missing"),
    ('[intents.order_status]\ntier = "auto"\nstagge = "live"', 3, "intents.order_status.stagge", "stage"),
    ('[intents.order_status]\ntier = "auto"\nstage = "on"', 3, "intents.order_status.stage", "pilot"),
    ('[intents.order_status]\ntier = "auto"\nthreshold = true', 3, "intents.order_status.threshold", "a number"),
    ('[intents.order_status]\ntier = "auto"\nthreshold = 0.0', 3, "intents.order_status.threshold", "0.2 to 1"),
    ('[intents.order_status]\ntier = "auto"\nthreshold = nan', 3, "intents.order_status.threshold", "0.2 to 1"),
    ('[intents.order_status]\ntier = "auto"\ntolerated_error = 0.5', 3, "intents.order_status.tolerated_error", "0.05"),
    (
        '[intents.order_status]\ntier = "auto"\ntolerated_error_live = 0.02',
        3,
        "intents.order_status.tolerated_error_live",
        "pilot",
    ),
    ('[intents.order_status]\ntier = "auto"\npilot_share = 101', 3, "intents.order_status.pilot_share", "100"),
    ('[intents.order_status]\ntier = "auto"\nowner = ["A"]', 3, "intents.order_status.owner", "text"),
    ('[intents.order_status]\ntier = "auto"\nowner = "A\\nB"', 3, "intents.order_status.owner", "one line"),
    ('[intents.order_status]\ntier = "auto"\nmacros = "x"', 3, "intents.order_status.macros", "list"),
    ('[intents.order_status]\ntier = "auto"\nacknowledge = 1', 3, "intents.order_status.acknowledge", "true or false"),
    (
        '[intents.order_status]\ntier = "auto"\nstatus_after_send = "closed"',
        3,
        "intents.order_status.status_after_send",
        "",
    ),
    ("[defaults]\nhuman_only_limit = 0.9\n[intents]", 2, "defaults.human_only_limit", "0.3"),
    ("[caps]\nper_ticket = 2\n[intents]", 2, "caps.per_ticket", "0 to 1"),
    ("guardrails = false\n[intents]", 1, "guardrails", "unknown key"),
    ('[channels]\nauto_send = ["e-mail"]\n[intents]', 2, "channels.auto_send", "email"),
    ('[hours]\ntimezone = "Europe/Berlim"\nmon = ["09:00-17:00"]\n[intents]', 2, "hours.timezone", "Europe/Berlin"),
    ('[hours]\ntimezone = "../etc"\nmon = ["09:00-17:00"]\n[intents]', 2, "hours.timezone", "time zone"),
    ('[hours]\nmon = ["17:00-09:00"]\n[intents]', 2, "hours.mon", "09:00-12:30"),
    ('[hours]\nmon = ["09:00-12:00", "11:00-13:00"]\n[intents]', 2, "hours.mon", "11:00-13:00"),
    ('[hours]\ntimezone = "UTC"\n[intents]', 1, "hours.mon", "no day"),
    ("", None, "intents", "missing"),
    ("intents = 3", 1, "intents", "table"),
    ("[intents]\norder_status = 3", 2, "intents.order_status", "table"),
    ("[intents.order_status]\ntier = auto", 2, "(syntax)", "TOML"),
    ("a = " + "[" * 5000, None, "(syntax)", "nested"),
]


@pytest.mark.parametrize(
    ("text", "line", "key", "part"), FAULTS, ids=[f"{item[2]}-{at}" for at, item in enumerate(FAULTS)]
)
def test_a_fault_is_named_with_line_and_key(text: str, line: int | None, key: str, part: str) -> None:
    found = [problem for problem in problems(text) if problem.severity is Severity.INVALID and problem.key == key]
    assert found
    assert found[0].line == line
    assert part in found[0].sentence
    with pytest.raises(ConfigurationError, match="Policy") as error:
        parse(text)
    assert "\n" not in str(error.value)
    assert key in str(error.value)


def test_all_faults_are_listed_by_line() -> None:
    found = problems('[caps]\nper_ticket = 9\nfoo = 1\n[intents.order_status]\ntier = "autto"\nstage = 3')
    assert [problem.line for problem in found if problem.severity is Severity.INVALID] == [2, 3, 5, 6]
    with pytest.raises(ConfigurationError, match="3 more"):
        parse('[caps]\nper_ticket = 9\nfoo = 1\n[intents.order_status]\ntier = "autto"\nstage = 3')


def test_words_in_long_texts_are_no_keys() -> None:
    text = 'version_note = "x"\n[intents.order_status]\nmacros = [\n  "a = b",\n]\ntier = "autto"'
    assert [problem.line for problem in problems(text) if problem.severity is Severity.INVALID] == [6]


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('stage = "live"\ngoals = ["g"]', "owner"),
        ('stage = "pilot"\nowner = "A"\npilot_share = 5', "goals"),
        ('stage = "pilot"\nowner = "A"\ngoals = ["g"]', "pilot_share"),
        (
            'stage = "pilot"\nowner = "A"\ngoals = ["g"]\npilot_share = 5\nstatus_after_send = "resolved"',
            "status_after_send",
        ),
    ],
)
def test_an_unready_intent_must_not_be_published(lines: str, key: str) -> None:
    text = f'[intents.order_status]\ntier = "auto"\n{lines}'
    unready = [problem for problem in problems(text) if problem.severity is Severity.UNREADY]
    assert [problem.key for problem in unready] == [f"intents.order_status.{key}"]
    parse(text)  # readable: the engine holds it back by itself


def test_the_accounts_owner_and_groups_count() -> None:
    text = '[intents.order_status]\ntier = "auto"\nstage = "live"\ngoals = ["g"]\nroute = "orders"'
    assert all(problem.severity is Severity.HINT for problem in problems(text, default_owner="Mara"))
    found = lint(text, catalogue_tiers=TIERS, floor_intents=FLOOR_INTENTS, default_owner="Mara", routes=["order"])
    assert [problem.key for problem in found if problem.severity is Severity.UNREADY] == ["intents.order_status.route"]


def test_what_the_policy_leaves_out_is_hinted_at() -> None:
    found = problems('[intents.order_status]\ntier = "auto"')
    assert len(found) == 19
    assert {problem.severity for problem in found} == {Severity.HINT}


def test_a_floor_of_the_catalogue_adds_to_ours_and_cannot_take_away() -> None:
    with pytest.raises(ConfigurationError, match="floor"):
        parse_policy(
            '[intents.complaint]\ntier = "auto"',
            catalogue_tiers={"complaint": Tier.AUTO},
            floor_intents={"complaint"},
        )
    with pytest.raises(ConfigurationError, match="floor"):
        parse_policy(
            '[intents.billing_dispute]\ntier = "auto"',
            catalogue_tiers={"billing_dispute": Tier.AUTO},
            floor_intents=(),
        )


def test_editing_a_stage_keeps_the_comments() -> None:
    text = '# ours\n[intents.order_status]  # first\ntier = "auto"\nstage = "draft" # careful\n'
    assert edit_stage(text, "order_status", Stage.PILOT, 5) == (
        '# ours\n[intents.order_status]  # first\npilot_share = 5\ntier = "auto"\nstage = "pilot"  # careful\n'
    )


@pytest.mark.parametrize("text", ['[intents]\norder_status = {tier = "auto"}', '[intents.invoice_copy]\ntier = "auto"'])
def test_a_text_without_the_table_cannot_be_edited_in_place(text: str) -> None:
    with pytest.raises(KeyError):
        edit_stage(text, "order_status", Stage.PILOT)


def test_rendering_leaves_inherited_values_unsaid() -> None:
    text = render_policy(with_stage(parse(STARTER, default_owner="Mara"), "order_status", Stage.PILOT, 20))
    assert text.count("owner") == 1
    assert '[intents.order_status]\ntier = "auto"\nstage = "pilot"' in text


# --- Hours --------------------------------------------------------------------------------------------

OFFICE = """
[defaults]
take_within_minutes = 60
[hours]
timezone = "Europe/Berlin"
mon = ["09:00-12:00", "13:00-17:00"]
fri = ["09:00-17:00"]
sun = ["22:00-24:00"]
[intents]
"""


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-23T08:00", True),  # Monday 09:00 in Berlin
        ("2026-11-23T07:59", False),
        ("2026-11-23T11:00", False),  # 12:00, the break begins
        ("2026-11-23T15:59", True),
        ("2026-11-23T16:00", False),
        ("2026-07-06T07:00", True),  # summer time
        ("2026-11-24T10:00", False),  # Tuesday
        ("2026-11-22T22:59", True),  # Sunday 23:59
        ("2026-11-22T23:00", False),
    ],
)
def test_opening_hours_are_local(at: str, is_open: bool) -> None:
    hours = parse(OFFICE).hours
    assert hours is not None
    assert hours.open_at(datetime.fromisoformat(at).replace(tzinfo=UTC)) is is_open


@pytest.mark.parametrize(
    ("since", "take_by"),
    [
        ("2026-11-23T08:30", "2026-11-23T09:30"),
        ("2026-11-23T10:30", "2026-11-23T12:30"),  # half before the break, half after
        ("2026-11-23T15:40", "2026-11-27T08:40"),  # the rest on Friday
        ("2026-11-27T16:00", "2026-11-29T22:00"),  # Friday evening: Sunday 22:00 to 23:00 in Berlin
        ("2026-11-22T22:30", "2026-11-23T08:30"),
    ],
)
def test_a_hand_off_has_working_time_to_be_taken(since: str, take_by: str) -> None:
    moment = datetime.fromisoformat(since).replace(tzinfo=UTC)
    assert parse(OFFICE).take_by(moment) == datetime.fromisoformat(take_by).replace(tzinfo=UTC)


def test_without_hours_the_clock_just_runs() -> None:
    moment = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
    assert parse(STARTER).take_by(moment) == datetime(2026, 11, 28, 4, 0, tzinfo=UTC)
    never = parse(OFFICE.replace("mon", "tue").replace("fri", "wed")).hours
    assert never is not None


# --- Words --------------------------------------------------------------------------------------------

ALSO_USED = {
    *("own_echo", "agent_answered", "machine_mail", "spam", "closed", "merged", "deleted", "archived", "outbound"),
    *("survey_answer", "nothing_new", "requester_suspended", "associated", "review_pending", "cap_reached"),
    "confused_with_human_only",
    *("ticket_changed", "newer_message", "reply_outcome_unknown", "write_refused", "kill_switch"),
    *("approved_by_person", "escalated_by_agent", "not_for_approval", "approval_too_old", "draft_replaced"),
    *("reply_planned_before", "failed"),
}


@pytest.mark.parametrize("code", sorted(CODES | ALSO_USED | set(IGNORE_REASONS)))
def test_every_reason_has_words_in_both_languages(code: str) -> None:
    english, german = WORDS.sentence(code, "en"), WORDS.sentence(code, "de")
    assert english != code.replace("_", " ")
    assert english != german
    for sentence in (english, german):
        assert sentence.endswith(".")
        assert len(sentence) <= 120


def test_words_avoid_jargon() -> None:
    jargon = ("intent", "tier", "stage", "threshold", "policy", "classifier", "confidence", "API")
    for by_language in WORDS.sentences.values():
        for sentence in by_language.values():
            assert not any(word in sentence.split() for word in jargon)


def test_words_fall_back() -> None:
    assert WORDS.sentence("unmapped", "de-AT") == WORDS.sentence("unmapped", "de")
    assert WORDS.sentence("unmapped", "fr") == WORDS.sentence("unmapped", "en")
    assert WORDS.sentence("made_up", "de") == "made up"
    assert WORDS.explain(Reason(code="check_failed", detail="links"), "en").endswith("(links)")
    assert WORDS.explain(Reason(code="unmapped"), "en") == WORDS.sentence("unmapped")


@pytest.mark.parametrize("text", ['[a]\nen = "x"', '[a]\nen = "x"\nde = " "', "a = 3", "a ="])
def test_incomplete_words_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError):
        parse_reasons(text)
