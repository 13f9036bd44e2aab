"""Fills key columns that Amazon left empty: with a constant, or a value built from the rest of the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats.casts import cast_column
from sellerops.formats.value_rules import ValueRules
from sellerops.settings.specs import TableSpec
from sellerops.settings.specs.columns import ABSENT_PART, WHOLE_ROW, absent_value


class AbsentValueFiller:
    """Applies the `absent` settings of one table to one document."""

    def __init__(self, table: TableSpec, rules: ValueRules) -> None:
        self._table = table
        self._rules = rules
        self._equal: dict[str, Counter[str]] = {}

    def has(self, name: str) -> bool:
        """Whether the column has an `absent` value."""
        column = self._table.columns.get(name)
        return column is not None and column.absent is not None

    def is_needed_for(self, texts: Mapping[str, pa.Array]) -> bool:
        """Whether a column with an `absent` value has an empty text."""
        return any(self.has(name) and column.null_count for name, column in texts.items())

    def fill(
        self, name: str, values: pa.Array, texts: Mapping[str, pa.Array], digests: Callable[[], pa.Array]
    ) -> pa.Array:
        """``values`` without nulls. ``digests`` returns a digest of each row's whole content."""
        column = self._table.columns[name]
        assert column.absent is not None
        if not ABSENT_PART.search(column.absent):
            return pc.fill_null(values, pa.scalar(absent_value(column), values.type))
        filler = self._from_rows(name, column.absent, values.is_null(), texts, digests)
        cast = cast_column(filler, column.type, self._rules).values
        return pc.if_else(values.is_null(), cast, values)

    def _from_rows(
        self,
        name: str,
        pattern: str,
        missing: pa.Array,
        texts: Mapping[str, pa.Array],
        digests: Callable[[], pa.Array],
    ) -> pa.Array:
        nothing = pa.nulls(len(missing), pa.string())
        parts: list[Any] = ABSENT_PART.split(pattern)  # text, part, text, part, ..., text
        for place in range(1, len(parts), 2):
            is_whole = parts[place] == WHOLE_ROW
            parts[place] = digests() if is_whole else texts.get(parts[place], nothing)
        joined = pc.binary_join_element_wise(*parts, "", null_handling="replace", null_replacement="")
        return self._numbered(name, joined, missing) if f"{{{WHOLE_ROW}}}" in pattern else joined

    def _numbered(self, name: str, filler: pa.Array, missing: pa.Array) -> pa.Array:
        """Number identical rows, so that none is lost: the second one ends in ``-2``."""
        seen = self._equal.setdefault(name, Counter())
        found = []
        for text, is_missing in zip(filler.to_pylist(), missing.to_pylist(), strict=True):
            if is_missing:
                seen[text] += 1
            found.append(f"{text}-{seen[text]}" if is_missing and seen[text] > 1 else text)
        return pa.array(found, pa.string())
