"""The ticket as it stood before the first answer: nothing that came later may be seen. Pure."""

from __future__ import annotations

from dataclasses import replace

from connector.model import Comment, PastTicket, Role, Status, Ticket, TicketFlag
from connector.model.history import asked_before_reply
from connector.plaintext import HIDDEN_TEXT_FIELD

_FROM_THE_START = frozenset({TicketFlag.OUTBOUND, TicketFlag.ASSOCIATED})
"""The other flags tell how a ticket ended."""


def before_reply(past: PastTicket) -> Ticket | None:
    """The ticket of then; None where no customer had written.

    Tags, priority, assignee, group, copies and custom fields are as on a new ticket: the export does not say when they
    were set. So are mail headers where the customer wrote again later: the helpdesk gives those of the newest mail.
    The sender counts as verified, as in every evaluation.
    """
    comments = asked_before_reply(past.ticket.comments)
    if not any(_customers(comment) for comment in comments):
        return None
    last = comments[-1].created_at
    later = len([comment for comment in past.ticket.comments if _customers(comment)])
    wrote_again = later > len([comment for comment in comments if _customers(comment)])
    status = Status.NEW if len(comments) == 1 else Status.OPEN
    return replace(
        past.ticket,
        comments=comments,
        requester=replace(past.ticket.requester, verified=True),
        status=status,
        vendor_status=status.value,
        priority=None,
        vendor_priority=None,
        tags=frozenset(),
        updated_at=last,
        read_at=last,
        stamp=last.isoformat(),
        group_id=None,
        assignee_id=None,
        custom_fields={HIDDEN_TEXT_FIELD: past.hidden} if past.hidden else {},
        cc=(),
        flags=past.ticket.flags & _FROM_THE_START,
        headers={} if wrote_again else past.ticket.headers,
    )


def said_later(past: PastTicket) -> tuple[str, ...]:
    """What customers wrote after the first answer."""
    reply = past.reply
    if reply is None:
        return ()
    ids = [comment.id for comment in past.ticket.comments]
    at = ids.index(reply.comment_id) if reply.comment_id in ids else len(ids)
    return tuple(comment.text for comment in past.ticket.comments[at + 1 :] if _customers(comment))


def _customers(comment: Comment) -> bool:
    return comment.role in (Role.REQUESTER, Role.OTHER_CUSTOMER)
