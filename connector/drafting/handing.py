"""Words by which a reply promises that a person will take over."""

from __future__ import annotations

import re

_HAND_OFF = re.compile(
    r"""\b(?:
      (?:a|one\s+of\s+our|my|our)\s+(?:colleagues?|team|specialists?|agents?|experts?)\b.{0,40}?
        \b(?:will|is\s+going\s+to|are\s+going\s+to)
     |we(?:'ll|\s+will)\s+(?:get\s+back|look\s+into|check|review|follow\s+up|come\s+back|pass|forward|be\s+in\s+touch)
     |i(?:'ll|\s+will)\s+(?:pass|forward|hand|escalate|check)
     |(?:have|has\s+been|am|are)\s+(?:forward(?:ed|ing)|pass(?:ed|ing)|escalat\w+|hand(?:ed|ing))\s
     |(?:kolleg\w+|mitarbeiter\w*|unser\s+team|fachabteilung)\b.{0,60}?
        \b(?:meldet|melden|prüft|prüfen|kümmert|kümmern|antwortet|antworten|sieht|schaut|wird|werden)
     |wir\s+(?:melden\s+uns|prüfen|kümmern\s+uns|leiten|klären|geben\s.{0,40}\sweiter)
     |(?:leite|gebe)\s.{0,60}weiter|weitergeleitet|weitergegeben
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


def find_hand_off(text: str) -> str:
    """The words that promise an answer by a person; empty if there are none."""
    match = _HAND_OFF.search(text)
    return match.group() if match else ""
