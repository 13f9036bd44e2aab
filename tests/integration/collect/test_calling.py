"""API operations from plan to archive: all pages, once, whichever wait pages; consistent with the reports."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, LiteralString

import pytest
from integration.collect.parts import RUN, Bench, another_run, collect, wait

from sellerops.base.errors import CredentialsError, Quarantined, RequestRefused
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, WaitResult, paging_claims
from sellerops.collect.paging_claims import claim_paging
from sellerops.destinations import LoadResult, RequestMeta, load_document, open_destination
from sellerops.ledger import ReportRequest, RequestStatus, RunRef, SliceState
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.operations.registry import OPERATIONS
from sellerops.sources.common.operations import Calls, OperationInput, Page
from sellerops.sources.common.sessions import close_sessions

pytestmark = pytest.mark.usefixtures("stepping_clock")

NAMES = ("fba_inventory_summaries", "order_metrics", "transactions", "orders_api", "orders_v0")


BAD = {"status": 400, "body": '{"errors": [{"code": "InvalidInput", "message": "m"}]}'}


def lines(bench: Bench, done: Done) -> list[dict[str, Any]]:
    """The archived document of a slice, line by line."""
    request = bench.ledger.get_request(done.request_ids[0])
    with bench.archive.open(request.archive_uri or "") as stream:
        return [json.loads(line) for line in stream]


def slice_of(bench: Bench, name: str, days: int = 3) -> Slice:
    """The first slice of a report; of transactions only its last days, each of three pages."""
    spec = load_spec(name)
    if name != "transactions":
        return bench.slice_(spec)
    last = date(2026, 11, 20)
    return bench.slices(spec, from_day=last - timedelta(days=days - 1), to_day=last)[0]


def fetched(bench: Bench, name: str, slice_: Slice | None = None) -> list[dict[str, Any]]:
    done = collect(bench.collector(load_spec(name)), slice_ or slice_of(bench, name))
    assert done.outcome is Outcome.DOCUMENTS
    return lines(bench, done)


def loaded(bench: Bench, name: str, slice_: Slice | None = None, run: RunRef = RUN) -> dict[str, LoadResult]:
    """What the load of a slice (the report's first) did to each of its tables."""
    spec, slice_ = load_spec(name), slice_ or slice_of(bench, name)
    done = collect(bench.collector(spec), slice_, run)
    request = bench.ledger.get_request(done.request_ids[0])
    destination = open_destination("postgres", bench.ledger.database.conninfo)
    try:
        results = load_document(
            destination,
            spec,
            slice_,
            RequestMeta.of(request),
            lambda: bench.archive.open(request.archive_uri or ""),
        )
    finally:
        destination.close()
    return {result.table.removeprefix("amazon_sp."): result for result in results}


def rows_of(bench: Bench, statement: LiteralString) -> list[dict[str, Any]]:
    with bench.ledger.connection() as connection:
        return connection.execute(statement).fetchall()


def only_request(bench: Bench) -> ReportRequest:
    rows = rows_of(bench, "SELECT id FROM sellerops.report_request")
    assert len(rows) == 1, "one request for one slice"
    return bench.ledger.get_request(rows[0]["id"])


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_is_archived_page_by_page(bench: Bench, name: str) -> None:
    spec = load_spec(name)
    pages = fetched(bench, name)
    assert pages
    assert all(set(page) == {"request", "answer"} for page in pages)
    request = only_request(bench)
    assert request.status is RequestStatus.ARCHIVED
    assert request.created_by == "us"
    assert request.reported_at is not None
    assert request.document_headers["content_type"].startswith("application/jsonl")
    assert request.document_headers["pages"] == len(pages)
    sidecar = bench.archive.sidecars(request.archive_uri or "")[0]
    assert sidecar["request"]["operation"] == spec.request.operation
    counts = bench.sandbox.call_counts()[spec.request.operation or ""]
    assert set(counts) == {"200"}, "no call was refused"
    assert bench.creates() == 0


def test_stock_is_that_of_the_inventory_report(bench: Bench) -> None:
    """Both snapshots of one frozen moment."""
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()
    (page,) = fetched(bench, "fba_inventory_summaries")
    told = {row["sellerSku"]: row for row in page["answer"]["payload"]["inventorySummaries"]}
    assert len(told) > 20
    for row in told.values():
        details = row["inventoryDetails"]
        assert row["totalQuantity"] == (
            details["fulfillableQuantity"]
            + details["reservedQuantity"]["totalReservedQuantity"]
            + details["unfulfillableQuantity"]["totalUnfulfillableQuantity"]
            + details["inboundShippedQuantity"]
            + details["inboundReceivingQuantity"]
        )


def test_order_metrics_are_the_worlds(bench: Bench) -> None:
    """Day by day, each with its own date."""
    pages = fetched(bench, "order_metrics")
    assert len(pages) == 8
    slice_ = bench.slice_(load_spec("order_metrics"))
    assert [page["request"]["date"] for page in pages] == [str(day) for day in slice_.days]
    for page in pages[:3]:
        day = page["answer"]["payload"][0]
        expected_figures = bench.sandbox.expected_figures(
            "northwind_na", slice_.marketplace_ids[0], page["request"]["date"]
        )
        assert day["unitCount"] == expected_figures["units_ordered"]
        assert day["orderItemCount"] == expected_figures["order_items"]
        assert float(day["totalSales"]["amount"]) == pytest.approx(expected_figures["ordered_product_sales"])
    assert bench.sandbox.call_counts()["getOrderMetrics"] == {"200": 1}


def test_transactions_balance_and_appear_once(bench: Bench) -> None:
    """Every transaction is the sum of its items and charges, and is on one page only."""
    pages = fetched(bench, "transactions", slice_of(bench, "transactions", days=10))
    assert len(pages) > 5
    rows = [row for page in pages for row in page["answer"]["payload"]["transactions"]]
    ids = [row["transactionId"] for row in rows if "transactionId" in row]
    assert 0 < len(set(ids)) == len(ids) < len(rows), "some fees have none"
    assert {row["transactionStatus"] for row in rows} == {"RELEASED", "DEFERRED", "DEFERRED_RELEASED"}
    for row in rows:
        total = row["totalAmount"]["currencyAmount"]
        charges = sum(part["breakdownAmount"]["currencyAmount"] for part in row["breakdowns"])
        assert charges == pytest.approx(total, abs=0.005)
        if row.get("items"):
            items = sum(item["totalAmount"]["currencyAmount"] for item in row["items"])
            assert items == pytest.approx(total, abs=0.005)


def test_no_amount_is_counted_twice_or_never(bench: Bench) -> None:
    """What a settlement says of an order is what its transactions say, deferred ones counted once."""
    results = loaded(bench, "transactions", slice_of(bench, "transactions", days=10))
    assert {name: result.rejected for name, result in results.items() if result.rejected} == {}
    assert {name: result.new_columns for name, result in results.items() if result.new_columns} == {}
    assert results["transactions"].stored > 500
    (row,) = rows_of(
        bench,
        """
        SELECT count(*) FILTER (WHERE per_order <> per_item) AS wrong, count(*) AS orders FROM (
            SELECT order_id, sum(total_amount) AS per_order,
                   sum((SELECT sum(item.total_amount) FROM amazon_sp.transaction_items AS item
                        WHERE item.transaction_id = one.transaction_id)) AS per_item
            FROM amazon_sp.transactions AS one
            WHERE order_id IS NOT NULL AND transaction_status <> 'DEFERRED_RELEASED' GROUP BY order_id
        ) AS sums
        """,
    )
    assert row["wrong"] == 0
    assert row["orders"] > 300
    (pair,) = rows_of(
        bench,
        """
        SELECT count(*) AS pairs, bool_and(paid.total_amount = held.total_amount) AS same
        FROM amazon_sp.transactions AS paid
        JOIN amazon_sp.transactions AS held ON held.transaction_id = paid.deferred_transaction_id
        WHERE held.transaction_status = 'DEFERRED_RELEASED' AND paid.transaction_status = 'RELEASED'
        """,
    )
    assert pair["pairs"] > 0
    assert pair["same"]


def test_an_answer_that_lists_nothing_leaves_the_rows_of_before(bench: Bench) -> None:
    before = loaded(bench, "transactions")["transactions"].stored
    slice_ = slice_of(bench, "transactions")
    bench.jump(hours=3)
    bench.sandbox.faults("nothing_listed", operation="listTransactions", options={"how": "null"})
    with pytest.raises(Quarantined, match="0 rows"):
        loaded(bench, "transactions", slice_, another_run("the next night"))
    (row,) = rows_of(bench, "SELECT count(*) AS rows FROM amazon_sp.transactions")
    assert row["rows"] == before


@pytest.mark.parametrize("name", [name for name in NAMES if name != "transactions"])
def test_every_operation_is_loaded_without_a_loss(bench: Bench, name: str) -> None:
    spec = load_spec(name)
    results = loaded(bench, name)
    assert set(results) == set(spec.tables)
    for table, result in results.items():
        assert result.stored > 5
        assert result.rejected == 0
        assert result.new_columns == (), f"{table}: the spec names every column"


def test_both_orders_apis_return_the_same_orders_and_no_personal_data(bench: Bench) -> None:
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()
    new = [order for page in fetched(bench, "orders_api") for order in page["answer"]["orders"]]
    old = [order for page in fetched(bench, "orders_v0") for order in page["answer"]["payload"]["Orders"]]
    assert len(new) > 100
    assert {order["orderId"]: order["lastUpdatedTime"] for order in new} == {
        order["AmazonOrderId"]: order["LastUpdateDate"] for order in old
    }
    totals = {order["AmazonOrderId"]: order["OrderTotal"]["Amount"] for order in old if "OrderTotal" in order}
    assert totals == {
        order["orderId"]: order["proceeds"]["grandTotal"]["amount"] for order in new if "proceeds" in order
    }
    assert not any({"buyer", "recipient"} & set(order) for order in new)
    assert not any({"BuyerInfo", "ShippingAddress"} & set(order) for order in old)


def test_a_young_document_is_used_again(bench: Bench) -> None:
    spec = load_spec("order_metrics")
    first = collect(bench.collector(spec), bench.slice_(spec))
    assert bench.collector(spec).advance(bench.slice_(spec), another_run("manual")) == first
    assert len(bench.sandbox.calls(operation="getOrderMetrics")) == 1


def test_what_passes_is_waited_out(bench: Bench) -> None:
    """429, 503 and a lost connection cost time and no row."""
    for fault in ("http_429", "http_503", "drop", "empty_body", "html_200"):
        bench.sandbox.faults(fault, operation="getOrderMetrics", times=1)
    assert len(fetched(bench, "order_metrics")) == 8
    assert bench.sandbox.call_counts()["getOrderMetrics"] == {"200": 3, "429": 1, "503": 1, "no_response": 1}


def test_a_refusal_ends_the_wait_and_the_next_try_starts_again(bench: Bench) -> None:
    """400 is final for this request; 403 leaves it open for better credentials."""
    spec = load_spec("order_metrics")
    slice_ = bench.slice_(spec)
    bench.sandbox.faults("forbidden", operation="getOrderMetrics", times=1)
    refused = wait(bench.collector(spec), slice_)
    assert isinstance(refused.error, CredentialsError)
    assert only_request(bench).status is RequestStatus.PLANNED
    bench.sandbox.faults("http_status", operation="getOrderMetrics", times=1, options=BAD)
    result = wait(bench.collector(spec), slice_)
    assert result.outcome is WaitOutcome.FAILED
    assert isinstance(result.error, RequestRefused)
    assert only_request(bench).status is RequestStatus.FAILED
    assert bench.states()[0] == SliceState.FAILED
    assert collect(bench.collector(spec), slice_).outcome is Outcome.DOCUMENTS


def test_a_dead_page_token_means_the_first_page_again(bench: Bench) -> None:
    """A token expires in seconds and a lease may take longer: nothing is archived twice."""
    bench.sandbox.faults("http_status", operation="getOrders", times=1, after=1, options=BAD)
    pages = fetched(bench, "orders_v0")
    ids = [order["AmazonOrderId"] for page in pages for order in page["answer"]["payload"]["Orders"]]
    assert len(ids) == len(set(ids)) > 100
    assert "NextToken" not in pages[0]["request"]


def test_no_rows_are_a_document_too(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """That there was nothing is a fact with a time, and is loaded like any other."""

    pages: list[Page] = []

    async def nothing(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
        for page in pages:
            yield page

    monkeypatch.setitem(OPERATIONS, "getOrders", nothing)
    assert fetched(bench, "orders_v0") == []
    assert only_request(bench).reported_at is not None


def test_two_waits_of_one_request_page_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second follows the first, from another process or not."""
    # A heart that a busy machine lets beat late is not a dead one.
    monkeypatch.setattr(paging_claims, "CLAIM_LIFE", timedelta(days=30))
    spec = load_spec("transactions")
    slice_ = slice_of(bench, "transactions")
    step = bench.collector(spec).advance(slice_, RUN)
    assert isinstance(step, WaitFor)

    async def both() -> list[WaitResult]:
        try:
            waits = (bench.collector(spec).wait(slice_, RUN, request_ids=step.request_ids) for _ in range(2))
            return list(await asyncio.gather(*waits))
        finally:
            await close_sessions()

    assert [result.outcome for result in asyncio.run(both())] == [WaitOutcome.READY] * 2
    done = bench.collector(spec).advance(slice_, RUN, request_ids=step.request_ids)
    assert isinstance(done, Done)
    assert len(bench.sandbox.calls(operation="listTransactions")) == len(lines(bench, done))


def test_a_wait_that_is_broken_off_gives_its_claim_back(bench: Bench) -> None:
    """A user who clears the task, or a triggerer that stops: the next wait begins at once."""
    spec = load_spec("transactions")
    slice_ = slice_of(bench, "transactions")

    async def broken() -> None:
        reached = asyncio.Event()
        operation = OPERATIONS["listTransactions"]

        async def watched(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
            async for page in operation(calls, asked):
                yield page
                reached.set()

        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(OPERATIONS, "listTransactions", watched)
            task = asyncio.ensure_future(bench.collector(spec).wait(slice_, RUN))
            await reached.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await close_sessions()

    asyncio.run(broken())
    assert only_request(bench).status is RequestStatus.PLANNED
    assert bench.documents() == []
    assert collect(bench.collector(spec), slice_).outcome is Outcome.DOCUMENTS
    assert only_request(bench).status is RequestStatus.ARCHIVED


def test_the_claim_of_a_dead_wait_is_taken_over(bench: Bench) -> None:
    """Killed without cleaning up: its heartbeat stops, and the next wait pages."""
    spec = load_spec("order_metrics")
    step = bench.collector(spec).advance(bench.slice_(spec), RUN)
    assert isinstance(step, WaitFor)
    (request_id,) = step.request_ids
    assert claim_paging(bench.ledger, request_id, uuid.uuid4())
    assert not claim_paging(bench.ledger, request_id, uuid.uuid4())
    assert collect(bench.collector(spec), bench.slice_(spec)).request_ids == (request_id,)


def test_an_unknown_operation_names_the_known(bench: Bench) -> None:
    spec = load_spec("order_metrics")
    wrong = spec.model_copy(update={"request": spec.request.model_copy(update={"operation": "getOrder"})})
    result = wait(bench.collector(wrong), bench.slice_(spec))
    assert result.error is not None
    assert "getOrderMetrics" in result.error.remedy


def test_an_expired_slice_asks_for_nothing(bench: Bench) -> None:
    spec = load_spec("transactions")
    slice_ = replace(slice_of(bench, "transactions"), expired=True)
    assert bench.collector(spec).advance(slice_, RUN) == Done((), Outcome.EXPIRED)
    assert bench.sandbox.calls(operation="listTransactions") == []
