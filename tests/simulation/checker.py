"""The judge: holds what the helpdesks' journal and the ledger say against the invariants I1 to I10.

It trusts neither side alone. Which message a note or reply is about, it takes from the number in the text that was
posted; what the connector believes of it, from the ledger.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from connector.model import EffectKind, Stage
from providers._budget import SHARE
from tests.simulation.actors import Said
from tests.simulation.helpdesk import AGENT, BOT, Entry, Posted, Ticket
from tests.simulation.network import Call
from tests.simulation.reading import numbers
from tests.simulation.world import CANARIES, RECIPIENT_CAP, World

Check = Callable[["Evidence"], Iterator[str]]

DAY = 86_400.0
LONGEST_WRITE = 700.0
"""How long a worker may hold a write back at most: two long pauses."""


class Evidence:
    """What a run left behind, indexed as the checks ask for it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.said = {said.number: said for said in world.actors.said}
        self.effects = world.database.rows("SELECT * FROM effects")
        self.events = world.database.rows("SELECT * FROM events")
        self.receipts = world.database.rows("SELECT * FROM receipts")
        self.alarms = world.database.rows("SELECT * FROM alarms")
        removed = {(posted.account, posted.entry) for posted in world.journal if posted.verb == "removed"}
        self.replies = [posted for posted in world.journal if posted.verb == "reply"]
        self.notes = [
            posted
            for posted in world.journal
            if posted.verb == "note" and (posted.account, posted.entry) not in removed
        ]

    def ticket(self, posted: Posted | Said) -> Ticket:
        """The helpdesk's own ticket."""
        return self.world.desks[posted.account].tickets[posted.ticket]

    def about(self, posted: Posted) -> Said | None:
        """The message that was answered: the newest one that the text names."""
        return self.said.get(max(numbers(posted.text), default=0))

    def answers(self, said: Said) -> str:
        """The id of the message as the connector knows it."""
        first = self.ticket(said).entries[0].id == said.entry
        return "description" if first and self.world.account(said.account).vendor == "freshdesk" else str(said.entry)

    def effects_of(self, said: Said) -> list[dict[str, Any]]:
        """What the ledger planned for this message."""
        key = (said.account, str(said.ticket), self.answers(said))
        return [row for row in self.effects if (row["account_id"], row["ticket_id"], row["answers"]) == key]

    def effect_behind(self, posted: Posted) -> dict[str, Any] | None:
        """The row whose id stands in the posted comment; a Freshdesk reply bears none."""
        for row in self.effects:
            marked = posted.marker == row["id"] if posted.marker else f"HR-{row['id'][:8].upper()}" in posted.text
            if row["account_id"] == posted.account and marked:
                return row
        return None

    def last_read(self, posted: Posted) -> Call | None:
        """What the worker had read of the ticket when it wrote."""
        path = f"/api/v2/tickets/{posted.ticket}/conversations"
        reads = (
            call
            for call in reversed(self.world.network.calls)
            if (call.by, call.account, call.path) == (posted.by, posted.account, path)
            and call.ended_at <= posted.left_at
            and call.status == 200
        )
        return next(reads, None)


def violations(world: World) -> list[str]:
    """Everything that is wrong with how a run ended; empty where all invariants hold."""
    evidence = Evidence(world)
    return [f"{name}: {what}" for name, check in CHECKS for what in check(evidence)]


def _acknowledged_is_stored(evidence: Evidence) -> Iterator[str]:
    stored = {(row["account_id"], row["event_key"]) for row in evidence.events}
    for accepted in evidence.world.receiver.accepted:
        if accepted not in stored:
            yield f"{accepted} was answered with 202 and is not in the ledger"


def _once(evidence: Evidence) -> Iterator[str]:
    for verb, posts in (("replies", evidence.replies), ("notes", evidence.notes)):
        counts = Counter((posted.account, posted.ticket, max(numbers(posted.text), default=0)) for posted in posts)
        for (account, ticket, number), count in counts.items():
            if count > 1:
                yield f"{count} {verb} to message {number} on {account}/{ticket}"
    for posted in evidence.replies:
        said = evidence.about(posted)
        for row in evidence.effects_of(said) if said else ():
            if row["kind"] == EffectKind.REPLY and row["state"] in ("void", "failed"):
                yield f"the reply to {posted.account}/{posted.ticket} was called off ({row['reason']}) and is posted"


def _unknown_goes_to_a_person(evidence: Evidence) -> Iterator[str]:
    told = {(row["account_id"], row["subject"]) for row in evidence.alarms}
    for row in evidence.effects:
        if row["state"] == "unknown" and (row["account_id"], row["ticket_id"]) not in told:
            yield f"nobody was told that the outcome of {row['id']} is unknown"


def _nothing_ends_silently(evidence: Evidence) -> Iterator[str]:
    if not evidence.world.rested:
        yield "the connector does not come to rest"
        return
    for row in evidence.events:
        if row["state"] not in ("done", "ignored", "dead") or not (row["reason"] or row["state"] == "done"):
            yield f"event {row['event_key']} ended as {row['state']} without a reason"
    for row in evidence.effects:
        if row["state"] in ("planned", "intent"):
            yield f"effect {row['id']} stays {row['state']}"
        elif row["state"] != "done" and not row["reason"]:
            yield f"effect {row['id']} ended as {row['state']} without a reason"
    yield from _done_means_posted(evidence)
    for account in evidence.world.accounts:
        for ticket in evidence.world.desks[account.id].tickets.values():
            yield from _waiting_customer(evidence, account.id, ticket)


def _done_means_posted(evidence: Evidence) -> Iterator[str]:
    posted = {(entry.account, str(entry.entry)) for entry in (*evidence.replies, *evidence.notes)}
    standing = {id(evidence.effect_behind(note)) for note in evidence.notes}
    for row in evidence.effects:
        remote = (row["remote_id"] or "").rpartition("/")[2]
        if row["state"] == "done" and (row["account_id"], remote) not in posted and id(row) not in standing:
            yield f"effect {row['id']} is done and nothing of it is on {row['account_id']}/{row['ticket_id']}"


def _waiting_customer(evidence: Evidence, account: str, ticket: Ticket) -> Iterator[str]:
    """A customer whose newest message no person answered: what became of it?"""
    newest = [said for said in evidence.said.values() if (said.account, said.ticket) == (account, ticket.id)][-1]
    after = [entry for entry in ticket.entries if entry.id > newest.entry]
    closed = any(version.status == "closed" for version in ticket.versions)
    if closed or any(entry.author == AGENT and entry.public for entry in after) or newest.person.id == 14:
        return
    if any(evidence.about(posted) is newest for posted in (*evidence.replies, *evidence.notes)):
        return
    where = f"message {newest.number} on {account}/{ticket.id}"
    receipts = [
        json.loads(row["body"])["decision"]
        for row in evidence.receipts
        if (row["account_id"], row["ticket_id"]) == (account, str(ticket.id))
        and row["answers"] == evidence.answers(newest)
        and row["action"] != "ignore"
    ]
    told = any((row["account_id"], row["subject"]) == (account, str(ticket.id)) for row in evidence.alarms)
    dead = any(
        row["state"] == "dead" and (row["account_id"], row["ticket_id"]) == (account, str(ticket.id))
        for row in evidence.events
    )
    if not receipts and not (dead and told):
        yield f"{where} was never decided"
    elif any(decision["writes"] and decision["action"] != "shadow" for decision in receipts) and not told:
        yield f"{where} got neither note nor reply, and nobody was told"
    elif not any(decision["writes"] for decision in receipts) and not told and not _is_in_shadow(evidence, account):
        yield f"{where} was kept silent by a kill switch, and got nothing when it was off"


def _is_in_shadow(evidence: Evidence, account: str) -> bool:
    return evidence.world.account(account).stage is Stage.SHADOW


def _only_what_is_allowed(evidence: Evidence) -> Iterator[str]:
    for posted in evidence.replies:
        said = evidence.about(posted)
        if said is None:
            yield f"a reply to no message on {posted.account}/{posted.ticket}"
            continue
        allowed = {
            "the account is not live": evidence.world.account(posted.account).stage is Stage.LIVE,
            "the requester is not verified": said.person.verified,
            "a machine wrote it": said.person.id != 14,
            "others are on the thread": not said.copied,
            "the customer names a lawyer": not _lawyer_waits(evidence, said),
        }
        for why, fine in allowed.items():
            if not fine:
                yield f"a reply to {said.number} although {why}"
    yield from _shadow_writes(evidence)
    yield from _writes_while_off(evidence)
    yield from _caps(evidence)


def _lawyer_waits(evidence: Evidence, said: Said) -> bool:
    entries = [entry for entry in evidence.ticket(said).entries if entry.id <= said.entry and entry.public]
    waiting = itertools.takewhile(lambda entry: entry.author < AGENT, reversed(entries))
    return any("lawyer" in entry.text for entry in waiting)


def _shadow_writes(evidence: Evidence) -> Iterator[str]:
    for posted in (*evidence.replies, *evidence.notes):
        if _is_in_shadow(evidence, posted.account):
            yield f"a {posted.verb} on {posted.account} although it is in shadow"


def _writes_while_off(evidence: Evidence) -> Iterator[str]:
    for on, off, account in evidence.world.actors.switches:
        for call in evidence.world.network.calls:
            writes = call.method in ("PUT", "POST") and account in ("", call.account)
            if writes and on + 1.0 < call.left_at < off:
                yield f"{call.method} {call.path} left while the kill switch was on"
        for posted in evidence.world.journal:
            late = account in ("", posted.account) and posted.verb != "removed" and on + 1.0 < posted.left_at < off
            if late:
                yield f"a {posted.verb} on {posted.account} left while the kill switch was on"


def _caps(evidence: Evidence) -> Iterator[str]:
    by_person: dict[tuple[str, int], list[float]] = {}
    by_ticket: dict[tuple[str, int], list[Posted]] = {}
    for posted in sorted(evidence.replies, key=lambda reply: reply.at):
        by_person.setdefault((posted.account, evidence.ticket(posted).requester.id), []).append(posted.at)
        by_ticket.setdefault((posted.account, posted.ticket), []).append(posted)
    for (account, person), times in by_person.items():
        if any(sum(at <= other < at + DAY for other in times) > RECIPIENT_CAP for at in times):
            yield f"{len(times)} replies to person {person} of {account} in a day"
    for (account, number), sent in by_ticket.items():
        for one, next_one in itertools.pairwise(sent):
            between = [
                entry
                for entry in evidence.ticket(one).entries
                if entry.author == AGENT and one.left_at - LONGEST_WRITE < entry.at < next_one.at
            ]
            if not between:
                yield f"two replies on {account}/{number} and no agent acted between them"


def _nobody_elses(evidence: Evidence) -> Iterator[str]:
    yield from evidence.world.network.strangers
    for posted in (*evidence.replies, *evidence.notes):
        for number in numbers(posted.text):
            said = evidence.said.get(number)
            if said is None or (said.account, said.ticket) != (posted.account, posted.ticket):
                yield f"{number} stands on {posted.account}/{posted.ticket} and was not said there"


def _secrets_stay_secret(evidence: Evidence) -> Iterator[str]:
    content = evidence.world.database.connection.serialize()
    for canary in CANARIES:
        if canary.encode() in content:
            yield f"{canary} stands in the database in clear"
    yield from evidence.world.trace.leaks


def _rubbish_breaks_nothing(evidence: Evidence) -> Iterator[str]:
    yield from evidence.world.receiver.broken


def _turns_are_fair(evidence: Evidence) -> Iterator[str]:
    yield from evidence.world.unfair


def _all_is_recorded(evidence: Evidence) -> Iterator[str]:
    broken = evidence.world.ledger.watch.verify_chain()
    if broken is not None:
        yield broken
    receipts = {(row["account_id"], row["id"]) for row in evidence.receipts}
    decided = {(row["account_id"], row["ticket_id"]) for row in evidence.receipts}
    for row in evidence.effects:
        if (row["account_id"], row["receipt_id"]) not in receipts:
            yield f"effect {row['id']} has no receipt"
    for row in evidence.events:
        if row["state"] == "done" and (row["account_id"], row["ticket_id"]) not in decided:
            yield f"event {row['event_key']} is done and there is no receipt"
    for posted in (*evidence.replies, *evidence.notes):
        bears_mark = posted.verb == "note" or evidence.world.account(posted.account).vendor == "zendesk"
        if bears_mark and evidence.effect_behind(posted) is None:
            yield f"nobody knows of entry {posted.entry} on {posted.account}/{posted.ticket}"


def _never_stale(evidence: Evidence) -> Iterator[str]:
    """W2: nothing is written over a person's answer or a newer message that could be seen."""
    for posted in (*evidence.replies, *evidence.notes):
        said, at = evidence.about(posted), posted.at
        if said is None:
            continue
        if evidence.world.account(posted.account).vendor == "freshdesk":
            read = evidence.last_read(posted)
            if read is None:
                yield f"{posted.account}/{posted.ticket} was written to unread"
                continue
            at = read.seen_at
        seen = evidence.ticket(posted).seen(at)
        since = [entry for entry in seen if entry.id > said.entry and entry.id != posted.entry]
        if any(_speaks(entry) for entry in since):
            yield f"the {posted.verb} about {said.number} on {posted.account}/{posted.ticket} was stale"


def _speaks(entry: Entry) -> bool:
    """A customer's word, or an agent's to the customer."""
    return entry.author < AGENT or (entry.author != BOT and entry.public)


def _holds_back(evidence: Evidence) -> Iterator[str]:
    """No call before the time that a 429 named is over."""
    until: dict[tuple[str, str], float] = {}
    for call in sorted(evidence.world.network.calls, key=lambda call: call.left_at):
        key = (call.by, call.account)
        if call.left_at < until.get(key, 0.0) - 0.001:
            yield f"{call.by} called {call.account} before Retry-After was over"
        if call.status == 429:
            until[key] = max(until.get(key, 0.0), call.ended_at + call.retry_after)


def _leaves_the_rest_to_others(evidence: Evidence) -> Iterator[str]:
    """No process makes more calls in a minute than its share of the account's plan."""
    most = max(1, int(evidence.world.plan.calls_per_minute * SHARE))
    for (by, account), left in _times_left(evidence).items():
        for first, last in zip(left, left[most:], strict=False):
            if last - first < 60.0:
                yield f"{by} made more than {most} calls to {account} in a minute"
                break


def _times_left(evidence: Evidence) -> dict[tuple[str, str], list[float]]:
    times: dict[tuple[str, str], list[float]] = {}
    for call in evidence.world.network.calls:
        times.setdefault((call.by, call.account), []).append(call.left_at)
    return {line: sorted(left) for line, left in times.items()}


CHECKS: tuple[tuple[str, Check], ...] = (
    ("I1", _acknowledged_is_stored),
    ("I2", _once),
    ("I3", _unknown_goes_to_a_person),
    ("I4", _nothing_ends_silently),
    ("I5", _only_what_is_allowed),
    ("I6", _nobody_elses),
    ("I7", _secrets_stay_secret),
    ("I8", _rubbish_breaks_nothing),
    ("I9", _turns_are_fair),
    ("I10", _all_is_recorded),
    ("W2", _never_stale),
    ("rate", _holds_back),
    ("rate", _leaves_the_rest_to_others),
)
