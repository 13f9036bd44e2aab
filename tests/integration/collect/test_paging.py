"""Pages, entries and tokens that come again double no row, and a list without an end is given up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, LiteralString

import pytest
from integration.collect.parts import RUN, Bench, collect, wait
from integration.collect.test_calling import loaded, rows_of, slice_of

from sellerops.base.errors import GiveUpError, UnexpectedAnswer
from sellerops.collect import WaitFor, WaitOutcome
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.sessions import close_sessions

FAULTS = ("repeated_page", "overlapping_page")
NOT_THE_SUM_OF_ITS_ITEMS: LiteralString = """
    SELECT transaction_id FROM amazon_sp.transactions JOIN (
        SELECT transaction_id, sum(total_amount) AS items FROM amazon_sp.transaction_items GROUP BY 1
    ) AS summed USING (transaction_id) WHERE total_amount <> items
"""


@pytest.fixture
def small_results(bench: Bench) -> Iterator[None]:
    """Results of Data Kiosk in pages of ten rows."""
    bench.sandbox.control(
        "POST", "/jobs", json={"rows_per_page": 10, "queue_seconds": 5, "progress_seconds": 5}
    )
    for operation in ("createQuery", "getDocument"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    yield
    bench.sandbox.control("POST", "/jobs", json={"rows_per_page": None})


@pytest.mark.parametrize("fault", FAULTS)
def test_transactions_and_their_items_come_once(bench: Bench, fault: str) -> None:
    """The items have no key: only the pages show that they are the same."""
    bench.sandbox.faults(fault, operation="listTransactions", times=2)
    results = loaded(bench, "transactions")
    (faulted,) = bench.sandbox.control("GET", "/faults")["faults"]
    assert faulted["hits"] == 2
    assert results["transaction_items"].stored > 100
    assert {name: result.rejected for name, result in results.items()} == dict.fromkeys(results, 0)
    assert rows_of(bench, NOT_THE_SUM_OF_ITS_ITEMS) == []


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("name", ["orders_api", "orders_v0"])
def test_no_entry_of_a_list_is_stored_twice(bench: Bench, name: str, fault: str) -> None:
    bench.sandbox.faults(fault, operation=load_spec(name).request.operation)
    results = loaded(bench, name)
    assert all(result.rejected == 0 for result in results.values())


@pytest.mark.parametrize("empty", [True, False])
def test_pages_that_are_all_the_same_or_empty_are_given_up(bench: Bench, empty: bool) -> None:
    bench.sandbox.clock(speed=7200)
    bench.follow_clock()
    bench.sandbox.faults("endless_pages", operation="listTransactions", times=1, options={"empty": empty})
    error = _error_of(bench, "transactions")
    assert isinstance(error, GiveUpError)
    assert "no end" in error.cause or "still incomplete" in error.cause
    assert rows_of(bench, "SELECT 1 FROM sellerops.report_request WHERE archive_uri IS NOT NULL") == []


def test_a_token_that_comes_again_is_given_up(bench: Bench) -> None:
    bench.sandbox.faults("repeated_token", operation="listTransactions", after=1, times=1)
    assert isinstance(_error_of(bench, "transactions"), UnexpectedAnswer)


def test_new_pages_without_an_end_are_given_up_in_time(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page is new and each call succeeds: only the spec's ``give_up_after`` ends it."""
    pages = 0

    async def lease(self: Any, operation: str, deadline: Any = None) -> None:
        bench.jump(0.25)

    async def call(self: Any, *_: Any, **__: Any) -> Answer:
        nonlocal pages
        pages += 1
        row = {"transactionId": f"T{pages}", "postedDate": "2026-11-12T00:00:00Z", "items": []}
        return Answer({"payload": {"transactions": [row], "nextToken": f"token {pages}"}}, "{}")

    monkeypatch.setattr(SpApiClient, "lease", lease)
    monkeypatch.setattr(SpApiClient, "call", call)
    bench.let_time_pass_in_sleeps_alone(monkeypatch)
    began = bench.ledger.clock().now()
    error = _error_of(bench, "transactions")
    assert isinstance(error, GiveUpError)
    assert "12 h" in error.cause
    spec = load_spec("transactions")
    assert bench.ledger.clock().now() - began < 2 * spec.request.give_up_after


def test_a_listed_report_comes_once(bench: Bench) -> None:
    """A page of getReports again, and one that overlaps: a settlement is collected once."""

    async def listed() -> list[str]:
        try:
            since = datetime(2026, 9, 1, tzinfo=UTC)
            settlements = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
            return [
                report.report_id
                async for report in bench.client().get_reports(settlements, created_since=since)
            ]
        finally:
            await close_sessions()

    right = asyncio.run(listed())
    bench.sandbox.quotas(operation="getReports", rate=10.0, burst=100)
    for fault in ("endless_pages", "repeated_page"):
        bench.sandbox.faults(fault, operation="getReports", times=1)
    assert right
    assert asyncio.run(listed()) == right


def test_a_page_of_a_result_that_comes_again_counts_once(bench: Bench, small_results: None) -> None:
    spec = load_spec("sales_and_traffic_by_date")
    bench.sandbox.faults("repeated_result", operation="createQuery", times=1)
    done = collect(bench.collector(spec), bench.slice_(spec), rounds=40)
    shas = [bench.ledger.get_request(one).content_sha256 for one in done.request_ids]
    assert len(set(shas)) == len(shas)
    queries = bench.sandbox.control("GET", "/queries")["queries"]
    assert len(queries) == len(shas) + 1


def test_a_result_that_runs_in_a_circle_is_given_up(bench: Bench, small_results: None) -> None:
    spec = load_spec("sales_and_traffic_by_date")
    bench.sandbox.faults("repeated_result", operation="createQuery")
    with pytest.raises(UnexpectedAnswer, match="no end"):
        collect(bench.collector(spec), bench.slice_(spec), rounds=40)


def _error_of(bench: Bench, name: str) -> Any:
    spec, slice_ = load_spec(name), slice_of(bench, name)
    step = bench.collector(spec).advance(slice_, RUN)
    assert isinstance(step, WaitFor)
    result = wait(bench.collector(spec), slice_, request_ids=step.request_ids)
    assert result.outcome is WaitOutcome.FAILED
    return result.error
