"""Part 1: two years played event by event; the quota ledger is real, the local Amazon's quotas judge."""

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
from backfills.setting import CREATE, FETCH, NOW, REPORTS, accounts
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
        if operation == CREATE and self._cools(call):
            return
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
        position = QueuePosition(line.name, call.deadline, following)
        decision = self.limits.try_acquire(_bucket(call, operation), Priority.BACKFILL, position=position)
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
        """Come again when the cooldown is over, as a create does that has taken no token yet."""
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
        """A token was taken: the cooldown is asked right before the call, which takes a moment to arrive."""
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
        """The local Amazon's own bucket and cooldown decide."""
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


def play(ledger: Ledger, days: int) -> dict[str, Any]:
    """A backfill of so many days, all accounts; hours are of the played clock."""
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    world, began = _World(ledger), time.monotonic()
    specs, sellers = [load_spec(name) for name in REPORTS], accounts()
    daily = [spec for spec in load_specs()[0] if spec.request.how == "created"]
    first, last = (NOW - timedelta(days=days)).date(), (NOW - timedelta(days=2)).date()
    needs = [
        plan_requests(spec, account, first_day=first, last_day=last, now=NOW)
        for account in sellers
        for spec in specs
    ]
    plan = make_plan(needs, now=NOW, limits=world.limits.config, daily=daily)
    for one in needs:
        world.waiting[one.account.id] = world.waiting.get(one.account.id, 0) + len(one.requests)
        for need in one.requests:
            world.wait(_call(one.account, one.spec, need, next(world.numbers)), CREATE)
    for account, spec in itertools.product(sellers, daily):
        calendar = ScheduleCalendar(spec.schedule, spec.dag_id)
        due = calendar.after(NOW)
        world.at(due.at, world.schedule, spec, account, due, calendar)
    world.run()
    ledger.close()
    return _report(world, plan, time.monotonic() - began)


def _report(world: _World, plan: Plan, seconds: float) -> dict[str, Any]:
    told = {}
    for one in plan.accounts:
        took = (world.ended[one.account_id] - NOW).total_seconds()
        bound = _lower_bound(one.requests, world.scheduled[one.account_id])
        told[one.account_id] = {
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
        "accounts": told,
        "requests": plan.requests,
        "over_lower_bound": max(one["over_lower_bound"] for one in told.values()),
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


def _call(account: Account, spec: ReportSpec, need: PlannedRequest, number: int) -> _Call:
    shops, start, end = need.key
    return _Call(account, spec, (shops, start, end), number, deadline=need.deadline)


def _key(slice_: Slice) -> tuple[Any, ...]:
    return tuple(sorted(slice_.marketplace_ids)), slice_.window_start, slice_.window_end


def _window(call: _Call) -> str:
    return f"{call.key[1]}/{call.key[2]}" if call.key[1] else ""


def _bucket(call: _Call, operation: str) -> Bucket:
    return Bucket(call.account.application, call.account.id, operation)


def _later(now: datetime, decision: Wait) -> datetime:
    return now + timedelta(seconds=decision.virtual_seconds + 0.001)
