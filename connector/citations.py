"""How a model's draft is shown to an agent: its lines on the card, and which sentence rests on which source. Pure."""

from __future__ import annotations

from dataclasses import replace

from connector.drafting.links import without_links
from connector.model import Card, Draft, Source

MOST_WORDS = 7


def card_with(card: Card, draft: Draft | None) -> Card:
    """The card with the draft's summary and next action where it has them; the given card for any other draft."""
    if draft is None or draft.writing is None:
        return card
    return replace(card, summary=draft.summary or card.summary, next_action=draft.next_action or card.next_action)


def numbered(sources: tuple[Source, ...], approved: str) -> tuple[str, ...]:
    """The sources as lines, each with its number; `approved` as in `named`."""
    return tuple(f"[{at}] {named(source, approved)}" for at, source in enumerate(sources, 1))


def cited_lines(draft: Draft) -> tuple[str, ...]:
    """One line for each sentence that names sources: its first words and their numbers.

    What the checks took out of the text is not shown here either.
    """
    number = {source.id: at for at, source in enumerate(draft.sources, 1)}
    lines = []
    for statement in draft.statements:
        cited = [number[source_id] for source_id in statement.sources if source_id in number]
        if cited and statement.text in draft.text:
            marks = "".join(f"[{at}]" for at in sorted(cited))
            lines.append(f"“{without_links(_beginning(statement.text))}” {marks}")
    return tuple(lines)


def named(source: Source, approved: str) -> str:
    """The source in one line for agents, with where they can read it; a template's name is `approved`."""
    title = approved if is_template(source.id) else source.title
    return f"{title} - {source.agents_url}" if source.agents_url else title


def is_template(source_id: str) -> bool:
    """Whether the source is an approved reply, whose own name says nothing to an agent."""
    return source_id.startswith("template:")


def _beginning(text: str) -> str:
    words = text.split()
    return " ".join(words) if len(words) <= MOST_WORDS else " ".join(words[:MOST_WORDS]) + " …"
