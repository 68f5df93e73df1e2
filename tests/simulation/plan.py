"""What may go wrong in one run, drawn from its seed.

Not every run has every fault: a run in which everything fails at once shows less than many in which a few things do.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

SMALL_PLAN = 50
"""Calls a minute of the smallest account that a helpdesk gives an API to speak of: a Freshdesk trial."""


@dataclass(slots=True, kw_only=True)
class Plan:
    """Rates are probabilities per opportunity. `heal` turns everything off."""

    workers: int
    crash: float = 0.0  # a worker dies, at any one boundary
    pause: float = 0.0  # a worker stands still for minutes, at any one boundary
    store: float = 0.0  # a transaction fails, undone or (rarely) committed and not told
    refused: float = 0.0  # an outbound call does not reach the helpdesk
    lost_answer: float = 0.0  # it is applied and its answer is lost
    late: float = 0.0  # it times out here and is applied minutes later
    status: float = 0.0  # 5xx, applied or not
    garbage: float = 0.0  # 200 with something that is no JSON
    throttled: float = 0.0  # 429
    slow: float = 0.0  # answers take up to 19 s
    lag: float = 0.0  # reads come from a copy that is some seconds behind
    meddling: float = 0.0  # a person acts right after the connector has read the ticket
    fidgeting: float = 0.0  # an automation of the team's keeps changing the ticket, several times a second
    webhooks_lost: float = 0.0
    webhooks_copied: float = 0.0
    webhooks_late: float = 0.0
    receiver_dies: float = 0.0
    model_slow: float = 0.0
    model_fails: float = 0.0
    power_cuts: int = 0
    clock_jumps: int = 0
    outages: int = 0
    switches: int = 0  # how often somebody turns the kill switch
    healed: bool = False
    reader: bool = False  # whether a model gives second opinions
    quick: bool = False  # whether network and model answer within a blink, so that much happens within one second
    calls_per_minute: int = 700  # what the helpdesks' headers say of the account's plan

    def heal(self) -> None:
        """From now on nothing fails any more."""
        for name in _RATES:
            setattr(self, name, 0.0)
        self.healed = True


_RATES = {
    "crash": (0.004, 0.04),
    "pause": (0.004, 0.03),
    "store": (0.003, 0.03),
    "refused": (0.02, 0.2),
    "lost_answer": (0.03, 0.3),
    "late": (0.03, 0.3),
    "status": (0.02, 0.2),
    "garbage": (0.01, 0.1),
    "throttled": (0.02, 0.2),
    "slow": (0.02, 0.3),
    "lag": (0.05, 0.4),
    "meddling": (0.02, 0.2),
    "fidgeting": (0.05, 0.5),
    "webhooks_lost": (0.1, 0.6),
    "webhooks_copied": (0.1, 0.7),
    "webhooks_late": (0.1, 0.5),
    "receiver_dies": (0.05, 0.4),
    "model_slow": (0.1, 0.5),
    "model_fails": (0.1, 0.5),
}


_STORMS: tuple[dict[str, tuple[float, float]], ...] = (
    # Requests that arrive long after nobody waits for them, on a helpdesk that is well otherwise and tickets that
    # nobody else touches: what a retry must be fenced off from.
    {"late": (0.35, 0.7)},
    {"late": (0.2, 0.5), "crash": (0.02, 0.06)},
    # People who act within the second in which the connector has read their ticket, everything else being fast.
    {"meddling": (0.25, 0.6)},
)
"""Few faults, but often: together with many others, each rate must stay low for a run to get anywhere."""

STORMY = 0.25
"""The share of runs with one of these and nothing else."""


def draw(chance: random.Random, *, limits: random.Random, weather: random.Random) -> Plan:
    """The plan of one run: each kind of fault is on in about four runs of ten, or few of them and often.

    `limits` draws the accounts' plan, `weather` whether it is one of the latter.
    """
    plan = _mixed(chance, limits)
    if weather.random() < STORMY:
        for name in _RATES:
            setattr(plan, name, 0.0)
        plan.power_cuts = plan.clock_jumps = plan.outages = 0
        storm = weather.choice(_STORMS)
        for name, (low, high) in storm.items():
            setattr(plan, name, weather.uniform(low, high))
        plan.quick = plan.quick or "meddling" in storm
    return plan


def _mixed(chance: random.Random, limits: random.Random) -> Plan:
    plan = Plan(workers=chance.choice((1, 2, 2, 3)))
    calm = chance.random() < 0.05
    for name, (low, high) in _RATES.items():
        rate = low + (high - low) * chance.random() ** 2
        if chance.random() < 0.4 and not calm:
            setattr(plan, name, rate)
    if not calm:
        plan.power_cuts = chance.choice((0, 0, 0, 1, 2))
        plan.clock_jumps = chance.choice((0, 0, 0, 0, 0, 1))
        plan.outages = chance.choice((0, 0, 0, 1))
        plan.switches = chance.choice((0, 0, 0, 1))
    plan.reader = chance.random() < 0.25
    plan.quick = chance.random() < 0.3
    plan.calls_per_minute = limits.choice((SMALL_PLAN, 200, 700))
    return plan
