"""How SELECTs of marts, which are written in Postgres' dialect, are written for a destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sellerops.settings.specs import ColumnType


class MartDialect(Protocol):
    """A destination's SQL, as far as marts differ in it."""

    types: Mapping[ColumnType, str]

    def quoted(self, name: str) -> str:
        """A column's name, quoted."""
        ...

    def read_cell(self, name: str, kind: ColumnType) -> str:
        """A column of an input ``t`` as marts read it: text sorts by code points, decimals are wide."""
        ...

    def translated(self, sql: str, parse: Callable[[], Any]) -> str:
        """A SELECT of Postgres' dialect in this one. ``parse`` makes its syntax tree, of sqlglot."""
        ...
