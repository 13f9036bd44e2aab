"""Finds reports whose scheduled run did not take place: then nothing fails, so no failure notice is sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sellerops.calendar.schedules import ScheduleCalendar
from sellerops.ledger import Ledger
from sellerops.ledger.slices import last_updates
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec

# A report that has not run for this long was stopped on purpose.
STOPPED_AFTER = timedelta(days=30)


@dataclass(frozen=True)
class Silence:
    """A run was due at ``due`` (UTC), but no slice of the account has been updated since ``last``."""

    spec: ReportSpec
    account_id: str
    due: datetime
    last: datetime


def silent_reports(
    ledger: Ledger, specs: Iterable[ReportSpec], accounts: Iterable[Account], grace: timedelta
) -> list[Silence]:
    """Reports whose last run, due longer than ``grace`` ago, left no trace.

    Ignores reports that never ran. Empty with the virtual clock of a local Amazon, because Airflow schedules
    runs in real time.
    """
    clock = ledger.clock()
    if clock.is_virtual:
        return []
    now = clock.now()
    touched = ledger.database.run(lambda c: last_updates(c, now - STOPPED_AFTER))
    found = []
    known = {account.id for account in accounts}
    for spec in specs:
        due = ScheduleCalendar(spec.schedule, spec.dag_id).last(now - grace)
        for (report, account_id), last in touched.items():
            wanted = spec.accounts == "all" or account_id in spec.accounts
            is_watched = report == spec.name and account_id in known and wanted
            if is_watched and last < due.nominal:
                found.append(Silence(spec, account_id, due.at, last))
    return sorted(found, key=lambda each: (each.due, each.spec.name, each.account_id))
