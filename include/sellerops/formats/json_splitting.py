"""Splits JSON text into blocks of many items, cut where an item seems to end.

A cut is only a guess. It is right if the block, read as a list (or as lines), is valid JSON: a block that
ends within an item is not.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# After this many wrong guesses in a row, a list is read item by item; 0: never guess.
MOST_REFUSED = 8
_SPACE = rb"[ \t\n\r]*"
_HEAD = re.compile(rb"\{" + _SPACE + rb'"[^"\\]*"')


@dataclass
class Block:
    """Consecutive items of a document as bytes, and the objects that enclose them.

    ``data``: supposedly UTF-8; ``step``: bytes from the start of the block to the start of the next item;
    ``is_lines``: JSON lines, else list items separated by commas. A reader that reads the block as a whole
    sets ``is_taken``; else its items follow one by one.
    """

    data: bytes
    outer: Sequence[Mapping[str, Any]]
    step: int
    is_lines: bool = False
    is_taken: bool = False

    @cached_property
    def whole(self) -> bytes:
        """The block as a JSON list, or as lines."""
        return self.data if self.is_lines else b"[%b]" % self.data


class Splitter:
    """Guesses where items end; not within the range of a refused block, and not after many refusals.

    Positions in the document only grow; their unit is up to the caller.
    """

    def __init__(self) -> None:
        self._until = 0
        self._refused = 0

    def is_due(self, place: int) -> bool:
        """Whether to try a guess at ``place``."""
        return place >= self._until and self._refused < MOST_REFUSED

    def missed(self, end: int) -> None:
        """Record that no block could be cut before ``end``."""
        self._until = end

    def record(self, end: int, *, is_taken: bool) -> None:
        """Record whether the block up to ``end`` was read as a whole."""
        self._until = end
        self._refused = 0 if is_taken else self._refused + 1

    def end(self, data: bytes, *, is_last: bool) -> tuple[int, int]:
        """The end of the last complete item, and the start of the next one; 0 and 0 if there is none.

        ``is_last``: the document ends with ``data``.
        """
        raise NotImplementedError


class ItemSplitter(Splitter):
    """Cuts between list items, where the text between the first two objects (with the first key) recurs."""

    def __init__(self) -> None:
        super().__init__()
        self._mark: bytes | None = None
        self._between = 0

    def end(self, data: bytes, *, is_last: bool) -> tuple[int, int]:
        if self._mark is None:
            head = _HEAD.match(data)
            found = head and re.compile(rb"\}" + _SPACE + b"," + _SPACE + re.escape(head.group())).search(
                data
            )
            if not head or not found:
                return 0, 0
            self._mark = found.group()
            self._between = len(self._mark) - len(head.group())
        place = data.rfind(self._mark)
        return (0, 0) if place < 0 else (place + 1, place + self._between)


class LineSplitter(Splitter):
    """Cuts at line ends."""

    def end(self, data: bytes, *, is_last: bool) -> tuple[int, int]:
        end = len(data) if is_last else data.rfind(b"\n") + 1
        return end, end
