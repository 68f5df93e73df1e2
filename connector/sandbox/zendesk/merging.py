"""Merging: the source is closed with a tag and a note, the target goes on (reference section 8)."""

from __future__ import annotations

from connector.sandbox.store import Ticket
from connector.sandbox.zendesk import hooks, rules
from connector.sandbox.zendesk.state import Account


def merge(account: Account, source: Ticket, target: Ticket, *, actor_id: int) -> None:
    """Closes `source` in favour of `target`. Raises `ApiError` 422 when the source is closed already."""
    store = account.store
    note = {"body": f"This request was closed and merged into request #{target.id}.", "public": False}
    fields = {"comment": note, "tags": [*source.tags, "closed_by_merge"], "status": "closed"}
    hooks.publish(account, rules.update(account, source, fields, store.people[actor_id]))
    store.note_change(source, "merged", actor_id, after=target.id)
    event = {"target_ticket_id": str(target.id), "source_ticket_id": str(source.id)}
    hooks.publish_events(account, source, [("merged", event)], actor_id=actor_id)
