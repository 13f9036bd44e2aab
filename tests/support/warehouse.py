"""Landing tables filled with what the local Amazon knows of some days, without HTTP and Airflow.

Each report has one document per slice, as known at ``NOW``: enough for what is built on landed tables. How
documents are collected, and restated, is tested elsewhere.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from support.catalogue import document_of, request_facts, simulation
from support.postgres import TEMPLATE, PostgresServer
from support.samples import Sample, split_options
from support.specs import shipped_specs
from support.tables import Tables

from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.data_kiosk.language import project, read
from amazon_sandbox.data_kiosk.results import _ROWS
from amazon_sandbox.fba_inventory import data as fba_inventory
from amazon_sandbox.finances import data as finances
from amazon_sandbox.simulation.documents import FatalReport
from amazon_sandbox.simulation.report_types import REQUESTABLE
from sellerops.archive import Archive, DocumentMeta
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.destinations import RequestMeta
from sellerops.ledger import Ledger
from sellerops.marts.specs import load_marts
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.sources.common.placeholders import options_of

NOW = datetime(2026, 11, 20, 18, tzinfo=UTC)
ACCOUNTS = ("northwind_na", "northwind_eu")
# Large, and read by no mart.
_TAKEN_DAILY = frozenset({"fba_inventory_summaries", "fba_inventory_planning", "restock_recommendations"})
_SNAPSHOTS = 7
_LEFT_OUT = frozenset({"search_terms_weekly", "search_terms_quarterly", "orders_xml"})


class Content(NamedTuple):
    """A document, and when Amazon made it."""

    body: bytes
    content_type: str
    made_at: datetime = NOW


def load_sample(tables: Tables, sample: Sample, schema: str | None = None) -> None:
    """Archive a document and load it into its tables, of ``schema`` if given."""
    content = Content(sample.content, sample.content_type, sample.as_of)
    load_content(tables, sample.spec, sample.slice_, content, schema)


def load_content(
    tables: Tables, spec: ReportSpec, slice_: Slice, content: Content, schema: str | None = None
) -> None:
    """Archive a document and load it into its tables, of ``schema`` if given."""
    facts = request_facts(slice_)
    meta = DocumentMeta(
        source=spec.source,
        report=spec.name,
        account_id=slice_.account_id,
        fetch=f"{slice_.label} {content.made_at}",
        fetched_at=content.made_at.isoformat(),
        request={},
        response={"content_type": content.content_type, "facts": facts},
    )
    uri = tables.archive.put_stream([content.body], meta).uri
    marketplaces = slice_.marketplace_ids
    told = RequestMeta(content.made_at, None, content.content_type, marketplaces, uri, facts)
    tables.load(spec, slice_, told, uri, schema or spec.source)


def fill(
    tables: Tables,
    *,
    accounts: Sequence[str] = ACCOUNTS,
    days: int = 30,
    reports: Iterable[str] | None = None,
    settlement_days: int = 45,
) -> None:
    """Load the last ``days`` days before ``NOW`` of all reports that the simulation writes, or of some.

    Months, weeks and snapshots are those that a run within the days would ask for.
    """
    tables.ledger.set_clock(Clock(NOW, NOW, 0.0))
    wanted = None if reports is None else set(reports)
    for spec in shipped_specs():
        if spec.name in _LEFT_OUT or (wanted is not None and spec.name not in wanted):
            continue
        for name in accounts:
            account = load_accounts()[name]
            if spec.source in account.sources:
                for slice_, content in _documents(spec, account, days, settlement_days):
                    load_content(tables, spec, slice_, content)


def _documents(
    spec: ReportSpec, account: Account, days: int, settlement_days: int
) -> Iterator[tuple[Slice, Content]]:
    if spec.request.how == "listed":
        (slice_,) = plan_slices(spec, account, run_at=NOW, now=NOW)
        for content in _settlements(account, settlement_days):
            yield slice_, content
        return
    for slice_, moment in _slices(spec, account, days):
        content = _content(spec, slice_, moment)
        if content is not None:
            yield slice_, content


def _slices(spec: ReportSpec, account: Account, days: int) -> Iterator[tuple[Slice, datetime]]:
    """Slices, and when their reports are made."""
    first, last = (NOW - timedelta(days=days)).date(), (NOW - timedelta(days=1)).date()
    period = spec.period.kind
    if period is PeriodKind.SNAPSHOT:
        ages = range(_SNAPSHOTS - 1, -1, -1) if spec.name in _TAKEN_DAILY else (0,)
        moments = [NOW - timedelta(days=age) for age in ages]
        yield from (
            (slice_, at) for at in moments for slice_ in plan_slices(spec, account, run_at=at, now=at)
        )
        return
    wanted: dict[str, Any] = (
        {"from_day": first, "to_day": last}
        if period in (PeriodKind.DAY, PeriodKind.RANGE)
        else {"lookback": timedelta(days=days)}
    )
    yield from ((slice_, NOW) for slice_ in plan_slices(spec, account, run_at=NOW, now=NOW, **wanted))


def _content(spec: ReportSpec, slice_: Slice, moment: datetime) -> Content | None:
    if spec.request.how == "queried" and "{asins}" in (spec.request.query or ""):
        return None
    if spec.request.how == "queried":
        return _query_result(spec, slice_)
    if spec.request.how == "called":
        called = {"transactions": _transactions, "fba_inventory_summaries": _summaries}.get(spec.name)
        return called(slice_, moment) if called else None
    is_written = (
        "export" in spec.request.options or spec.report_type in report_types()
        if spec.source == "amazon_ads"
        else spec.source == "amazon_sp" and spec.report_type in REQUESTABLE
    )
    if spec.request.how != "created" or not is_written:
        return None
    try:
        document = document_of(slice_, moment, split_options(spec, slice_))
    except FatalReport:
        return None
    return Content(document.read(), document.content_type, moment) if document else None


def _settlements(account: Account, days: int) -> Iterator[Content]:
    seller = simulation().seller(account.id)
    for ref in simulation().settlements(seller, NOW):
        if ref.created_at > NOW - timedelta(days=days):
            document = simulation().settlement_document(seller, ref.settlement_id)
            yield Content(document.read(), document.content_type, ref.created_at)


def _query_result(spec: ReportSpec, slice_: Slice) -> Content | None:
    parsed = read(options_of(spec, slice_)["query"])
    seller = simulation().seller(slice_.account_id)
    storefronts = {one: simulation().storefront(seller, one) for one in parsed.marketplace_ids}
    try:
        rows = [*_ROWS[parsed.dataset](parsed.name, storefronts, parsed.arguments, int(NOW.timestamp()))]
    except FatalReport:
        return None
    body = b"".join(json.dumps(project(parsed.fields, row)).encode() + b"\n" for row in rows)
    return Content(body, "application/jsonl") if body else None


def _transactions(slice_: Slice, moment: datetime) -> Content:
    seller = simulation().seller(slice_.account_id)
    storefronts = [simulation().storefront(seller, one) for one in seller.marketplace_ids]
    span = finances.TransactionFilter(_seconds(slice_.window_start), _seconds(slice_.window_end))
    page, _ = finances.transactions(seller, storefronts, span, int(moment.timestamp()), None, 10**9)
    parts = [page[at : at + finances.PAGE_SIZE] for at in range(0, len(page), finances.PAGE_SIZE)]
    return _answers([{"payload": {"transactions": part}} for part in parts], moment)


def _summaries(slice_: Slice, moment: datetime) -> Content:
    seller = simulation().seller(slice_.account_id)
    (marketplace_id,) = slice_.marketplace_ids
    storefronts = [simulation().storefront(seller, one) for one in seller.marketplace_ids]
    own = simulation().storefront(seller, marketplace_id)
    rows = fba_inventory.summaries(own, int(moment.timestamp()), details=True, others=storefronts)
    return _answers([{"payload": {"inventorySummaries": rows}}], moment)


def _answers(answers: Iterable[dict[str, Any]], moment: datetime) -> Content:
    """Answers of an operation, as they are archived."""
    lines = (json.dumps({"request": {}, "answer": answer}).encode() + b"\n" for answer in answers)
    return Content(b"".join(lines), "application/jsonl", moment)


def _seconds(moment: str | None) -> int:
    assert moment
    return int(datetime.fromisoformat(moment).timestamp())


def _read_by_marts() -> set[str]:
    """Names of the reports whose tables are inputs of marts."""
    read = {name for mart in load_marts() for name in mart.tables_read}
    return {
        spec.name
        for spec in shipped_specs()
        if read.intersection(f"{spec.source}.{table}" for table in spec.tables)
    }


@pytest.fixture(scope="session")
def warehouse_template(postgres_server: PostgresServer) -> Iterator[str]:
    """Name of a database with two weeks of both accounts; each test copies it."""
    conninfo = postgres_server.create_database(TEMPLATE)
    ledger = Ledger(conninfo)
    with tempfile.TemporaryDirectory() as folder:
        tables = Tables(ledger, Archive(str(Path(folder) / "archive")))
        fill(tables, days=14, reports=_read_by_marts())
        tables.close()
    ledger.close()
    with psycopg.connect(conninfo) as connection:
        # As autovacuum does within a minute: without statistics a mart may take a thousand times as long.
        connection.execute("ANALYZE")
    yield conninfo.rsplit("/", 1)[1].split("?")[0]
    postgres_server.drop_database(conninfo)


@pytest.fixture
def warehouse(postgres_server: PostgresServer, warehouse_template: str) -> Iterator[Ledger]:
    """The ledger of a database with two weeks of what marts read, of both accounts."""
    conninfo = postgres_server.create_database(warehouse_template)
    ledger = Ledger(conninfo)
    yield ledger
    ledger.close()
    postgres_server.drop_database(conninfo)
