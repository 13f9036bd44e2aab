"""Writes the personal rows of a load after its landing rows. See ``personal`` for their table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from psycopg import sql

from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.postgres.personal import SINCE, day_column, since_of
from sellerops.destinations.postgres.shape import Shape, column, identifiers
from sellerops.destinations.postgres.writes import Write
from sellerops.settings.specs import WriteDisposition

_GIVEN = sql.Identifier("personal_given")


def write_personal(write: Write, job: LoadJob, load_id: int, shape: Shape) -> int:
    """Update the personal rows after ``write``; returns how many were written."""
    writer = _Personal(write, job, load_id, shape)
    for is_null in writer.marketplace_nulls:
        writer.sweep(is_null)
    if not writer.gather():
        return 0
    return sum(writer.insert(is_null) for is_null in writer.marketplace_nulls)


class _Personal:
    """The statements of one load. ``t`` is a personal row, ``m`` a landing row, ``s`` a staged row."""

    def __init__(self, write: Write, job: LoadJob, load_id: int, shape: Shape) -> None:
        self._write, self._job, self._shape = write, job, shape
        main = job.table_spec
        self._names = [name for name in main.personal_columns if name in write.staged]
        self._parameters: dict[str, Any] = {
            **write.values,
            "personal_load_id": load_id,
            "retention": main.personal_retention,
        }
        zone = sql.Literal(write.timezone)
        days = job.slice.days
        if days and main.write_disposition is WriteDisposition.REPLACE:
            # Wide enough for every time zone: the landing table shows which rows are really gone.
            self._parameters["since_first"] = _midnight(min(days)) - timedelta(days=2)
            self._parameters["since_last"] = _midnight(max(days)) + timedelta(days=3)
        self._since = since_of(main, zone, self._staged_day(), sql.SQL("%(reported_at)s::timestamptz"))

    @property
    def marketplace_nulls(self) -> Sequence[bool]:
        """The cases to handle: whether the marketplace is null. Each has its own condition, so that the key's
        index can serve it.
        """
        return (False, True) if "marketplace_id" in self._shape.key else (False,)

    def sweep(self, marketplace_is_null: bool) -> None:
        """Delete personal rows whose landing row is gone or was rewritten by another load."""
        self._write.connection.execute(
            sql.SQL(
                "DELETE FROM {personal} t WHERE {in_place} AND {touched} AND {marketplace} AND NOT EXISTS "
                "(SELECT FROM {main} m WHERE {same} AND m.load_id = t.load_id)"
            ).format(
                personal=self._shape.identifier,
                in_place=self._write.in_place(),
                touched=self._touched(),
                marketplace=self._marketplace(column("marketplace_id", "t"), marketplace_is_null),
                main=self._write.shape.identifier,
                same=self._same({name: column(name, "t") for name in self._shape.key}, marketplace_is_null),
            ),
            self._parameters,
        )

    def gather(self) -> bool:
        """Copy the rows within retention that have personal values, with their keys; returns whether any do.

        They go into an analyzed table of their own, because the staging table lacks the statistics for this
        join, which might compare every row with every other.
        """
        if not self._names:
            return False
        values = {name: self._write.value(name) for name in self._shape.key}
        connection = self._write.connection
        gathered = connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {given} ON COMMIT DROP AS SELECT {names}, {since} AS {since_name}, {keys} "
                "FROM {rows} AND num_nonnulls({names}) > 0 AND {since} >= sellerops.now() - %(retention)s"
            ).format(
                given=_GIVEN,
                names=identifiers(self._names, "s"),
                since=self._since,
                since_name=column(SINCE),
                keys=sql.SQL(", ").join(
                    sql.SQL("{} AS {}").format(value, column(f"key_of_{name}"))
                    for name, value in values.items()
                ),
                rows=self._write.accepted_rows,
            ),
            self._parameters,
        ).rowcount
        if gathered:
            connection.execute(sql.SQL("ANALYZE {}").format(_GIVEN))
        return gathered > 0

    def insert(self, marketplace_is_null: bool) -> int:
        """Write the gathered values of the rows that this load has written."""
        system = [name for name in self._shape.system if name in self._write.shape.system]
        key = [name for name in self._shape.key if name not in system]
        columns = identifiers([*system, *key, *self._names, SINCE])
        cells = [
            *(column(name, "m") for name in (*system, *key)),
            *(column(name, "s") for name in (*self._names, SINCE)),
        ]
        return self._write.connection.execute(
            sql.SQL(
                "WITH row_of AS MATERIALIZED ("
                "SELECT {cells}, m.load_id AS load_of_row "
                "FROM {given} s JOIN {main} m ON {same} WHERE {marketplace}) "
                "INSERT INTO {personal} ({columns}) SELECT {columns} FROM row_of "
                "WHERE load_of_row = %(personal_load_id)s"
            ).format(
                cells=sql.SQL(", ").join(cells),
                given=_GIVEN,
                main=self._write.shape.identifier,
                same=self._same(
                    {name: column(f"key_of_{name}", "s") for name in self._shape.key}, marketplace_is_null
                ),
                marketplace=self._marketplace(column("key_of_marketplace_id", "s"), marketplace_is_null),
                personal=self._shape.identifier,
                columns=columns,
            ),
            self._parameters,
        ).rowcount

    def _touched(self) -> sql.Composable:
        """Which personal rows this load may have made obsolete. Only these are checked."""
        disposition = self._job.table_spec.write_disposition
        if disposition is WriteDisposition.SNAPSHOT:
            return sql.SQL("t.snapshot_at = %(snapshot_at)s")
        if disposition is WriteDisposition.REPLACE:
            return sql.SQL("t.{} BETWEEN %(since_first)s AND %(since_last)s").format(column(SINCE))
        same = [
            sql.SQL("s.{0} = t.{0}").format(column(name))
            for name in self._write.shape.staged_key
            if name != "marketplace_id"
        ]
        return sql.SQL("EXISTS (SELECT FROM {} s WHERE {})").format(
            self._write.staging, sql.SQL(" AND ").join(same)
        )

    def _same(self, values: dict[str, sql.Identifier], marketplace_is_null: bool) -> sql.Composable:
        parts = [
            sql.SQL("m.marketplace_id IS NULL")
            if name == "marketplace_id" and marketplace_is_null
            else sql.SQL("m.{} = {}").format(column(name), value)
            for name, value in values.items()
        ]
        return sql.SQL(" AND ").join(parts)

    def _marketplace(self, marketplace: sql.Identifier, marketplace_is_null: bool) -> sql.Composable:
        if "marketplace_id" not in self._shape.key:
            return sql.SQL("true")
        return sql.SQL("{} IS NULL" if marketplace_is_null else "{} IS NOT NULL").format(marketplace)

    def _staged_day(self) -> sql.Composable | None:
        name = day_column(self._job.table_spec)
        if name is None:
            return None
        if name == self._job.table_spec.day_from_window:
            return sql.SQL("%({})s::date").format(sql.SQL(name))
        return column(name, "s") if name in self._write.staged else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
