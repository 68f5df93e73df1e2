"""Characters that a reader sees: no zero-width, bidi, tag or control characters."""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 200_000
"""What is read of one text; far above any letter, far below what would slow a worker down."""

# Unicode's "format" category holds the zero-width, bidi and tag characters. Two of it, the joiners, carry meaning
# between letters of Arabic, Indic and related scripts and between emoji; between other letters they only split words.
_KEPT_FORMAT = "\u200c\u200d"
_JOINED = r"[\u0600-\u109f\u1780-\u18af\u2190-\u2bff\ua840-\uabff\ufb50-\ufdff\ufe70-\ufefc\U0001f000-\U0001faff]"
_STRAY_JOINER = re.compile(rf"(?<!{_JOINED})[{_KEPT_FORMAT}]+|[{_KEPT_FORMAT}]+(?!{_JOINED})")
# Blank glyphs of other categories that are used to hide or pad text.
_BLANK = dict.fromkeys([0x115F, 0x1160, 0x2800, 0x3164, 0xFFA0, 0x034F, 0x061C, 0x180E])
_VARIATION = dict.fromkeys([*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
_BREAKS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_PLAIN = re.compile(r"[\t\n\x20-\x7e\u00a1-\u00ac\u00ae-\u02ff]*")


def visible_text(text: str) -> str:
    """The text without invisible and control characters, with `\\n` line ends and plain spaces.

    At most `MAX_CHARS` characters are read. Idempotent.
    """
    text = text[:MAX_CHARS]
    if _PLAIN.fullmatch(text):
        return text
    text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    text = text.translate(_BLANK).translate(_VARIATION)
    return _STRAY_JOINER.sub("", "".join(char for char in text if _is_visible(char)))


def _is_visible(char: str) -> bool:
    if char in "\n\t" or char in _KEPT_FORMAT:
        return True
    return unicodedata.category(char) not in _INVISIBLE_CATEGORIES
