"""Filling gaps: which are tried now, at most so many a day and never twice at once, and what is given up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    """At most ``per_day`` runs within 24 hours; a gap is tried ``tries`` times, one, two, four days apart."""

    per_day: int = 20
    tries: int = 3


@dataclass(frozen=True)
class Fill:
    """One run that is to fill a gap: of the report's DAG, for exactly these days and shops."""

    id: int
    gap: Gap
    run_id: str

    @property
    def conf(self) -> dict[str, Any]:
        """The run's parameters. Backfill priority: schedules go before it."""
        return {
            "from_day": self.gap.first_day.isoformat(),
            "to_day": self.gap.last_day.isoformat(),
            "accounts": [self.gap.account_id],
            "marketplaces": list(self.gap.codes),
            "priority": "backfill",
        }


_TRIES = """
    SELECT count(*) AS tries, max(claimed_at) AS last,
           coalesce(bool_or(claimed_at > %(now)s - %(under_way)s AND EXISTS (
               SELECT FROM generate_series(fill.first_day, fill.last_day, interval '1 day') AS day,
                           unnest(fill.marketplace_ids) AS shop
               WHERE NOT EXISTS (
                   SELECT FROM sellerops.slice_state AS state
                   WHERE state.report = fill.report AND state.account_id = fill.account_id
                     AND state.marketplace_id = shop AND state.day = day::date
                     AND state.run_id = fill.run_id AND state.state NOT IN ('PLANNED', 'REQUESTED')
               )
           )), false) AS is_under_way
    FROM sellerops.gap_fill AS fill
    WHERE report = %(report)s AND account_id = %(account_id)s AND marketplace_ids && %(marketplace_ids)s
      AND first_day <= %(last_day)s AND last_day >= %(first_day)s AND released_at IS NULL
"""


def claim_fills(ledger: Ledger, gaps: Iterable[Gap], limits: FillLimits) -> list[Fill]:
    """The gaps to fill now, each noted in the ledger for the caller alone, in the order given.

    Left out: what no run can bring (expired, snapshots), what a run is under way for, what was tried too
    often or too lately, and all beyond the day's number.
    """
    now = ledger.clock().now()
    fills: list[Fill] = []
    with ledger.connection() as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sellerops.gap_fill', 0))")
        left = limits.per_day - _claimed_today(connection, now)
        for gap in gaps:
            if len(fills) >= left:
                break
            can_come = not gap.expired and gap.spec.period.kind is not PeriodKind.SNAPSHOT
            if can_come and _may_try(connection, gap, now, limits):
                fills.append(_claim(connection, gap, now))
    return fills


def count_tries(ledger: Ledger, report: str, account_id: str, days: Iterable[tuple[str, date]]) -> int:
    """How often runs were started for the most tried of these days; days are (marketplace id, day)."""
    every = list(days)
    with ledger.connection() as connection:
        row = connection.execute(
            """
            SELECT coalesce(max(tries), 0) AS tries FROM (
                SELECT count(*) AS tries
                FROM unnest(%(shops)s::text[], %(days)s::date[]) AS wanted (shop, day)
                JOIN sellerops.gap_fill AS fill
                  ON wanted.shop = ANY (fill.marketplace_ids)
                  AND wanted.day BETWEEN fill.first_day AND fill.last_day
                WHERE fill.report = %(report)s AND fill.account_id = %(account_id)s
                  AND fill.released_at IS NULL
                GROUP BY wanted.shop, wanted.day
            ) AS of_day
            """,
            {
                "shops": [shop for shop, _ in every],
                "days": [day for _, day in every],
                "report": report,
                "account_id": account_id,
            },
        ).fetchone()
    return int(row["tries"]) if row else 0


def release_fill(ledger: Ledger, fill: Fill) -> None:
    """Give a claim back: the run could not be started."""
    with ledger.connection() as connection:
        connection.execute(
            "UPDATE sellerops.gap_fill SET released_at = sellerops.now() WHERE id = %s", (fill.id,)
        )


def mark_expired(ledger: Ledger, shops: Iterable[MarketplaceCalendar]) -> int:
    """Write down, with the reason, the days nothing is known of and nothing can be had of; how many."""
    marked = 0
    for shop in shops:
        for day in shop.days:
            expected = day.expected
            if day.state is not DayState.MISSING or expected is None or not expected.expired:
                continue
            slice_ = expected.slice_
            if slice_.first_day:
                slice_ = replace(slice_, first_day=day.day.isoformat(), last_day=day.day.isoformat())
            ledger.set_slice_state(slice_, SliceState.EXPIRED, error=_why(shop, expected.due))
            marked += 1
    return marked


def _why(shop: MarketplaceCalendar, due: datetime) -> NothingToCollect:
    period = shop.spec.period
    due_at = f"the run due {due:%Y-%m-%d %H:%M} UTC did not bring it"
    if period.kind is PeriodKind.SNAPSHOT:
        return NothingToCollect(f"A snapshot shows its own moment only; {due_at}.")
    return NothingToCollect(f"Amazon serves {format_duration(period.history)} back; {due_at}.")


def _claimed_today(connection: Connection, now: datetime) -> int:
    row = connection.execute(
        "SELECT count(*) AS n FROM sellerops.gap_fill WHERE claimed_at > %s AND released_at IS NULL",
        (now - timedelta(days=1),),
    ).fetchone()
    return int(row["n"]) if row else 0


def _may_try(connection: Connection, gap: Gap, now: datetime, limits: FillLimits) -> bool:
    row = connection.execute(_TRIES, {**_values(gap), "now": now, "under_way": LONGEST_RUN}).fetchone()
    assert row is not None
    if not row["tries"]:
        return True
    if row["is_under_way"] or row["tries"] >= limits.tries:
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
    shops: Sequence[str] = gap.marketplace_ids
    return {
        "report": gap.spec.name,
        "account_id": gap.account_id,
        "marketplace_ids": list(shops),
        "first_day": gap.first_day,
        "last_day": gap.last_day,
    }
