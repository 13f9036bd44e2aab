"""Read a document in memory and look at its rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from sellerops.calendar.slices import Slice
from sellerops.formats import RowReject, RowStream, open_rows
from sellerops.settings.specs import FileFormat, TableSpec

ALL_MARKETPLACES = ("US", "CA", "DE", "JP")


def table(columns: dict[str, Any], **settings: Any) -> TableSpec:
    defaults = {"write_disposition": "merge", "primary_key": (next(iter(columns)),)}
    return TableSpec.model_validate({**defaults, **settings, "columns": columns})


def bench_slice(
    *countries: str, first: str = "2026-11-01", last: str = "2026-11-30", timezone: str = "UTC"
) -> Slice:
    countries = countries or ("US",)
    return Slice(
        "amazon_sp", "report", "northwind", "NA", countries, "label", timezone, first_day=first, last_day=last
    )


class Read:
    """All rows and rejects of a document."""

    def __init__(
        self,
        content: bytes,
        spec: TableSpec,
        *,
        kind: str = "tsv",
        countries: Sequence[str] = ("US",),
        content_type: str | None = None,
        slice_: Slice | None = None,
        **settings: Any,
    ) -> None:
        self.rejects: list[RowReject] = []
        self.stream: RowStream = open_rows(
            spec,
            io.BytesIO(content),
            file_format=FileFormat.model_validate({"kind": kind, **settings}),
            slice_=slice_ or bench_slice(*countries),
            content_type=content_type,
            on_reject=self.rejects.append,
            where="the document",
        )
        self.rows: list[dict[str, Any]] = [row for batch in self.stream for row in batch.to_pylist()]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(reject.source_line, str(reject.reason)) for reject in self.rejects]

    def column(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows]
