"""The shape of one landing table in any database: its columns, grain and day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sellerops.settings.specs import ColumnType, ReportSpec, TableSpec, WriteDisposition

# When a document last listed the unit without naming its lines; set only on rows of later, named lines.
UNIT_MARK = "unit_mark"
SYSTEM = {
    "account_id": ColumnType.TEXT,
    "marketplace_id": ColumnType.TEXT,
    "region": ColumnType.TEXT,
    "snapshot_at": ColumnType.TIMESTAMP,
    "ordinal": ColumnType.INTEGER,
    "line_hash": ColumnType.TEXT,
    UNIT_MARK: ColumnType.TEXT,
    "source_line": ColumnType.INTEGER,
    "load_id": ColumnType.INTEGER,
    "reported_at": ColumnType.TIMESTAMP,
}
_NULLABLE = frozenset({"marketplace_id", UNIT_MARK})


@dataclass(frozen=True)
class TableShape:
    """Names and types of one landing table: the spec's columns and, as text, unknown ones (``extra``)."""

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
    def is_hashed(self) -> bool:
        """Whether rows have no natural key and are identified by day, hash and ordinal."""
        return not self.table.primary_key

    @property
    def has_ordinal(self) -> bool:
        """Whether rows that are equal in the rest of the key are kept and numbered by ``ordinal``."""
        return self.is_hashed or self.keeps_equal_rows

    @property
    def keeps_equal_rows(self) -> bool:
        """``ReportSpec.keeps_equal_rows``."""
        return self.spec.keeps_equal_rows(self.name)

    @property
    def is_snapshot(self) -> bool:
        return self.table.write_disposition is WriteDisposition.SNAPSHOT

    @property
    def is_replaced(self) -> bool:
        return self.table.write_disposition is WriteDisposition.REPLACE

    @property
    def names_marketplace(self) -> bool:
        """Whether each row names its marketplace."""
        return self.table.marketplace_from is not None

    @property
    def day(self) -> str | None:
        """The column that assigns a row to a day of the window."""
        return self.table.day_from_window or self.table.day

    @cached_property
    def system_types(self) -> dict[str, ColumnType]:
        """System columns and their types, in the table's order; see ``is_nullable``."""
        left_out = {
            *([] if self.is_snapshot else ["snapshot_at"]),
            *([] if self.has_ordinal else ["ordinal"]),
            *([] if self.is_hashed else ["line_hash"]),
            *([] if self.table.ordinal_by else [UNIT_MARK]),
        }
        columns = {name: kind for name, kind in SYSTEM.items() if name not in left_out}
        if self.table.day_from_window:
            columns[self.table.day_from_window] = ColumnType.DATE
        return columns

    @cached_property
    def data_types(self) -> dict[str, ColumnType]:
        """The document's columns and their types: the spec's without personal ones, then the unknown ones."""
        declared = {name: each.type for name, each in self.table.columns.items() if not each.personal}
        return {**declared, **dict.fromkeys(self.extra, ColumnType.TEXT)}

    def in_order(self) -> list[str]:
        """All columns: whose row it is, the data, then its origin."""
        first = ["account_id", "marketplace_id", "region", "snapshot_at", self.table.day_from_window or ""]
        head = [name for name in first if name in self.system_types]
        tail = [name for name in self.system_types if name not in head]
        return [*head, *(name for name in self.data_types if name not in {*head, *tail}), *tail]

    @staticmethod
    def is_nullable(name: str) -> bool:
        """Whether a system column may be null."""
        return name in _NULLABLE

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The grain: no two rows share it. The unit comes first because its rows are looked up together."""
        names = ["account_id"]
        if self.table.write_disposition is WriteDisposition.MERGE:
            names += self.unit
        if self.spec.scope == "marketplace" or self.names_marketplace:
            names.append("marketplace_id")
        if self.is_hashed:
            names += [self.day] if self.day else []
            names.append("line_hash")
        names += self.table.primary_key
        names += ["ordinal"] if self.has_ordinal else []
        names += ["snapshot_at"] if self.is_snapshot else []
        return tuple(dict.fromkeys(names))

    @cached_property
    def unit(self) -> tuple[str, ...]:
        """The columns that rows of a unit share besides the account; empty if every row is its own unit."""
        if not self.table.unit:
            return ()
        marketplace = ("marketplace_id",) if self.spec.scope == "marketplace" else ()
        return (*marketplace, *self.table.unit)

    @cached_property
    def staged_key(self) -> tuple[str, ...]:
        """The columns that identify a row within its document, apart from ordinals."""
        if self.is_hashed:
            return ("line_hash",)
        own = [name for name in self.table.primary_key if name != self.table.day_from_window]
        return ("marketplace_id", *own) if self.names_marketplace else tuple(own)
