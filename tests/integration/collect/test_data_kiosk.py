"""Data Kiosk queries are collected as reports are: once each, whatever dies, with all their pages."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from integration.collect.killing import Killed, Step, stepping
from integration.collect.parts import Bench, another_run, collect
from support import catalogue

from sellerops.base.errors import ReportFatal, RequestRefused
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, splitting
from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.formats import open_rows
from sellerops.ledger import RequestStatus, SliceState
from sellerops.settings.specs import load_spec

BY_DATE = load_spec("sales_and_traffic_by_date")
TRENDS = load_spec("sales_and_traffic_trends")
ECONOMICS = load_spec("economics")
# Long closed: final data are the same whenever they are requested.
FIRST, LAST = date(2026, 11, 1), date(2026, 11, 7)
LONG_AFTER = datetime(2026, 11, 21, 14, tzinfo=UTC)
DAYS = {"from_day": FIRST, "to_day": LAST}


@pytest.fixture(autouse=True)
def _quick(bench: Bench) -> None:
    """Quotas and the pace of Amazon are not what is tested here."""
    for operation in ("createQuery", "getQueries", "getDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    bench.sandbox.control("POST", "/jobs", json={"queue_seconds": 5, "progress_seconds": 5})


@pytest.fixture
def no_page_limit(bench: Bench) -> Iterator[None]:
    yield
    _pages_of(bench, None)


@pytest.fixture
def brand(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ASINs that northwind_na sells in the US, as its listings would have them; more than one part."""
    storefront = catalogue.simulation().storefront(
        catalogue.simulation().seller("northwind_na"), "ATVPDKIKX0DER"
    )
    asins = sorted({listing.asin for listing in storefront.listings})
    assert len(asins) > 30
    monkeypatch.setitem(splitting._VALUES, "asins", lambda *_: asins)
    return asins


def queries(bench: Bench) -> list[dict[str, Any]]:
    """Every query there is at the local Amazon, in order."""
    return list(bench.sandbox.control("GET", "/queries")["queries"])


def rows_of(bench: Bench, spec_name: str, done: Done, slice_: Slice, table: str) -> list[dict[str, Any]]:
    """The rows of the slice's documents, read with the spec."""
    spec, found = load_spec(spec_name), []
    for one in done.request_ids:
        request = bench.ledger.get_request(one)
        with bench.archive.open(request.archive_uri or "") as stream:
            rows = open_rows(
                spec.tables[table],
                stream,
                file_format=spec.format,
                slice_=slice_,
                content_type=request.document_headers["content_type"],
                on_reject=lambda _: None,
                where=spec_name,
            )
            found += [row for batch in rows for row in batch.to_pylist()]
        assert not rows.rejected, rows.first_reject
        assert rows.drift.added == {} and not set(rows.drift.missing)
    return found


def _pages_of(bench: Bench, rows: int | None) -> None:
    bench.sandbox.control("POST", "/jobs", json={"rows_per_page": rows})


def test_trends_are_the_reports_daily_figures_cell_by_cell(bench: Bench, brand: list[str]) -> None:
    """A week of every ASIN: 2 queries instead of 7 reports, and not one figure differs."""
    slice_ = next(one for one in bench.slices(TRENDS, **DAYS) if one.marketplaces == ("US",))
    done = collect(bench.collector(TRENDS), slice_)
    # The two are created side by side: either may be the first.
    told = sorted((one["query"] for one in queries(bench)), key=lambda query: brand[0] not in query)
    assert len(done.request_ids) == len(told) == 2
    assert all(json.dumps(asin) in told[place // 30] for place, asin in enumerate(brand))
    rows = rows_of(bench, "sales_and_traffic_trends", done, slice_, "sales_trends")
    trends = {(row["date"], row["child_asin"]): row for row in rows}
    assert len(trends) == len(rows) > 150
    compared = 0
    for day in slice_.days:
        daily = catalogue.parse("sales_and_traffic", "northwind_na", ["US"], day, day, LONG_AFTER).rows
        assert {row["child_asin"] for row in daily} == {asin for at, asin in trends if at == day}
        for row in daily:
            mine = trends[day, row["child_asin"]]
            for column in (name for name in row if name in mine and name != "source_line"):
                assert mine[column] == row[column], (day, row["child_asin"], column)
                compared += 1
    assert compared > 40 * len(rows) / 2


def test_a_query_and_its_pages_are_archived_and_tied_together(bench: Bench, no_page_limit: None) -> None:
    _pages_of(bench, 10)
    slice_ = bench.slice_(BY_DATE)
    done = collect(bench.collector(BY_DATE), slice_)
    rows = [bench.ledger.get_request(one) for one in done.request_ids]
    assert [row.status for row in rows] == [RequestStatus.ARCHIVED] * 9  # 28 days of three marketplaces
    assert {row.report_type for row in rows} == {"DATA_KIOSK_salesAndTrafficByDate"}
    assert [row.options.get("after") for row in rows] == [None, *(row.report_id for row in rows[:-1])]
    found = rows_of(bench, BY_DATE.name, done, slice_, "sales_totals_by_date")
    assert len({(row["date"], row["marketplace_id"]) for row in found}) == len(found) > 80
    again = collect(bench.collector(BY_DATE), slice_, another_run("by hand"))
    assert again.request_ids == done.request_ids and len(queries(bench)) == 9
    _pages_of(bench, 50)
    bench.sandbox.faults("fatal", operation="createQuery", times=1, after=1)
    other = bench.slices(BY_DATE, from_day=FIRST, to_day=date(2026, 11, 19))[0]
    with pytest.raises(ReportFatal):
        collect(bench.collector(BY_DATE), other)
    done = collect(bench.collector(BY_DATE), other)
    assert len(done.request_ids) == 2 and len(queries(bench)) == 9 + 3, "only the page that failed"


def test_killed_at_every_step_there_is_one_query_a_page(bench: Bench, no_page_limit: None) -> None:
    """First right after each create, whose id is lost; then at ever later steps, from nothing each time."""
    _pages_of(bench, 50)
    slice_ = bench.slice_(BY_DATE)
    for _ in range(2):
        with stepping(Step("after call POST queries", 1)), pytest.raises(Killed):
            collect(bench.collector(BY_DATE), slice_)
    assert len(queries(bench)) == 2
    for at in range(2000):
        with stepping(at) as steps:
            try:
                done = collect(bench.collector(BY_DATE), slice_)
                break
            except Killed:
                continue
    else:
        raise AssertionError("never done")
    assert at > 20 and not steps.struck
    rows = [bench.ledger.get_request(one) for one in done.request_ids]
    assert [row.created_by for row in rows] == ["adopted", "adopted"]
    assert len(queries(bench)) == len(bench.documents()) == 2
    count = bench.ledger.database.run(
        lambda c: c.execute("SELECT count(*) AS n FROM sellerops.report_request").fetchone()
    )
    assert count == {"n": 2}


def test_a_slice_is_killed_once_at_every_kind_of_step(bench: Bench) -> None:
    """Each time another slice, which is killed once and continues."""
    last = date(2026, 11, 19)
    slices = iter(bench.slices(_daily(BY_DATE), from_day=date(2026, 8, 1), to_day=last))
    with stepping(None) as steps:
        collect(bench.collector(BY_DATE), next(slices))
    kinds = [step for step in steps.crossed if step.nth == 1]
    assert {"before call POST queries", "after call POST queries", "after download"} <= {
        step.name for step in kinds
    }
    for number, at in enumerate(kinds, 2):
        slice_ = next(slices)
        with stepping(at) as steps, pytest.raises(Killed):
            collect(bench.collector(BY_DATE), slice_)
        assert steps.struck
        done = collect(bench.collector(BY_DATE), slice_)
        assert len(done.request_ids) == 1
        assert len(queries(bench)) == number, at


def test_parts_whose_answers_were_lost_get_their_own_queries_back(
    bench: Bench, brand: list[str], no_page_limit: None
) -> None:
    """All parts look alike in the ledger, but Amazon returns a query's text; and each part has its pages."""
    _pages_of(bench, 120)
    slice_ = next(one for one in bench.slices(TRENDS, **DAYS) if one.marketplaces == ("US",))
    bench.sandbox.faults("response_lost", operation="createQuery", times=2)
    done = collect(bench.collector(TRENDS), slice_)
    assert len(queries(bench)) == len(set(done.request_ids)) == len(done.request_ids) > 2
    requests = [bench.ledger.get_request(one) for one in done.request_ids]
    assert sorted(row.created_by or "" for row in requests).count("adopted") == 2
    for request in requests:
        with bench.archive.open(request.archive_uri or "") as stream:
            found = {json.loads(line)["childAsin"] for line in stream}
        assert found and found <= set(request.options["asins"].split())
    rows = rows_of(bench, TRENDS.name, done, slice_, "sales_trends")
    assert len({(row["date"], row["child_asin"]) for row in rows}) == len(rows) > 240


def test_many_waits_ask_once(bench: Bench) -> None:
    async def crowd() -> set[tuple[int, ...]]:
        waits = [bench.collector(BY_DATE).wait(bench.slice_(BY_DATE), another_run(f"{n}")) for n in range(8)]
        return {result.request_ids for result in await asyncio.gather(*waits)}

    assert len(asyncio.run(crowd())) == 1
    assert len(queries(bench)) == 1


def test_how_a_query_may_end(bench: Bench) -> None:
    """With Amazon's reason; cancelled by somebody, which says nothing of its data; without data, believed."""
    slice_, detail = bench.slice_(BY_DATE), "Something about the dates."
    bench.sandbox.faults("fatal_with_document", operation="createQuery", options={"detail": detail}, times=1)
    with pytest.raises(ReportFatal, match="about the dates"):
        collect(bench.collector(BY_DATE), slice_)
    bench.sandbox.faults("cancelled", operation="createQuery", times=1)
    with pytest.raises(RequestRefused, match="cancelled"):
        collect(bench.collector(BY_DATE), slice_)
    assert SliceState.CONFIRMED_EMPTY not in bench.states()
    bench.sandbox.faults("done_without_document", operation="createQuery", times=1)
    assert collect(bench.collector(BY_DATE), slice_).outcome is Outcome.EMPTY
    assert len(queries(bench)) == 3
    assert set(bench.states()) == {SliceState.CONFIRMED_EMPTY}


def test_economics_fills_its_tables(bench: Bench, conninfo: str) -> None:
    """Once and again: the same rows. Proceeds are what sales leave when fees and costs are paid."""
    slice_ = bench.slices(ECONOMICS, **DAYS)[0]
    done = collect(bench.collector(ECONOMICS), slice_)
    economics = rows_of(bench, "economics", done, slice_, "economics")
    fees = rows_of(bench, "economics", done, slice_, "economics_fees")
    parts = rows_of(bench, "economics", done, slice_, "economics_fee_components")
    ads = rows_of(bench, "economics", done, slice_, "economics_ads")
    assert {row["component_name"] for row in parts} >= {"BaseFbaFulfilmentFee", "FuelSurcharge"}
    charged = Counter[tuple[str, ...]]()
    for row in (*fees, *ads):
        charged[row["marketplace_id"], row["date"], row["msku"]] += row["total_amount"]
    free = [row for row in economics if row["cost_of_goods_sold_amount"] is None]
    assert free
    for row in free:
        spent = charged[row["marketplace_id"], row["date"], row["msku"]]
        assert row["net_proceeds_amount"] == row["net_product_sales_amount"] - spent
    request = bench.ledger.get_request(done.request_ids[0])
    first, again = (
        load_document(
            PostgresDestination(conninfo),
            ECONOMICS,
            slice_,
            RequestMeta.of(request),
            lambda: bench.archive.open(request.archive_uri or ""),
        )
        for _ in range(2)
    )
    counts = [len(economics), len(fees), len(parts), len(ads)]
    assert [result.inserted for result in first] == counts
    assert [result.unchanged for result in again] == counts
    marketplaces = bench.ledger.database.run(
        lambda c: c.execute("SELECT DISTINCT marketplace_id FROM amazon_sp.economics_fees").fetchall()
    )
    assert {row["marketplace_id"] for row in marketplaces} == set(slice_.marketplace_ids)


def _daily(spec: Any) -> Any:
    """The same in windows of a day, to have many slices."""
    return spec.model_copy(update={"period": spec.period.model_copy(update={"max_days": 1})})
