"""Which replies left without a person, and whom they reached: what to ask when one of them was wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.model import EffectState
from connector.records import SentReply

HEADING = ("sent_at", "account", "ticket", "link", "requester", "intent", "template", "author", "arrived", "receipt")
"""The columns of `told`."""

ARRIVED = {EffectState.DONE: "yes", EffectState.INTENT: "under way", EffectState.UNKNOWN: "perhaps: look at the ticket"}
"""Whether the customer has it, by the state of the write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the wrong replies have in common; "" asks for nothing. Case does not matter.

    `author` and `source` are looked for in who wrote the draft and in the sources' names and titles, `containing` in
    the text that was sent.
    """

    intent: str = ""
    template: str = ""
    author: str = ""
    source: str = ""
    containing: str = ""

    def fits(self, reply: SentReply) -> bool:
        """Whether this reply is one of those."""
        receipt, body = reply.receipt, reply.receipt.body
        exact = ((self.intent, receipt.intent), (self.template, receipt.template))
        if any(wanted and wanted != found for wanted, found in exact):
            return False
        within = (
            (self.author, author(reply)),
            (self.source, "\n".join(_sources(body))),
            (self.containing, reply.effect.effect.text),
        )
        return all(wanted.casefold() in found.casefold() for wanted, found in within)


def author(reply: SentReply) -> str:
    """Who wrote the draft, as the receipt names him; "" where that was erased."""
    draft = reply.receipt.body.get("draft")
    return str(draft.get("author") or "") if isinstance(draft, Mapping) else ""


def told(reply: SentReply, *, account: str, link: str) -> dict[str, Any]:
    """One reply as a row for people: ids and where to look, nothing that the customer wrote or read."""
    effect = reply.effect
    return {
        "sent_at": reply.sent_at,
        "account": account,
        "ticket": effect.effect.ticket_id,
        "link": link,
        "requester": reply.requester_id,
        "intent": reply.receipt.intent,
        "template": reply.receipt.template,
        "author": author(reply),
        "arrived": ARRIVED[effect.state],
        "receipt": reply.receipt.id,
    }


def _sources(body: Mapping[str, object]) -> Iterable[str]:
    sources = body.get("sources")
    for source in sources if isinstance(sources, list | tuple) else ():
        if isinstance(source, Mapping):
            yield from (str(source.get(key) or "") for key in ("id", "title", "url"))
