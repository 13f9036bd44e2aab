"""What a backfill would ask of Amazon and how long the quota makes it take, before it starts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from sellerops.accounts import Account
from sellerops.rate_limits import RateLimitConfig
from sellerops.schedules import Calendar
from sellerops.slices import Slice, plan_slices
from sellerops.specs import PeriodKind, ReportSpec

WindowKey = tuple[tuple[str, ...], str | None, str | None]


@dataclass(frozen=True)
class AccountPlan:
    """The backfill of one account. ``requests``: distinct windows to ask for; repeated ones are reused.

    ``expired``: slices Amazon no longer serves. ``held``: windows whose document the archive already has.
    ``seconds`` is the lower bound that ``bound_by`` sets.
    """

    account_id: str
    runs: int
    slices: int
    requests: int
    held: int
    expired: int
    seconds: float
    bound_by: str


def plan_backfill(
    spec: ReportSpec,
    account: Account,
    *,
    first_day: date,
    last_day: date,
    now: datetime,
    limits: RateLimitConfig,
    held: Collection[WindowKey] = (),
) -> AccountPlan:
    """The plan for all runs dated ``first_day`` to ``last_day`` (inclusive, in the schedule's zone).

    ``held`` holds windows (marketplace ids, start, end as in a Slice) already in the archive.
    """
    runs = run_moments(spec, first_day, last_day, now)
    pieces = [piece for run_at in runs for piece in plan_slices(spec, account, run_at=run_at, now=now)]
    windows = {window_key(piece) for piece in pieces if not piece.expired}
    wanted = len(windows - set(held))
    operation = "getReports" if spec.period.kind is PeriodKind.LISTING else "createReport"
    bounds = {name: limits.seconds_for(name, wanted) for name in (operation, "getReportDocument")}
    bound_by = max(bounds, key=lambda name: bounds[name])
    return AccountPlan(
        account_id=account.id,
        runs=len(runs),
        slices=len(pieces),
        requests=wanted,
        held=len(windows) - wanted,
        expired=len({window_key(piece) for piece in pieces if piece.expired}),
        seconds=bounds[bound_by],
        bound_by=bound_by if bounds[bound_by] else "nothing: the burst is enough",
    )


def run_moments(spec: ReportSpec, first_day: date, last_day: date, now: datetime) -> list[datetime]:
    """The ends of the data intervals of the runs dated in these days that could have run by ``now``."""
    zone = ZoneInfo(spec.schedule.timezone)
    calendar = Calendar(spec.schedule, spec.dag_id)
    start = datetime.combine(first_day, time(0), tzinfo=zone)
    end = datetime.combine(last_day + timedelta(days=1), time(0), tzinfo=zone) - timedelta(microseconds=1)
    ends = (calendar.after(due.nominal) for due in calendar.between(start, end))
    return [due.nominal for due in ends if due.at <= now]


def window_key(piece: Slice) -> WindowKey:
    """What makes two slices one request."""
    return tuple(sorted(piece.marketplace_ids)), piece.window_start, piece.window_end or piece.snapshot_at


def describe_seconds(seconds: float) -> str:
    """``3 h 20 min``; ``0 min`` for less than one."""
    minutes = ceil(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
