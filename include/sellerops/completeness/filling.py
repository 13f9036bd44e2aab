"""Fills gaps with runs: decides which gaps to try now, within limits and never with two runs at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sellerops.base.errors import NothingToCollect
from sellerops.completeness.gaps import LONGEST_RUN, Gap
from sellerops.completeness.marketplace_calendar import DayState, MarketplaceCalendar
from sellerops.ledger import Ledger, SliceState
from sellerops.ledger.database import Connection
from sellerops.settings.specs import PeriodKind
from sellerops.settings.specs.durations import format_duration


@dataclass(frozen=True)
class FillLimits:
    """At most ``per_day`` runs start within 24 hours. A gap is tried at most ``tries`` times; the second try
    waits one day after the first, the third two days after the second, then four days, and so on.

    ``waits`` False: a person requests the run, so none of these limits apply. A gap with a run in progress is
    never tried.
    """

    per_day: int = 20
    tries: int = 3
    waits: bool = True


@dataclass(frozen=True)
class Fill:
    """A run of the report's DAG that fills a gap: exactly its days and marketplaces."""

    id: int
    gap: Gap
    run_id: str

    @property
    def conf(self) -> dict[str, Any]:
        """The run's parameters. Priority ``backfill`` yields to scheduled runs."""
        return {
            "from_day": self.gap.first_day.isoformat(),
            "to_day": self.gap.last_day.isoformat(),
            "accounts": [self.gap.account_id],
            "marketplaces": list(self.gap.codes),
            "priority": "backfill",
        }


_TRIES = """
    SELECT count(*) AS tries, max(claimed_at) AS last,
           coalesce(bool_or(claimed_at > %(now)s - %(longest_run)s AND EXISTS (
               SELECT FROM generate_series(fill.first_day, fill.last_day, interval '1 day') AS days (day),
                           unnest(fill.marketplace_ids) AS wanted (marketplace_id)
               WHERE NOT EXISTS (
                   SELECT FROM sellerops.slice_state AS state
                   WHERE state.report = fill.report AND state.account_id = fill.account_id
                     AND state.marketplace_id = wanted.marketplace_id AND state.day = days.day::date
                     AND state.run_id = fill.run_id AND state.state NOT IN ('PLANNED', 'REQUESTED')
               )
           )), false) AS is_in_progress
    FROM sellerops.gap_fill AS fill
    WHERE report = %(report)s AND account_id = %(account_id)s AND marketplace_ids && %(marketplace_ids)s
      AND first_day <= %(last_day)s AND last_day >= %(first_day)s AND released_at IS NULL
"""


def claim_fills(ledger: Ledger, gaps: Iterable[Gap], limits: FillLimits) -> list[Fill]:
    """Claim in the ledger, for this caller, the gaps to fill now, in the given order.

    Skips gaps that no run can collect (expired days, snapshots), gaps with a run in progress, gaps tried too
    often or too recently, and everything beyond the daily limit.
    """
    now = ledger.clock().now()
    fills: list[Fill] = []
    with ledger.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sellerops.gap_fill', 0))")
        left = limits.per_day - _claimed_today(connection, now) if limits.waits else None
        for gap in gaps:
            if left is not None and len(fills) >= left:
                break
            can_be_filled = not gap.expired and gap.spec.period.kind is not PeriodKind.SNAPSHOT
            if can_be_filled and _may_try(connection, gap, now, limits):
                fills.append(_claim(connection, gap, now))
    return fills


def count_tries(ledger: Ledger, report: str, account_id: str, days: Iterable[tuple[str, date]]) -> int:
    """The largest number of runs started for any of these days, given as (marketplace id, day)."""
    every = list(days)
    with ledger.connection() as connection:
        row = connection.execute(
            """
            SELECT coalesce(max(tries), 0) AS tries FROM (
                SELECT count(*) AS tries
                FROM unnest(%(marketplaces)s::text[], %(days)s::date[]) AS wanted (marketplace_id, day)
                JOIN sellerops.gap_fill AS fill
                  ON wanted.marketplace_id = ANY (fill.marketplace_ids)
                  AND wanted.day BETWEEN fill.first_day AND fill.last_day
                WHERE fill.report = %(report)s AND fill.account_id = %(account_id)s
                  AND fill.released_at IS NULL
                GROUP BY wanted.marketplace_id, wanted.day
            ) AS of_day
            """,
            {
                "marketplaces": [marketplace_id for marketplace_id, _ in every],
                "days": [day for _, day in every],
                "report": report,
                "account_id": account_id,
            },
        ).fetchone()
    return int(row["tries"]) if row else 0


def release_fill(ledger: Ledger, fill: Fill) -> None:
    """Release a claim whose run could not be started."""
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.gap_fill SET released_at = sellerops.now() WHERE id = %s", (fill.id,)
        )


def mark_expired(ledger: Ledger, calendars: Iterable[MarketplaceCalendar]) -> int:
    """Record missing days that no run can collect any more as EXPIRED, with the reason. Returns how many."""
    marked = 0
    for calendar in calendars:
        for day in calendar.days:
            expected = day.expected
            if day.state is not DayState.MISSING or expected is None or not expected.expired:
                continue
            slice_ = expected.slice_
            if slice_.first_day:
                slice_ = replace(slice_, first_day=day.day.isoformat(), last_day=day.day.isoformat())
            ledger.set_slice_state(slice_, SliceState.EXPIRED, error=_expiry_reason(calendar, expected.due))
            marked += 1
    return marked


def _expiry_reason(calendar: MarketplaceCalendar, due: datetime) -> NothingToCollect:
    period = calendar.spec.period
    due_at = f"the run due {due:%Y-%m-%d %H:%M} UTC did not collect it"
    if period.kind is PeriodKind.SNAPSHOT:
        return NothingToCollect(f"A snapshot cannot be collected later; {due_at}.")
    return NothingToCollect(f"Amazon serves {format_duration(period.history)} back; {due_at}.")


def _claimed_today(connection: Connection, now: datetime) -> int:
    row = connection.execute(
        "SELECT count(*) AS n FROM sellerops.gap_fill WHERE claimed_at > %s AND released_at IS NULL",
        (now - timedelta(days=1),),
    ).fetchone()
    return int(row["n"]) if row else 0


def _may_try(connection: Connection, gap: Gap, now: datetime, limits: FillLimits) -> bool:
    row = connection.execute(_TRIES, {**_values(gap), "now": now, "longest_run": LONGEST_RUN}).fetchone()
    assert row is not None
    if not row["tries"]:
        return True
    if row["is_in_progress"]:
        return False
    if not limits.waits:
        return True
    if row["tries"] >= limits.tries:
        return False
    wait: timedelta = timedelta(days=2 ** (row["tries"] - 1))
    return bool(now - row["last"] >= wait)


def _claim(connection: Connection, gap: Gap, now: datetime) -> Fill:
    row = connection.execute(
        """
        INSERT INTO sellerops.gap_fill
            (report, account_id, marketplace_ids, first_day, last_day, dag_id, states, claimed_at)
        VALUES (%(report)s, %(account_id)s, %(marketplace_ids)s, %(first_day)s, %(last_day)s, %(dag_id)s,
                %(states)s, %(now)s)
        RETURNING id
        """,
        {
            **_values(gap),
            "dag_id": gap.spec.dag_id,
            "states": [state.value for state in gap.states],
            "now": now,
        },
    ).fetchone()
    assert row is not None
    run_id = f"gap__{gap.first_day}__{gap.account_id}__{row['id']}"
    connection.execute("UPDATE sellerops.gap_fill SET run_id = %s WHERE id = %s", (run_id, row["id"]))
    return Fill(row["id"], gap, run_id)


def _values(gap: Gap) -> dict[str, Any]:
    return {
        "report": gap.spec.name,
        "account_id": gap.account_id,
        "marketplace_ids": list(gap.marketplace_ids),
        "first_day": gap.first_day,
        "last_day": gap.last_day,
    }
