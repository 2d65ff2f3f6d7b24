"""Pictures of few colours as PNG, with the standard library alone: a saved notebook keeps them as `data:` addresses."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

CLEAR = "#00000000"


class Canvas:
    """A picture of at most 16 colours on a ground that lets the page shine through.

    Args:
        width, height: Its size in dots.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = [bytearray(width) for _ in range(height)]
        self._inks = {CLEAR: 0}

    def fill(self, left: int, right: int, top: int, bottom: int, colour: str) -> None:
        """Fill a rectangle, up to `right` and `bottom`; what lies outside the picture is left out."""
        left, right = max(0, left), min(self.width, right)
        if left < right:
            ink = bytes([self._ink(colour)]) * (right - left)
            for row in self._rows[max(0, top) : max(0, bottom)]:
                row[left:right] = ink

    def dots(self, places: Iterable[tuple[int, int]], colour: str) -> None:
        """Set single dots, each by its column and row."""
        ink = self._ink(colour)
        for x, y in places:
            if 0 <= x < self.width and 0 <= y < self.height:
                self._rows[y][x] = ink

    def _ink(self, colour: str) -> int:
        return self._inks.setdefault(colour, len(self._inks))

    def address(self) -> str:
        """Give the picture as the address of an image."""
        return f"data:image/png;base64,{base64.b64encode(self.png()).decode()}"

    def png(self) -> bytes:
        """Give the picture as a file: four bits a dot, by the palette."""
        colours = [bytes.fromhex(colour.lstrip("#").ljust(8, "f")) for colour in self._inks]
        head = struct.pack(">IIBBBBB", self.width, self.height, 4, 3, 0, 0, 0)
        parts = [(b"IHDR", head), (b"PLTE", b"".join(colour[:3] for colour in colours))]
        parts += [(b"tRNS", bytes(colour[3] for colour in colours).rstrip(b"\xff"))]
        parts += [(b"IDAT", zlib.compress(b"".join(map(_packed, self._rows)), 9)), (b"IEND", b"")]
        return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*part) for part in parts)


_PAIRS = {(high, low): high << 4 | low for high in range(16) for low in range(16)}


def _packed(row: bytearray) -> bytes:
    """Put two dots into each byte of a row, behind the byte that says that it is not filtered."""
    even = row if len(row) % 2 == 0 else row + b"\0"
    return b"\0" + bytes(map(_PAIRS.__getitem__, zip(even[::2], even[1::2], strict=True)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
