"""Small documents, slices and loads for the suite."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from sellerops.calendar.slices import Slice
from sellerops.destinations import Destination, LoadResult, RequestMeta, load_document
from sellerops.settings.specs import ReportSpec, load_spec

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def tsv(
    header: Sequence[str], rows: Sequence[Sequence[Any]], *, end: str = "\r\n", charset: str = "utf-8"
) -> bytes:
    """A flat file; None is an empty field."""
    lines = [
        "\t".join(header),
        *("\t".join("" if value is None else str(value) for value in row) for row in rows),
    ]
    return "".join(line + end for line in lines).encode(charset)


def as_json(**lists: Any) -> bytes:
    return json.dumps(lists).encode()


def day_slice(
    spec: ReportSpec,
    first: str,
    last: str | None = None,
    *,
    account: str = "northwind",
    region: str = "NA",
    marketplaces: tuple[str, ...] = ("US",),
    timezone: str = "UTC",
) -> Slice:
    last = last or first
    return Slice(
        spec.source,
        spec.name,
        account,
        region,
        marketplaces,
        first,
        timezone,
        first_day=first,
        last_day=last,
        window_start=f"{first}T00:00:00+00:00",
        window_end=f"{datetime.fromisoformat(last) + timedelta(days=1):%Y-%m-%d}T00:00:00+00:00",
    )


def snapshot_slice(spec: ReportSpec, moment: datetime, marketplace: str = "US") -> Slice:
    return Slice(
        spec.source,
        spec.name,
        "northwind",
        "NA",
        (marketplace,),
        "now",
        "UTC",
        snapshot_at=moment.isoformat(),
    )


@dataclass(frozen=True)
class Doc:
    """One archived document and the slice it was requested for."""

    spec: ReportSpec
    slice_: Slice
    content: bytes
    hours: float = 0
    content_type: str | None = "text/plain; charset=UTF-8"
    marketplace_ids: tuple[str, ...] = ()

    def stream(self) -> BinaryIO:
        return io.BytesIO(self.content)

    @property
    def meta(self) -> RequestMeta:
        return RequestMeta(
            reported_at=NOON + timedelta(hours=self.hours),
            content_type=self.content_type,
            marketplace_ids=self.marketplace_ids,
            where=f"{self.spec.name} {self.slice_.label}",
        )

    def load_into(self, destination: Destination) -> list[LoadResult]:
        return load_document(destination, self.spec, self.slice_, self.meta, self.stream)


def spec_with(name: str, table: str | None = None, **changes: Any) -> ReportSpec:
    """A spec of the project with its first (or the named) table changed."""
    spec = load_spec(name)
    table = table or next(iter(spec.tables))
    changed = spec.tables[table].model_copy(update=changes)
    return spec.model_copy(update={"tables": {table: changed}})


def contents(rows: Sequence[Mapping[str, Any]], *, without: Sequence[str] = ("load_id",)) -> list[str]:
    """Rows as sorted, comparable text, without columns that may differ between equal tables."""
    return sorted(
        repr(sorted((name, value) for name, value in row.items() if name not in without)) for row in rows
    )
