"""Plans one or several backfills: their requests, what limits them, when they end, and what expires first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import plan_slices
from sellerops.planning.bucket_simulation import BackfillStarved, BucketState, simulate_bucket
from sellerops.planning.requests import BackfillRequests, PlannedRequest
from sellerops.rate_limits import RateLimitConfig
from sellerops.settings.accounts import Account
from sellerops.settings.specs import PeriodKind, ReportSpec
from sellerops.sources.registry import source_of

# From creating a report of usual size to its finished document.
PROCESSING_TIME = timedelta(minutes=2)
# A file of a page takes two browser jobs, to request it and to download it. A login runs one job at a time.
FILE_TIME = timedelta(minutes=1)
_LAST = datetime.max.replace(tzinfo=UTC)

# Current tokens and Amazon's reported tokens per second, by account and operation. A bucket that is missing
# here counts as full, with the configured rate.
Levels = Mapping[tuple[str, str], tuple[float, float | None]]


@dataclass(frozen=True)
class AccountPlan:
    """The backfill of one account, all reports together.

    ``seconds``: from now to the last document, with the current bucket levels and while schedules take
    precedence; ``least_seconds``: the same without schedules. ``bound_by``: the bucket, cooldown, budget or
    browser that limits it. ``too_late``: labels of windows that expire before their turn. ``scheduled``: how
    many scheduled calls are made meanwhile; ``schedule_wait``: how long one of them waits for a token at
    most.
    """

    account_id: str
    reports: tuple[BackfillRequests, ...]
    requests: int
    seconds: float
    least_seconds: float
    bound_by: str
    too_late: tuple[str, ...]
    scheduled: int
    schedule_wait: timedelta


@dataclass(frozen=True)
class Plan:
    """The plans of all accounts, which run in parallel."""

    accounts: tuple[AccountPlan, ...]
    made_at: datetime

    @property
    def requests(self) -> int:
        return sum(account.requests for account in self.accounts)

    @property
    def finish(self) -> datetime:
        """When the last account is done."""
        return self.made_at + timedelta(seconds=max((one.seconds for one in self.accounts), default=0.0))


def make_plan(
    backfills: Sequence[BackfillRequests],
    *,
    now: datetime,
    limits: RateLimitConfig,
    levels: Levels | None = None,
    daily: Sequence[ReportSpec] = (),
) -> Plan:
    """The plan for ``backfills``. ``daily``: the reports whose schedules run meanwhile.

    Raises ConfigurationError if schedules use the whole rate of an operation.
    """
    by_account: dict[str, list[BackfillRequests]] = {}
    for one in backfills:
        by_account.setdefault(one.account.id, []).append(one)
    plans = [_plan(group, now, limits, levels or {}, daily) for group in by_account.values()]
    return Plan(tuple(plans), now)


def operations_of(spec: ReportSpec) -> tuple[str, ...]:
    """The operations with small buckets that one request of the report uses, in order."""
    if not spec.request.has_api:
        return ()
    if spec.request.how == "called":
        return (spec.request.operation or "",)
    report_api = source_of(spec.source).report_api(spec)
    listing = report_api.listing if spec.request.how == "listed" else None
    return (listing.operation if listing else report_api.create_operation, report_api.document_operation)


def seconds_of(spec: ReportSpec, requests: int, limits: RateLimitConfig) -> float:
    """The shortest time, in seconds, for a number of requests of one account."""
    if spec.request.login:
        return requests * FILE_TIME.total_seconds()
    return max((limits.seconds_for(name, requests) for name in operations_of(spec)), default=0.0)


def _plan(
    group: list[BackfillRequests],
    now: datetime,
    limits: RateLimitConfig,
    levels: Levels,
    daily: Sequence[ReportSpec],
) -> AccountPlan:
    account = group[0].account
    bounds: dict[str, float] = {}
    least: dict[str, float] = {}
    waits, scheduled, too_late = timedelta(0), 0, []
    for chain, members in _by_chain(group).items():
        queue = _queue(members)
        arrivals = [now] * len(queue)
        for step, operation in enumerate(chain):
            supply = _supply(limits, levels, account.id, operation)
            coming = _scheduled(daily, account, operation, now, now + PROCESSING_TIME * step)
            try:
                served = simulate_bucket(now, supply, arrivals, coming)
            except BackfillStarved:
                raise ConfigurationError(
                    f"schedules use the whole rate of {operation}: the backfill would never end.",
                    where=f"account {account.id}",
                    remedy="Schedule some of the account's reports less often, then plan again.",
                ) from None
            done = served.moments[-1] - now if served.moments else timedelta(0)
            bounds[operation] = done.total_seconds()
            least[operation] = max(0.0, len(queue) - supply.level) / supply.rate if queue else 0.0
            if step == 0:
                turns = zip(queue, served.moments, strict=True)
                too_late += [need.label for need, turn in turns if turn > (need.deadline or _LAST)]
            waits, scheduled = max(waits, served.latest_schedule), scheduled + served.scheduled
            arrivals = [moment + PROCESSING_TIME for moment in served.moments]
    bounds |= _cooldowns(group, limits) | _budgets(group, limits) | _logins(group)
    bound_by = max(bounds, key=lambda name: bounds[name], default="")
    requests = sum(len(one.requests) * one.parts for one in group)
    return AccountPlan(
        account_id=account.id,
        reports=tuple(group),
        requests=requests,
        seconds=bounds.get(bound_by, 0.0),
        least_seconds=max(least.values(), default=0.0),
        bound_by=_named(bound_by, max(least.values(), default=0.0), bounds, requests),
        too_late=tuple(too_late),
        scheduled=scheduled,
        schedule_wait=waits,
    )


def _named(bound_by: str, least: float, bounds: dict[str, float], requests: int) -> str:
    if not requests:
        return "nothing to request"
    if least == 0 and bounds[bound_by] <= 2 * PROCESSING_TIME.total_seconds():
        return "nothing: the burst is enough"
    # Of two buckets with equal rates, the second ends last, but only because it waits for the first.
    first = {"getReportDocument": "createReport", "getDocument": "createQuery"}.get(bound_by, "")
    if first in bounds and bounds[bound_by] - bounds[first] <= 2 * PROCESSING_TIME.total_seconds():
        return first
    return bound_by


def _by_chain(group: list[BackfillRequests]) -> dict[tuple[str, ...], list[BackfillRequests]]:
    chains: dict[tuple[str, ...], list[BackfillRequests]] = {}
    for one in group:
        chains.setdefault(operations_of(one.spec), []).append(one)
    return chains


def _queue(members: list[BackfillRequests]) -> list[PlannedRequest]:
    """The requests by expiry, earliest first, as in the quota ledger; then in the order of the runs."""
    requests = [request for one in members for request in one.requests for _ in range(one.parts)]
    return sorted(requests, key=lambda request: request.deadline or _LAST)


def _supply(limits: RateLimitConfig, levels: Levels, account_id: str, operation: str) -> BucketState:
    limit = limits.limit(operation)
    burst = limits.used_burst(limit)
    level, reported = levels.get((account_id, operation), (float(burst), None))
    rate = (reported or limit.rate) * limits.used_share(limit)
    return BucketState(min(level, burst), burst, rate, min(limits.backfill_reserve, burst - 1))


def _scheduled(
    daily: Sequence[ReportSpec], account: Account, operation: str, now: datetime, since: datetime
) -> Iterator[datetime]:
    """The moments at which schedules call an operation, from ``since`` on, without end."""
    each = [_calls(spec, account, now, since) for spec in daily if operation in operations_of(spec)]
    return heapq.merge(*each)


def _calls(spec: ReportSpec, account: Account, now: datetime, since: datetime) -> Iterator[datetime]:
    calendar = ScheduleCalendar(spec.schedule, spec.dag_id)
    due = calendar.after(since)
    slices = plan_slices(spec, account, run_at=due.nominal, now=due.at)
    number = sum(not slice_.expired for slice_ in slices)
    while number:
        yield from [due.at + (since - now)] * number
        due = calendar.after(due.nominal)


def _cooldowns(group: list[BackfillRequests], limits: RateLimitConfig) -> dict[str, float]:
    """Seconds by cooldown: reports of one type and window wait for each other if the type has one."""
    found: dict[str, float] = {}
    for report_type in {one.spec.report_type for one in group}:
        same = [one for one in group if one.spec.report_type == report_type]
        cooldown = max(
            limits.report_type_limit(report_type).cooldown, *(one.spec.request.cooldown for one in same)
        )
        windows = Counter(need.key for one in same for need in one.requests for _ in range(one.parts))
        again = max(windows.values(), default=1) - 1
        if cooldown and again:
            found[f"cooldown of {report_type}"] = again * cooldown.total_seconds()
    return found


def _budgets(group: list[BackfillRequests], limits: RateLimitConfig) -> dict[str, float]:
    found: dict[str, float] = {}
    for report_type in {one.spec.report_type for one in group}:
        budget = limits.report_type_limit(report_type).daily_budget
        number = sum(len(one.requests) * one.parts for one in group if one.spec.report_type == report_type)
        if budget and number > budget:
            found[f"daily budget of {report_type}"] = ((number - 1) // budget) * 86_400.0
    return found


def _logins(group: list[BackfillRequests]) -> dict[str, float]:
    """How many seconds the browsers take, by role; logins work in parallel."""
    files: Counter[str] = Counter()
    for one in group:
        if one.spec.request.login:
            files[f"one browser, role {one.spec.request.login}"] += len(one.requests)
    return {name: number * FILE_TIME.total_seconds() for name, number in files.items()}


def has_history(spec: ReportSpec) -> bool:
    """Whether a backfill can find data.

    It cannot for snapshots, of which Amazon keeps no history, nor for the drop folder, because every run
    collects all its files.
    """
    return spec.period.kind is not PeriodKind.SNAPSHOT and spec.request.how != "dropped"
