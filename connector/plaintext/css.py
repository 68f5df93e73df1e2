"""As much of CSS as it takes to see that a text is hidden. Doubt means visible."""

from __future__ import annotations

import re
from collections.abc import Mapping

Colour = tuple[int, int, int]
Declarations = Mapping[str, str]

WHITE: Colour = (255, 255, 255)

_NAMED: Mapping[str, Colour] = {
    "white": WHITE,
    "black": (0, 0, 0),
    "snow": (255, 250, 250),
    "ivory": (255, 255, 240),
    "whitesmoke": (245, 245, 245),
    "ghostwhite": (248, 248, 255),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "navy": (0, 0, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
}
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})[0-9a-f]{0,2}\Z")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})[\s,]+(\d{1,3})[\s,]+(\d{1,3})(?:[\s,/]+([\d.]+%?))?\s*\)")
_HSL_WHITE = re.compile(r"hsla?\([^()]{1,40}[\s,](?:99|100)(?:\.\d+)?%")
_SEE_THROUGH = re.compile(
    r"transparent\Z|#[0-9a-f]{3}0\Z|#[0-9a-f]{6}0[0-9a-f]\Z|"
    r"(?:rgba|hsla)\([^()]{3,60}[,/]\s*(?:0|0?\.0\d*)%?\s*\)\Z"
)
_CLIPPED = re.compile(r"rect\((?:\s*[01](?:px)?[\s,]*){4}\)|inset\(\s*(?:50|100)%|circle\(\s*0")
_SHRUNK = re.compile(
    r"scale[xy]?\(\s*(?:0|0?\.0\d*)\s*[,)]|translate[xy]?\(\s*-\d{4,}|opacity\(\s*(?:0|0?\.0\d*)%?\s*\)"
)
_NUMBER = re.compile(r"-?\d*\.?\d+")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]{0,15})?(?:[.#][\w-]{1,80})?\Z")
_COMMENT = re.compile(r"/\*[^*]{0,500}\*/")
_UNSET = frozenset({"", "transparent", "none", "inherit", "initial", "unset", "currentcolor", "0"})
_MAX_RULES = 2_000
_SAME_COLOUR = 30  # sum of the channel differences below which nobody reads the text
_OFF_SCREEN = 900


def parse_declarations(style: str) -> dict[str, str]:
    """Property -> value of an inline style, both lower case, later ones winning."""
    found: dict[str, str] = {}
    for part in style[:10_000].lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def parse_sheet(sheet: str) -> dict[str, dict[str, str]]:
    """Declarations by simple selector ("td", ".x", "#y", "td.x"); anything more involved is passed over.

    So are rules inside `@media`: mails hide parts on small screens only.
    """
    rules: dict[str, dict[str, str]] = {}
    depth = 0
    selector = ""
    pieces = re.split(r"([{}])", _COMMENT.sub("", sheet[:200_000]), maxsplit=_MAX_RULES * 4)
    for index, piece in enumerate(pieces):
        if piece == "{":
            depth += 1
            selector = pieces[index - 1].rpartition(";")[2].strip().lower()[:2_000] if depth == 1 else ""
        elif piece == "}":
            if depth == 1:
                _add_rule(rules, selector, parse_declarations(pieces[index - 1]))
            depth = max(0, depth - 1)
    return rules


def _add_rule(rules: dict[str, dict[str, str]], selectors: str, declarations: dict[str, str]) -> None:
    for part in selectors.split(",")[:50]:
        name = part.strip()
        if name and _SELECTOR.match(name):
            rules.setdefault(name, {}).update(declarations)


def is_hidden(css: Declarations) -> bool:
    """Whether these declarations alone take a text out of sight."""
    if css.get("display") == "none" or css.get("visibility") in ("hidden", "collapse"):
        return True
    if css.get("mso-hide") == "all" or _SEE_THROUGH.match(css.get("color", "")[:100]):
        return True
    if _at_most(css.get("opacity"), 0.05) or _at_most(css.get("font-size"), 1.0):
        return True
    return css.get("font", "").startswith(("0 ", "0/", "0px")) or _is_clipped(css) or _is_off_screen(css)


def _is_clipped(css: Declarations) -> bool:
    clipped = css.get("overflow") in ("hidden", "clip")
    if clipped and any(_at_most(css.get(side), 1.0) for side in ("max-height", "height", "max-width", "width")):
        return True
    return bool(_CLIPPED.match(css.get("clip", "")[:100]) or _CLIPPED.match(css.get("clip-path", "")[:100]))


def _is_off_screen(css: Declarations) -> bool:
    sides = ("text-indent", "left", "right", "top", "bottom", "margin-left", "margin-top")
    if any(_at_most(css.get(side), -_OFF_SCREEN) for side in sides):
        return True
    return any(_SHRUNK.search(css.get(name, "")[:200]) for name in ("transform", "filter"))


def parse_colour(value: str) -> Colour | None:
    """Red, green and blue, or None for what is not a plain opaque colour."""
    value = value[:200].strip().lower()
    if match := _HEX.match(value):
        digits = match.group(1)
        if len(digits) == 3:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if match := _RGB.match(value):
        opaque = match.group(4) in (None, "1", "1.0", "100%")
        return (int(match.group(1)), int(match.group(2)), int(match.group(3))) if opaque else None
    if "url(" in value or "gradient" in value:
        return None
    if " " in value and "(" not in value:  # the `background` shorthand
        return next((colour for word in value.split() if (colour := parse_colour(word))), None)
    return WHITE if _HSL_WHITE.match(value) else _NAMED.get(value)


def declared_colour(inherited: Colour | None, *values: str | None) -> Colour | None:
    """The colour that the first of these values sets, `inherited` where none does, None where it is unknown.

    Unknown means visible: white letters may stand on a picture or on a colour we have no name for.
    """
    for value in values:
        if value is not None and value.strip().lower() not in _UNSET:
            return parse_colour(value)
    return inherited


def is_same_colour(one: Colour | None, other: Colour | None) -> bool:
    """Whether text in one colour on the other cannot be read; not where one of them is unknown."""
    if one is None or other is None:
        return False
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < _SAME_COLOUR


def _at_most(value: str | None, limit: float) -> bool:
    if not value or (match := _NUMBER.match(value)) is None:
        return False
    number = float(match.group())
    if value.endswith(("em", "vw", "vh")):  # 1em is a whole letter, 1px is nothing
        number *= 16
    if value.endswith("%") and 0 < limit < 1:
        number /= 100
    return number <= limit
