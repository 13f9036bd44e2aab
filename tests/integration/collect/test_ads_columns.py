"""A refused column is found, stored and left out; the rest loads. Also counts the creates that this takes."""

from __future__ import annotations

import asyncio
from datetime import date
from pathlib import Path

import pytest
from integration.collect.ads_parts import ADS_RUN, AdsBench, campaigns
from integration.collect.parts import RUN_AT, collect, wait
from support.sandbox import SandboxServer

from sellerops.base.errors import RequestRefused
from sellerops.ledger import Ledger, RequestStatus
from sellerops.sources.amazon_ads.refused_columns import RefusedColumn, refused_columns
from sellerops.sources.amazon_ads.reports import columns_of

SPEED = 600


@pytest.fixture
def bench(local_amazon: SandboxServer, ledger: Ledger, tmp_path: Path) -> AdsBench:
    local_amazon.reset()
    local_amazon.clock(set=RUN_AT.isoformat(), speed=SPEED)
    local_amazon.quotas(operation="createAdsReport", rate=100.0, burst=1000)
    made = AdsBench(local_amazon, ledger, tmp_path / "archive")
    made.follow_clock()
    return made


def refuse(bench: AdsBench, *columns: str, silent: bool = False) -> None:
    options = {"columns": list(columns), "silent": silent}
    bench.sandbox.faults("column_refused", operation="createAdsReport", options=options)


def _day(number: int) -> date:
    return date(2026, 10, number)


def known(bench: AdsBench) -> list[str]:
    return [one.column_name for one in refused_columns(bench.ledger)]


def test_a_column_that_amazon_names_costs_one_create(bench: AdsBench) -> None:
    refuse(bench, "addToList", "qualifiedBorrows")
    done = collect(bench.collector(), bench.slice_(), ADS_RUN)
    request = bench.request_of(done)
    assert request.status is RequestStatus.ARCHIVED
    assert known(bench) == ["addToList", "qualifiedBorrows"]
    assert set(done.left_out) == {"addToList", "qualifiedBorrows"}, "people hear of it"
    assert request.document_headers["left_out"] == done.left_out
    assert bench.statuses("createAdsReport") == [400, 200]
    (first, _) = refused_columns(bench.ledger)
    assert isinstance(first, RefusedColumn)
    assert "includes invalid values: (addToList, qualifiedBorrows)" in first.reason


def test_a_column_known_to_be_refused_is_not_requested_again(bench: AdsBench) -> None:
    refuse(bench, "addToList")
    for slice_ in bench.slices()[:1], bench.slices(from_day=_day(1), to_day=_day(5))[:1]:
        collect(bench.collector(), slice_[0], ADS_RUN)
    assert bench.statuses("createAdsReport") == [400, 200, 200]


@pytest.mark.parametrize("place", [1, 17, -1])
def test_an_unnamed_column_is_found_by_binary_search(bench: AdsBench, place: int) -> None:
    """One of 47: the refused create, at most six probes, two against a false suspicion, the report."""
    name = columns_of(campaigns())[place]
    refuse(bench, name, silent=True)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    assert request.status is RequestStatus.ARCHIVED
    assert known(bench) == [name]
    assert len(bench.statuses("createAdsReport")) <= 1 + 6 + 2 + 1
    # Unwanted reports of probes are cancelled; the wanted one is not.
    made = {call["report_id"] for call in bench.sandbox.calls(operation="createAdsReport", status=200)}
    cancelled = {call["report_id"] for call in bench.sandbox.calls(operation="deleteAdsReport")}
    assert made - cancelled == {request.report_id}


def test_several_unnamed_columns_are_found_one_after_the_other(bench: AdsBench) -> None:
    names = [columns_of(campaigns())[place] for place in (3, 20, 30)]
    refuse(bench, *names, silent=True)
    request = bench.request_of(collect(bench.collector(), bench.slice_(), ADS_RUN))
    assert request.status is RequestStatus.ARCHIVED
    assert sorted(known(bench)) == sorted(names)
    assert len(bench.statuses("createAdsReport")) <= 3 * (1 + 6) + 2 + 1


def test_columns_refused_in_another_marketplace_are_tried_first(bench: AdsBench) -> None:
    refuse(bench, columns_of(campaigns())[20], silent=True)
    first, second = bench.slice_(), next(one for one in bench.slices() if one.marketplaces == ("CA",))
    collect(bench.collector(), first, ADS_RUN)
    bench.sandbox.clear_calls()
    request = bench.request_of(collect(bench.collector(), second, ADS_RUN))
    # Refused; taken without the suspect; a duplicate of that.
    assert bench.statuses("createAdsReport") == [400, 200, 425]
    assert request.status is RequestStatus.ARCHIVED
    assert bench.statuses("deleteAdsReport") == []


def test_slices_that_meet_the_same_refusal_search_once(bench: AdsBench) -> None:
    refuse(bench, columns_of(campaigns())[20], silent=True)
    slices = [bench.slices(from_day=_day(first), to_day=_day(first))[0] for first in range(1, 5)]

    async def all_of_them() -> list[str]:
        results = await asyncio.gather(*(bench.collector().wait(slice_, ADS_RUN) for slice_ in slices))
        return [str(result.outcome) for result in results]

    assert asyncio.run(all_of_them()) == ["ready"] * 4
    # Each its refusal and its report; one search.
    assert len(bench.statuses("createAdsReport")) <= 4 + 8 + 4


def test_a_refusal_of_everything_blames_no_column(bench: AdsBench) -> None:
    refuse(bench, *columns_of(campaigns()), silent=True)
    with pytest.raises(RequestRefused, match="Report configuration is invalid"):
        wait(bench.collector(), bench.slice_(), ADS_RUN).raise_if_failed()
    assert known(bench) == []
    assert len(bench.statuses("createAdsReport")) <= 1 + 6 + 2


def test_a_refused_column_is_requested_again_after_its_time(bench: AdsBench) -> None:
    refuse(bench, "addToList")
    collect(bench.collector(), bench.slice_(), ADS_RUN)
    bench.sandbox.control("DELETE", "/faults")
    with bench.ledger.connection() as connection:
        connection.execute("UPDATE sellerops.ads_refused_column SET retry_at = sellerops.now()")
    slice_ = bench.slices(from_day=_day(1), to_day=_day(5))[0]
    collect(bench.collector(), slice_, ADS_RUN)
    assert bench.statuses("createAdsReport") == [400, 200, 200]
    assert known(bench) == [], "Amazon takes it by now"
