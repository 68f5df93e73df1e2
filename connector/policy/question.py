"""What the engine is asked: a ticket, its triage, the policy, how things stand now, and the reviewed draft."""

from __future__ import annotations

from dataclasses import dataclass

from connector.model import DraftCheck, Posture, Stage, Ticket, Triage
from connector.policy.terms import Policy
from connector.records import KillSwitch


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Facts of the moment, gathered by the caller.

    `share_draw` is the requester's sticky place in [0, 1) for the pilot share. `replied_since_agent`: we have
    replied by ourselves and no agent has acted since. The counts do not include the send in question.
    `certified` and `goal_frozen` are about the intent with its template in force. `languages` are those in
    which the account may be answered. `account_owner` owns what the policy leaves unowned.
    """

    account_stage: Stage
    postures: tuple[Posture, ...]
    killed: KillSwitch | None
    share_draw: float
    within_hours: bool
    replied_since_agent: bool
    sends_to_requester_today: int
    sends_of_account_10min: int
    certified: bool
    goal_frozen: bool
    requester_verified: bool
    languages: tuple[str, ...]
    person_has_taken: bool
    budget_left: bool
    reply_possible: bool
    account_owner: str = ""

    @classmethod
    def permissive(cls, languages: tuple[str, ...] = ("en", "de"), *, stage: Stage = Stage.LIVE) -> Standing:
        """Nothing of the moment stands against a send: what `handrail eval --stage live` assumes.

        Use it with `as_if_live(policy)`, which does the same for what stands in the policy.
        """
        return cls(
            account_stage=stage,
            postures=(),
            killed=None,
            share_draw=0.0,
            within_hours=True,
            replied_since_agent=False,
            sends_to_requester_today=0,
            sends_of_account_10min=0,
            certified=True,
            goal_frozen=True,
            requester_verified=True,
            languages=languages,
            person_has_taken=False,
            budget_left=True,
            reply_possible=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What became of the draft: whether it is complete, its checks [G4], and whether there is one at all.

    `missing` names the details it lacks, for the reason only: `complete` decides. `past_reply`: some of it rests on a
    past reply, which was true of one customer on one day.
    """

    complete: bool
    checks: tuple[DraftCheck, ...]
    drafted: bool = True
    missing: tuple[str, ...] = ()
    past_reply: bool = False

    @property
    def passed(self) -> bool:
        """Whether this draft could leave as it is. A draft that nobody checked could not."""
        sound = self.drafted and self.complete and not self.past_reply
        return sound and bool(self.checks) and all(c.passed for c in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Everything a decision rests on. `policy` None = none valid; `review` None = not drafted yet."""

    ticket: Ticket
    triage: Triage
    policy: Policy | None
    standing: Standing
    review: Review | None
