"""Turns decoded Structs into Arrow text columns: all texts are joined once and cut by offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from msgspec.structs import astuple

from sellerops.formats.json_structs import ABSENT, Shape
from sellerops.formats.tree_nodes import Node
from sellerops.settings.specs import ColumnType

_NONE = type(None)
_END = "\x00"
_LOST = "\ufffd".encode()
_SPACE = 32
_NUMBERS = (ColumnType.DECIMAL, ColumnType.INTEGER)
_WORDS = {True: "true", False: "false", None: ""}
_encode = msgspec.json.Encoder().encode
_COMMA = 44
# A list, an object, an escaped character.
_NO_NUMBERS = (b"[", b"{", b"\\")
_COMMA_TO_END = bytes.maketrans(b",", _END.encode())


class Refused(Exception):
    """Raised if a block has something that only the plain reader reads."""


@dataclass
class Columns:
    """The columns of a block.

    ``texts``: Arrow arrays, empty texts null; ``by_type``: the columns of each type concatenated;
    ``is_plain``: no text has a control character; ``pairs``: number of keys read; ``seen``: columns that
    occur in the block, even if only with null.
    """

    texts: dict[str, pa.Array] = field(default_factory=dict)
    by_type: dict[ColumnType, pa.Array] = field(default_factory=dict)
    is_plain: bool = True
    pairs: int = 0
    seen: set[str] = field(default_factory=set)


def columns_of(
    items: Sequence[Any], shape: Shape, types: Mapping[str, ColumnType], unseen: set[str]
) -> Columns:
    """The columns of ``items``; ``unseen``: columns to look for.

    Raises Refused, and UnicodeEncodeError for a lone surrogate.
    """
    found = Columns()
    leaves: list[tuple[Node, Sequence[Any]]] = []
    _spread(items, shape, leaves, found)
    cells_of: dict[str, Sequence[Any]] = {}
    for node, cells in leaves:
        name = node.column
        if name is None:
            found.pairs -= _nothing(cells)
            continue
        if name in cells_of:
            raise Refused
        if name in unseen and cells.count(ABSENT) < len(cells):
            found.seen.add(name)
        cells_of[name] = cells
    if cells_of:
        _cut(cells_of, types, len(items), found)
    return found


def _spread(
    objects: Sequence[Any], shape: Shape, leaves: list[tuple[Node, Sequence[Any]]], found: Columns
) -> None:
    """Add the cells of each leaf, nested objects level by level."""
    found.pairs += shape.width * len(objects)
    cells = list(zip(*map(astuple, objects), strict=True))
    leaves.extend((node, cells[place]) for place, node in shape.leaves)
    for place, node, inner in shape.inner:
        column: Sequence[Any] = cells[place]
        kinds = set(map(type, column))
        if _NONE in kinds:
            # A null object means that its values are empty, not that they are missing.
            found.seen.update([*([node.column] if node.column else []), *node.columns_below()])
        if kinds != {inner.struct}:
            found.pairs -= sum(each is ABSENT for each in column)
            if inner.struct not in kinds:
                continue
            column = [each if type(each) is inner.struct else inner.empty for each in column]
        _spread(column, inner, leaves, found)


def _nothing(cells: Sequence[Any]) -> int:
    """How many cells are absent, for a path that never had a value."""
    absent = cells.count(ABSENT)
    if absent + cells.count(None) + cells.count([]) != len(cells):
        raise Refused
    return absent


def _cut(
    cells_of: Mapping[str, Sequence[Any]], types: Mapping[str, ColumnType], count: int, found: Columns
) -> None:
    """Add Arrow columns of ``count`` texts each, grouped by type; subtract absent keys from ``pairs``."""
    numbers = [name for column_type in _NUMBERS for name in cells_of if types[name] is column_type]
    others = sorted((name for name in cells_of if types[name] not in _NUMBERS), key=types.__getitem__)
    parts = [_joined_numbers([cells_of[name] for name in numbers])] if numbers else []
    parts += [_joined(cells_of[name]) for name in others]
    names = [*numbers, *others]
    texts = _texts_of(_END.encode().join(parts), len(names) * count, found)
    for place, name in enumerate(names):
        found.texts[name] = texts.slice(place * count, count)
    first = 0
    for column_type, by_type in groupby(names, key=types.__getitem__):
        size = sum(count for _ in by_type)
        found.by_type[column_type] = texts.slice(first, size)
        first += size


def _texts_of(content: bytes, count: int, found: Columns) -> pa.Array:
    """The texts between the NULs of ``content``; ABSENT marks are removed and subtracted from ``pairs``."""
    if not content.isascii() and _LOST in content:
        raise Refused
    octets = np.frombuffer(content, np.uint8)
    marks = np.flatnonzero((octets == 0) | (octets == ord(ABSENT)))
    ends = np.flatnonzero(octets[marks] == 0)
    if len(ends) != count - 1:
        raise Refused
    found.pairs -= len(marks) - len(ends)
    found.is_plain = np.count_nonzero(octets < _SPACE) == len(ends)
    offsets = np.zeros(count + 1, dtype=np.int32)
    # Removing the marks before a text shifts its start by their number.
    offsets[1:-1] = marks[ends] - ends
    offsets[-1] = len(content) - len(marks)
    is_filled = offsets[1:] > offsets[:-1]
    bits = None if is_filled.all() else pa.py_buffer(np.packbits(is_filled, bitorder="little"))
    data = content.translate(None, _END.encode() + ABSENT.encode())
    return pa.Array.from_buffers(pa.string(), count, [bits, pa.py_buffer(offsets), pa.py_buffer(data)])


def _joined(cells: Sequence[Any]) -> bytes:
    """The texts of a column, joined by NUL."""
    try:
        return _END.join(cells).encode()
    except TypeError:
        pass
    if set(map(type, cells)) == {str, _NONE}:
        return _END.join(["" if each is None else each for each in cells]).encode()
    return _joined_numbers([cells])


def _joined_numbers(columns: Sequence[Sequence[Any]]) -> bytes:
    """The same for several columns in which texts other than numbers are rare.

    Encoding them as JSON and stripping its syntax takes a tenth of the time.
    """
    try:
        text = b"".join([b"," + _encode(cells)[1:-1] for cells in columns])
    except OverflowError:  # beyond 64 bits
        text = b""
    commas = np.count_nonzero(np.frombuffer(text, np.uint8) == _COMMA)
    if commas != sum(map(len, columns)) or any(sign in text for sign in _NO_NUMBERS):
        return _END.join(_text(cell) for cells in columns for cell in cells).encode()
    return text.replace(b",null", b",").translate(_COMMA_TO_END, b'"')[1:]


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
