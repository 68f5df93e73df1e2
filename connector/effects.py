"""What a decision writes, and whether it may still be written. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from connector.identifiers import effect_id
from connector.model import (
    AccountConfig,
    Action,
    Basis,
    Comment,
    Decision,
    Draft,
    Effect,
    EffectKind,
    Priority,
    Role,
    Status,
    Ticket,
    Visibility,
)

_PRIORITIES = tuple(Priority)


class Freshness(StrEnum):
    """How the ticket of the write compares with the ticket of the decision [W2]."""

    CURRENT = "current"
    AGENT_REPLIED = "agent_replied"  # a person answered: nothing is written
    NEWER_MESSAGE = "newer_message"  # the customer wrote again: start again from the fetch
    CHANGED = "changed"  # anything else moved: a send becomes a draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The finished texts of one decision; `note` is rendered for a given reference."""

    note: Callable[[str], str]
    reply: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChanges:
    """Tags and fields that go with the comment."""

    note_tags: tuple[frozenset[str], frozenset[str]]
    reply_tags: tuple[frozenset[str], frozenset[str]]
    priority: Priority | None
    status_after_send: Status | None
    group_id: str | None


def basis(ticket: Ticket, answered: Comment) -> Basis:
    """What the decision saw of the ticket."""
    return Basis(
        stamp=ticket.stamp,
        answers=answered.id,
        comment_count=len(ticket.comments),
        status=ticket.status,
        assignee_id=ticket.assignee_id,
    )


def plan(
    *,
    decision: Decision,
    ticket: Ticket,
    answered: Comment,
    wording: Wording,
    changes: FieldChanges,
    revision: int,
    also: tuple[str, ...] = (),
) -> tuple[Effect, ...]:
    """The one write of this decision, or none where it stays in the sidebar."""
    if not decision.writes or decision.action in (Action.IGNORE, Action.SHADOW):
        return ()
    note = replace(_note(decision, ticket, answered, wording, changes, revision), also=also)
    if decision.action is not Action.AUTO_SEND or wording.reply is None:
        return (note,)
    add, remove = changes.reply_tags
    return (
        replace(
            note,
            id=_identity(ticket, answered, EffectKind.REPLY, 0),
            kind=EffectKind.REPLY,
            text=wording.reply,
            tags_add=add,
            tags_remove=remove,
            status=changes.status_after_send,
            group_id=None,
            note_instead=note.text,
        ),
    )


def note_in_place_of(reply: Effect, *, tags: tuple[frozenset[str], frozenset[str]], why: str) -> Effect:
    """The note that tells a person what we would have sent and why it was not, or may not have been, sent.

    Its text was rendered with the decision, so its reference already names this id.
    """
    identity = effect_id(
        account_id=reply.account_id,
        ticket_id=reply.ticket_id,
        answers=reply.basis.answers,
        kind=EffectKind.NOTE,
        revision=reply.revision,
    )
    add, remove = tags
    title, _, rest = (reply.note_instead or reply.text).partition("\n")
    return replace(
        reply,
        id=identity,
        kind=EffectKind.NOTE,
        text=f"{title}\n{why}\n{rest}",
        tags_add=add,
        tags_remove=remove,
        status=None,
        note_instead=None,
    )


def freshness(effect: Effect, ticket: Ticket) -> Freshness:
    """Whether the ticket, just read again, still is the one that was decided on."""
    seen = effect.basis
    newest = ticket.newest_customer_message
    since = _comments_after(ticket, seen.answers)
    if any(_is_agents_reply(comment) for comment in since):
        return Freshness.AGENT_REPLIED
    if newest is not None and newest.id != seen.answers:
        return Freshness.NEWER_MESSAGE
    if (ticket.status, ticket.assignee_id, len(ticket.comments)) != (seen.status, seen.assignee_id, seen.comment_count):
        return Freshness.CHANGED
    if ticket.flags or ticket.status is Status.CLOSED:
        return Freshness.CHANGED
    return Freshness.CURRENT


def agent_acted_since(ticket: Ticket, answered: Comment) -> bool:
    """Whether a person wrote anything, note or reply, after this message."""
    return any(comment.role is Role.AGENT for comment in _comments_after(ticket, answered.id))


def raised_priority(ticket: Ticket, wanted: Priority) -> Priority | None:
    """The priority to write: ours where it is higher than the ticket's, never lower; None = leave it."""
    if ticket.priority is None or _PRIORITIES.index(wanted) > _PRIORITIES.index(ticket.priority):
        return wanted
    return None


def route(config: AccountConfig, name: str, ticket: Ticket) -> str | None:
    """The group that owns the intent, unless a person or group has the ticket already."""
    if ticket.assignee_id or not name:
        return None
    group = config.groups.get(name)
    return None if group == ticket.group_id else group


def _note(
    decision: Decision, ticket: Ticket, answered: Comment, wording: Wording, changes: FieldChanges, revision: int
) -> Effect:
    identity = _identity(ticket, answered, EffectKind.NOTE, revision)
    add, remove = changes.note_tags
    effect = Effect(
        id=identity,
        kind=EffectKind.NOTE,
        account_id=ticket.account_id,
        ticket_id=ticket.id,
        intent=decision.intent,
        revision=revision,
        text="",
        basis=basis(ticket, answered),
        tags_add=add,
        tags_remove=remove,
        priority=changes.priority,
        group_id=changes.group_id if decision.action is Action.HAND_OFF else None,
    )
    return replace(effect, text=wording.note(effect.reference))


def _identity(ticket: Ticket, answered: Comment, kind: EffectKind, revision: int) -> str:
    return effect_id(
        account_id=ticket.account_id, ticket_id=ticket.id, answers=answered.id, kind=kind, revision=revision
    )


def _comments_after(ticket: Ticket, comment_id: str) -> tuple[Comment, ...]:
    ids = [comment.id for comment in ticket.comments]
    return ticket.comments[ids.index(comment_id) + 1 :] if comment_id in ids else ticket.comments


def _is_agents_reply(comment: Comment) -> bool:
    return comment.role is Role.AGENT and comment.visibility is Visibility.PUBLIC


def usable_reply(draft: Draft | None) -> str | None:
    """The text that may go to a customer, or None."""
    return draft.text if draft is not None and draft.complete else None
