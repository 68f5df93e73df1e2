"""Reads a policy text. A text that is wrong anywhere gives no policy at all: everything goes to a person [D3]."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from zoneinfo import ZoneInfo

from connector.errors import ConfigurationError
from connector.model import FLOOR_INTENTS, UNMAPPED, Channel, Stage, Status, Tier
from connector.policy.hours import WEEKDAYS, Hours
from connector.policy.problems import Problem, Severity
from connector.policy.tables import Source, Table, load, nearest
from connector.policy.terms import MOST_HUMAN_ONLY, USUAL_HUMAN_ONLY, Caps, Defaults, IntentPolicy, Policy, looser_tier

TOP_KEYS = ("version_note", "defaults", "caps", "hours", "channels", "brands", "intents")
DEFAULT_KEYS = (
    "owner",
    "status_after_send",
    "tolerated_error",
    "tolerated_error_live",
    "confidence_threshold",
    "human_only_limit",
    "out_of_scope_limit",
    "take_within_minutes",
)
CAP_KEYS = ("per_ticket", "per_recipient_day", "per_account_10min")
HOUR_KEYS = ("timezone", "limit_sends", *WEEKDAYS)
INTENT_KEYS = (
    "tier",
    "stage",
    "owner",
    "route",
    "tolerated_error",
    "tolerated_error_live",
    "threshold",
    "template",
    "macros",
    "pilot_share",
    "status_after_send",
    "goals",
    "acknowledge",
)

# Guardrails have no off switch [D3], so what can be set has an end.
MOST_TOLERATED_ERROR = 0.05
LEAST_TOLERATED_ERROR = 0.001
MOST_OUT_OF_SCOPE = 0.9
LEAST_THRESHOLD = 0.2

_SENT_STATUSES = (Status.OPEN, Status.PENDING, Status.ON_HOLD, Status.RESOLVED)
_RANGE = re.compile(r"^([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
_SENDING = (Stage.PILOT, Stage.LIVE)


def parse_policy(
    text: str,
    *,
    catalogue_tiers: Mapping[str, Tier],
    floor_intents: Collection[str],
    version: str = "",
    default_owner: str = "",
) -> Policy:
    """The policy in this text. ConfigurationError tells the first problem with its line and key.

    `catalogue_tiers` is the freest tier each intent may have; `default_owner` owns what the text leaves unowned.
    """
    policy, problems = _read(text, catalogue_tiers, floor_intents, version, default_owner)
    invalid = [problem for problem in problems if problem.severity is Severity.INVALID]
    if invalid:
        more = f" (and {len(invalid) - 1} more: `handrail policy lint` lists all)" if len(invalid) > 1 else ""
        raise ConfigurationError(f"{invalid[0].sentence}{more}")
    return policy


def lint(
    text: str,
    *,
    catalogue_tiers: Mapping[str, Tier],
    floor_intents: Collection[str],
    default_owner: str = "",
    routes: Collection[str] | None = None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with this text, by line. Publish it only if nothing is worse than a hint.

    `routes` are the group names the account knows; None = do not check them.
    """
    policy, problems = _read(text, catalogue_tiers, floor_intents, "", default_owner)
    source = Source(lines=load(text)[0].lines, problems=list(problems))
    if not any(problem.severity is Severity.INVALID for problem in problems):
        for rule in policy.intents.values():
            _check_ready(source, rule, routes)
        for key in sorted(set(catalogue_tiers) - set(policy.intents)):
            source.report(
                f"intents.{key}",
                "not in the policy, so it always goes to a person",
                "add it if not meant",
                Severity.HINT,
            )
    return tuple(sorted(source.problems, key=lambda problem: (problem.line or 0, problem.key)))


def _read(
    text: str,
    catalogue_tiers: Mapping[str, Tier],
    floor_intents: Collection[str],
    version: str,
    default_owner: str,
) -> tuple[Policy, tuple[Problem, ...]]:
    source, values = load(text)
    top = Table(source, "", values, TOP_KEYS)
    section = top.table("defaults", DEFAULT_KEYS)
    defaults = _defaults(section, default_owner)
    if not top.has("intents") and not source.problems:
        source.report("intents", "missing", "list at least one intent as [intents.<key>]")
    floor = FLOOR_INTENTS | set(floor_intents)
    entries = top.table("intents")
    policy = Policy(
        version=version,
        version_note=top.text("version_note"),
        defaults=defaults,
        caps=_caps(top.table("caps", CAP_KEYS)),
        hours=_hours(top.table("hours", HOUR_KEYS)) if top.has("hours") else None,
        channels=_channels(top.table("channels", ("auto_send",))),
        brands=frozenset(top.table("brands", ("allowed",)).texts("allowed")),
        human_only_limit=section.number("human_only_limit", USUAL_HUMAN_ONLY, low=0.001, high=MOST_HUMAN_ONLY),
        out_of_scope_limit=section.number("out_of_scope_limit", 0.5, low=0.01, high=MOST_OUT_OF_SCOPE),
        take_within_minutes=section.whole("take_within_minutes", 60, low=1, high=10080),
        intents={
            key: _intent(entries.table(key, INTENT_KEYS), key, defaults, catalogue_tiers, floor)
            for key in entries.values
        },
    )
    return policy, tuple(source.problems)


def _defaults(table: Table, default_owner: str) -> Defaults:
    usual = Defaults()
    tolerated = _tolerated(table, "tolerated_error", usual.tolerated_error)
    return Defaults(
        owner=table.text("owner") or default_owner,
        status_after_send=table.choice("status_after_send", _SENT_STATUSES, usual.status_after_send),
        tolerated_error=tolerated,
        tolerated_error_live=_tolerated_live(table, min(tolerated, usual.tolerated_error_live), tolerated),
        confidence_threshold=table.number(
            "confidence_threshold", usual.confidence_threshold, low=LEAST_THRESHOLD, high=1
        ),
    )


def _tolerated(table: Table, key: str, default: float) -> float:
    return table.number(key, default, low=LEAST_TOLERATED_ERROR, high=MOST_TOLERATED_ERROR)


def _tolerated_live(table: Table, default: float, pilot: float) -> float:
    """Once everybody gets the answer, no more may go wrong than in the pilot [D4]."""
    live = _tolerated(table, "tolerated_error_live", default)
    if live > pilot:
        table.source.report(
            table.name("tolerated_error_live"),
            f"{live:g} is more than is tolerated in the pilot ({pilot:g})",
            "use the same number or less",
        )
        return pilot
    return live


def _caps(table: Table) -> Caps:
    usual = Caps()
    return Caps(
        per_ticket=table.whole("per_ticket", usual.per_ticket, low=0, high=1),
        per_recipient_day=table.whole("per_recipient_day", usual.per_recipient_day, low=0, high=10),
        per_account_10min=table.whole("per_account_10min", usual.per_account_10min, low=0, high=300),
    )


def _channels(table: Table) -> frozenset[str]:
    named = table.texts("auto_send", (Channel.EMAIL.value, Channel.WEB.value))
    known = {channel.value for channel in Channel}
    for name in named:
        if name not in known:
            table.source.report(table.name("auto_send"), f"unknown channel {name!r}", nearest(name, known))
    return frozenset(named)


def _hours(table: Table) -> Hours:
    zone = table.text("timezone", "UTC")
    if not _is_zone(zone):
        table.source.report(table.name("timezone"), f"unknown time zone {zone!r}", "use a name like Europe/Berlin")
    if not any(table.has(day) for day in WEEKDAYS):
        table.source.report(table.name("mon"), "no day has opening hours", 'write for example mon = ["09:00-17:00"]')
    return Hours(
        timezone=zone,
        days=tuple(_day(table, day) for day in WEEKDAYS),
        limit_sends=table.flag("limit_sends", default=True),
    )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # what zoneinfo raises for unknown, malformed and directory names
        return False
    return bool(name)


def _day(table: Table, day: str) -> tuple[tuple[int, int], ...]:
    openings: list[tuple[int, int]] = []
    for written in table.texts(day):
        found = _RANGE.match(written)
        hours = [int(part) for part in found.groups()] if found else [0, 0, 0, 0]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if start < end <= 1440 and (not openings or openings[-1][1] <= start):
            openings.append((start, end))
        else:
            table.source.report(table.name(day), f"{written!r} is not valid", "write times in order, like 09:00-12:30")
    return tuple(openings)


def _intent(
    table: Table,
    key: str,
    defaults: Defaults,
    catalogue_tiers: Mapping[str, Tier],
    floor: Collection[str],
) -> IntentPolicy:
    tier = table.choice("tier", tuple(Tier), Tier.HUMAN_ONLY)
    if not table.has("tier"):
        table.source.report(table.name("tier"), "missing", "say auto, approval or human_only")
    _check_tier(table, key, tier, catalogue_tiers, floor)
    pilot = _tolerated(table, "tolerated_error", defaults.tolerated_error)
    return IntentPolicy(
        key=key,
        tier=tier,
        stage=table.choice("stage", tuple(Stage), Stage.DRAFT),
        owner=table.text("owner") or defaults.owner,
        route=table.text("route"),
        tolerated_error_pilot=pilot,
        tolerated_error_live=_tolerated_live(table, min(pilot, defaults.tolerated_error_live), pilot),
        threshold=table.number("threshold", defaults.confidence_threshold, low=LEAST_THRESHOLD, high=1),
        template=table.text("template") or key,
        macros=table.texts("macros"),
        pilot_share=table.whole("pilot_share", 0, low=0, high=100),
        status_after_send=table.choice("status_after_send", _SENT_STATUSES, defaults.status_after_send),
        goals=table.texts("goals"),
        acknowledge=table.flag("acknowledge", default=False),
    )


def _check_tier(
    table: Table, key: str, tier: Tier, catalogue_tiers: Mapping[str, Tier], floor: Collection[str]
) -> None:
    known = catalogue_tiers.get(key)
    if key == UNMAPPED:
        table.source.report(table.path, "what no intent fits always goes to a person", "remove this table")
    elif known is None:
        table.source.report(table.path, "unknown intent", nearest(key, catalogue_tiers))
    elif key in floor and tier is not Tier.HUMAN_ONLY:
        table.source.report(
            table.name("tier"), "this intent is on the floor and always goes to a person", "use human_only"
        )
    elif looser_tier(tier, than=known):
        table.source.report(
            table.name("tier"), f"{tier.value} is looser than the catalogue allows", f"use {known.value} or stricter"
        )


def _check_ready(source: Source, rule: IntentPolicy, routes: Collection[str] | None) -> None:
    """What parses, yet must not be published [H2, O2]."""
    path = f"intents.{rule.key}"
    sends = rule.stage in _SENDING
    if sends and not rule.owner:
        source.report(f"{path}.owner", "missing at this stage", "name who owns the intent", Severity.UNREADY)
    if sends and rule.tier is Tier.AUTO and not rule.goals:
        source.report(f"{path}.goals", "missing at this stage", "write what the pilot shall reach", Severity.UNREADY)
    if rule.stage is Stage.PILOT and rule.tier is Tier.AUTO and rule.pilot_share == 0:
        source.report(f"{path}.pilot_share", "nobody is in the pilot", "set 1 to 100 percent", Severity.UNREADY)
    if rule.stage is Stage.PILOT and rule.status_after_send is Status.RESOLVED:
        source.report(f"{path}.status_after_send", "a pilot never solves tickets", "use pending", Severity.UNREADY)
    if routes is not None and rule.route and rule.route not in routes:
        source.report(f"{path}.route", f"unknown group {rule.route!r}", nearest(rule.route, routes), Severity.UNREADY)
