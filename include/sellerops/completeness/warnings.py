"""Warnings about late and expiring days: opened once, ended when the days are loaded or lost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from sellerops.completeness.expiring import ExpiringDay, needs_warning
from sellerops.completeness.late import LateDay
from sellerops.completeness.marketplace_calendar import DayState
from sellerops.ledger import Ledger, SliceRow, SliceState
from sellerops.ledger.warnings import (
    DayWarning,
    MarketplaceDay,
    WarningKind,
    extend_warning,
    lock_warnings,
    mark_ended,
    open_warning,
    open_warnings,
)

_EachDay = TypeVar("_EachDay", LateDay, ExpiringDay)
_ANSWERED = (SliceState.LOADED, SliceState.CONFIRMED_EMPTY, SliceState.QUARANTINED)


@dataclass(frozen=True)
class DayStatus:
    """One day of a warning. ``request``: id, status and times of its newest request, if any."""

    marketplace_id: str
    day: date
    row: SliceRow | None
    request: dict[str, Any] | None

    @property
    def has_landed(self) -> bool:
        row = self.row
        return row is not None and (row.state in _ANSWERED or row.load_id is not None)

    @property
    def is_lost(self) -> bool:
        return self.row is not None and self.row.state is SliceState.EXPIRED and not self.has_landed


def open_late(ledger: Ledger, late: Iterable[LateDay]) -> None:
    """Open warnings for late days that no warning includes yet, one per report and account.

    As long as no run has touched any day of an open warning (the DAG is paused), later days without a run
    join it, because their cause is the same.
    """
    for group in _by_report_and_account(late):
        first = group[0]
        report, account_id = first.spec.name, first.account_id
        with ledger.connection() as connection:
            lock_warnings(connection, report, account_id)
            warned = _open(connection, WarningKind.LATE, report, account_id)
            known = {each for one in warned for each in one.slices}
            new = [each for each in group if (each.marketplace_id, each.day) not in known]
            if not new:
                continue
            days = [(each.marketplace_id, each.day) for each in new]
            no_run = all(each.state is DayState.MISSING for each in new)
            same = next((one for one in warned if no_run and _is_untouched(connection, one)), None)
            if same:
                extend_warning(connection, same, days)
                continue
            since = min(each.promised_at for each in new)
            key = _key(WarningKind.LATE, report, account_id, since, days[0])
            open_warning(connection, WarningKind.LATE, key, report, account_id, days, since)


def open_expiring(ledger: Ledger, expiring: Iterable[ExpiringDay], now: datetime) -> None:
    """Open warnings for days that Amazon soon stops serving, if a day without a warning is about to expire.

    A warning also includes the days that expire within the following week, so you get at most one a week.
    """
    for group in _by_report_and_account(expiring):
        first = group[0]
        report, account_id = first.spec.name, first.account_id
        with ledger.connection() as connection:
            lock_warnings(connection, report, account_id)
            warned = _open(connection, WarningKind.EXPIRING, report, account_id)
            known = {each for one in warned for each in one.slices}
            new = [each for each in group if (each.marketplace_id, each.day) not in known]
            if not any(needs_warning(each, now) for each in new):
                continue
            days = [(each.marketplace_id, each.day) for each in new]
            until = max(each.served_until for each in new)
            key = _key(WarningKind.EXPIRING, report, account_id, until, days[0])
            open_warning(connection, WarningKind.EXPIRING, key, report, account_id, days, now, until)


def warnings_of(ledger: Ledger, report: str | None = None) -> list[DayWarning]:
    """The open warnings, oldest first."""
    with ledger.connection() as connection:
        return open_warnings(connection, report)


def day_statuses(ledger: Ledger, warned: DayWarning) -> list[DayStatus]:
    """The status of each day of a warning, by marketplace and day."""
    rows = ledger.slice_states(
        report=warned.report,
        account_id=warned.account_id,
        first_day=min(day for _, day in warned.slices),
        last_day=max(day for _, day in warned.slices),
    )
    best: dict[MarketplaceDay, SliceRow] = {}
    for row in rows:
        key = (row.marketplace_id, row.day)
        if key not in best or _rank(row) < _rank(best[key]):
            best[key] = row
    requests = _requests(ledger, best.values())
    found = []
    for key in sorted(warned.slices):
        known = best.get(key)
        request = requests.get(known.request_id) if known and known.request_id else None
        found.append(DayStatus(*key, known, request))
    return found


def is_over(warned: DayWarning, days: Sequence[DayStatus], now: datetime) -> bool:
    """Whether the warning can end: every day is loaded or lost, or its time has passed."""
    if warned.until is not None and now > warned.until:
        return True
    return all(each.has_landed or each.is_lost for each in days)


def end_warning(ledger: Ledger, warned: DayWarning) -> None:
    """Record the end of a warning."""
    with ledger.connection() as connection:
        mark_ended(connection, warned.fault_key)


def _by_report_and_account(days: Iterable[_EachDay]) -> list[list[_EachDay]]:
    groups: dict[tuple[str, str], list[_EachDay]] = {}
    for each in days:
        groups.setdefault((each.spec.name, each.account_id), []).append(each)
    return list(groups.values())


def _open(connection: Any, kind: WarningKind, report: str, account_id: str) -> list[DayWarning]:
    return [each for each in open_warnings(connection, report, account_id) if each.kind is kind]


def _is_untouched(connection: Any, warned: DayWarning) -> bool:
    """Whether the ledger has no row for any day of the warning."""
    marketplace_ids, days = zip(*warned.slices, strict=True)
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT FROM sellerops.slice_state
            JOIN unnest(%s::text[], %s::date[]) AS wanted (marketplace_id, day)
              ON wanted.marketplace_id = slice_state.marketplace_id AND wanted.day = slice_state.day
            WHERE report = %s AND account_id = %s
        ) AS is_known
        """,
        (list(marketplace_ids), list(days), warned.report, warned.account_id),
    ).fetchone()
    return not row["is_known"]


def _key(kind: WarningKind, report: str, account_id: str, moment: datetime, first: MarketplaceDay) -> str:
    return f"{kind}|{report}|{account_id}|{moment:%Y-%m-%dT%H:%MZ}|{first[0]}|{first[1]}"


def _rank(row: SliceRow) -> tuple[bool, bool, float]:
    """Sort key: of several snapshots of a day, prefer a loaded one, then one not expired, then the newest."""
    is_loaded = row.state in _ANSWERED or row.load_id is not None
    return not is_loaded, row.state is SliceState.EXPIRED, -row.updated_at.timestamp()


def _requests(ledger: Ledger, rows: Iterable[SliceRow]) -> dict[int, dict[str, Any]]:
    ids = [row.request_id for row in rows if row.request_id is not None]
    if not ids:
        return {}
    with ledger.connection() as connection:
        found = connection.execute(
            """
            SELECT id, status, report_id, created_at, updated_at FROM sellerops.report_request
            WHERE id = ANY (%s)
            """,
            (ids,),
        ).fetchall()
    return {row["id"]: row for row in found}
