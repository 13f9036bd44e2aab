"""How fast the local Amazon responds: calls that generate its history, documents, and the calls of a poll.

    PYTHONPATH=include:plugins:tests python benchmarks/sandbox.py [--rounds 3] [--reports listings_all ...]

Each operation is called twice on a new server, as the tests start it; each document of the catalogue (seven
days of an account) is written twice by a new simulation. Prints JSON: wall and CPU seconds of both, the ten
slowest documents, and CPU milliseconds of the calls of a slice with a thousand reports in progress. Exits
with 1 when a first answer takes a second in every round, or when a document takes a second of CPU.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, NamedTuple

import httpx
import psutil
from support import catalogue
from support.samples import AS_OF, COUNTRIES, CREATED, split_options
from support.sandbox import SandboxServer

from sellerops.calendar.slices import plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.specs import ReportSpec

LONGEST = 1.0
DAYS = timedelta(days=7)
SLOWEST = 10
CALLS = 500
ACCOUNT, US = "northwind_na", "ATVPDKIKX0DER"
_PLANS, _SHIPMENTS = "/inbound/fba/2024-03-20/inboundPlans", "/fba/inbound/v0/shipments"
# Path and query of calls that each need some of the history.
OPERATIONS: dict[str, tuple[str, dict[str, str]]] = {
    "getShipments of an unknown id": (
        _SHIPMENTS,
        {"QueryType": "SHIPMENT", "MarketplaceId": US, "ShipmentIdList": "FBA15NOSUCH1"},
    ),
    "getShipments of what is open": (
        _SHIPMENTS,
        {"QueryType": "SHIPMENT", "MarketplaceId": US, "ShipmentStatusList": "WORKING,SHIPPED,RECEIVING"},
    ),
    "getInventorySummaries, first page": (
        "/fba/inventory/v1/summaries",
        {"granularityType": "Marketplace", "granularityId": US, "marketplaceIds": US, "details": "true"},
    ),
    "listInventory, first page": ("/awd/2024-05-09/inventory", {}),
    "listInboundPlans, first page": (_PLANS, {}),
    "listInboundPlans, active": (_PLANS, {"status": "ACTIVE"}),
    "getInboundPlan of an unknown id": (f"{_PLANS}/wf{'0' * 36}", {}),
    "listTransactions, first page": (
        "/finances/2024-06-19/transactions",
        {"postedAfter": "2026-11-12T00:00:00Z", "postedBefore": "2026-11-19T00:00:00Z"},
    ),
    "searchOrders, first page": (
        "/orders/2026-01-01/orders",
        {
            "lastUpdatedAfter": "2026-11-12T00:00:00Z",
            "lastUpdatedBefore": "2026-11-19T00:00:00Z",
            "marketplaceIds": US,
        },
    ),
}


class Cost(NamedTuple):
    """Seconds of one piece of work."""

    wall: float
    cpu: float

    def as_dict(self) -> dict[str, float]:
        return {"wall": round(self.wall, 3), "cpu": round(self.cpu, 3)}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="of the operations")
    parser.add_argument("--reports", nargs="*", help="only the documents of these; default: all")
    options = parser.parse_args()
    rounds = [dict(operations()) for _ in range(options.rounds)]
    best = {name: min((one[name] for one in rounds), key=lambda costs: costs[0].wall) for name in OPERATIONS}
    gc.freeze()  # so that imported objects are not scanned again before each document
    specs = [spec for spec in CREATED if not options.reports or spec.name in options.reports]
    written = {
        f"{spec.name} of {account}": document(spec, account) for spec in specs for account in COUNTRIES
    }
    slowest = sorted(written, key=lambda name: written[name][0].cpu, reverse=True)[:SLOWEST]
    print(
        json.dumps(
            {
                "operations": {name: _figures(best[name]) for name in OPERATIONS},
                "documents": {name: _figures(written[name]) for name in slowest},
                "all_documents_cpu": {
                    when: round(sum(costs[place].cpu for costs in written.values()), 2)
                    for place, when in enumerate(("first", "again"))
                },
                "cpu_milliseconds_a_call": calls(),
            },
            indent=2,
        )
    )
    late = [name for name in OPERATIONS if best[name][0].wall >= LONGEST]
    late += [name for name in slowest if written[name][0].cpu >= LONGEST]
    print(f"slower than promised: {', '.join(late)}" if late else "", file=sys.stderr)
    return 1 if late else 0


def operations() -> Iterator[tuple[str, tuple[Cost, Cost]]]:
    """The cost of the first and second call of each operation, each operation on a fresh server."""
    for name, (path, query) in OPERATIONS.items():
        with server() as (sandbox, client):

            def ask(client: httpx.Client = client, path: str = path, query: Any = query) -> None:
                answer = client.get(path, params=query)
                if answer.status_code not in (200, 404):
                    raise RuntimeError(f"{path} answered {answer.status_code}: {answer.text[:300]}")

            spent = _cpu_of(sandbox)
            yield name, (measured(ask, spent), measured(ask, spent))


def document(spec: ReportSpec, account: str) -> tuple[Cost, Cost]:
    """The documents of seven days of an account, written twice by a new simulation."""
    catalogue.simulation.cache_clear()
    marketplaces = tuple(marketplace(code) for code in COUNTRIES[account])
    owner = Account(
        account, marketplaces[0].region, marketplaces, f"amazon_sp_{account}", sources=(spec.source,)
    )
    asked = [
        (slice_, split_options(spec, slice_))
        for slice_ in plan_slices(spec, owner, run_at=AS_OF, now=AS_OF, lookback=DAYS)
    ]

    def write() -> None:
        for slice_, chosen in asked:
            made = catalogue.document_of(slice_, AS_OF, chosen)
            if made is not None:
                made.read()

    gc.collect()  # frees the previous document's simulation
    return measured(write, time.process_time), measured(write, time.process_time)


def calls() -> dict[str, float]:
    """The server's CPU milliseconds per call of each kind, with a thousand reports in progress."""
    with server() as (sandbox, client):
        spent = _cpu_of(sandbox)
        body = {
            "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
            "marketplaceIds": [US],
            "dataStartTime": "2026-11-14T00:00:00Z",
            "dataEndTime": "2026-11-14T00:00:00Z",
        }
        reports = "/reports/2021-06-30/reports"
        ids: list[str] = []

        def create() -> None:
            ids.append(client.post(reports, json=body).raise_for_status().json()["reportId"])

        def poll() -> None:
            client.get(f"{reports}/{ids[0]}").raise_for_status()

        creating = measured(lambda: [create() for _ in range(1000)], spent).cpu / 1000
        polling = measured(lambda: [poll() for _ in range(CALLS)], spent).cpu / CALLS
        return {"createReport": round(creating * 1000, 2), "getReport": round(polling * 1000, 2)}


@contextmanager
def server() -> Iterator[tuple[SandboxServer, httpx.Client]]:
    """A fresh local Amazon, its clock standing still, and a client that is logged in and never throttled."""
    with SandboxServer(options=("--start", "2026-11-21T14:00:00Z")) as sandbox:
        sandbox.clock(freeze=True)
        for operation in ("createReport", "getReport"):
            sandbox.quotas(operation=operation, rate=100_000, burst=100_000)
        account = sandbox.account(ACCOUNT)
        form = {name: account[name] for name in ("refresh_token", "client_id", "client_secret")}
        answer = httpx.post(sandbox.token_url, data={"grant_type": "refresh_token", **form}, timeout=60)
        headers = {"x-amz-access-token": answer.raise_for_status().json()["access_token"]}
        with httpx.Client(base_url=sandbox.url, headers=headers, timeout=60) as client:
            yield sandbox, client


def measured(work: Callable[[], object], spent: Callable[[], float]) -> Cost:
    """What ``work`` costs. ``spent``: CPU seconds so far of the process that does it."""
    cpu, wall = spent(), time.perf_counter()
    work()
    return Cost(time.perf_counter() - wall, spent() - cpu)


def _cpu_of(sandbox: SandboxServer) -> Callable[[], float]:
    process = psutil.Process(sandbox.pid)
    return lambda: float(sum(process.cpu_times()[:2]))


def _figures(costs: tuple[Cost, Cost]) -> dict[str, dict[str, float]]:
    return {"first": costs[0].as_dict(), "again": costs[1].as_dict()}


if __name__ == "__main__":
    sys.exit(main())
