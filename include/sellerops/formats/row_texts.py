"""Rows of a document as columns of text."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sellerops.settings.specs import ColumnType

_UNIT, _EQUALS = "\x1f", "\x1e"


@dataclass(frozen=True)
class Texts:
    """Rows of one document as text: an array for each column (null: empty), their lines, a row's raw text.

    All arrays have the length of ``lines`` (int64). ``marked``: number of damaged texts by row position.
    ``by_type``: all columns of a type concatenated, if they are contiguous in memory. ``plain``: names of the
    columns known to contain no control characters.
    """

    columns: Mapping[str, pa.Array]
    lines: np.ndarray
    raw: Callable[[int], str]
    marked: Mapping[int, int] = field(default_factory=dict)
    by_type: Mapping[ColumnType, pa.Array] = field(default_factory=dict)
    plain: Collection[str] = ()


def empty_rows(texts: Texts) -> pa.Array:
    """A mask of the rows without a single value."""
    columns = list(texts.columns.values())
    if not all(column.null_count for column in columns):
        return pa.repeat(False, len(texts.lines))
    empty = columns[0].is_null()
    for column in columns[1:]:
        empty = pc.and_(empty, column.is_null())
    return empty


def line_hashes(texts: Texts, left_out: Collection[str]) -> pa.Array:
    """128-bit hashes of the rows' content, independent of column order and of empty columns.

    ``left_out``: columns that are not stored; a hash of them would let anyone confirm a guess.
    """
    parts = [
        pc.binary_join_element_wise(name, texts.columns[name], _EQUALS)
        for name in sorted(texts.columns)
        if name not in left_out
    ]
    if not parts:
        return pa.array(["" for _ in texts.lines], pa.string())
    # Arrow drops a row with nothing to join; such a row is rejected later and must keep its position.
    parts[0] = pc.if_else(empty_rows(texts), "", parts[0])
    joined = pc.binary_join_element_wise(*parts, _UNIT, null_handling="skip")
    return pa.array(
        [blake2b(text.encode(), digest_size=16).hexdigest() for text in joined.to_pylist()], pa.string()
    )
