"""Part 2: some weeks collected live from the local Amazon, as a triggerer and workers would."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from amazon_sandbox.reports.data import USAGE_PLANS
from backfills.scenario import CREATE, FETCH, NOW, accounts
from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done
from sellerops.ledger import Ledger, RunRef
from sellerops.rate_limits import Priority, QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions

SPEED = 200.0


def collect_live(ledger: Ledger, root: Path, weeks: int) -> dict[str, Any]:
    """Collect ``weeks`` weeks of sales and traffic for all accounts.

    Hours in the returned figures are by the local Amazon's clock.
    """
    with _local_amazon(root) as url, httpx.Client(base_url=url, timeout=30) as amazon:
        amazon.post("/_sandbox/clock", json={"set": NOW.isoformat(), "speed": 0})
        sellers = {one["account"]: one for one in amazon.get("/_sandbox/accounts").json()}
        told = amazon.post("/_sandbox/clock", json={"speed": SPEED}).json()
        ledger.set_clock(_clock(told))
        run = _Run(ledger, url, sellers, root / "archive")
        began = time.monotonic()
        asyncio.run(run.everything(weeks))
        query: dict[str, str | int] = {"operation": CREATE, "limit": 1_000_000}
        calls = amazon.get("/_sandbox/calls", params=query).json()["calls"]
        fetches = amazon.get("/_sandbox/calls", params=query | {"operation": FETCH}).json()["calls"]
    ledger.close()
    return run.report(calls, fetches, time.monotonic() - began)


class _Run:
    """Backfills and scheduled slices of all accounts, collected as a triggerer and workers would."""

    def __init__(self, ledger: Ledger, url: str, sellers: dict[str, Any], directory: Path) -> None:
        self.ledger, self.directory, self.archive = ledger, directory, Archive(str(directory))
        self.limits = QuotaLedger(ledger, load_rate_limits())
        self.url, self.sellers = url, sellers
        self.backfilled: dict[str, list[tuple[datetime, datetime]]] = defaultdict(list)
        self.ended: dict[str, datetime] = {}
        self.lateness: list[timedelta] = []
        self.workers = asyncio.Semaphore(4)

    async def everything(self, weeks: int) -> None:
        spec, to_day = load_spec("sales_and_traffic"), date(2026, 11, 18)
        self.began = self.ledger.clock().now()
        backfills = [
            asyncio.create_task(self.backfill(spec, account, slice_))
            for account in accounts()
            for slice_ in plan_slices(
                spec,
                account,
                run_at=NOW,
                now=NOW,
                from_day=to_day - timedelta(days=7 * weeks - 1),
                to_day=to_day,
            )
        ]
        schedules = [asyncio.create_task(self.schedules(account)) for account in accounts()]
        await asyncio.gather(*backfills)
        for task in schedules:
            task.cancel()
        await asyncio.gather(*schedules, return_exceptions=True)
        await close_sessions()

    async def backfill(self, spec: ReportSpec, account: Account, slice_: Slice) -> None:
        request_id = await self.collect(spec, account, slice_, Priority.BACKFILL, "backfill")
        request = await asyncio.to_thread(self.ledger.get_request, request_id)
        assert request.creating_at is not None
        assert slice_.start is not None
        self.backfilled[account.id].append((request.creating_at, slice_.start + spec.period.history))
        self.ended[account.id] = self.ledger.clock().now()

    async def schedules(self, account: Account) -> None:
        """Collect a day's orders every half hour, and record how late their creates are."""
        spec = load_spec("all_orders")
        for number in itertools.count():
            clock = await asyncio.to_thread(self.ledger.clock)
            await asyncio.sleep(clock.real_seconds(1) * 1800)
            day = date(2026, 11, 19) - timedelta(days=number)
            (slice_,) = plan_slices(spec, account, run_at=NOW, now=NOW, from_day=day, to_day=day)
            due = self.ledger.clock().now()
            request_id = await self.collect(spec, account, slice_, Priority.SCHEDULE, f"scheduled {number}")
            request = await asyncio.to_thread(self.ledger.get_request, request_id)
            assert request.creating_at is not None
            self.lateness.append(request.creating_at - due)

    async def collect(
        self, spec: ReportSpec, account: Account, slice_: Slice, priority: Priority, name: str
    ) -> int:
        """Alternate between triggerer and worker until the document is archived; return the request's id."""
        run = RunRef(spec.dag_id, name, "slice.fetch_report", 0, 1, spec.name)
        seller = self.sellers[account.id]
        credentials = Credentials(
            client_id=seller["client_id"],
            client_secret=seller["client_secret"],
            refresh_token=seller["refresh_token"],
            endpoint=self.url,
            token_url=f"{self.url}/auth/o2/token",
            connection=account.connection,
        )
        client = SpApiClient(account, credentials, self.ledger, self.limits, priority=priority)
        collector = Collector(spec, account, client, self.ledger, self.limits, self.archive)
        ids: tuple[int, ...] = ()
        while True:
            result = await collector.wait(slice_, run, request_ids=ids)
            result.raise_if_failed()
            ids = result.request_ids
            async with self.workers:
                step = await asyncio.to_thread(collector.advance, slice_, run, request_ids=ids)
            if isinstance(step, Done):
                return (step.request_ids or ids)[0]

    def report(
        self, calls: list[dict[str, Any]], fetches: list[dict[str, Any]], seconds: float
    ) -> dict[str, Any]:
        by_account = {}
        for name, done in self.backfilled.items():
            took = (self.ended[name] - self.began).total_seconds()
            plan = USAGE_PLANS[CREATE]
            bound = max(0.0, (len(done) - plan.burst) / plan.rate) + 60
            by_account[name] = {
                "requests": len(done),
                "hours": round(took / 3600, 2),
                "over_lower_bound": round(took / bound, 3),
            }
        every = [*calls, *fetches]
        refused = sum(call["status"] == 429 for call in every)
        return {
            "speed": SPEED,
            "accounts": by_account,
            "calls": len(every),
            "refused": refused,
            "refused_share": round(refused / len(every), 5),
            "cooldowns_violated": sum(call.get("note") == "cooldown" for call in calls),
            "order_violations": sum(map(_inversions, self.backfilled.values())),
            "expired_while_waiting": sum(
                made > deadline for done in self.backfilled.values() for made, deadline in done
            ),
            "schedules_served": len(self.lateness),
            "latest_schedule_minutes": round(max(self.lateness).total_seconds() / 60, 2),
            "documents": len(list(self.directory.rglob("*.gz"))),
            "real_seconds": round(seconds, 1),
        }


def _inversions(done: list[tuple[datetime, datetime]]) -> int:
    """Number of creates that came before a more urgent one while all were queued.

    Leaves out the first five, which are the burst.
    """
    creates = sorted(done)[5:]
    return sum(later[1] < earlier[1] for earlier, later in itertools.pairwise(creates))


@contextlib.contextmanager
def _local_amazon(root: Path) -> Iterator[str]:
    port_file = root / "amazon.port"
    command = [
        sys.executable,
        "-m",
        "amazon_sandbox",
        "--port",
        "0",
        "--scenario",
        "world",
        "--port-file",
        str(port_file),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not (port_file.exists() and port_file.read_text().strip()):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the local Amazon does not start")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    finally:
        process.terminate()
        process.wait(30)


def _clock(told: dict[str, Any]) -> Clock:
    real, virtual = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
    return Clock(real, virtual, float(told["speed"]))
