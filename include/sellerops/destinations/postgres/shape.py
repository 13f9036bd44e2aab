"""The shape of one landing table in Postgres: its SQL types and names."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from sellerops.destinations.shape import TableShape
from sellerops.settings.specs.sql_types import SQL_TYPES

# Suffix of the table that holds the personal columns of another.
PERSONAL_SUFFIX = "__personal"
_ORDINAL = "integer"
# Postgres truncates longer names silently.
LONGEST_NAME = 63


@dataclass(frozen=True)
class Shape(TableShape):
    """Names and SQL types of one landing table: the spec's columns and, as text, unknown ones (``extra``)."""

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema_name, self.name)

    @property
    def index_name(self) -> str:
        """The unique index of the key. Long names get a hash, because a truncated one could collide."""
        name = f"{self.name}_key"
        if len(name) <= LONGEST_NAME:
            return name
        return f"{self.name[: LONGEST_NAME - 13]}_{hashlib.md5(self.name.encode()).hexdigest()[:8]}_key"

    @cached_property
    def system(self) -> dict[str, str]:
        """System columns and their SQL types, in the table's order; see ``is_nullable``."""
        return {
            name: _ORDINAL if name == "ordinal" else SQL_TYPES[kind]
            for name, kind in self.system_types.items()
        }

    @cached_property
    def data(self) -> dict[str, str]:
        """The document's columns and their SQL types: the spec's, then the unknown ones.

        Personal columns are in a table of their own (``personal``).
        """
        return {name: SQL_TYPES[kind] for name, kind in self.data_types.items()}

    @property
    def columns(self) -> dict[str, str]:
        """All columns and their SQL types: whose row it is, the data, then its origin."""
        kinds = {**self.data, **self.system}
        return {name: kinds[name] for name in self.in_order()}


def identifiers(names: Sequence[str], qualifier: str = "") -> sql.Composed:
    """``a, b`` or ``q.a, q.b``."""
    return sql.SQL(", ").join(column(name, qualifier) for name in names)


def column(name: str, qualifier: str = "") -> sql.Identifier:
    """``a`` or ``q.a``."""
    return sql.Identifier(qualifier, name) if qualifier else sql.Identifier(name)
