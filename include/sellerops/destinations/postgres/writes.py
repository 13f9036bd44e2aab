"""The statements that write staged rows into a landing table, in one transaction under its lock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.postgres.duplicates import TABLE as DUPLICATES
from sellerops.destinations.postgres.shape import Shape, column, identifiers
from sellerops.destinations.results import WriteCounts
from sellerops.destinations.shape import SYSTEM, UNIT_MARK
from sellerops.settings.specs import ColumnType

Connection = psycopg.Connection[Any]
# The document's units, and their stored rows on days outside its own.
UNITS, ELSEWHERE = sql.Identifier("load_unit"), sql.Identifier("load_elsewhere")


@dataclass(frozen=True)
class Write:
    """One load's rows on their way from ``staging`` into the table of ``shape``.

    ``values``: ``LoadJob.row_values``. ``target_columns``: all data columns of the table, with their types;
    those that the document lacks become null. ``timezone``: the time zone of the window's days.
    ``has_duplicates``: ``duplicates.TABLE`` exists. ``given``: how many rows should be accepted.
    """

    connection: Connection
    shape: Shape
    staging: sql.Identifier
    staged: frozenset[str]
    target_columns: Mapping[str, str]
    values: Mapping[str, Any]
    timezone: str = "UTC"
    has_duplicates: bool = False
    given: int = 0

    # -- replace and snapshot --

    def replace(self, days: Sequence[date], stale: Sequence[date]) -> WriteCounts:
        """Replace the rows of the window's ``days``; ``stale`` days keep their rows."""
        fresh = [day for day in days if day not in set(stale)]
        within = {**self._range(days), "days": fresh}
        is_whole = len(fresh) == (max(days) - min(days)).days + 1
        day = self.shape.day
        assert day is not None
        deleted = self.connection.execute(
            sql.SQL("DELETE FROM {} t WHERE {} AND {}").format(
                self.shape.identifier, self.in_place(), self.day_is_any(column(day, "t"), is_whole=is_whole)
            ),
            {**self.values, **within},
        ).rowcount
        wanted = self.staged_day_is_any(is_whole=is_whole)
        if self.shape.unit and self.has_stored_rows() and self._find_elsewhere(wanted, within):
            deleted += self._delete_moved()
            wanted = sql.SQL("{} AND NOT EXISTS (SELECT FROM {} e WHERE NOT e.load_is_older AND {})").format(
                wanted,
                ELSEWHERE,
                sql.SQL(" AND ").join(
                    sql.SQL("{} = {}").format(column(name, "e"), column(name, "s"))
                    for name in self.shape.unit
                ),
            )
        inserted = self.insert(sql.SQL("AND {}").format(wanted), within)
        return WriteCounts(inserted=inserted, superseded=self._not_inserted(inserted), replaced=deleted)

    def staged_day_is_any(self, *, is_whole: bool = False) -> sql.Composable:
        """Whether a staged row's day is in the parameter ``days``; see ``day_is_any``."""
        if self.shape.table.day_from_window:
            return sql.SQL("%({})s::date = ANY(%(days)s::date[])").format(
                sql.SQL(self.shape.table.day_from_window)
            )
        return self.day_is_any(column(self.shape.day or "", "s"), is_whole=is_whole)

    def _find_elsewhere(self, fresh: sql.Composable, days: Mapping[str, Any]) -> int:
        """Find stored rows of the document's units on other days; they go to ``ELSEWHERE``. Returns how many.

        ``load_is_older``: the document replaces them. Of two documents of the same instant, the one with the
        unit's later day wins.

        Uses an analyzed table of units. Without it, Postgres would expect only one staged row on the days,
        and read all rows of the account for each.
        """
        day, unit = self.shape.day or "", self.shape.unit
        self.connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {units} ON COMMIT DROP AS SELECT {unit}, max({day}) AS load_last_day "
                "FROM {rows} AND {fresh} GROUP BY {unit}"
            ).format(
                units=UNITS,
                unit=identifiers(unit, "s"),
                day=column(day, "s"),
                rows=self.accepted_rows,
                fresh=fresh,
            ),
            {**self.values, **days},
        )
        self.connection.execute(sql.SQL("ANALYZE {}").format(UNITS))
        found = self.connection.execute(
            sql.SQL(
                "CREATE TEMP TABLE {elsewhere} ON COMMIT DROP AS SELECT {unit}, t.ctid AS load_place, "
                "(t.reported_at < %(reported_at)s OR t.reported_at = %(reported_at)s "
                "AND {t_day} < u.load_last_day) AS load_is_older "
                "FROM {units} u JOIN {target} t ON {same} WHERE NOT ({stays})"
            ).format(
                elsewhere=ELSEWHERE,
                unit=identifiers(unit, "u"),
                t_day=column(day, "t"),
                units=UNITS,
                target=self.shape.identifier,
                same=self._same_unit("u"),
                stays=self.day_is_any(column(day, "t")),
            ),
            {**self.values, **days},
        ).rowcount
        if found:
            self.connection.execute(sql.SQL("ANALYZE {}").format(ELSEWHERE))
        return found

    def _delete_moved(self) -> int:
        """Delete the older rows of ``ELSEWHERE``."""
        return self.connection.execute(
            sql.SQL("DELETE FROM {} t USING {} e WHERE t.ctid = e.load_place AND e.load_is_older").format(
                self.shape.identifier, ELSEWHERE
            )
        ).rowcount

    def _same_unit(self, staged: str) -> sql.Composable:
        """Whether a stored row ``t`` has the unit of a staged one; a unit without a name matches nothing."""
        parts: list[sql.Composable] = [sql.SQL("t.account_id = %(account_id)s")]
        for name in self.shape.unit:
            parts.append(sql.SQL("t.{0} = {1}.{0}").format(column(name), sql.Identifier(staged)))
            nameless = self.shape.table.columns[name].absent if name in self.shape.table.columns else None
            if nameless is not None:
                parts.append(sql.SQL("t.{} <> {}").format(column(name), sql.Literal(nameless)))
        return sql.SQL(" AND ").join(parts)

    def _not_inserted(self, inserted: int) -> int:
        """How many accepted rows were not inserted.

        The staging table is counted rather than trusting ``given``, so that rows missing from it are not
        reported as superseded.
        """
        if inserted == self.given:
            return 0
        row = self.connection.execute(
            sql.SQL("SELECT count(*) FROM {}").format(self.accepted_rows)
        ).fetchone()
        assert row is not None
        return int(row[0]) - inserted

    def snapshot(self, *, is_stale: bool) -> WriteCounts:
        """Replace the snapshot's earlier rows, unless those come from a newer document."""
        if is_stale:
            return WriteCounts(superseded=self._not_inserted(0))
        deleted = self.connection.execute(
            sql.SQL("DELETE FROM {} t WHERE {} AND t.snapshot_at = %(snapshot_at)s").format(
                self.shape.identifier, self.in_place()
            ),
            dict(self.values),
        ).rowcount
        return WriteCounts(inserted=self.insert(sql.SQL(""), {}), replaced=deleted)

    def in_place(self) -> sql.Composable:
        """Whether ``t`` is of this account and marketplace, or region if documents cover all marketplaces."""
        if self.shape.spec.scope == "marketplace":
            return sql.SQL("t.account_id = %(account_id)s AND t.marketplace_id = %(marketplace_id)s")
        return sql.SQL("t.account_id = %(account_id)s AND t.region = %(region)s")

    def day_is_any(self, day: sql.Composable, *, is_whole: bool = False) -> sql.Composable:
        """Whether the row's day is in the parameter ``days``, between ``first_day`` and ``last_day``.

        ``is_whole``: ``days`` are all days between the two. Postgres can estimate how many rows are between
        two moments, but not how many of them are on one of a list of days.
        """
        name = self.shape.day
        assert name is not None
        if self._kind(name) is not ColumnType.TIMESTAMP:
            return sql.SQL("{} = ANY(%(days)s::date[])").format(day)
        zone = sql.Literal(self.timezone)
        between = sql.SQL(
            "{day} >= %(first_day)s::date::timestamp AT TIME ZONE {zone} "
            "AND {day} < (%(last_day)s::date + 1)::timestamp AT TIME ZONE {zone}"
        ).format(day=day, zone=zone)
        if is_whole:
            return between
        return sql.SQL("{between} AND ({day} AT TIME ZONE {zone})::date = ANY(%(days)s::date[])").format(
            between=between, day=day, zone=zone
        )

    @staticmethod
    def _range(days: Sequence[date]) -> dict[str, date]:
        return {"first_day": min(days), "last_day": max(days)}

    # -- the rows themselves --

    def has_stored_rows(self) -> bool:
        """Whether the table has any row of the account; rows of other accounts cannot share a key with it."""
        return self._is_there(
            sql.SQL("SELECT FROM {} WHERE account_id = %(account_id)s").format(self.shape.identifier)
        )

    def has_rows_without_marketplace(self) -> bool:
        """Whether the marketplace of a staged row is unknown."""
        if not self.shape.names_marketplace:
            return self.values["marketplace_id"] is None
        return self._is_there(sql.SQL("SELECT FROM {} WHERE marketplace_id IS NULL").format(self.staging))

    def _is_there(self, query: sql.Composable) -> bool:
        row = self.connection.execute(
            sql.SQL("SELECT EXISTS ({})").format(query), dict(self.values)
        ).fetchone()
        return bool(row and row[0])

    @property
    def columns(self) -> list[str]:
        """All columns of the table, in the order in which rows are written."""
        return [*self.shape.system, *self.target_columns]

    def insert(self, where: sql.Composable, parameters: Mapping[str, Any]) -> int:
        """Insert the accepted rows for which ``where`` (``AND ...``) holds; returns how many.

        They are inserted in the key's order, because writing neighbours in the index one after the other
        takes the server two thirds of the time that scattered keys take.
        """
        statement = sql.SQL("INSERT INTO {} ({}) {} {} ORDER BY {}").format(
            self.shape.identifier, identifiers(self.columns), self.select(), where, self.key_order()
        )
        return self.connection.execute(statement, {**self.values, **parameters}).rowcount

    def select(self, *more: sql.Composable) -> sql.Composed:
        """The accepted rows with all columns of the table, then ``more``."""
        return sql.SQL("SELECT {} FROM {}").format(
            sql.SQL(", ").join([*(self.value(name) for name in self.columns), *more]), self.accepted_rows
        )

    def key_order(self) -> sql.Composable:
        """Sort staged rows as the key's index does. Columns that all rows share are left out."""
        own = {"line_hash", *(["marketplace_id"] if self.shape.names_marketplace else [])}
        shared = {*SYSTEM, self.shape.table.day_from_window} - own
        names = [name for name in self.shape.key if name not in shared] or ["source_line"]
        return sql.SQL(", ").join(self.value(name) for name in names)

    @property
    def accepted_rows(self) -> sql.Composed:
        """``<staging> s ... WHERE ...``, to be continued with AND."""
        if not self.has_duplicates:
            return sql.SQL("{} s WHERE true").format(self.staging)
        return sql.SQL(
            "{} s LEFT JOIN {} d ON d.source_line = s.source_line WHERE d.loses IS NOT TRUE"
        ).format(self.staging, DUPLICATES)

    def value(self, name: str) -> sql.Composable:
        """A staged row's value of a column of the table."""
        if name == "ordinal" and name in self.shape.system:
            return sql.SQL("coalesce(d.ordinal, 1)" if self.has_duplicates else "1")
        if name == UNIT_MARK and name in self.shape.system:
            return sql.SQL("NULL::text")
        if name in ("source_line", "line_hash") or (
            name == "marketplace_id" and self.shape.names_marketplace
        ):
            return column(name, "s")
        if name in self.shape.system:
            return sql.SQL("{}::{}").format(sql.Placeholder(name), sql.SQL(self.shape.system[name]))
        if name in self.staged:
            return column(name, "s")
        return sql.SQL("NULL::{}").format(sql.SQL(self.target_columns[name]))

    def _kind(self, name: str) -> ColumnType:
        declared = self.shape.table.columns.get(name)
        return declared.type if declared else ColumnType.DATE
