"""Frozen values to JSON text and back, field by field.

Text that was written by an older release may lack a field: it then gets the field's default. Unknown fields are
passed over, so that a release can be rolled back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from connector.model import AccountConfig, Basis, Effect, EffectKind, Priority, Status

Word = TypeVar("Word", bound=StrEnum)


def to_text(value: object) -> str:
    """Canonical JSON in ASCII: the same value always gives the same text, and any character can be stored."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def from_text(text: str) -> Any:
    """The JSON value of a text."""
    return json.loads(text)


def config_to_text(config: AccountConfig) -> str:
    """An account's configuration as JSON."""
    return to_text(
        {
            "company": config.company,
            "tag_prefix": config.tag_prefix,
            "languages": config.languages,
            "greeting": config.greeting,
            "signature": config.signature,
            "disclosure": config.disclosure,
            "own_addresses": config.own_addresses,
            "link_hosts": config.link_hosts,
            "vip_tags": config.vip_tags,
            "groups": config.groups,
            "facts": config.facts,
            "tone": config.tone,
            "avoid": config.avoid,
            "learn_replies": config.learn_replies,
            "call_share": config.call_share,
        }
    )


def config_from_text(text: str) -> AccountConfig:
    """The configuration in a JSON text."""
    stored = from_text(text)
    return AccountConfig(
        company=stored["company"],
        tag_prefix=stored.get("tag_prefix", "hr_"),
        languages=tuple(stored.get("languages", ("en", "de"))),
        greeting=stored.get("greeting", {}),
        signature=stored.get("signature", {}),
        disclosure=stored.get("disclosure", {}),
        own_addresses=frozenset(stored.get("own_addresses", ())),
        link_hosts=frozenset(stored.get("link_hosts", ())),
        vip_tags=frozenset(stored.get("vip_tags", ())),
        groups=stored.get("groups", {}),
        facts=stored.get("facts", {}),
        tone=stored.get("tone", ""),
        avoid=tuple(stored.get("avoid", ())),
        learn_replies=stored.get("learn_replies", False) is True,
        call_share=stored.get("call_share", 0.5),
    )


def effect_to_text(effect: Effect) -> str:
    """An effect as JSON."""
    basis = effect.basis
    return to_text(
        {
            "id": effect.id,
            "kind": effect.kind,
            "account_id": effect.account_id,
            "ticket_id": effect.ticket_id,
            "intent": effect.intent,
            "revision": effect.revision,
            "text": effect.text,
            "basis": {
                "stamp": basis.stamp,
                "answers": basis.answers,
                "comment_count": basis.comment_count,
                "status": basis.status,
                "assignee_id": basis.assignee_id,
            },
            "tags_add": effect.tags_add,
            "tags_remove": effect.tags_remove,
            "priority": effect.priority,
            "status": effect.status,
            "group_id": effect.group_id,
            "also": effect.also,
            "note_instead": effect.note_instead,
        }
    )


def effect_from_text(text: str) -> Effect:
    """The effect in a JSON text."""
    stored = from_text(text)
    basis = stored["basis"]
    return Effect(
        id=stored["id"],
        kind=EffectKind(stored["kind"]),
        account_id=stored["account_id"],
        ticket_id=stored["ticket_id"],
        intent=stored["intent"],
        revision=stored["revision"],
        text=stored["text"],
        basis=Basis(
            stamp=basis["stamp"],
            answers=basis["answers"],
            comment_count=basis["comment_count"],
            status=Status(basis["status"]),
            assignee_id=basis["assignee_id"],
        ),
        tags_add=frozenset(stored.get("tags_add", ())),
        tags_remove=frozenset(stored.get("tags_remove", ())),
        priority=_optional(Priority, stored.get("priority")),
        status=_optional(Status, stored.get("status")),
        group_id=stored.get("group_id"),
        also=tuple(stored.get("also", ())),
        note_instead=stored.get("note_instead"),
    )


def _optional(kind: type[Word], value: str | None) -> Word | None:
    return None if value is None else kind(value)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"a {type(value).__name__} cannot be stored as JSON")
