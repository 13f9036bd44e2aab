"""The sums by which a load is judged in Postgres before it replaces anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql

from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.plausibility import Total
from sellerops.destinations.postgres.ddl import Connection
from sellerops.destinations.postgres.duplicates import TABLE as DUPLICATES
from sellerops.destinations.postgres.shape import column
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.quarantining import Totals
from sellerops.settings.specs import ColumnType


@dataclass(frozen=True)
class PostgresSums:
    """``Sums`` of the rows that ``write`` is about to write, and of those it would replace."""

    write: Write
    job: LoadJob

    def new(self, measure: str | None, days: Sequence[date]) -> Totals:
        return _new(self.write, measure, days)

    def stored(self, measure: str | None, days: Sequence[date]) -> Totals:
        return _stored(self.write, self.job, measure, days)


def _new(write: Write, measure: str | None, days: Sequence[date]) -> Totals:
    amount = _amount(measure, "s") if measure is None or measure in write.staged else sql.SQL("0")
    name = write.shape.day
    assert name is not None
    day = sql.SQL("%(day)s::date") if write.shape.table.day_from_window else _day(write, "s")
    rows = sql.SQL("{} s").format(write.staging)
    if write.has_duplicates:
        rows = sql.SQL("{} LEFT JOIN {} d USING (source_line)").format(rows, DUPLICATES)
    statement = sql.SQL("SELECT {}, {}, count(*), sum({}) FROM {} WHERE {} GROUP BY 1, 2").format(
        _marketplace(write, "s"),
        day,
        amount,
        rows,
        sql.SQL("d.loses IS NOT TRUE" if write.has_duplicates else "true"),
    )
    return _totals(write.connection, statement, {"day": days[0]})


def _stored(write: Write, job: LoadJob, measure: str | None, days: Sequence[date]) -> Totals:
    name = write.shape.day
    assert name is not None
    day = _day(write, "t")
    by_marketplace = job.spec.scope == "marketplace"
    place = sql.SQL("t.marketplace_id = %(marketplace_id)s" if by_marketplace else "t.region = %(region)s")
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
        _marketplace(write, "t"), day, _amount(measure, "t"), write.shape.identifier, place, bounds, day
    )  # fmt: skip
    values = {"first": min(days), "last": max(days), "days": list(days)}
    return _totals(write.connection, statement, {**write.values, **values})


def _amount(measure: str | None, alias: str) -> sql.Composable:
    """The summand: the measure, else 1 per row."""
    return sql.SQL("1") if measure is None else column(measure, alias)


def _marketplace(write: Write, alias: str) -> sql.Composable:
    """The marketplace that the row names; empty for all rows if rows name none."""
    if not write.shape.names_marketplace:
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


def _totals(connection: Connection, statement: sql.Composed, values: Mapping[str, Any]) -> Totals:
    rows = connection.execute(statement, dict(values)).fetchall()
    return {
        (marketplace, day): Total(int(count), Decimal(amount or 0))
        for marketplace, day, count, amount in rows
    }
