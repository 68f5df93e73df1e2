"""The policy document: what stands in `policy.toml`, read, checked, changed and written [D5]."""

from connector.policy.hours import Hours
from connector.policy.problems import Problem, Severity
from connector.policy.reading import lint, parse_policy
from connector.policy.rendering import edit_stage, render_policy
from connector.policy.terms import (
    Caps,
    Defaults,
    IntentPolicy,
    Policy,
    as_if_live,
    with_stage,
)

__all__ = [
    "Caps",
    "Defaults",
    "Hours",
    "IntentPolicy",
    "Policy",
    "Problem",
    "Severity",
    "as_if_live",
    "edit_stage",
    "lint",
    "parse_policy",
    "render_policy",
    "with_stage",
]
