"""The logo as PNG, drawn by ourselves and with the same bytes on every machine.

The image is stored, not deflated: libraries of other versions compress to other bytes.
"""

from __future__ import annotations

import struct
import zlib
from functools import cache
from math import hypot

_GROUND, _MARK = (15, 95, 92), (255, 255, 255)
_STEPS = 8
_RAIL = (((14, 26), (50, 26)), ((20, 26), (20, 48)), ((32, 26), (32, 48)), ((44, 26), (44, 48)))
_UNITS, _RADIUS, _HALF_WIDTH = 64.0, 14.0, 3.0


@cache
def logo(size: int) -> bytes:
    """A square PNG of `size` pixels: a white rail with three posts on a rounded ground."""
    lines = b"".join(b"\0" + _packed(_row(y, size)) for y in range(size))
    header = struct.pack(">IIBBBBB", size, size, 4, 3, 0, 0, 0)
    colours = b"".join(bytes(_mixed(step)) for step in range(2 * _STEPS))
    alphas = bytes(round(255 * step / (_STEPS - 1)) for step in range(_STEPS))
    parts = ((b"IHDR", header), (b"PLTE", colours), (b"tRNS", alphas), (b"IDAT", _stored(lines)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _row(y: int, size: int) -> list[int]:
    """The left half is drawn, the right half is its image."""
    left = [_shade(x, y, size) for x in range(size // 2)]
    return left + left[::-1]


def _shade(x: int, y: int, size: int) -> int:
    """The colour of a pixel: 0 to 7 from nothing to the ground, 8 to 15 from the ground to the mark."""
    scale = _UNITS / size
    at_x, at_y = (x + 0.5) * scale, (y + 0.5) * scale
    mark = min(_distance(at_x, at_y, *ends) for ends in _RAIL) - _HALF_WIDTH
    if mark < scale / 2:
        return _STEPS + _step(mark, scale)
    off_x, off_y = (abs(at - _UNITS / 2) - _UNITS / 2 + _RADIUS for at in (at_x, at_y))
    outside = hypot(max(off_x, 0), max(off_y, 0)) + min(max(off_x, off_y), 0) - _RADIUS
    return _step(outside, scale)


def _distance(x: float, y: float, start: tuple[int, int], end: tuple[int, int]) -> float:
    """From a point to a level or upright line."""
    near_x = min(max(x, start[0]), end[0])
    near_y = min(max(y, start[1]), end[1])
    return hypot(x - near_x, y - near_y)


def _step(distance: float, pixel: float) -> int:
    share = min(max(0.5 - distance / pixel, 0.0), 1.0)
    return round(share * (_STEPS - 1))


def _mixed(index: int) -> list[int]:
    if index < _STEPS:
        return list(_GROUND)
    share = (index - _STEPS) / (_STEPS - 1)
    return [round(ground + (mark - ground) * share) for ground, mark in zip(_GROUND, _MARK, strict=True)]


def _packed(shades: list[int]) -> bytes:
    """Two pixels in a byte; sizes are even."""
    return bytes(shades[at] << 4 | shades[at + 1] for at in range(0, len(shades), 2))


def _stored(data: bytes) -> bytes:
    """A zlib stream of stored blocks (RFC 1950, RFC 1951 section 3.2.4)."""
    most = 0xFFFF
    blocks = [data[at : at + most] for at in range(0, len(data), most)]
    framed = [
        struct.pack("<BHH", number == len(blocks), len(block), ~len(block) & most) + block
        for number, block in enumerate(blocks, 1)
    ]
    return b"\x78\x01" + b"".join(framed) + struct.pack(">I", zlib.adler32(data))


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
