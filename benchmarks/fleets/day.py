"""One day of the schedules: which runs start when, and the slices of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sellerops.base.errors import NotPublishedYet, SpecError
from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.calendar.slices import Slice, check_published, plan_slices
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, enabled_specs
from sellerops.settings.specs.account_selection import accounts_for

# A scheduled run starts within its window, at most hours after the nominal time.
_LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Run:
    """One run of a report's DAG, for all accounts. ``at``: when it starts; ``nominal``: its logical time."""

    at: datetime
    dag_id: str
    nominal: datetime


def runs_of(specs: Iterable[ReportSpec], day: date) -> list[Run]:
    """The runs that start on a day (UTC), in order."""
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    return sorted(
        Run(due.at, spec.dag_id, due.nominal)
        for spec in specs
        for due in ScheduleCalendar(spec.schedule, spec.dag_id).between(start - _LONGEST_WINDOW, end)
        if start <= due.at < end
    )


def slices_of(spec: ReportSpec, account: Account, run: Run) -> list[Slice]:
    """The slices that the run collects for an account, as its first task plans them; may be empty."""
    planned = plan_slices(spec, account, run_at=run.nominal, now=run.at)
    return [each for each in planned if not each.expired and _is_published(spec, each, run.at)]


def _is_published(spec: ReportSpec, slice_: Slice, now: datetime) -> bool:
    try:
        check_published(spec, slice_, now)
    except NotPublishedYet:
        return False
    return True


def choose(fraction: int, accounts: Iterable[Account]) -> list[ReportSpec]:
    """Every ``fraction``-th report that an API serves for one of the accounts.

    The reports are ordered by source, family and name, so that all kinds stay represented.
    """
    known = {account.id: account for account in accounts}
    usable = [spec for spec in enabled_specs() if spec.request.has_api and _has_account(spec, known)]
    return sorted(usable, key=lambda spec: (spec.source, spec.family, spec.name))[::fraction]


def _has_account(spec: ReportSpec, accounts: dict[str, Account]) -> bool:
    try:
        return bool(accounts_for(spec, accounts))
    except SpecError:
        return False
