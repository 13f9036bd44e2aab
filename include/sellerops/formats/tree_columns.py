"""Reads many rows of a JSON or XML document at once, column by column."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from itertools import chain
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.base.limits import LONGEST_NUMBER
from sellerops.formats.column_bytes import contains_any
from sellerops.formats.json_values import LongNumber, Number, Repeating
from sellerops.formats.numbers import parse_decimal
from sellerops.formats.tree_nodes import Node
from sellerops.settings.specs import ColumnType

_TEXTS: set[type] = {str, Number}
_OBJECTS: set[type] = {dict, Repeating}
_NONE = type(None)
_EMPTY: dict[str, Any] = {}
_LOST = "\ufffd".encode()
# `json.dumps` would make an encoder for each text, which takes ten times as long as to encode it.
_encode = json.JSONEncoder(ensure_ascii=False).encode


def spread(
    objects: Sequence[Mapping[str, Any]],
    node: Node,
    unseen: set[str],
    columns: dict[str, list[str | None]],
) -> bool:
    """Add the values of ``objects``, which are at ``node``, to ``columns``, and remove these from ``unseen``.

    Returns False if they must be read one by one: a path is new or needs more than its value, or is an object
    in some rows and a value in others. ``columns`` is unusable then.
    """
    for key in dict.fromkeys(chain.from_iterable(objects)):
        here = node.below.get(key)
        if here is None or here.is_peculiar:
            return False
        if here.is_elsewhere:
            continue
        if unseen and here.below and any(each.get(key, here) is None for each in objects):
            # A null object means that its values are empty, not that they are missing.
            unseen.difference_update([*([here.column] if here.column else []), *here.columns_below()])
        values = [each.get(key) for each in objects]
        kinds = set(map(type, values)) - {_NONE}
        if kinds & _OBJECTS:
            inner = [value or _EMPTY for value in values]
            if not kinds <= _OBJECTS or not spread(inner, here, unseen, columns):
                return False
        elif not (here.leads_elsewhere and kinds == {list} and here.column is None):
            texts = values if kinds <= _TEXTS else [_text_or_none(value) for value in values]
            if not _put(texts, here.column, columns):
                return False
            unseen.discard(here.column or "")
    return True


def _put(texts: list[str | None], column: str | None, columns: dict[str, list[str | None]]) -> bool:
    """Add a column; False if it is not known yet or already has values from another path."""
    if column is None:
        return all(text is None for text in texts)
    if column in columns:
        return False
    columns[column] = texts
    return True


def text_column(texts: Sequence[str | None]) -> pa.Array | None:
    """An Arrow column, empty texts null; None if one contains NUL, U+FFFD or a lone surrogate."""
    try:
        column = pa.array(texts, pa.string())
    except UnicodeEncodeError:
        return None
    if contains_any(column, b"\x00", _LOST):
        return None
    is_empty = pc.equal(column, "")
    return pc.if_else(is_empty, None, column) if pc.any(is_empty).as_py() else column


def is_storable(text: str) -> bool:
    """Whether a text column can store the text."""
    if "\x00" in text or "\ufffd" in text:
        return False
    return text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)


def _text_or_none(value: Any) -> str | None:
    if type(value) is int:
        return str(value)
    return None if value is None or value == [] else text_of(value)


def text_of(value: Any) -> str:
    """A value exactly as text; lists and objects as JSON."""
    if type(value) is int:
        return str(value)
    if isinstance(value, LongNumber):
        return _written_out(value)
    return str(value) if isinstance(value, str) else as_json(value)


def _as_repeated(value: Repeating) -> Iterable[tuple[str, Any]]:
    return ((Repeating.original(key), entry) for key, entry in value.items())


def combined(texts: Sequence[str], column_type: ColumnType, is_list: bool) -> str:
    """Combine a column's values from the elements of a list into one (see ``paths``); lists are joined."""
    if is_list:
        return "[" + ", ".join(inner for text in texts if (inner := text[1:-1])) + "]"
    if len(texts) > 1 and column_type in (ColumnType.DECIMAL, ColumnType.INTEGER):
        try:
            return f"{sum(map(parse_decimal, texts), Decimal(0)):f}"
        except (ValueError, ArithmeticError):
            return as_json(list(texts))
    return texts[0] if len(set(texts)) == 1 else as_json(list(texts))


def _written_out(number: LongNumber) -> str:
    """The number without its exponent. One like 1e999999 would exhaust memory: it stays, to be rejected."""
    if len(number) > LONGEST_NUMBER:
        return str(number)
    try:
        exact = Decimal(number)
    except InvalidOperation:  # an exponent beyond 10 ** 18
        return str(number)
    return f"{exact:f}" if abs(exact.adjusted()) < 100 else str(number)


def as_json(value: Any) -> str:
    """JSON text with numbers as written."""
    if type(value) is str:
        return _encode(value)
    if isinstance(value, dict):
        items = _as_repeated(value) if isinstance(value, Repeating) else value.items()
        inner = [f"{_encode(key)}: {as_json(entry)}" for key, entry in items]
        return "{" + ", ".join(inner) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(as_json, value)) + "]"
    return str(value) if isinstance(value, Number) or type(value) is int else _encode(value)
