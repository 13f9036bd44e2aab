"""Loads a window for which Amazon has twice answered "no data" as a document without rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pyarrow as pa

from sellerops.calendar.slices import Slice
from sellerops.destinations.base import Destination
from sellerops.destinations.child_tables import load_with_children
from sellerops.destinations.jobs import LoadJob, RequestMeta
from sellerops.destinations.rejects import RejectSpool
from sellerops.destinations.results import LoadResult
from sellerops.formats.rows import DriftReport, Rows, RowStream, Tally
from sellerops.settings.specs import ColumnType, ReportSpec, TableSpec

_ARROW = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.DECIMAL: pa.decimal128(38, 0),
    ColumnType.DATE: pa.date32(),
    ColumnType.TIMESTAMP: pa.timestamp("us", "UTC"),
    ColumnType.BOOLEAN: pa.bool_(),
}


def load_no_data(
    destination: Destination,
    spec: ReportSpec,
    slice_: Slice,
    request: RequestMeta,
    *,
    tables: Collection[str] | None = None,
) -> list[LoadResult]:
    """Load the confirmed absence of data into the tables (or only ``tables``) whose days it would empty.

    Raises Quarantined when a table has rows in the window, because only a person may decide to delete them.
    Tables that are merged or not judged keep their rows.
    """

    def load(name: str, *, quarantined_with: str | None, is_dry_run: bool) -> LoadResult:
        with RejectSpool() as rejects:
            job = LoadJob(
                spec,
                name,
                slice_,
                request,
                _no_rows(spec.tables[name]),
                rejects,
                is_confirmed_empty=True,
                quarantined_with=quarantined_with,
                is_dry_run=is_dry_run,
            )
            return destination.load(job)

    return load_with_children(
        spec, [name for name in spec.clearable_tables if tables is None or name in tables], load
    )


class _NoRows:
    """A reader that has all columns of the table and no rows."""

    def __init__(self, table: TableSpec) -> None:
        self.drift = DriftReport()
        fields = [pa.field(name, _ARROW[column.type]) for name, column in table.columns.items()]
        system = {"source_line": pa.int64(), "marketplace_id": pa.string(), "line_hash": pa.string()}
        left_out = {
            *([] if table.marketplace_from else ["marketplace_id"]),
            *(["line_hash"] if table.primary_key else []),
        }
        fields += [pa.field(name, kind) for name, kind in system.items() if name not in left_out]
        self._schema = pa.schema(fields)

    @property
    def schema(self) -> pa.Schema:
        return self._schema

    def batches(self) -> Iterator[pa.RecordBatch]:
        return iter(())

    def texts(self) -> Iterator[Rows]:
        return iter(())


def _no_rows(table: TableSpec) -> RowStream:
    return RowStream(_NoRows(table), Tally(lambda _row: None))
