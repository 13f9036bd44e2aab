"""Rows as Parquet files for a staging table; memory holds one batch at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from google.cloud import bigquery

from sellerops.destinations.bigquery.shape import WIDE

_NUMERIC = pa.decimal128(38, 9)
# Scale 18 in 128 bits if it fits: every reader of Parquet supports that.
_DECIMALS = (pa.decimal128(38, 18), pa.decimal256(76, 38))
_KINDS = {
    pa.string(): "STRING",
    pa.int64(): "INT64",
    pa.date32(): "DATE",
    pa.bool_(): "BOOL",
    pa.timestamp("us", "UTC"): "TIMESTAMP",
}


@dataclass
class Parts:
    """The files of one document. ``rows``: their number of rows. ``wide``: decimal columns with values that
    NUMERIC cannot hold. ``left_out``: columns that are not written.

    A file's columns are fixed, so a column that appears while reading, or a decimal with more digits, starts
    another file.
    """

    folder: Path
    left_out: frozenset[str]
    rows: int = 0
    files: list[Path] = field(default_factory=list)
    wide: set[str] = field(default_factory=set)
    schema: pa.Schema | None = None

    def write(self, first: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
        """Write all ``batches``; errors raised by reading them propagate unchanged."""
        self.schema = self._kept(first)
        writer: pq.ParquetWriter | None = None
        try:
            for batch in batches:
                self.schema = _joined(self.schema, self._kept(batch.schema))
                if not batch.num_rows:
                    continue
                ready = self._ready(batch)
                if writer is None or writer.schema != ready.schema:
                    if writer:
                        writer.close()
                    writer = self._next(ready.schema)
                writer.write_batch(ready)
                self.rows += batch.num_rows
        finally:
            if writer:
                writer.close()

    def fields(self) -> list[bigquery.SchemaField]:
        """The staging table's columns."""
        assert self.schema is not None
        return [bigquery.SchemaField(each.name, _kind(each.type)) for each in self.schema]

    def _next(self, schema: pa.Schema) -> pq.ParquetWriter:
        path = self.folder / f"{len(self.files)}.parquet"
        self.files.append(path)
        return pq.ParquetWriter(path, schema, compression="snappy")

    def _kept(self, schema: pa.Schema) -> pa.Schema:
        return pa.schema([each for each in schema if each.name not in self.left_out])

    def _ready(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        names = [name for name in batch.schema.names if name not in self.left_out]
        return pa.RecordBatch.from_arrays(
            [self._column(name, batch.column(name)) for name in names], names=names
        )

    def _column(self, name: str, values: pa.Array) -> pa.Array:
        if not pa.types.is_decimal(values.type):
            return values
        if name not in self.wide and _fitted(values, _NUMERIC) is None:
            self.wide.add(name)
        for kind in _DECIMALS:
            fitted = _fitted(values, kind)
            if fitted is not None:
                return fitted
        raise AssertionError("a value of 76 digits fits no decimal")  # formats read none


def _fitted(values: pa.Array, kind: pa.DataType) -> pa.Array | None:
    """``values`` as ``kind``; None if a digit would be lost."""
    try:
        return values.cast(kind)
    except pa.ArrowInvalid:
        return None


def _joined(known: pa.Schema, more: pa.Schema) -> pa.Schema:
    names = set(known.names)
    return pa.schema([*known, *(each for each in more if each.name not in names)])


def _kind(kind: pa.DataType) -> str:
    return WIDE if pa.types.is_decimal(kind) else _KINDS[kind]
