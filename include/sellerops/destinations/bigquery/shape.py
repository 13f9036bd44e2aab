"""The shape of one landing table in BigQuery: types, partitions and clusters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from sellerops.destinations.shape import TableShape
from sellerops.settings.specs import ColumnType, WriteDisposition

SQL_TYPES = {
    ColumnType.TEXT: "STRING",
    ColumnType.INTEGER: "INT64",
    ColumnType.DECIMAL: "NUMERIC",
    ColumnType.DATE: "DATE",
    ColumnType.TIMESTAMP: "TIMESTAMP",
    ColumnType.BOOLEAN: "BOOL",
}
# For values that NUMERIC (29 digits before the point, 9 after) cannot hold.
WIDE = "BIGNUMERIC"
MOST_CLUSTERS = 4
_DATED = (ColumnType.DATE, ColumnType.TIMESTAMP)


@dataclass(frozen=True)
class BigQueryShape(TableShape):
    """Names and SQL types of one landing table: the spec's columns and, as text, unknown ones (``extra``).

    BigQuery tables have no personal columns.
    """

    @cached_property
    def types(self) -> Mapping[str, str]:
        """Every column and its SQL type, in order."""
        kinds = {**self.data_types, **self.system_types}
        return {name: SQL_TYPES[kinds[name]] for name in self.in_order()}

    @cached_property
    def partition(self) -> str | None:
        """The date or timestamp column whose days are the partitions; None if rows have no date.

        For replaced rows: the day by which they are replaced. For snapshots: their moment. For merged rows:
        their day, the date from which their age counts, or a date in their key.
        """
        if self.is_snapshot:
            return "snapshot_at"
        table = self.table
        named = [self.day, table.age_from]
        if table.write_disposition is WriteDisposition.MERGE:
            named += table.primary_key
        kinds = {**self.data_types, **self.system_types}
        return next((name for name in named if name and kinds.get(name) in _DATED), None)

    @property
    def partition_is_fixed(self) -> bool:
        """Whether rows with the same key (or unit) share a partition; otherwise a row may change its day."""
        return self.partition in (self.unit or self.key)

    @cached_property
    def clusters(self) -> tuple[str, ...]:
        """What rows are sorted by within a partition: account and marketplace, then the key."""
        names = ["account_id", "marketplace_id", *self.key]
        return tuple(name for name in dict.fromkeys(names) if name != self.partition)[:MOST_CLUSTERS]


def quoted(name: str) -> str:
    """A column's name, quoted for SQL."""
    return f"`{name}`"
