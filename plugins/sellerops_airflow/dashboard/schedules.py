"""The reports and what their schedules should have collected, cached until a file or the hour changes.

Planning all reports takes about a second, and so does reading their files, so both are cached.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sellerops.base.timed_cache import TimedCache
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.specs import ReportSpec, load_specs

if TYPE_CHECKING:
    from sellerops.completeness.grid import Schedule

_T = TypeVar("_T")
_lock = threading.Lock()
# The most recently used ones: the period that people view by default, and some others.
_MOST = 8
_kept: OrderedDict[Hashable, Any] = OrderedDict()
_looked = TimedCache(2.0)


@dataclass(frozen=True)
class Reports:
    """All valid reports by name, and all accounts by id."""

    specs: Mapping[str, ReportSpec]
    accounts: Mapping[str, Account]

    @property
    def switched_off(self) -> frozenset[str]:
        """Names of the reports that their spec switches off."""
        return frozenset(name for name, spec in self.specs.items() if not spec.is_on)


def known_reports() -> Reports:
    """The current reports and accounts, from their files."""
    return _keep(("reports", _files()), _read)


def known_schedules(first_day: date, last_day: date, now: datetime) -> Mapping[tuple[str, str], Schedule]:
    """The schedule of every report and account that it covers, by report name and account id.

    Only runs that were due at least an hour or two ago count, because they have recorded their plan by then.
    """
    hour, reports = _hour(now), known_reports()
    key = ("schedules", _files(), first_day, last_day, hour)
    return _keep(key, lambda: _plan(reports, first_day, last_day, hour))


def schedules_of_report(
    report: str, first_day: date, last_day: date, now: datetime
) -> Mapping[tuple[str, str], Schedule]:
    """``known_schedules`` of one report; not cached. Empty for an unknown report."""
    reports = known_reports()
    chosen = {name: spec for name, spec in reports.specs.items() if name == report}
    return _plan(Reports(chosen, reports.accounts), first_day, last_day, _hour(now))


def _hour(now: datetime) -> datetime:
    from sellerops.completeness.marketplace_calendar import GRACE

    return (now - GRACE).replace(minute=0, second=0, microsecond=0)


def _read() -> Reports:
    return Reports({spec.name: spec for spec in load_specs()[0]}, load_accounts())


def _plan(
    reports: Reports, first_day: date, last_day: date, now: datetime
) -> dict[tuple[str, str], Schedule]:
    from sellerops.completeness.grid import schedules_of

    return {
        (name, account_id): schedule
        for name, spec in reports.specs.items()
        for account_id, schedule in schedules_of(
            spec, reports.accounts.values(), first_day, last_day, now
        ).items()
    }


def _files() -> int:
    """A hash that changes when a file of the configuration does; computed at most every two seconds."""
    return _looked.get("files", _look)


def _look() -> int:
    return hash(tuple((str(path), path.stat().st_mtime_ns) for path in sorted(config_dir().rglob("*.yaml"))))


def _keep(key: Hashable, make: Callable[[], _T]) -> _T:
    with _lock:
        if key in _kept:
            _kept.move_to_end(key)
            return cast(_T, _kept[key])
    value = make()
    with _lock:
        _kept[key] = value
        while len(_kept) > _MOST:
            _kept.popitem(last=False)
    return value
