"""Items decoded to Structs, column by column as Arrow's texts: all texts joined once, and cut by offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from sellerops.formats.json_structs import ABSENT, Shape
from sellerops.formats.tree_nodes import Node

_NONE = type(None)
_END = "\x00"
_LOST = "\ufffd"
_NULL = str(None)
_WORDS = {True: "true", False: "false", None: ""}


class Refused(Exception):
    """A block has what only the plain reader reads."""


@dataclass
class Columns:
    """The columns of a block.

    ``texts``: Arrow's, empty ones null; ``pairs``: how many keys were read; ``told``: columns the block says
    something of, if only that there is nothing.
    """

    texts: dict[str, pa.Array] = field(default_factory=dict)
    pairs: int = 0
    told: set[str] = field(default_factory=set)


def columns_of(items: Sequence[Any], shape: Shape, unseen: set[str]) -> Columns:
    """The columns of ``items``; ``unseen``: those to tell of.

    Raises Refused, and UnicodeEncodeError for half a surrogate pair.
    """
    found = Columns()
    leaves: list[tuple[Node, Sequence[Any]]] = []
    _spread(items, shape, leaves, found)
    joined: dict[str, str] = {}
    for node, cells in leaves:
        name = node.column
        if name is None:
            found.pairs -= _nothing(cells)
            continue
        if name in joined:
            raise Refused
        if name in unseen and cells.count(ABSENT) < len(cells):
            found.told.add(name)
        joined[name] = _joined(cells)
    _cut(joined, len(items), found)
    return found


def _spread(
    objects: Sequence[Any], shape: Shape, leaves: list[tuple[Node, Sequence[Any]]], found: Columns
) -> None:
    """Add the cells of each leaf; objects within objects one level after the other."""
    found.pairs += shape.width * len(objects)
    cells = list(zip(*map(astuple, objects), strict=True))
    leaves.extend((node, cells[place]) for place, node in shape.leaves)
    for place, node, inner in shape.inner:
        column: Sequence[Any] = cells[place]
        kinds = set(map(type, column))
        if _NONE in kinds:
            # An object that is null says of its values that there are none, not that they are unknown.
            found.told.update([*([node.column] if node.column else []), *node.columns_below()])
        if kinds != {inner.struct}:
            found.pairs -= sum(each is ABSENT for each in column)
            if inner.struct not in kinds:
                continue
            column = [each if type(each) is inner.struct else inner.empty for each in column]
        _spread(column, inner, leaves, found)


def _nothing(cells: Sequence[Any]) -> int:
    """How many are absent where no value has ever been."""
    absent = cells.count(ABSENT)
    if absent + cells.count(None) + cells.count([]) != len(cells):
        raise Refused
    return absent


def _joined(cells: Sequence[Any]) -> str:
    try:
        return _END.join(cells)
    except TypeError:
        pass
    kinds = set(map(type, cells))
    if kinds <= {str, int, _NONE}:
        text = _END.join(map(str, cells))
        nulls = cells.count(None)
        # As many as there are nulls, so they are these.
        if text.count(_NULL) == nulls:
            return text.replace(_NULL, "") if nulls else text
    return _END.join(map(_text, cells))


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return _WORDS[value]
    if isinstance(value, int):
        return str(value)
    if value == []:
        return ""
    raise Refused


def _cut(joined: Mapping[str, str], count: int, found: Columns) -> None:
    """Arrow's columns of ``count`` texts each; absent keys leave ``pairs``."""
    if not joined:
        return
    if any(_LOST in text for text in joined.values() if not text.isascii()):
        raise Refused
    content = _END.encode().join([text.encode() for text in joined.values()])
    octets = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(octets == 0)
    if len(ends) != len(joined) * count - 1:
        raise Refused
    absent = np.flatnonzero(octets == ord(ABSENT))
    found.pairs -= len(absent)
    # Without the NULs and the marks of what is absent before it, a text begins that much earlier.
    starts = np.zeros(len(ends) + 2, dtype=np.int64)
    starts[1:-1] = ends - np.arange(len(ends))
    starts[-1] = len(content) - len(ends)
    if len(absent):
        starts[1:-1] -= np.searchsorted(absent, ends)
        starts[-1] -= len(absent)
    data = pa.py_buffer(content.translate(None, b"\x00\x01"))
    for place, name in enumerate(joined):
        found.texts[name] = _column(data, starts[place * count : (place + 1) * count + 1])


def _column(data: pa.Buffer, starts: np.ndarray) -> pa.Array:
    first, end = int(starts[0]), int(starts[-1])
    offsets = (starts - first).astype(np.int32)
    is_filled = offsets[1:] > offsets[:-1]
    bits = None if is_filled.all() else pa.py_buffer(np.packbits(is_filled, bitorder="little"))
    buffers = [bits, pa.py_buffer(offsets), data.slice(first, end - first)]
    return pa.Array.from_buffers(pa.string(), len(is_filled), buffers)
