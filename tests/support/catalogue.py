"""Documents of the local Amazon for a report of the catalogue, read with the report's own spec.

The steps of a slice without HTTP, ledger and Airflow: plan, request, read.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from support.ads import AdsDocument, ads_document, facts_of

from amazon_sandbox.simulation import Document, Simulation
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.formats import RowStream, open_rows
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.reports import query_of


class Parsed(NamedTuple):
    """The rows of one table, and the exhausted stream with its schema, drift and rejects."""

    rows: list[dict[str, Any]]
    stream: RowStream


@cache
def simulation(scenario: str = "demo") -> Simulation:
    """The simulation of a scenario; all tests share it, as it is only read and keeps the days it has made."""
    return Simulation(seed=7, scenario=scenario)


@cache
def spec_of(report_name: str) -> ReportSpec:
    """The spec of a report of the catalogue."""
    return load_spec(report_name)


def slice_of(
    report_name: str,
    account: str,
    countries: Sequence[str],
    start: date | None,
    end: date | None,
    as_of: datetime,
) -> Slice:
    """The one slice that covers the local days from `start` to `end`, both included (None: a snapshot).

    `countries`: codes such as US; all must be of one region. `as_of`: aware, the instant of the run.
    """
    marketplaces = tuple(marketplace(code) for code in countries)
    spec = spec_of(report_name)
    owner = Account(
        account, marketplaces[0].region, marketplaces, f"amazon_sp_{account}", sources=(spec.source,)
    )
    slices = plan_slices(spec, owner, run_at=as_of, now=as_of, from_day=start, to_day=end)
    assert len(slices) == 1, [slice_.label for slice_ in slices]
    return slices[0]


def document_of(
    slice_: Slice, as_of: datetime, options: Mapping[str, str] | None = None
) -> Document | AdsDocument | None:
    """The document Amazon would create for a slice at `as_of`; None where the report would end CANCELLED, or
    have no rows.

    `options` override the spec's, such as the values of `request.split`.
    """
    spec = spec_of(slice_.report)
    if spec.source == "amazon_ads":
        return ads_document(simulation(), spec, slice_, as_of)
    query = query_of(spec, slice_)
    return simulation().document(
        query.report_type,
        simulation().seller(slice_.account_id),
        query.marketplace_ids,
        query.start,
        query.end,
        {**query.options, **(options or {})},
        as_of,
    )


def request_facts(slice_: Slice) -> dict[str, str]:
    """The facts that a request of the slice has for its document."""
    return facts_of(simulation(), slice_) if spec_of(slice_.report).source == "amazon_ads" else {}


def parse(
    report_name: str,
    account: str,
    countries: Sequence[str],
    start: date | None,
    end: date | None,
    as_of: datetime,
    *,
    table: str | None = None,
    options: Mapping[str, str] | None = None,
) -> Parsed:
    """The rows of `table` (default: the spec's first). Rejected rows are counted in the stream."""
    spec = spec_of(report_name)
    slice_ = slice_of(report_name, account, countries, start, end, as_of)
    document = document_of(slice_, as_of, options)
    assert document is not None, f"{report_name} has no data for {slice_.label}"
    stream = open_rows(
        spec.tables[table or next(iter(spec.tables))],
        io.BytesIO(document.read()),
        file_format=spec.format,
        slice_=slice_,
        content_type=document.content_type,
        facts=request_facts(slice_),
        on_reject=lambda _: None,
        where=report_name,
    )
    return Parsed([row for batch in stream for row in batch.to_pylist()], stream)


def assert_documented(parsed: Parsed, absent: Sequence[str] = ()) -> None:
    """There are rows, none is refused, no column is unknown, and none is missing but `absent`."""
    stream = parsed.stream
    assert parsed.rows
    assert not stream.rejected, stream.first_reject
    assert stream.drift.added == stream.drift.personal == {}
    assert set(stream.drift.missing) == set(absent)
