"""Stretches of JSON text that many items are read from at once, cut where an item seems to end.

A cut is only a guess. It is right when the stretch, read as a list (or as lines), is valid JSON: a stretch
that ends within an item is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

# Guesses that were wrong, one behind the other, until a list is read item by item; 0: no guess at all.
MOST_REFUSED = 8
_SPACE = rb"[ \t\n\r]*"
_HEAD = re.compile(rb"\{" + _SPACE + rb'"[^"\\]*"')


@dataclass
class Block:
    """Items as they stand in a document, one behind the other, and the objects they stand in.

    ``data``: UTF-8, or what should be; ``step``: from its first byte to that of the next item; ``is_lines``:
    lines of JSON, else items of a list with commas between.
    Who has read it whole sets ``is_taken``; else its items follow one by one.
    """

    data: bytes
    outer: Sequence[Mapping[str, Any]]
    step: int
    is_lines: bool = False
    is_taken: bool = False

    @cached_property
    def whole(self) -> bytes:
        """The JSON list, or the lines."""
        return self.data if self.is_lines else b"[%b]" % self.data


class Splitter:
    """Guesses where items end; none where the last block was refused, and none after many refusals.

    Places in the document only grow; what they count is up to the caller.
    """

    def __init__(self) -> None:
        self._until = 0
        self._refused = 0

    def is_due(self, place: int) -> bool:
        """Whether a guess is worth a try."""
        return place >= self._until and self._refused < MOST_REFUSED

    def missed(self, end: int) -> None:
        """No block could be cut up to ``end``."""
        self._until = end

    def told(self, end: int, *, is_taken: bool) -> None:
        """The block up to ``end`` was read, or was not."""
        self._until = end
        self._refused = 0 if is_taken else self._refused + 1

    def end(self, data: bytes, *, is_last: bool) -> tuple[int, int]:
        """Behind the last item that is whole, and where the next one begins; 0 and 0 when there is none.

        ``is_last``: the document ends with ``data``.
        """
        raise NotImplementedError


class ItemSplitter(Splitter):
    """Between two items of a list: what stands between the first two objects, with the first key."""

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
    """At the end of a line."""

    def end(self, data: bytes, *, is_last: bool) -> tuple[int, int]:
        end = len(data) if is_last else data.rfind(b"\n") + 1
        return end, end
