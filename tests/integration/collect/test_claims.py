"""Where two collectors meet in the ledger, one of them wins and the other sees it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from integration.collect.parts import RUN, Bench, spec_with

from sellerops.collect import WaitFor
from sellerops.collect.context import Job, Tools
from sellerops.collect.creation import Creation
from sellerops.collect.report_claims import claim_request, release_orphan
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.settings.specs import ReportSpec, load_spec


@pytest.fixture
def time_stands_still(bench: Bench) -> None:
    """Claims and leases age only where a test says so, not while a busy machine is slow."""
    bench.sandbox.clock(freeze=True)
    bench.follow_clock()


def test_only_one_of_many_claims(bench: Bench) -> None:
    request = opened(bench)
    with ThreadPoolExecutor(8) as threads:
        claims = list(threads.map(lambda _: claim_request(bench.ledger, request), range(8)))
    assert len([claim for claim in claims if claim.request]) == 1


def test_of_look_alikes_one_is_created_at_a_time(bench: Bench) -> None:
    by_child, by_sku = opened(bench), opened(bench, spec_with(options={"asinGranularity": "SKU"}))
    with ThreadPoolExecutor(2) as threads:
        claims = list(threads.map(lambda one: claim_request(bench.ledger, one), (by_child, by_sku)))
    winners = [claim.request for claim in claims if claim.request]
    others = [claim.look_alike for claim in claims if claim.look_alike]
    assert len(winners) == len(others) == 1
    assert winners[0].id == others[0].id


def test_another_window_is_no_look_alike(bench: Bench) -> None:
    first, second = opened(bench), opened(bench, index=1)
    assert claim_request(bench.ledger, first).request
    assert claim_request(bench.ledger, second).request


def test_a_late_release_never_takes_a_newer_claim(bench: Bench) -> None:
    """Two followers found no orphan; the slower one must not release what the faster one creates."""
    seen = claim_request(bench.ledger, opened(bench)).request
    assert seen is not None
    assert release_orphan(bench.ledger, seen)
    assert claim_request(bench.ledger, seen).request
    assert not release_orphan(bench.ledger, seen)
    assert bench.ledger.get_request(seen.id).status is RequestStatus.CREATING


@pytest.mark.usefixtures("time_stands_still")
def test_a_claim_renewed_meanwhile_gets_its_own_90_seconds(bench: Bench) -> None:
    """Who waits for the end of one claim must not hunt for the orphan of the next, still under way."""
    seen = claim_request(bench.ledger, opened(bench)).request
    assert seen is not None
    tools = Tools(
        load_spec("sales_and_traffic"),
        bench.account,
        bench.client(),
        bench.ledger,
        bench.limits,
        bench.archive,
    )

    async def settle_while_it_is_renewed() -> None:
        settling = asyncio.create_task(Creation(tools, Job(bench.slice_(), RUN)).settle(seen))
        await asyncio.sleep(0)
        await asyncio.to_thread(renew_later)
        await settling

    def renew_later() -> None:
        bench.jump(hours=1)
        assert release_orphan(bench.ledger, seen)
        assert claim_request(bench.ledger, seen).request

    asyncio.run(settle_while_it_is_renewed())
    assert bench.ledger.get_request(seen.id).status is RequestStatus.CREATING
    assert bench.sandbox.calls(operation="getReports") == []


def opened(bench: Bench, spec: ReportSpec | None = None, index: int = 0) -> ReportRequest:
    """A PLANNED request."""
    step = bench.collector(spec).advance(bench.slice_(index=index), replace(RUN, map_index=index))
    assert isinstance(step, WaitFor)
    return bench.ledger.get_request(step.request_ids[0])
