"""Shipments of the local Amazon, which receives a few units too few, are followed from the way to the end."""

from __future__ import annotations

import asyncio
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from integration.collect.parts import Bench
from integration.inbound.following_parts import add_run, add_shipment, rows
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.inbound.follow_up.announcing import close_runs, report_differences
from sellerops.inbound.follow_up.following import FollowResults, follow_open_runs
from sellerops.inbound.services import Services
from sellerops.inbound.settings import INBOUND
from sellerops.ledger import Ledger
from sellerops.ledger.notices import claim
from sellerops.notices import Notice
from sellerops.sources.common.sessions import close_sessions

OPERATIONS = (
    "listInboundPlans", "getInboundPlan", "listInboundPlanItems", "getShipment", "getShipments",
    "getShipmentItems", "getShipmentItemsByShipmentId",
)  # fmt: skip
PLANS = "/inbound/fba/2024-03-20/inboundPlans"


@pytest.fixture
def bench(sandbox: SandboxServer, ledger: Ledger, tmp_path: Path) -> Bench:
    # Fast enough that the quota refills, and too slow for many units to arrive meanwhile.
    sandbox.clock(set="2026-11-20T12:00:00+00:00", speed=30)
    for operation in OPERATIONS:
        sandbox.quotas(operation=operation, rate=1000.0, burst=1000)
    made = Bench(sandbox, ledger, tmp_path)
    made.follow_clock()
    return made


@pytest.fixture
def amazon(bench: Bench) -> Iterator[httpx.Client]:
    """Amazon as Seller Central's user sees it: calls of the test's own."""
    with httpx.Client(base_url=bench.sandbox.url, timeout=60) as client:
        client.headers["x-amz-access-token"] = bench.sandbox.access_token()
        yield client


def get(amazon: httpx.Client, path: str, **query: Any) -> Any:
    return amazon.get(path, params=query).raise_for_status().json()


def add_newest_plans(bench: Bench, amazon: httpx.Client, plans: int) -> None:
    """Runs for the plans that changed last, as if sellerops had made them."""
    newest = get(amazon, PLANS, pageSize=plans, sortBy="LAST_UPDATED_TIME", sortOrder="DESC")["inboundPlans"]
    for plan in newest:
        path = f"{PLANS}/{plan['inboundPlanId']}"
        run = add_run(
            bench.ledger, plan["inboundPlanId"], plan_id=plan["inboundPlanId"],
            marketplace_id=plan["marketplaceIds"][0],
        )  # fmt: skip
        for shipment in get(amazon, path)["shipments"]:
            add_shipment(
                bench.ledger, run, shipment["shipmentId"], {}, status="WORKING", confirmation_id=None
            )


def follow(bench: Bench) -> FollowResults:
    client: Any = bench.client()
    services = Services(
        bench.account, client, None, bench.ledger, Archive(str(bench.directory)), INBOUND.load()  # type: ignore[arg-type]
    )  # fmt: skip

    async def whole() -> FollowResults:
        try:
            return await follow_open_runs(services)
        finally:
            await close_sessions()

    return asyncio.run(whole())


def counted(bench: Bench, amazon: httpx.Client) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Amazon's own count of every followed shipment, by shipment and SKU."""
    amazon.headers["x-amz-access-token"] = bench.sandbox.access_token()  # the clock has jumped
    found = {}
    for row in rows(bench.ledger, "SELECT confirmation_id FROM sellerops.inbound_shipment"):
        answer = get(amazon, f"/fba/inbound/v0/shipments/{row['confirmation_id']}/items")
        for item in answer["payload"]["ItemData"]:
            key = item["ShipmentId"], item["SellerSKU"]
            found[key] = item["QuantityShipped"], item["QuantityReceived"]
    return found


def stored(bench: Bench) -> Mapping[tuple[str, str], tuple[int, int]]:
    found = rows(
        bench.ledger,
        "SELECT confirmation_id, sku, shipped, received FROM sellerops.inbound_shipment_item "
        "JOIN sellerops.inbound_shipment USING (inbound_run_id, shipment_id)",
    )
    return {(row["confirmation_id"], row["sku"]): (row["shipped"], row["received"]) for row in found}


def counted_of(bench: Bench, amazon: httpx.Client) -> Mapping[tuple[str, str], tuple[int, int]]:
    """Amazon's count of what is stored; nothing is, while nothing has left."""
    return {key: units for key, units in counted(bench, amazon).items() if key in stored(bench)}


def test_from_the_way_to_the_report_of_missing_units(bench: Bench, amazon: httpx.Client) -> None:
    add_newest_plans(bench, amazon, 30)
    ledger = bench.ledger
    first = follow(bench)
    assert (len(first.followed), dict(first.failed)) == (30, {})
    statuses = Counter(status for each in first.followed for status in each.statuses.values())
    assert len(statuses) > 3, "shipments of every kind"
    assert stored(bench) == counted_of(bench, amazon) != {}

    # A day without news for most: far fewer calls than shipments.
    bench.jump(24)
    bench.sandbox.clear_calls()
    follow(bench)
    calls = Counter(call["operation"] for call in bench.sandbox.calls() if call["status"] == 200)
    assert calls["getInboundPlan"] == 30 and calls["getShipments"] == 3  # of three marketplaces
    assert stored(bench) == counted_of(bench, amazon)

    bench.jump(24 * 40)
    done = follow(bench)
    assert {status for each in done.followed for status in each.statuses.values()} == {"CLOSED"}
    assert stored(bench) == counted(bench, amazon)
    short = {key[0] for key, (sent, received) in stored(bench).items() if sent != received}
    assert short

    sent: list[Notice] = []

    def send(notice: Notice) -> None:
        with ledger.connection() as connection:
            if claim(connection, notice.key, uuid.uuid4()):
                sent.append(notice)

    after = INBOUND.load().following
    report_differences(ledger, send, received_after=after.received_after)
    assert len(sent) < len(short), "some were delivered too recently"
    assert len(close_runs(ledger, stop_after=after.stop_after)) > 0
    bench.jump(after.received_after / timedelta(hours=1))
    report_differences(ledger, send, received_after=after.received_after)
    assert {name for name in short if any(name in notice.headline for notice in sent)} == short
    assert len(sent) == len(short)
    close_runs(ledger, stop_after=after.stop_after)
    assert rows(ledger, "SELECT DISTINCT state FROM sellerops.inbound_run") == [{"state": "closed"}]
    assert follow(bench) == FollowResults()
