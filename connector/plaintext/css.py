"""As much of CSS as it takes to see that a text is hidden. Doubt means visible."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

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
_FONT_SIZE = re.compile(r"(?<![\w.#-])\d*\.?\d+(?:px|pt|em|rem|%|vw|vh|mm|cm|in|pc)?(?=[/ ]|\Z)")
_COMBINATOR = re.compile(r"[\s>+~]+")
_PART = re.compile(r"[.#]?[\w-]{1,80}|\*")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]{0,15})?(?:[.#][\w-]{1,80})?\Z")
_COMMENT = re.compile(r"/\*[^*]{0,500}\*/")
_UNSET = frozenset({"", "transparent", "none", "inherit", "initial", "unset", "currentcolor", "0"})
_INHERITING = frozenset({"", "inherit", "unset"})
_INLINE = frozenset(
    {"span", "a", "b", "i", "em", "strong", "font", "u", "small", "big", "code", "label", "s", "sub", "sup"}
)
_CELLS = frozenset({"td", "th", "tr", "table", "tbody", "body", "html"})
_INKS = ("text-shadow", "-webkit-text-fill-color", "-webkit-text-stroke", "-webkit-text-stroke-width")
_SHOWING = frozenset(
    {"display", "visibility", "opacity", "mso-hide", "font", "font-size", "overflow", "transform", "filter"}
    | {"color", "background", "background-color", "background-image", "text-shadow", "-webkit-text-fill-color"}
    | {"height", "width", "max-height", "max-width", "clip", "clip-path", "text-indent", "margin-left", "margin-top"}
    | {"position", "left", "right", "top", "bottom", "padding", "padding-left", "padding-top"}
)
DOUBTFUL = "doubtful"
"""Stands for a value that we do not know; nothing is hidden by it, and no colour is known by it."""

_MAX_RULES = 2_000
_SAME_COLOUR = 30  # sum of the channel differences below which nobody reads the text
_OFF_SCREEN = 900


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a style sheet says by simple selector ("td", ".x", "#y", "td.x"), and where it may say otherwise.

    `doubts` are the properties by the last simple part of a selector that rules too involved to follow may set to
    something that shows; `firm` those that win over an inline style.
    """

    rules: Mapping[str, Declarations]
    doubts: Mapping[str, frozenset[str]]
    firm: Mapping[str, frozenset[str]]

    def declarations(self, tag: str, classes: Sequence[str], identifier: str, style: str) -> dict[str, str]:
        """What holds for an element; of rules that contradict each other the one by which a text shows."""
        own = parse_declarations(style)
        dotted = [f".{name}" for name in classes]
        name = f"#{identifier}"
        levels = ((tag,), dotted, [tag + one for one in dotted], (name,), (tag + name,))
        merged: dict[str, str] = {}
        for level in levels:
            merged.update(_either([self.rules[one] for one in level if one in self.rules]))
        names = {one for level in levels for one in level} | {"*"}
        doubtful = {one for key in names for one in self.doubts.get(key, ())}
        for one in doubtful:
            merged[one] = DOUBTFUL
        merged.update(own)
        for one in {one for key in names for one in self.firm.get(key, ())}:
            merged[one] = DOUBTFUL
        return merged


def parse_declarations(style: str) -> dict[str, str]:
    """Property -> value of an inline style, both lower case, later ones winning."""
    found: dict[str, str] = {}
    for part in style[:10_000].lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip()] = value.replace("!important", "").strip()
    return found


def parse_sheet(sheet: str) -> Sheet:
    """The rules of a style sheet. Those inside `@media` and those of longer selectors only raise doubts."""
    rules: dict[str, dict[str, str]] = {}
    doubts: dict[str, frozenset[str]] = {}
    firm: dict[str, frozenset[str]] = {}
    depth = 0
    selector = ""
    pieces = re.split(r"([{}])", _COMMENT.sub("", sheet[:200_000]), maxsplit=_MAX_RULES * 4)
    for index, piece in enumerate(pieces):
        if piece == "{":
            depth += 1
            selector = pieces[index - 1].rpartition(";")[2].strip().lower()[:2_000]
        elif piece == "}":
            text = pieces[index - 1]
            declared = parse_declarations(text)
            showing = frozenset(name for name, value in declared.items() if _may_show(name, value))
            for part in selector.split(",")[:50]:
                name = part.strip()
                if depth == 1 and _SELECTOR.match(name):
                    rules.setdefault(name, {}).update(declared)
                else:
                    _add(doubts, name, showing)
                _add(firm, name, frozenset(one for one in _important(text) if one in showing))
            depth = max(0, depth - 1)
            selector = ""
    rules.pop("", None)
    return Sheet(rules=rules, doubts=doubts, firm=firm)


def _add(found: dict[str, frozenset[str]], selector: str, names: frozenset[str]) -> None:
    # What stands last in a selector is the element itself; of ".a.b:hover" each name may be the one we know it by.
    parts = ["*"] if "[" in selector or "(" in selector else _PART.findall(_COMBINATOR.split(selector)[-1])[:10]
    for part in parts if names else ():
        found[part] = found.get(part, frozenset()) | names


def _important(text: str) -> Iterator[str]:
    for part in text[:10_000].lower().split(";"):
        name, colon, value = part.partition(":")
        if colon and "!important" in value:
            yield name.strip()


def _may_show(name: str, value: str) -> bool:
    """Whether this declaration can be what makes a text readable."""
    css = {name: value}
    if name not in _SHOWING or is_hidden({"overflow": "hidden", "position": "absolute"} | css):
        return False
    return not (
        is_unseen(css, inherited=False) or is_tiny(css, inherited=False) or is_see_through(css, inherited=False)
    )


def _either(declared: Sequence[Declarations]) -> dict[str, str]:
    merged: dict[str, str] = {}
    for one in declared:
        for name, value in one.items():
            before = merged.get(name)
            if before is None or not _may_show(name, before) or _may_show(name, value):
                merged[name] = value
    return merged


def is_hidden(css: Declarations, tag: str = "div") -> bool:
    """Whether these declarations alone take a text out of sight, whatever its children declare."""
    if css.get("display") == "none" or css.get("mso-hide") == "all" or _at_most(css.get("opacity"), 0.05):
        return True
    return _is_clipped(css, tag) or _is_off_screen(css)


def is_unseen(css: Declarations, *, inherited: bool) -> bool:
    """Whether the text of the element itself cannot be seen by its `visibility`; a child may declare otherwise."""
    value = css.get("visibility", "")
    if value in _INHERITING:
        return inherited
    return value in ("hidden", "collapse")


def is_tiny(css: Declarations, *, inherited: bool) -> bool:
    """The same by its size; a size in shares of nothing is nothing."""
    size = css.get("font-size", "")
    if size in _INHERITING:
        size = css.get("font", "")
        if size in _INHERITING:
            return inherited
        if (shorthand := _FONT_SIZE.search(size)) is None:
            return False  # a keyword, or something to doubt
        size = shorthand.group()
    if inherited and size.endswith(("%", "em")) and not size.endswith("rem"):
        return True
    return _at_most(size, 1.0)


def is_see_through(css: Declarations, *, inherited: bool) -> bool:
    """The same by its colour; a shadow, a fill or a stroke shows what has none."""
    if any(css.get(name, "none") not in ("none", "", "0") for name in _INKS):
        return False
    value = css.get("color", "")
    return inherited if value in _INHERITING else _SEE_THROUGH.match(value[:100]) is not None


def _is_clipped(css: Declarations, tag: str) -> bool:
    display = css.get("display", "")
    # Neither has a height that could cut something off.
    inline = display == "inline" or (tag in _INLINE and not display and "float" not in css and "position" not in css)
    clipped = css.get("overflow") in ("hidden", "clip") and not inline and tag not in _CELLS
    if clipped and any(_at_most(css.get(side), 1.0) for side in ("max-height", "height", "max-width", "width")):
        return not any(name.startswith("padding") for name in css)
    if css.get("position") in ("absolute", "fixed") and _CLIPPED.match(css.get("clip", "")[:100]):
        return True
    return bool(_CLIPPED.match(css.get("clip-path", "")[:100]))


def _is_off_screen(css: Declarations) -> bool:
    sides = ["margin-left", "margin-top"]
    if css.get("position", "static") in ("absolute", "fixed", "relative"):
        sides += ["left", "right", "top", "bottom"]
    if css.get("display") != "inline":
        sides.append("text-indent")
    # Padding may bring back what a margin or an indent moved.
    pushed = any(name.startswith("padding") and not _at_most(value, 100) for name, value in css.items())
    if not pushed and any(_at_most(css.get(side), -_OFF_SCREEN) for side in sides):
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
