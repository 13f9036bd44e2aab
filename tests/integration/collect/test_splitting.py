"""One slice as several requests: 40 ASINs are three reports, however often they are requested."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from integration.collect.killing import Killed, Step, stepping
from integration.collect.parts import RUN, Bench, another_run, collect, wait

from sellerops.base.errors import NotPublishedYet, ReportFatal
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, splitting
from sellerops.collect.part_claims import divide
from sellerops.ledger import ReportRequest, RequestStatus, SliceState
from sellerops.settings.specs import Split, load_spec

REPORT = "search_query_performance_weekly"
SPEC = load_spec(REPORT)
TYPE = SPEC.report_type
SPLIT = Split(option="asin", at_most=18, longest=200)


@pytest.fixture(scope="module")
def brand() -> list[str]:
    """The ASINs that northwind_na sells in the US, as its orders and stock name them."""
    from amazon_sandbox.simulation import Simulation
    from amazon_sandbox.simulation.marketplaces import by_country
    from amazon_sandbox.simulation.storefront import Storefronts

    simulation = Simulation(seed=7, scenario="demo")
    return sorted(
        {
            listing.asin
            for listing in Storefronts(simulation.seed).of("northwind_na", by_country("US")).listings
        }
    )


@contextmanager
def asins(values: list[str]) -> Iterator[None]:
    """What the listings name; ``known_asins`` itself is tested beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(splitting._VALUES, "asins", lambda *_: sorted(values))
        yield


@pytest.fixture
def slice_(bench: Bench) -> Slice:
    for operation in ("createReport", "getReportDocument", "getReports"):
        bench.sandbox.quotas(operation=operation, rate=10.0, burst=100)
    bench.sandbox.control("POST", "/jobs", json={"queue_seconds": 5, "progress_seconds": 5})
    return next(
        one for one in bench.slices(SPEC) if one.marketplaces == ("US",) and one.first_day == "2026-11-08"
    )


def test_forty_asins_are_three_reports_of_one_slice(bench: Bench, slice_: Slice, brand: list[str]) -> None:
    with asins(brand[:40]):
        done = collect(bench.collector(SPEC), slice_)
    assert done.outcome is Outcome.DOCUMENTS
    rows = [bench.ledger.get_request(one) for one in done.request_ids]
    assert [len(_asins(row)) for row in rows] == [18, 18, 4]
    assert [asin for row in rows for asin in _asins(row)] == brand[:40]
    assert all(len(row.options["asin"]) <= 200 for row in rows)
    assert all(row.status is RequestStatus.ARCHIVED and row.created_by == "us" for row in rows)
    assert bench.creates() == len(bench.reports()) == 3
    assert _reported(bench, rows) <= set(brand[:40])
    assert len(_reported(bench, rows)) > 30
    assert bench.states() == [SliceState.REQUESTED] * 7, "loaded is what the load says"


@pytest.mark.parametrize(("is_free", "kept"), [(True, 3), (False, 1)])
def test_parts_take_further_tokens_only_while_they_are_free(
    bench: Bench, slice_: Slice, brand: list[str], monkeypatch: pytest.MonkeyPatch, is_free: bool, kept: int
) -> None:
    """Two slices that have some tokens and wait for more could wait for each other."""
    if not is_free:

        async def none_free(*_: object) -> bool:
            return False

        monkeypatch.setattr(splitting, "reserve_token_if_free", none_free)
    with asins(brand[:40]):
        assert wait(bench.collector(SPEC), slice_).outcome is WaitOutcome.READY
        row = bench.ledger.database.run(
            lambda c: c.execute(
                "SELECT count(document_lease_at) AS n FROM sellerops.report_request"
            ).fetchone()
        )
        assert row == {"n": kept}
        assert len(collect(bench.collector(SPEC), slice_).request_ids) == 3


def test_a_later_run_uses_the_parts_again_and_asks_for_new_asins_only(
    bench: Bench, slice_: Slice, brand: list[str]
) -> None:
    with asins(brand[1:40]):
        first = collect(bench.collector(SPEC), slice_)
    with asins(brand[:40]):  # the new one sorts first: no part may shift for it
        second = collect(bench.collector(SPEC), slice_, another_run("by hand"))
    assert set(first.request_ids) < set(second.request_ids)
    new = [bench.ledger.get_request(one) for one in set(second.request_ids) - set(first.request_ids)]
    assert [_asins(row) for row in new] == [brand[:1]]


def test_a_run_keeps_its_parts_though_the_listings_change_between_its_tries(
    bench: Bench, slice_: Slice, brand: list[str]
) -> None:
    with asins(brand[:38]):
        opened = bench.collector(SPEC).advance(slice_, RUN)
    assert isinstance(opened, WaitFor)
    with asins(brand[2:40]):  # two are gone, two are new
        done = collect(bench.collector(SPEC), slice_)
    assert set(opened.request_ids) < set(done.request_ids)
    assert [len(_asins(bench.ledger.get_request(one))) for one in done.request_ids] == [18, 18, 2, 2]


def test_killed_again_and_again_there_are_three_reports(
    bench: Bench, slice_: Slice, brand: list[str]
) -> None:
    """Worker and triggerer begin from nothing each time: first right after each create, then ever later."""
    with asins(brand[:40]):
        for _ in range(3):
            with stepping(Step("after call POST reports", 1)), pytest.raises(Killed):
                collect(bench.collector(SPEC), slice_)
        assert len(bench.reports()) == 3, "each a report whose id was not recorded"
        for at in range(2000):
            with stepping(at) as steps:
                try:
                    done = collect(bench.collector(SPEC), slice_)
                    break
                except Killed:
                    continue
        else:
            raise AssertionError("never done")
    assert at > 20 and not steps.struck
    assert len(done.request_ids) == 3
    assert len(bench.reports()) == 3
    count = bench.ledger.database.run(
        lambda c: c.execute("SELECT count(*) AS n FROM sellerops.report_request").fetchone()
    )
    assert count == {"n": 3}
    assert len(bench.documents()) == 3


def test_many_waits_for_one_slice_create_three_reports(bench: Bench, slice_: Slice, brand: list[str]) -> None:
    """Zombie triggers, a retry and another run open and create the same parts at the same time."""

    async def crowd() -> set[tuple[int, ...]]:
        runs = [RUN, RUN, RUN, another_run("by hand"), another_run("by hand")]
        return {
            result.request_ids
            for result in await asyncio.gather(*(bench.collector(SPEC).wait(slice_, run) for run in runs))
        }

    with asins(brand[:40]):
        assert len(asyncio.run(crowd())) == 1
    assert len(bench.reports()) == 3


def test_a_part_without_data_is_no_more_than_that(bench: Bench, slice_: Slice, brand: list[str]) -> None:
    bench.sandbox.faults("cancelled", report_type=TYPE, times=1)
    with asins(brand[:40]):
        done = collect(bench.collector(SPEC), slice_)
        assert len(done.request_ids) == 2
        assert SliceState.CONFIRMED_EMPTY not in bench.states()
        bench.jump(hours=24 * 8)
        bench.sandbox.faults("cancelled", report_type=TYPE)
        run = another_run("next week")
        opened = bench.collector(SPEC).advance(slice_, run)
        assert isinstance(opened, WaitFor)
        waited = wait(bench.collector(SPEC), slice_, run, request_ids=opened.request_ids)
        assert waited.outcome is WaitOutcome.EMPTY
        done = bench.collector(SPEC).advance(slice_, run, request_ids=waited.request_ids)
        assert done == Done((), Outcome.EMPTY, waited.request_ids)
    assert bench.states() == [SliceState.CONFIRMED_EMPTY] * 7


def test_an_asin_of_another_brand_fails_and_its_part_is_named(
    bench: Bench, slice_: Slice, brand: list[str]
) -> None:
    """The others' documents are archived; without the ASIN only its part is requested again."""
    strange = "B0ZZZZZZZZ"
    with asins([*brand[:39], strange]), pytest.raises(ReportFatal) as failed:
        collect(bench.collector(SPEC), slice_)
    assert strange in failed.value.where and brand[38] in failed.value.where
    assert brand[0] not in failed.value.where
    assert "config/asins.yaml" in failed.value.remedy
    assert bench.states() == [SliceState.FAILED] * 7
    assert len(bench.documents()) == 3, "two parts and Amazon's reason"
    with asins(brand[:39]):
        done = collect(bench.collector(SPEC), slice_)
    assert [len(_asins(bench.ledger.get_request(one))) for one in done.request_ids] == [18, 18, 3]
    assert bench.creates() == 4


def test_an_unpublished_week_is_late_and_requested_again(
    bench: Bench, slice_: Slice, brand: list[str]
) -> None:
    detail = "The report data for the requested date range is not yet available."
    bench.sandbox.faults("fatal_with_document", report_type=TYPE, options={"detail": detail})
    with asins(brand[:20]):
        with pytest.raises(NotPublishedYet):
            collect(bench.collector(SPEC), slice_)
        assert bench.states() == [SliceState.LATE] * 7
        bench.sandbox.clear_faults()
        done = collect(bench.collector(SPEC), slice_, another_run("a day later"))
    assert len(done.request_ids) == 2
    assert bench.creates() == 4


def test_values_are_divided_by_number_and_by_length() -> None:
    values = [f"{n:010d}" for n in range(40)]
    assert [len(group) for group in divide(values, SPLIT)] == [18, 18, 4]
    assert [len(group) for group in divide(values, Split(option="asin", at_most=99, longest=31))] == [2] * 20
    assert list(divide([], SPLIT)) == []
    assert list(divide(["much too long"], Split(option="asin", at_most=9, longest=3))) == [("much too long",)]


def _asins(row: ReportRequest) -> list[str]:
    return row.options["asin"].split(" ")


def _reported(bench: Bench, rows: list[ReportRequest]) -> set[str]:
    found = set()
    for row in rows:
        with bench.archive.open(row.archive_uri or "") as stream:
            found |= {entry["asin"] for entry in json.load(stream)["dataByAsin"]}
    return found
