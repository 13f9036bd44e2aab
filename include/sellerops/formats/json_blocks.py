"""Reads blocks of JSON items column by column; the plain reader reads every block that is refused here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from sellerops.formats.json_columns import Columns, Refused, columns_of
from sellerops.formats.json_exact import UNREAD, Items, pairs_written
from sellerops.formats.json_splitting import Block
from sellerops.formats.json_structs import Shape, decoder_for, shape_of
from sellerops.formats.names import Field
from sellerops.formats.row_texts import Texts
from sellerops.formats.tree_columns import as_json, is_storable
from sellerops.formats.tree_nodes import Node


class BlockReader:
    """Reads blocks of rows whose paths are all known in the tree at ``root``."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._known = -1
        self._shape: Shape | None = None
        self._decode: Callable[[Block], list[Any]] | None = None

    def learn(self, known: int, sample: Mapping[str, Any] | None) -> None:
        """Rebuild the Structs if the tree has changed. ``known``: its size, which only grows.

        ``sample``: a row, for the order of keys.
        """
        if known != self._known:
            self._known = known
            self._shape = shape_of(self._root, sample)
            self._decode = decoder_for(self._shape) if self._shape else None

    def read(
        self,
        block: Block,
        first: int,
        fields: Sequence[Field],
        inherited: Mapping[str, str],
        above: Collection[str],
        unseen: set[str],
    ) -> Texts | None:
        """The rows of a block, numbered from ``first``; None if the plain reader must read them.

        ``inherited``: the values of the columns ``above``, which come from the ancestors. Columns found in
        the block are removed from ``unseen``.
        """
        if self._shape is None or self._decode is None or not all(map(is_storable, inherited.values())):
            return None
        try:
            items = self._decode(block)
            found = columns_of(items, self._shape, {each.name: each.type for each in fields}, unseen)
        except (Refused, *UNREAD):
            return None
        if found.pairs != pairs_written(block.whole) or not found.texts.keys().isdisjoint(above):
            return None
        unseen -= found.seen
        block.is_taken = True
        return _texts(block, found, first, len(items), fields, inherited)


def _texts(
    block: Block,
    found: Columns,
    first: int,
    count: int,
    fields: Sequence[Field],
    inherited: Mapping[str, str],
) -> Texts:
    for name, text in inherited.items():
        found.texts[name] = pa.repeat(pa.scalar(text or None, pa.string()), count)
    columns = {
        each.name: found.texts[each.name] if each.name in found.texts else pa.nulls(count, pa.string())
        for each in fields
    }
    items = Items(block)
    lines = np.arange(first, first + count, dtype=np.int64)
    plain = found.texts.keys() - inherited.keys() if found.is_plain else ()
    return Texts(columns, lines, lambda place: as_json(items[place]), by_type=found.by_type, plain=plain)
