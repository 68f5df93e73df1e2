"""Puts the values back where a draft holds their placeholders, as far as they may come back."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.masking import placeholders, words
from connector.masking.kinds import SECRET, Kind
from connector.masking.masked import Masked
from connector.masking.shadow import shadow


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The draft with its values.

    `withheld` are the kinds that a neutral word stands for. `unknown` is what reads as a placeholder and is none of
    this ticket, or was damaged: a draft that has any must not be sent.
    """

    text: str = field(repr=False)
    unknown: tuple[str, ...] = ()
    withheld: tuple[Kind, ...] = ()


def restore(text: str, masked: Masked, *, language: str = "en") -> Restored:
    """The text with the values of this ticket; secrets are named in the customer's language and never shown."""
    seen = shadow(text)
    rest: list[str] = []
    read = 0
    parts: list[str] = []
    unknown: list[str] = []
    withheld: list[Kind] = []
    at = 0
    for match in placeholders.read(seen.text):
        stop = placeholders.end(seen.text, match)
        rest.append(seen.text[read : match.start()])
        read = stop
        start, end = seen.original(match.start(), stop)
        value = masked.value(int(match["number"]))
        parts.append(text[at:start])
        at = end
        if value is None or value.kind.value != match["kind"].lower():
            unknown.append(match.group())
            parts.append(text[start:end])
        elif value.restored:
            parts.append(value.text)
        else:
            withheld.append(value.kind)
            parts.append(_neutral(value.kind, language))
    unknown += placeholders.traces(" ".join([*rest, seen.text[read:]]))
    return Restored(
        text="".join([*parts, text[at:]]),
        unknown=tuple(dict.fromkeys(unknown)),
        withheld=tuple(dict.fromkeys(withheld)),
    )


def _neutral(kind: Kind, language: str) -> str:
    return words.withheld(kind.value if kind in SECRET else "other", language)
