"""Before a load replaces anything: are its days like those before? Else it is held for a person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql

from sellerops.destinations.base import LoadJob
from sellerops.destinations.judgement import Figure, Total, describe, is_implausible, weekdays_before
from sellerops.destinations.postgres.ddl import Connection
from sellerops.destinations.postgres.duplicates import TABLE as DUPLICATES
from sellerops.destinations.postgres.shape import column
from sellerops.destinations.postgres.writes import Write, newer_days
from sellerops.errors import Quarantined
from sellerops.ledger import quarantines
from sellerops.ledger.quarantines import QuarantineState
from sellerops.specs import ColumnType
from sellerops.specs.model import QuarantineRules

_Totals = dict[tuple[str, date], Total]


def refuse_implausible(write: Write, job: LoadJob) -> None:
    """Raise Quarantined, before anything is written, when a person must look first.

    Within the load's transaction, under the table's lock. A document that was loaded before, or released, is
    not judged again. An accepted one closes the open questions about older documents of its days.
    """
    rules = job.table_spec.quarantine
    if rules is None:
        return
    state = _decision(write.connection, job)
    if state is QuarantineState.REJECTED or (
        state is not QuarantineState.RELEASED and not _was_loaded(write.connection, job)
    ):
        figures = _figures(write, job, rules)
        odd = [figure for figure in figures if is_implausible(rules, figure)]
        if odd or state is QuarantineState.REJECTED:
            raise _held(job, rules, odd or figures, state)
    note = f"A document of {job.request.reported_at:%Y-%m-%d %H:%M} UTC was loaded."
    quarantines.supersede(write.connection, _key(job), note, itself=True)


def record_held(connection: Connection, job: LoadJob, destination: str, held: Quarantined) -> Quarantined:
    """Write the question down, after the load's transaction is rolled back; the error then names it."""
    key = _key(job)
    values = {
        **key,
        "source": job.spec.source,
        "report": job.spec.name,
        "destination": destination,
        "slice": job.slice.to_dict(),
        "figures": held.details.get("figures", []),
        "reason": held.cause,
    }
    with connection.transaction():
        # A newer document of the same days makes the older question idle: people answer one.
        note = f"A document of {job.request.reported_at:%Y-%m-%d %H:%M} UTC is in question now."
        quarantines.supersede(connection, key, note, itself=False)
        held.details["quarantine_ids"] = [quarantines.record(connection, values)]
    return held


def _held(
    job: LoadJob, rules: QuarantineRules, figures: Sequence[Figure], state: QuarantineState | None
) -> Quarantined:
    rejected = state is QuarantineState.REJECTED
    return Quarantined(
        f"{describe(rules.measure, figures)}." + (" It was rejected." if rejected else ""),
        where=f"table {job.full_name}, {job.slice.label}",
        remedy="Nothing was stored, the rows there are stay. "
        + ("`sellerops quarantine release` takes it after all." if rejected else Quarantined.default_remedy),
        table=job.full_name,
        is_rejected=rejected,
        rows_stand=any(figure.stored.rows for figure in figures),
        figures=[figure.to_dict() for figure in figures],
    )


def _decision(connection: Connection, job: LoadJob) -> QuarantineState | None:
    row = connection.execute(
        """
        SELECT state FROM sellerops.quarantine
        WHERE table_name = %(table_name)s AND account_id = %(account_id)s AND place = %(place)s
          AND first_day = %(first_day)s AND last_day = %(last_day)s
          AND request_id IS NOT DISTINCT FROM %(request_id)s AND reported_at = %(reported_at)s
        """,
        _key(job),
    ).fetchone()
    return QuarantineState(row[0]) if row else None


def _was_loaded(connection: Connection, job: LoadJob) -> bool:
    """Whether this very document once went into the table for these days."""
    row = connection.execute(
        """
        SELECT EXISTS (
            SELECT FROM sellerops.load WHERE request_id = %(request_id)s AND table_name = %(table_name)s
            AND account_id = %(account_id)s AND first_day = %(first_day)s AND last_day = %(last_day)s
        )
        """,
        _key(job),
    ).fetchone()
    return bool(row and row[0])


def _key(job: LoadJob) -> dict[str, Any]:
    days = job.slice.days
    return {
        "table_name": job.full_name,
        "account_id": job.slice.account_id,
        "place": job.place,
        "first_day": days[0],
        "last_day": days[-1],
        "request_id": job.request.request_id,
        "reported_at": job.request.reported_at,
    }


def _figures(write: Write, job: LoadJob, rules: QuarantineRules) -> list[Figure]:
    """Each day of the window whose rows this document would replace, shop by shop where it tells them."""
    window = job.slice.days[:1] if job.table_spec.day_from_window else job.slice.days
    at = (write.connection, job.full_name, job.slice.account_id, job.place)
    newer = set(newer_days(*at, window, job.request.reported_at))
    days = [day for day in window if day not in newer]
    if not days:
        return []
    new = _new(write, rules.measure, days)
    before = sorted({each for day in days for each in weekdays_before(day, rules.weeks)})
    stored = _stored(write, job, rules.measure, [*before, *days])
    shops = sorted({shop for shop, _ in [*new, *stored]})
    return [_figure(shop, day, rules.weeks, new, stored) for shop in shops for day in days]


def _figure(shop: str, day: date, weeks: int, new: _Totals, stored: _Totals) -> Figure:
    weekdays = [stored[shop, each].amount for each in weekdays_before(day, weeks) if (shop, each) in stored]
    return Figure(shop, day, new.get((shop, day), Total()), stored.get((shop, day), Total()), tuple(weekdays))


def _new(write: Write, measure: str, days: Sequence[date]) -> _Totals:
    """The document's own sums; a measure it lacks sums to nothing."""
    amount = column(measure, "s") if measure in write.staged else sql.SQL("0")
    name = write.shape.day
    assert name is not None
    day = sql.SQL("%(day)s::date") if write.shape.table.day_from_window else _day(write, "s")
    rows = sql.SQL("{} s").format(write.staging)
    if write.has_duplicates:
        rows = sql.SQL("{} LEFT JOIN {} d USING (source_line)").format(rows, DUPLICATES)
    statement = sql.SQL("SELECT {}, {}, count(*), sum({}) FROM {} WHERE {} GROUP BY 1, 2").format(
        _shop(write, "s"),
        day,
        amount,
        rows,
        sql.SQL("d.loses IS NOT TRUE" if write.has_duplicates else "true"),
    )
    found = _totals(write.connection, statement, {"day": days[0]})
    return {key: total for key, total in found.items() if key[1] in set(days)}


def _stored(write: Write, job: LoadJob, measure: str, days: Sequence[date]) -> _Totals:
    name = write.shape.day
    assert name is not None
    day = _day(write, "t")
    by_shop = job.spec.scope == "marketplace"
    place = sql.SQL("t.marketplace_id = %(marketplace_id)s" if by_shop else "t.region = %(region)s")
    within = "{c} BETWEEN %(first)s AND %(last)s"
    if _is_instant(write):
        within = (
            "{c} >= %(first)s::date::timestamp AT TIME ZONE {z} "
            "AND {c} < (%(last)s::date + 1)::timestamp AT TIME ZONE {z}"
        )
    bounds = sql.SQL(within).format(c=column(name, "t"), z=sql.Literal(write.timezone))
    statement = sql.SQL(
        "SELECT {}, {}, count(*), sum({}) FROM {} t "
        "WHERE t.account_id = %(account_id)s AND {} AND {} AND {} = ANY(%(days)s::date[]) GROUP BY 1, 2"
    ).format(
        _shop(write, "t"), day, column(measure, "t"), write.shape.identifier, place, bounds, day
    )  # fmt: skip
    values = {"first": min(days), "last": max(days), "days": list(days)}
    return _totals(write.connection, statement, {**write.values, **values})


def _shop(write: Write, alias: str) -> sql.Composable:
    """The row's own shop where rows tell it, else one name for all."""
    if not write.shape.tells_shop:
        return sql.SQL("''::text")
    return sql.SQL("coalesce({}, '')").format(column("marketplace_id", alias))


def _day(write: Write, alias: str) -> sql.Composable:
    name = write.shape.day
    assert name is not None
    day = column(name, alias)
    if not _is_instant(write):
        return day
    return sql.SQL("({} AT TIME ZONE {})::date").format(day, sql.Literal(write.timezone))


def _is_instant(write: Write) -> bool:
    declared = write.shape.table.columns.get(write.shape.day or "")
    return declared is not None and declared.type is ColumnType.TIMESTAMP


def _totals(connection: Connection, statement: sql.Composed, values: Mapping[str, Any]) -> _Totals:
    rows = connection.execute(statement, dict(values)).fetchall()
    return {(shop, day): Total(int(count), Decimal(amount or 0)) for shop, day, count, amount in rows}
