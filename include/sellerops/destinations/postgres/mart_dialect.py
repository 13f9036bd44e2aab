"""Postgres' dialect, in which marts are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sellerops.settings.specs import ColumnType
from sellerops.settings.specs.sql_types import SQL_TYPES


class PostgresMartDialect:
    """See ``MartDialect``."""

    types: Mapping[ColumnType, str] = SQL_TYPES

    def quoted(self, name: str) -> str:
        return f'"{name}"'

    def read_cell(self, name: str, kind: ColumnType) -> str:
        """Collate text as "C": it would otherwise sort by the database's locale, unlike elsewhere."""
        column = self.quoted(name)
        return f't.{column} COLLATE "C" AS {column}' if kind is ColumnType.TEXT else f"t.{column}"

    def translated(self, sql: str, parse: Callable[[], Any]) -> str:
        return sql
