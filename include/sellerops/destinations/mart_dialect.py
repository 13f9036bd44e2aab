"""How the SELECTs of marts, written in Postgres' dialect, are translated for a destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sellerops.settings.specs import ColumnType


class MartDialect(Protocol):
    """A destination's SQL, as far as it matters to marts."""

    types: Mapping[ColumnType, str]

    def quoted(self, name: str) -> str:
        """A column's name, quoted."""
        ...

    def read_cell(self, name: str, kind: ColumnType) -> str:
        """A column of an input ``t`` as marts read it: text sorts by code points, decimals are wide."""
        ...

    def translated(self, sql: str, parse: Callable[[], Any]) -> str:
        """A SELECT in Postgres' dialect, translated into this one. ``parse`` makes its sqlglot tree."""
        ...
