"""What stands in a key column that Amazon left empty: a word, or one made of the rest of the row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from sellerops.formats.casts import ValueRules, cast_column
from sellerops.settings.specs import TableSpec
from sellerops.settings.specs.model import ABSENT_PART, WHOLE_ROW, absent_value


class AbsentValueFiller:
    """The `absent` settings of one table, for one document."""

    def __init__(self, table: TableSpec, rules: ValueRules) -> None:
        self._table = table
        self._rules = rules
        self._equal: dict[str, Counter[str]] = {}

    def has(self, name: str) -> bool:
        """Whether something stands for nothing in the column."""
        column = self._table.columns.get(name)
        return column is not None and column.absent is not None

    def is_needed_for(self, texts: Mapping[str, pa.Array]) -> bool:
        """Whether one of the texts is empty where something has to stand."""
        return any(self.has(name) and column.null_count for name, column in texts.items())

    def fill(
        self, name: str, values: pa.Array, texts: Mapping[str, pa.Array], digests: Callable[[], pa.Array]
    ) -> pa.Array:
        """``values`` without nulls. ``digests``: of each row's whole content."""
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
        pieces: list[Any] = ABSENT_PART.split(pattern)  # text, part, text, part, ..., text
        for place in range(1, len(pieces), 2):
            is_whole = pieces[place] == WHOLE_ROW
            pieces[place] = digests() if is_whole else texts.get(pieces[place], nothing)
        joined = pc.binary_join_element_wise(*pieces, "", null_handling="replace", null_replacement="")
        return self._numbered(name, joined, missing) if f"{{{WHOLE_ROW}}}" in pattern else joined

    def _numbered(self, name: str, filler: pa.Array, missing: pa.Array) -> pa.Array:
        """Rows that are equal to the last character are still as many rows: the second one ends in ``-2``."""
        seen = self._equal.setdefault(name, Counter())
        found = []
        for text, is_missing in zip(filler.to_pylist(), missing.to_pylist(), strict=True):
            if is_missing:
                seen[text] += 1
            found.append(f"{text}-{seen[text]}" if is_missing and seen[text] > 1 else text)
        return pa.array(found, pa.string())
