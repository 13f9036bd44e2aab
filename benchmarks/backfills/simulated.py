"""Part 1: two years simulated event by event, with the real quota ledger and the local Amazon's quotas."""

from __future__ import annotations

import heapq
import itertools
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from amazon_sandbox.core.quotas import Quotas
from amazon_sandbox.reports.data import USAGE_PLANS, rules_of
from backfills.scenario import CREATE, FETCH, NOW, REPORTS, accounts
from sellerops.base.clock import Clock
from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.ledger import Ledger
from sellerops.planning import Plan, PlannedRequest, make_plan, plan_requests
from sellerops.rate_limits import Bucket, Priority, QueuePosition, QuotaLedger, Wait, load_rate_limits
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, load_spec, load_specs

PROCESSES = 2
LAST = datetime.max.replace(tzinfo=UTC)


@dataclass
class _Queue:
    """The backfill calls of one process that wait for the same bucket, most urgent first."""

    name: str
    calls: list[tuple[datetime, int, _Call]] = field(default_factory=list)
    turn: int = 0


@dataclass
class _Call:
    """One report in progress. ``due``: when its schedule was due; None for a backfill."""

    account: Account
    spec: ReportSpec
    key: tuple[Any, ...]
    number: int
    deadline: datetime | None = None
    due: datetime | None = None
    waited: timedelta = timedelta(0)


class _Simulation:
    """The event queue, the ledger's clock, and the local Amazon's quotas."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.limits = ledger, QuotaLedger(ledger, load_rate_limits())
        self.amazon = Quotas(USAGE_PLANS)
        self.events: list[tuple[datetime, int, Any, tuple[Any, ...]]] = []
        self.numbers = itertools.count()
        self.now = NOW
        self.random = random.Random(7)
        self.calls = self.refused = self.violated = self.order_violations = self.expired = 0
        self.queues: dict[tuple[str, str, str], _Queue] = {}
        self.urgent: dict[tuple[str, str], list[tuple[datetime, _Call]]] = defaultdict(list)
        self.made: dict[tuple[Any, ...], datetime] = {}
        self.waiting: dict[str, int] = {}
        self.ended: dict[str, datetime] = {}
        self.lateness: list[timedelta] = []
        self.scheduled: dict[str, list[datetime]] = defaultdict(list)

    def at(self, moment: datetime, work: Any, *values: Any) -> None:
        heapq.heappush(self.events, (moment, next(self.numbers), work, values))

    def run(self) -> None:
        """Process events until every backfill call has its document."""
        while any(self.waiting.values()):
            moment, _, work, values = heapq.heappop(self.events)
            if moment > self.now:
                self.now = moment
                self._set_clock(moment)
            work(*values)

    def _set_clock(self, moment: datetime) -> None:
        statement = "UPDATE sellerops.clock SET virtual_anchor = %s"
        self.ledger.database.run(lambda connection: connection.execute(statement, (moment,)))

    # -- backfills: two processes per account, the most urgent call of each in the queue

    def wait(self, call: _Call, operation: str) -> None:
        if operation == CREATE and self._cools(call):
            return
        process = f"{call.account.id}/{call.number % PROCESSES}"
        queue = self.queues.setdefault(
            (call.account.id, operation, process), _Queue(f"{process}/{operation}")
        )
        heapq.heappush(queue.calls, (call.deadline or LAST, call.number, call))
        if queue.calls[0][2] is call:
            self.ask_again(queue, operation, self.now)

    def ask_again(self, queue: _Queue, operation: str, moment: datetime) -> None:
        """Schedule the next try and drop any earlier one, so that a more urgent call need not wait for it."""
        queue.turn += 1
        self.at(moment, self.ask, queue, operation, queue.turn)

    def ask(self, queue: _Queue, operation: str, turn: int) -> None:
        if not queue.calls or turn != queue.turn:
            return
        deadline, _, call = queue.calls[0]
        following = min((entry[0] for entry in queue.calls[1:3]), default=None)
        position = QueuePosition(queue.name, call.deadline, following)
        decision = self.limits.try_acquire(_bucket(call, operation), Priority.BACKFILL, position=position)
        if isinstance(decision, Wait):
            self.ask_again(queue, operation, _later(self.now, decision))
            return
        others = [
            other.calls[0][0]
            for (account, name, _), other in self.queues.items()
            if (account, name) == (call.account.id, operation) and other.calls
        ]
        self.order_violations += deadline > min(others)
        heapq.heappop(queue.calls)
        self.arrive(call, operation)
        self.ask_again(queue, operation, self.now)

    # -- schedules: served in order, before backfills

    def schedule(self, spec: ReportSpec, account: Account, due: Any, calendar: ScheduleCalendar) -> None:
        for slice_ in plan_slices(spec, account, run_at=due.nominal, now=due.at):
            if not slice_.expired:
                call = _Call(account, spec, _key(slice_), next(self.numbers), due=due.at)
                self.scheduled[account.id].append(due.at)
                self.hurry(call, CREATE)
        following = calendar.after(due.nominal)
        self.at(following.at, self.schedule, spec, account, following, calendar)

    def hurry(self, call: _Call, operation: str) -> None:
        if operation == CREATE and self._cools(call):
            return
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

    def _cools(self, call: _Call) -> bool:
        """Whether a cooldown is running; if so, retry when it is over, like a create without a token yet."""
        rules = call.spec.request.cooldown
        if not self.limits.published_cooldown(call.spec.report_type, rules):
            return False
        left = self.limits.cooldown_left(
            call.account, call.spec.report_type, call.key[0], _window(call), cooldown=rules
        )
        if left:
            again = self.hurry if call.due else self.wait
            self.at(self.now + left + timedelta(milliseconds=1), again, call, CREATE)
        return bool(left)

    # -- Amazon

    def arrive(self, call: _Call, operation: str) -> None:
        """Send a call that has its token and takes a moment to arrive; check a create's cooldown first."""
        if operation == CREATE and not self._may_create(call):
            return
        self.at(self.now + timedelta(seconds=self.random.uniform(0.05, 1.5)), self.judge, call, operation)

    def _may_create(self, call: _Call) -> bool:
        decision = self.limits.try_create(
            call.account,
            call.spec.report_type,
            call.key[0],
            _window(call),
            cooldown=call.spec.request.cooldown,
        )
        if isinstance(decision, Wait):
            again = self.hurry if call.due else self.wait
            self.at(_later(self.now, decision), again, call, CREATE)
            return False
        return True

    def judge(self, call: _Call, operation: str) -> None:
        """Let the local Amazon's own bucket and cooldown accept or refuse the call."""
        self.calls += 1
        if not self.amazon.take("benchmark", call.account.id, operation, self.now.timestamp()):
            self.refused += 1
            self.limits.record_refusal(_bucket(call, operation))
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
        marketplace_ids, start, end = call.key
        same = (
            call.account.id,
            call.spec.report_type,
            marketplace_ids,
            *((None, None) if rules.is_snapshot else (start, end)),
        )
        before = self.made.get(same)
        if rules.cooldown and before and self.now - before < rules.cooldown:
            self.violated += 1
        self.made[same] = self.now
        self.expired += bool(call.deadline and self.now > call.deadline)


def simulate(ledger: Ledger, days: int) -> dict[str, Any]:
    """Simulate a backfill of ``days`` days for all accounts; hours are by the simulated clock."""
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    simulation, began = _Simulation(ledger), time.monotonic()
    specs, sellers = [load_spec(name) for name in REPORTS], accounts()
    daily = [spec for spec in load_specs()[0] if spec.request.how == "created"]
    first, last = (NOW - timedelta(days=days)).date(), (NOW - timedelta(days=2)).date()
    backfills = [
        plan_requests(spec, account, first_day=first, last_day=last, now=NOW)
        for account in sellers
        for spec in specs
    ]
    plan = make_plan(backfills, now=NOW, limits=simulation.limits.config, daily=daily)
    for one in backfills:
        simulation.waiting[one.account.id] = simulation.waiting.get(one.account.id, 0) + len(one.requests)
        for request in one.requests:
            simulation.wait(_call(one.account, one.spec, request, next(simulation.numbers)), CREATE)
    for account, spec in itertools.product(sellers, daily):
        calendar = ScheduleCalendar(spec.schedule, spec.dag_id)
        due = calendar.after(NOW)
        simulation.at(due.at, simulation.schedule, spec, account, due, calendar)
    simulation.run()
    ledger.close()
    return _report(simulation, plan, time.monotonic() - began)


def _report(simulation: _Simulation, plan: Plan, seconds: float) -> dict[str, Any]:
    by_account = {}
    for one in plan.accounts:
        took = (simulation.ended[one.account_id] - NOW).total_seconds()
        bound = _lower_bound(one.requests, simulation.scheduled[one.account_id])
        by_account[one.account_id] = {
            "requests": one.requests,
            "hours": round(took / 3600, 2),
            "lower_bound_hours": round(bound / 3600, 2),
            "over_lower_bound": round(took / bound, 4),
            "planned_hours": round(one.seconds / 3600, 2),
            "scheduled_meanwhile": sum(
                due <= simulation.ended[one.account_id] for due in simulation.scheduled[one.account_id]
            ),
        }
    lateness = sorted(simulation.lateness)
    return {
        "accounts": by_account,
        "requests": plan.requests,
        "over_lower_bound": max(one["over_lower_bound"] for one in by_account.values()),
        "calls": simulation.calls,
        "refused": simulation.refused,
        "refused_share": round(simulation.refused / simulation.calls, 5),
        "cooldowns_violated": simulation.violated,
        "order_violations": simulation.order_violations,
        "expired_while_waiting": simulation.expired,
        "schedules_served": len(lateness),
        "latest_schedule_minutes": round(lateness[-1].total_seconds() / 60, 2),
        "schedules_at_once_share": round(sum(not late for late in lateness) / len(lateness), 4),
        "real_seconds": round(seconds, 1),
    }


def _lower_bound(requests: int, scheduled: list[datetime]) -> float:
    """The fewest seconds in which Amazon's published createReport quota allows all requests.

    Uses the whole burst and rate, minus what the schedules needed until then, plus a minute in which Amazon
    creates the last report.
    """
    plan = USAGE_PLANS[CREATE]
    seconds = 0.0
    for _ in range(50):
        until = NOW + timedelta(seconds=seconds)
        calls = requests + sum(due <= until for due in scheduled)
        seconds = max(0.0, (calls - plan.burst) / plan.rate)
    return seconds + 60.0


def _call(account: Account, spec: ReportSpec, request: PlannedRequest, number: int) -> _Call:
    marketplace_ids, start, end = request.key
    return _Call(account, spec, (marketplace_ids, start, end), number, deadline=request.deadline)


def _key(slice_: Slice) -> tuple[Any, ...]:
    return tuple(sorted(slice_.marketplace_ids)), slice_.window_start, slice_.window_end


def _window(call: _Call) -> str:
    return f"{call.key[1]}/{call.key[2]}" if call.key[1] else ""


def _bucket(call: _Call, operation: str) -> Bucket:
    return Bucket(call.account.application, call.account.id, operation)


def _later(now: datetime, decision: Wait) -> datetime:
    return now + timedelta(seconds=decision.virtual_seconds + 0.001)
