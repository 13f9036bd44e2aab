"""Whether a backfill of two years keeps what its plan promises.

Seven marketplaces in four accounts (US CA | GB DE FR | AE | AU), five report types. Two parts:

1. The whole two years, played event by event. Real: the quota ledger in Postgres (leases, the line of
   waiters, cooldowns), specs, slices, plan. The local Amazon's own quota model judges every call on the same
   clock, and its cooldown rules every create. Played: Amazon's answers (a report takes one to three minutes)
   and the two processes an account waits in. No HTTP, no document; `sellerops.rate_limits.acquire` is
   replaced by following the waits it would sleep.
2. Some weeks for real: the local Amazon as a server, its clock 200 times as fast; Collector, SpApiClient,
   `acquire` and ledger as in production, documents downloaded and archived, scheduled slices in between.

Prints JSON and ends with 1 when a promise is not kept: finished within 1.05 of the lower bound that Amazon's
published quotas allow (part 1; part 2 is so short that the tokens left to schedules show), fewer than 0.1 %
of calls refused, no cooldown violated, what is forgotten first asked first, nothing forgotten while it
waited, no schedule later than 5 minutes.

    PYTHONPATH=include .venv/bin/python benchmarks/backfill_plan.py [--days 730] [--weeks 3] [--part 1|2]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import heapq
import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from amazon_sandbox.quotas import Quotas
from amazon_sandbox.reports.data import USAGE_PLANS, rules_of
from sellerops.accounts import Account
from sellerops.archive import Archive
from sellerops.clock import Clock
from sellerops.collect import Collector, Done
from sellerops.ledger import Ledger, RunRef
from sellerops.marketplaces import marketplace
from sellerops.planning import Need, Plan, make_plan, needs_of
from sellerops.rate_limits import Bucket, Place, Priority, QuotaLedger, Wait, load_rate_limits
from sellerops.schedules import Calendar
from sellerops.slices import Slice, plan_slices
from sellerops.sources.amazon_sp.auth import Credentials
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.transport import close_sessions
from sellerops.specs import ReportSpec, load_spec
from sellerops_runtime.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SHOPS = {
    "northwind_na": ("NA", "US", "CA"),
    "northwind_eu": ("EU", "GB", "DE", "FR"),
    "northwind_ae": ("EU", "AE"),
    "northwind_au": ("FE", "AU"),
}
REPORTS = (
    "sales_and_traffic",
    "all_orders",
    "fba_customer_returns",
    "search_catalog_performance_weekly",
    "search_terms_weekly",
)
ALSO_DAILY = ("fba_manage_inventory",)
CREATE, FETCH = "createReport", "getReportDocument"
PROCESSES = 2
SPEED = 200.0
MOST_OVER_BOUND, MOST_REFUSED, LATEST = 1.05, 0.001, timedelta(minutes=5)
LAST = datetime.max.replace(tzinfo=UTC)


def main() -> int:
    options = _options()
    result: dict[str, Any] = {}
    kept = True
    with tempfile.TemporaryDirectory(prefix="sellerops-plan-") as folder:
        root = Path(folder)
        root.chmod(0o755)  # as root the server runs as another user
        server = EmbeddedPostgres(root / "postgres")
        server.start()
        try:
            if options.part != 2:
                result["two_years_played"] = one = _whole(_ledger(server, "whole"), options.days)
                kept = kept and _held(one) and one["over_lower_bound"] <= MOST_OVER_BOUND
            if options.part != 1:
                result["weeks_for_real"] = two = _for_real(_ledger(server, "real"), root, options.weeks)
                kept = kept and _held(two)
        finally:
            server.stop()
    print(json.dumps(result | {"kept": kept}, indent=2))
    return 0 if kept else 1


def _held(result: dict[str, Any]) -> bool:
    return bool(
        result["refused_share"] < MOST_REFUSED
        and result["cooldowns_violated"] == 0
        and result["order_violations"] == 0
        and result["forgotten_while_waiting"] == 0
        and result["latest_schedule_minutes"] <= LATEST.total_seconds() / 60
    )


# -- part 1


@dataclass
class _Line:
    """The backfill calls that one process has waiting in one bucket, the most urgent first."""

    name: str
    calls: list[tuple[datetime, int, _Call]] = field(default_factory=list)
    turn: int = 0


@dataclass
class _Call:
    """One report on its way. ``due``: a schedule's moment; None: backfill."""

    account: Account
    spec: ReportSpec
    key: tuple[Any, ...]
    number: int
    deadline: datetime | None = None
    due: datetime | None = None
    waited: timedelta = timedelta(0)


class _World:
    """The event queue, the ledger's clock, and the local Amazon's judgement."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.limits = ledger, QuotaLedger(ledger, load_rate_limits())
        self.amazon = Quotas(USAGE_PLANS)
        self.events: list[tuple[datetime, int, Any, tuple[Any, ...]]] = []
        self.numbers = itertools.count()
        self.now = NOW
        self.random = random.Random(7)
        self.calls = self.refused = self.violated = self.disorder = self.forgotten = 0
        self.lines: dict[tuple[str, str, str], _Line] = {}
        self.urgent: dict[tuple[str, str], list[tuple[datetime, _Call]]] = defaultdict(list)
        self.made: dict[tuple[Any, ...], datetime] = {}
        self.waiting: dict[str, int] = {}
        self.ended: dict[str, datetime] = {}
        self.lateness: list[timedelta] = []
        self.scheduled: dict[str, list[datetime]] = defaultdict(list)

    def at(self, moment: datetime, work: Any, *values: Any) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), work, values))

    def run(self) -> None:
        """Until every backfill call has its document."""
        while any(self.waiting.values()):
            moment, _, work, values = heapq.heappop(self.events)
            if moment > self.now:
                self.now = moment
                self._set_clock(moment)
            work(*values)

    def _set_clock(self, moment: datetime) -> None:
        statement = "UPDATE sellerops.clock SET virtual_anchor = %s"
        self.ledger.database.run(lambda connection: connection.execute(statement, (moment,)))

    # -- backfills: two processes an account, the most urgent of each in line

    def wait(self, call: _Call, operation: str) -> None:
        process = f"{call.account.id}/{call.number % PROCESSES}"
        line = self.lines.setdefault((call.account.id, operation, process), _Line(f"{process}/{operation}"))
        heapq.heappush(line.calls, (call.deadline or LAST, call.number, call))
        if line.calls[0][2] is call:
            self.ask_again(line, operation, self.now)

    def ask_again(self, line: _Line, operation: str, moment: datetime) -> None:
        """One question at a time; a more urgent call does not sleep through the wait of the one before."""
        line.turn += 1
        self.at(moment, self.ask, line, operation, line.turn)

    def ask(self, line: _Line, operation: str, turn: int) -> None:
        if not line.calls or turn != line.turn:
            return
        deadline, _, call = line.calls[0]
        following = min((entry[0] for entry in line.calls[1:3]), default=None)
        place = Place(line.name, call.deadline, following)
        decision = self.limits.try_acquire(_bucket(call, operation), Priority.BACKFILL, place=place)
        if isinstance(decision, Wait):
            self.ask_again(line, operation, _later(self.now, decision))
            return
        others = [
            other.calls[0][0]
            for (account, name, _), other in self.lines.items()
            if (account, name) == (call.account.id, operation) and other.calls
        ]
        self.disorder += deadline > min(others)
        heapq.heappop(line.calls)
        self.arrive(call, operation)
        self.ask_again(line, operation, self.now)

    # -- schedules: served in order, before backfills

    def schedule(self, spec: ReportSpec, account: Account, due: Any, calendar: Calendar) -> None:
        for piece in plan_slices(spec, account, run_at=due.nominal, now=due.at):
            if not piece.expired:
                call = _Call(account, spec, _key(piece), next(self.numbers), due=due.at)
                self.scheduled[account.id].append(due.at)
                self.hurry(call, CREATE)
        following = calendar.after(due.nominal)
        self.at(following.at, self.schedule, spec, account, following, calendar)

    def hurry(self, call: _Call, operation: str) -> None:
        queue = self.urgent[call.account.id, operation]
        queue.append((self.now, call))
        if len(queue) == 1:
            self.at(self.now, self.ask_now, call.account.id, operation)

    def ask_now(self, account_id: str, operation: str) -> None:
        queue = self.urgent[account_id, operation]
        since, call = queue[0]
        decision = self.limits.try_acquire(_bucket(call, operation))
        if isinstance(decision, Wait):
            self.at(_later(self.now, decision), self.ask_now, account_id, operation)
            return
        queue.pop(0)
        call.waited += self.now - since
        self.arrive(call, operation)
        if queue:
            self.at(self.now, self.ask_now, account_id, operation)

    # -- Amazon

    def arrive(self, call: _Call, operation: str) -> None:
        """A token was taken: the cooldown is asked right before the call, which takes a moment to arrive."""
        if operation == CREATE and not self._may_create(call):
            return
        self.at(self.now + timedelta(seconds=self.random.uniform(0.05, 1.5)), self.judge, call, operation)

    def _may_create(self, call: _Call) -> bool:
        shops, window = call.key[0], f"{call.key[1]}/{call.key[2]}" if call.key[1] else ""
        decision = self.limits.try_create(
            call.account, call.spec.report_type, shops, window, cooldown=call.spec.request.cooldown
        )
        if isinstance(decision, Wait):
            again = self.hurry if call.due else self.wait
            self.at(_later(self.now, decision), again, call, CREATE)
            return False
        return True

    def judge(self, call: _Call, operation: str) -> None:
        """The local Amazon's own bucket and cooldown decide."""
        self.calls += 1
        if not self.amazon.take("benchmark", call.account.id, operation, self.now.timestamp()):
            self.refused += 1
            self.limits.refused(_bucket(call, operation))
            (self.hurry if call.due else self.wait)(call, operation)
            return
        if operation == CREATE:
            self._made(call)
            making = timedelta(seconds=self.random.uniform(60, 180))
            self.at(self.now + making, self.hurry if call.due else self.wait, call, FETCH)
        elif call.due:
            self.lateness.append(call.waited)
        else:
            self.waiting[call.account.id] -= 1
            self.ended[call.account.id] = self.now

    def _made(self, call: _Call) -> None:
        rules = rules_of(call.spec.report_type)
        shops, start, end = call.key
        same = (
            call.account.id,
            call.spec.report_type,
            shops,
            *((None, None) if rules.is_snapshot else (start, end)),
        )
        before = self.made.get(same)
        if rules.cooldown and before and self.now - before < rules.cooldown:
            self.violated += 1
        self.made[same] = self.now
        self.forgotten += bool(call.deadline and self.now > call.deadline)


def _whole(ledger: Ledger, days: int) -> dict[str, Any]:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    world, began = _World(ledger), time.monotonic()
    specs, accounts = [load_spec(name) for name in REPORTS], _accounts()
    daily = [*specs, *map(load_spec, ALSO_DAILY)]
    first, last = (NOW - timedelta(days=days)).date(), (NOW - timedelta(days=2)).date()
    needs = [
        needs_of(spec, account, first_day=first, last_day=last, now=NOW)
        for account in accounts
        for spec in specs
    ]
    plan = make_plan(needs, now=NOW, limits=world.limits.config, daily=daily)
    for one in needs:
        world.waiting[one.account.id] = world.waiting.get(one.account.id, 0) + len(one.requests)
        for need in one.requests:
            world.wait(_call(one.account, one.spec, need, next(world.numbers)), CREATE)
    for account, spec in itertools.product(accounts, daily):
        calendar = Calendar(spec.schedule, spec.dag_id)
        due = calendar.after(NOW)
        world.at(due.at, world.schedule, spec, account, due, calendar)
    world.run()
    ledger.close()
    return _report(world, plan, time.monotonic() - began)


def _report(world: _World, plan: Plan, seconds: float) -> dict[str, Any]:
    accounts = {}
    for one in plan.accounts:
        took = (world.ended[one.account_id] - NOW).total_seconds()
        bound = _lower_bound(one.requests, world.scheduled[one.account_id])
        accounts[one.account_id] = {
            "requests": one.requests,
            "hours": round(took / 3600, 2),
            "lower_bound_hours": round(bound / 3600, 2),
            "over_lower_bound": round(took / bound, 4),
            "planned_hours": round(one.seconds / 3600, 2),
            "scheduled_meanwhile": sum(
                due <= world.ended[one.account_id] for due in world.scheduled[one.account_id]
            ),
        }
    lateness = sorted(world.lateness)
    return {
        "accounts": accounts,
        "requests": plan.requests,
        "over_lower_bound": max(one["over_lower_bound"] for one in accounts.values()),
        "calls": world.calls,
        "refused": world.refused,
        "refused_share": round(world.refused / world.calls, 5),
        "cooldowns_violated": world.violated,
        "order_violations": world.disorder,
        "forgotten_while_waiting": world.forgotten,
        "schedules_served": len(lateness),
        "latest_schedule_minutes": round(lateness[-1].total_seconds() / 60, 2),
        "schedules_at_once_share": round(sum(not late for late in lateness) / len(lateness), 4),
        "real_seconds": round(seconds, 1),
    }


def _lower_bound(requests: int, scheduled: list[datetime]) -> float:
    """Seconds that Amazon's published createReport quota makes it take: all of its burst and rate, less what
    the schedules had to have until then; and a minute, in which the last report is made."""
    plan = USAGE_PLANS[CREATE]
    seconds = 0.0
    for _ in range(50):
        until = NOW + timedelta(seconds=seconds)
        calls = requests + sum(due <= until for due in scheduled)
        seconds = max(0.0, (calls - plan.burst) / plan.rate)
    return seconds + 60.0


def _call(account: Account, spec: ReportSpec, need: Need, number: int) -> _Call:
    shops, start, end = need.key
    return _Call(account, spec, (shops, start, end), number, deadline=need.deadline)


def _key(piece: Slice) -> tuple[Any, ...]:
    return tuple(sorted(piece.marketplace_ids)), piece.window_start, piece.window_end


def _bucket(call: _Call, operation: str) -> Bucket:
    return Bucket(call.account.application, call.account.id, operation)


def _later(now: datetime, decision: Wait) -> datetime:
    return now + timedelta(seconds=decision.virtual_seconds + 0.001)


# -- part 2


def _for_real(ledger: Ledger, root: Path, weeks: int) -> dict[str, Any]:
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
            asyncio.create_task(self.backfill(spec, account, piece))
            for account in _accounts()
            for piece in plan_slices(
                spec,
                account,
                run_at=NOW,
                now=NOW,
                from_day=to_day - timedelta(days=7 * weeks - 1),
                to_day=to_day,
            )
        ]
        schedules = [asyncio.create_task(self.schedules(account)) for account in _accounts()]
        await asyncio.gather(*backfills)
        for task in schedules:
            task.cancel()
        await asyncio.gather(*schedules, return_exceptions=True)
        await close_sessions()

    async def backfill(self, spec: ReportSpec, account: Account, piece: Slice) -> None:
        request_id = await self.collect(spec, account, piece, Priority.BACKFILL, "backfill")
        request = await asyncio.to_thread(self.ledger.get_request, request_id)
        assert request.creating_at is not None
        assert piece.start is not None
        self.backfilled[account.id].append((request.creating_at, piece.start + spec.period.history))
        self.ended[account.id] = self.ledger.clock().now()

    async def schedules(self, account: Account) -> None:
        """Half an hour apart, a day's orders: how late is the create?"""
        spec = load_spec("all_orders")
        for number in itertools.count():
            clock = await asyncio.to_thread(self.ledger.clock)
            await asyncio.sleep(clock.real_seconds(1) * 1800)
            day = date(2026, 11, 19) - timedelta(days=number)
            (piece,) = plan_slices(spec, account, run_at=NOW, now=NOW, from_day=day, to_day=day)
            due = self.ledger.clock().now()
            request_id = await self.collect(spec, account, piece, Priority.SCHEDULE, f"scheduled {number}")
            request = await asyncio.to_thread(self.ledger.get_request, request_id)
            assert request.creating_at is not None
            self.lateness.append(request.creating_at - due)

    async def collect(
        self, spec: ReportSpec, account: Account, piece: Slice, priority: Priority, name: str
    ) -> int:
        """Triggerer and worker by turns, until the document is in the archive; returns the request."""
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
            result = await collector.wait(piece, run, request_ids=ids)
            result.raise_if_failed()
            ids = result.request_ids
            async with self.workers:
                step = await asyncio.to_thread(collector.advance, piece, run, request_ids=ids)
            if isinstance(step, Done):
                return (step.request_ids or ids)[0]

    def report(
        self, calls: list[dict[str, Any]], fetches: list[dict[str, Any]], seconds: float
    ) -> dict[str, Any]:
        accounts = {}
        for name, done in self.backfilled.items():
            took = (self.ended[name] - self.began).total_seconds()
            plan = USAGE_PLANS[CREATE]
            bound = max(0.0, (len(done) - plan.burst) / plan.rate) + 60
            accounts[name] = {
                "requests": len(done),
                "hours": round(took / 3600, 2),
                "over_lower_bound": round(took / bound, 3),
            }
        every = [*calls, *fetches]
        refused = sum(call["status"] == 429 for call in every)
        return {
            "speed": SPEED,
            "accounts": accounts,
            "calls": len(every),
            "refused": refused,
            "refused_share": round(refused / len(every), 5),
            "cooldowns_violated": sum(call.get("note") == "cooldown" for call in calls),
            "order_violations": sum(map(_inversions, self.backfilled.values())),
            "forgotten_while_waiting": sum(
                made > deadline for done in self.backfilled.values() for made, deadline in done
            ),
            "schedules_served": len(self.lateness),
            "latest_schedule_minutes": round(max(self.lateness).total_seconds() / 60, 2),
            "documents": len(list(self.directory.rglob("*.gz"))),
            "real_seconds": round(seconds, 1),
        }


def _inversions(done: list[tuple[datetime, datetime]]) -> int:
    """Creates that came before a more urgent one, once all stood in line; not the first five, the burst's."""
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


def _accounts() -> list[Account]:
    return [
        Account(name, region, tuple(map(marketplace, codes)), f"amazon_sp_{name}")
        for name, (region, *codes) in SHOPS.items()
    ]


def _ledger(server: EmbeddedPostgres, name: str) -> Ledger:
    server.create_database(name)
    ledger = Ledger(server.url(name))
    ledger.migrate()
    return ledger


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=730, help="part 1: how far the backfill goes back")
    parser.add_argument("--weeks", type=int, default=3, help="part 2: how many weeks")
    parser.add_argument("--part", type=int, choices=(1, 2), default=0)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
