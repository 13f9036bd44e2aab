"""The shape of one landing table: its columns, its grain, and where each column's value comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from psycopg import sql

from sellerops.specs import ColumnType, ReportSpec, TableSpec, WriteDisposition

SQL_TYPES = {
    ColumnType.TEXT: "text",
    ColumnType.INTEGER: "bigint",
    ColumnType.DECIMAL: "numeric",
    ColumnType.DATE: "date",
    ColumnType.TIMESTAMP: "timestamp with time zone",
    ColumnType.BOOLEAN: "boolean",
}
_SYSTEM_TYPES = {
    "account_id": "text",
    "marketplace_id": "text",
    "region": "text",
    "snapshot_at": "timestamp with time zone",
    "ordinal": "integer",
    "line_hash": "text",
    "source_line": "bigint",
    "load_id": "bigint",
    "reported_at": "timestamp with time zone",
}
_NULLABLE = frozenset({"marketplace_id"})


@dataclass(frozen=True)
class Shape:
    """Names and types of one landing table: its spec's and, as text, the unknown columns (``extra``)."""

    spec: ReportSpec
    name: str
    extra: tuple[str, ...] = ()

    @property
    def table(self) -> TableSpec:
        return self.spec.tables[self.name]

    @property
    def schema_name(self) -> str:
        return self.spec.source

    @property
    def full_name(self) -> str:
        return f"{self.schema_name}.{self.name}"

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier(self.schema_name, self.name)

    @property
    def is_hashed(self) -> bool:
        """No natural key: rows are told by day, hash and ordinal."""
        return not self.table.primary_key

    @property
    def has_ordinal(self) -> bool:
        return self.is_hashed or self.table.ordinal_by is not None

    @property
    def is_snapshot(self) -> bool:
        return self.table.write_disposition is WriteDisposition.SNAPSHOT

    @property
    def tells_shop(self) -> bool:
        """Whether each row names its shop."""
        return self.table.marketplace_from is not None

    @property
    def day(self) -> str | None:
        """The column that puts a row into a day of the window."""
        return self.table.day_from_window or self.table.day

    @cached_property
    def system(self) -> dict[str, str]:
        """System columns and their SQL types, in the table's order; all not null but the shop."""
        left_out = {
            *([] if self.is_snapshot else ["snapshot_at"]),
            *([] if self.has_ordinal else ["ordinal"]),
            *([] if self.is_hashed else ["line_hash"]),
        }
        columns = {name: kind for name, kind in _SYSTEM_TYPES.items() if name not in left_out}
        if self.table.day_from_window:
            columns[self.table.day_from_window] = "date"
        return columns

    @cached_property
    def data(self) -> dict[str, str]:
        """The document's columns and their SQL types: the spec's, then the unknown ones.

        Personal columns stand in a table of their own (``personal``).
        """
        declared = {
            name: SQL_TYPES[column.type] for name, column in self.table.columns.items() if not column.personal
        }
        return {**declared, **dict.fromkeys(self.extra, "text")}

    @property
    def columns(self) -> dict[str, str]:
        """All columns: what says whose row it is, the data, what says where it came from."""
        first = ["account_id", "marketplace_id", "region", "snapshot_at", self.table.day_from_window or ""]
        head = {name: self.system[name] for name in first if name in self.system}
        return {**head, **self.data, **{name: kind for name, kind in self.system.items() if name not in head}}

    @staticmethod
    def is_nullable(name: str) -> bool:
        """Whether a system column may be null."""
        return name in _NULLABLE

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The grain: what the unique index is on."""
        names = ["account_id"]
        if self.spec.scope == "marketplace" or self.tells_shop:
            names.append("marketplace_id")
        if self.is_hashed:
            names += [self.day] if self.day else []
            names.append("line_hash")
        names += self.table.primary_key
        names += ["ordinal"] if self.has_ordinal else []
        names += ["snapshot_at"] if self.is_snapshot else []
        return tuple(dict.fromkeys(names))

    @cached_property
    def staged_key(self) -> tuple[str, ...]:
        """What tells the rows of one document apart, before ordinals."""
        if self.is_hashed:
            return ("line_hash",)
        own = [name for name in self.table.primary_key if name != self.table.day_from_window]
        return ("marketplace_id", *own) if self.tells_shop else tuple(own)


def identifiers(names: Sequence[str], qualifier: str = "") -> sql.Composed:
    """``a, b`` or ``q.a, q.b``."""
    return sql.SQL(", ").join(column(name, qualifier) for name in names)


def column(name: str, qualifier: str = "") -> sql.Identifier:
    """``a`` or ``q.a``."""
    return sql.Identifier(qualifier, name) if qualifier else sql.Identifier(name)
