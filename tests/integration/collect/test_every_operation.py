"""What is promised of tables, for each report that an operation of the API or a query of Data Kiosk gives:
a slice is read at two moments, all pages; rows are counted, none comes twice, and all is made again from the
archive, with the ledger and without it. Reports are found by their specs; what is asked for as a report is
looked at in test_every_table.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import pytest
from integration.collect.parts import RUN_AT, Bench, another_run, collect
from integration.test_replay import REPORTS
from support.catalogue import document_of
from support.samples import CREATED
from support.specs import shipped_specs
from support.tables import Tables

from sellerops.archive import DocumentMeta
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Outcome
from sellerops.destinations import RequestMeta
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.specs import PeriodKind, ReportSpec, load_spec
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS

SPECS = [spec for spec in shipped_specs() if spec.source == "amazon_sp"]
READ = [spec for spec in SPECS if spec.request.how in ("called", "queried")]
DAYS = {"from_day": date(2026, 11, 19), "to_day": date(2026, 11, 20)}
ROWS_PER_PAGE = 60  # of Data Kiosk, so that there are several
TURNED = "turned"
NO_LOAD_ID = ("load_id",)


class Document(NamedTuple):
    """What is archived of a slice, or one of several parts or pages."""

    slice_: Slice
    meta: RequestMeta
    uri: str


@pytest.fixture
def tables(bench: Bench) -> Iterator[Tables]:
    """Load the marketplace's listings, which determine the requested ASINs and offers."""
    pace = {"queue_seconds": 5, "progress_seconds": 5, "rows_per_page": ROWS_PER_PAGE}
    bench.sandbox.control("POST", "/jobs", json=pace)
    for operation in (*OPERATIONS, "createQuery", "getQueries", "getQuery", "getDocument"):
        bench.sandbox.quotas(operation=operation, rate=50.0, burst=500)
    opened = Tables(bench.ledger, bench.archive)
    spec = load_spec("listings_all")
    slice_ = bench.slice_(spec)
    listings = document_of(slice_, RUN_AT, {})
    assert listings
    meta = DocumentMeta(spec.source, spec.name, slice_.account_id, "listings", RUN_AT.isoformat(), {}, {})
    uri = bench.archive.put_stream([listings.read()], meta).uri
    told = RequestMeta(RUN_AT, None, listings.content_type, slice_.marketplace_ids, uri)
    opened.load(spec, slice_, told, uri, spec.source)
    yield opened
    opened.close()
    bench.sandbox.control("POST", "/jobs", json={"rows_per_page": None})


@pytest.mark.parametrize("spec", READ, ids=lambda spec: spec.name)
def test_rows_are_counted_come_once_and_are_made_again(
    spec: ReportSpec, bench: Bench, tables: Tables
) -> None:
    first = read(bench, spec, RUN_AT)
    bench.jump(48)
    again = read(bench, spec, RUN_AT + timedelta(days=2))
    assert {one.meta.request_id for one in first}.isdisjoint(one.meta.request_id for one in again)
    assert max(one.meta.reported_at for one in first) < min(one.meta.reported_at for one in again)

    def load(documents: list[Document], schema: str) -> None:
        for one in documents:
            tables.load(spec, one.slice_, one.meta, one.uri, schema)

    load([*first, *again, *first], spec.source)
    live = tables.contents(spec, spec.source)
    filled = {name for name, rows in zip(spec.tables, live, strict=True) if rows}
    assert filled == set(spec.tables)

    loads = tables.rows("SELECT * FROM sellerops.load")
    assert all(each["rows_in_file"] == each["stored"] + each["rejected"] for each in loads)
    assert sum(each["rejected"] for each in loads) == 0
    assert "\ufffd" not in str(live)

    load([*reversed(again), *reversed(first), *again], TURNED)
    content = tables.contents(spec, spec.source, without=NO_LOAD_ID)
    assert tables.contents(spec, TURNED, without=NO_LOAD_ID) == content

    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope())
    assert tables.contents(spec, spec.source) == live

    tables.rows("DELETE FROM sellerops.load RETURNING 1")
    tables.rows("DELETE FROM sellerops.report_request RETURNING 1")
    tables.empty(spec)
    replay(tables.ledger, tables.archive, spec, Scope(), from_archive=True)
    assert tables.contents(spec, spec.source, without=NO_LOAD_ID) == content


def test_no_report_is_forgotten() -> None:
    """Lists what is neither requested nor read; test_replay rebuilds the rest."""
    others = {spec.name for spec in SPECS} - {spec.name for spec in (*CREATED, *READ)}
    assert others
    assert others <= set(REPORTS)


def read(bench: Bench, spec: ReportSpec, run_at: datetime) -> list[Document]:
    """The archived documents of a slice as the run reads it; of a snapshot or a preview, each run has its own
    slice.
    """
    is_of_its_run = spec.period.kind is PeriodKind.SNAPSHOT or spec.period.history <= timedelta(days=2)
    days = {} if is_of_its_run else DAYS
    slice_ = plan_slices(spec, bench.account, run_at=run_at, now=run_at, **days)[0]
    done = collect(bench.collector(spec), slice_, another_run(f"scheduled__{run_at}"))
    assert done.outcome is Outcome.DOCUMENTS
    requests = [bench.ledger.get_request(one) for one in done.request_ids]
    return [Document(slice_, RequestMeta.of(one), one.archive_uri or "") for one in requests]
