"""Records what a load changes in stored rows: every cell, old and new, in the load's own transaction.

It takes one statement over all rows; none if nothing was loaded before. Personal columns are left out because
they expire and must not survive in a history. Stored rows that a document does not overwrite, because they
are newer, do not count as changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from psycopg import sql

from sellerops.destinations.jobs import LoadJob
from sellerops.destinations.ledger_rows import Watermarks
from sellerops.destinations.postgres.merges import Merge
from sellerops.destinations.postgres.shape import column, identifiers
from sellerops.destinations.postgres.unit_merges import UnitMerge
from sellerops.destinations.postgres.units import AFTER, STORED, Units
from sellerops.destinations.postgres.writes import Write
from sellerops.destinations.restatement_history import keeps_restatements, unrecorded_condition
from sellerops.settings.specs import ColumnType

_IN_OWN_COLUMNS = ("account_id", "marketplace_id")
_MOMENT = sql.SQL("moment AS MATERIALIZED (SELECT sellerops.now() AS now)")


def write_restatements(
    write: Write,
    job: LoadJob,
    marks: Watermarks,
    load_id: int,
    new_columns: Iterable[str],
    changes: Merge | UnitMerge | None = None,
) -> int:
    """Record what ``write`` is about to change; returns how many cells and whole rows were recorded.

    Called before anything is written, under the table's lock. ``new_columns``: added by this load, so no row
    had them before. ``changes``: what a merge has found.
    """
    if not keeps_restatements(job.table_spec):
        return 0
    writer = _Restatements(write, job, marks, load_id, frozenset(new_columns))
    if isinstance(changes, UnitMerge):
        lines = writer.of_merge(changes.lines)
        return lines + writer.of_units(changes.units) if changes.units else lines
    if changes is not None:
        return writer.of_merge(changes)
    return writer.of_days()


def delete_overtaken(
    write: Write,
    job: LoadJob,
    marks: Watermarks,
    load_id: int,
    new_columns: Iterable[str],
    deletion: sql.Composed,
) -> int:
    """Run ``deletion`` and record the cells that it changes, in one pass; returns how many rows it deleted.

    ``deletion``: a DELETE of stored rows ``t`` that the rows ``excluded`` replace, without RETURNING.
    """
    if not keeps_restatements(job.table_spec):
        return write.connection.execute(deletion, dict(write.values)).rowcount
    return _Restatements(write, job, marks, load_id, frozenset(new_columns)).of_deleted(deletion)


class _Restatements:
    def __init__(
        self, write: Write, job: LoadJob, marks: Watermarks, load_id: int, new_columns: frozenset[str]
    ) -> None:
        self._write = write
        self._job = job
        self._marks = marks
        table = job.table_spec
        personal = {name for name, each in table.columns.items() if each.personal}
        self._key = [name for name in write.shape.key if name not in _IN_OWN_COLUMNS]
        self._cells = [
            name
            for name in write.target_columns
            if name not in personal | new_columns and name not in write.shape.key
        ]
        self._parameters: dict[str, Any] = {
            **write.values,
            "destination": marks.destination,
            "restated_table": job.full_name,
            "new_load_id": load_id,
            "first_day": min(job.slice.days, default=None),
            "last_day": max(job.slice.days, default=None),
        }

    def of_days(self) -> int:
        """Record rows about to be replaced, on those days of the window that were loaded before."""
        days = self._days_before()
        if not days:
            return 0
        write, day = self._write, self._write.shape.day
        assert day is not None
        columns = self._columns
        rows = sql.SQL(
            """
            n AS (SELECT {new} FROM {accepted} AND {row_day}),
            o AS (SELECT {old} FROM {target} t WHERE {in_place} AND {stored_day})
            """
        ).format(
            new=sql.SQL(", ").join(
                sql.SQL("{} AS {}").format(write.value(name), column(name)) for name in columns
            ),
            accepted=write.accepted_rows,
            row_day=write.staged_day_is_any(),
            old=identifiers(columns, "t"),
            target=write.shape.identifier,
            in_place=write.in_place(),
            stored_day=write.day_is_any(column(day, "t")),
        )
        joined = sql.SQL("n FULL JOIN o ON {}").format(self._same_key("n", "o"))
        return self._insert(rows, joined, {"days": days})

    def of_merge(self, merge: Merge) -> int:
        """Record stored rows about to be replaced by later rows with the same key."""
        return self._insert(None, merge.changed_rows("o", "n"), {}) if merge.later else 0

    def of_deleted(self, deletion: sql.Composed) -> int:
        """Record rows that ``deletion`` deletes and others replace; returns how many it deleted.

        RETURNING gives the recorded cells only for changed rows, and just the key for unchanged ones, because
        it may return as many rows as the table has, and the server keeps them all.
        """
        day = [self._day_column] if self._day_column else []
        named = dict.fromkeys(["account_id", "marketplace_id", *self._key, *day])
        statement = sql.SQL(
            "WITH gone AS ({deletion} RETURNING {named}, t.load_id, t.reported_at, "
            "CASE WHEN {differs} THEN {cells} END AS cells_), {moment}, recorded AS ({insertion}) "
            "SELECT count(*) FROM gone"
        ).format(
            deletion=deletion,
            named=sql.SQL(", ").join(
                sql.SQL("coalesce({}, {}) AS {}").format(
                    column(name, "excluded"), column(name, "t"), column(name)
                )
                for name in named
            ),
            differs=self._differs("excluded", "t"),
            cells=self._changed_texts("t", "excluded"),
            moment=_MOMENT,
            insertion=self._insertion(
                sql.SQL("gone AS n CROSS JOIN LATERAL (SELECT n.*) AS o"),
                sql.SQL(
                    "SELECT n.cells_[i], n.cells_[i + 1], n.cells_[i + 2] "
                    "FROM generate_series(1, cardinality(n.cells_), 3) AS i"
                ),
                sql.SQL("n.cells_ IS NOT NULL"),
            ),
        )
        row = self._write.connection.execute(statement, self._parameters).fetchone()
        assert row is not None
        return int(row[0])

    def of_units(self, units: Units) -> int:
        """Record rows of units that were stored before: changed, deleted, or new in their unit."""
        rows = sql.SQL(
            "o AS (SELECT s.* FROM {stored} s WHERE {s_changed}), "
            "n AS (SELECT s.* FROM {after} s WHERE {s_changed} "
            "AND EXISTS (SELECT FROM {stored} t WHERE {stood}))"
        ).format(stored=STORED, after=AFTER, s_changed=units.changed("s"), stood=units.same("s", "t"))
        joined = sql.SQL("n FULL JOIN o ON {}").format(self._same_key("n", "o"))
        return self._insert(rows, joined, {})

    def _days_before(self) -> list[date]:
        """Days of the window that were loaded before, but not from a newer document."""
        days = self._job.slice.days
        stale = set(self._marks.newer_days(days, self._job.request.reported_at))
        return [day for day in self._marks.loaded_days(days) if day not in stale]

    @property
    def _columns(self) -> list[str]:
        day = self._write.shape.day
        names = ["account_id", "marketplace_id", *self._key, *([day] if day else [])]
        return list(dict.fromkeys([*names, *self._cells, "load_id", "reported_at"]))

    def _insert(self, rows: sql.Composable | None, joined: sql.Composable, more: dict[str, Any]) -> int:
        """Record the changes from ``o`` to ``n`` in the pairs ``joined`` of ``rows``; either may be missing.

        Only the numbers of differing cells are unnested into rows.
        """
        cells = sql.SQL("SELECT ({}::text[])[u.cell], {}, {} FROM (SELECT unnest({}) AS cell) AS u").format(
            sql.Literal(["", *self._cells]), self._cell("o"), self._cell("n"), self._changed_cells()
        )
        changed = sql.SQL("n.account_id IS NULL OR o.account_id IS NULL OR {}").format(
            self._differs("n", "o")
        )
        statement = sql.SQL("WITH {rows} {moment} {insertion}").format(
            rows=sql.SQL("{},").format(rows) if rows else sql.SQL(""),
            moment=_MOMENT,
            insertion=self._insertion(joined, cells, changed),
        )
        return self._write.connection.execute(statement, {**self._parameters, **more}).rowcount

    def _insertion(
        self, joined: sql.Composable, cells: sql.Composable, changed: sql.Composable
    ) -> sql.Composed:
        """Record ``cells`` (column, old and new value) of the pairs ``joined`` that are ``changed``."""
        return sql.SQL(
            """
            INSERT INTO sellerops.restatement (
                table_name, account_id, marketplace_id, key, day, age_days, column_name, old_value, new_value,
                old_load_id, new_load_id, old_reported_at, new_reported_at, old_loaded_at, new_loaded_at
            )
            SELECT c.* FROM (
            SELECT %(restated_table)s, %(account_id)s, coalesce(n.marketplace_id, o.marketplace_id),
                   jsonb_build_object({key}), {day},
                   (%(reported_at)s::timestamptz AT TIME ZONE {zone})::date - {day},
                   v.*, o.load_id, %(new_load_id)s,
                   o.reported_at, %(reported_at)s, l.recorded_at, (SELECT now FROM moment)
            FROM {joined}
            LEFT JOIN sellerops.load l ON l.id = o.load_id
            CROSS JOIN LATERAL ({cells}) AS v
            WHERE {changed}
            ) AS c (table_name, account_id, marketplace_id, key, day, age_days, column_name, old_value,
                new_value, old_load_id, new_load_id, old_reported_at, new_reported_at, old_loaded_at,
                new_loaded_at)
            WHERE {unrecorded}
            """
        ).format(
            unrecorded=sql.SQL(
                unrecorded_condition(self._write.connection, self._job, self._marks.destination)
            ),
            joined=joined,
            key=sql.SQL(", ").join(
                sql.SQL("{}, {}").format(sql.Literal(name), _either(name)) for name in self._key
            ),
            day=self._day(),
            zone=sql.Literal(self._write.timezone),
            cells=cells,
            changed=changed,
        )

    def _changed_texts(self, before: str, after: str) -> sql.Composable:
        """The differing cells in one array: column, old text, new text, next column, ..."""
        if not self._cells:
            return sql.SQL("NULL::text[]")
        return sql.SQL(" || ").join(
            sql.SQL(
                "CASE WHEN {old} IS DISTINCT FROM {new} THEN ARRAY[{name}, {old}::text, {new}::text] END"
            ).format(name=sql.Literal(name), old=column(name, before), new=column(name, after))
            for name in self._cells
        )

    def _changed_cells(self) -> sql.Composable:
        """The numbers of the differing cells, from 2. Number 1 means the whole row, new or deleted."""
        numbers = sql.SQL(", ").join(
            sql.SQL("CASE WHEN {} IS DISTINCT FROM {} THEN {} END").format(
                column(name, "o"), column(name, "n"), sql.Literal(number)
            )
            for number, name in enumerate(self._cells, 2)
        )
        return sql.SQL(
            "CASE WHEN n.account_id IS NULL OR o.account_id IS NULL THEN '{{1}}'::integer[] "
            "ELSE array_remove(ARRAY[{}]::integer[], NULL) END"
        ).format(numbers)

    def _cell(self, alias: str) -> sql.Composable:
        """The text of the cell ``u.cell``."""
        cells = sql.SQL(" ").join(
            sql.SQL("WHEN {} THEN {}::text").format(sql.Literal(number), column(name, alias))
            for number, name in enumerate(self._cells, 2)
        )
        return sql.SQL("CASE u.cell WHEN 1 THEN {} {} END").format(self._whole_row(alias), cells)

    @property
    def _day_column(self) -> str | None:
        return self._write.shape.day or self._write.shape.table.age_from

    def _day(self) -> sql.Composable:
        """The row's own day, in the window's time zone."""
        name = self._day_column
        if name is None:
            return sql.SQL("NULL::date")
        declared = self._write.shape.table.columns.get(name)
        if declared is not None and declared.type is ColumnType.TIMESTAMP:
            return sql.SQL("({} AT TIME ZONE {})::date").format(
                _either(name), sql.Literal(self._write.timezone)
            )
        return _either(name)

    def _differs(self, one: str, other: str) -> sql.Composable:
        if not self._cells:
            return sql.SQL("false")
        return sql.SQL("ROW({}) IS DISTINCT FROM ROW({})").format(
            identifiers(self._cells, one), identifiers(self._cells, other)
        )

    def _same_key(self, one: str, other: str) -> sql.Composable:
        parts = [
            sql.SQL("{} = {}").format(column(name, one), column(name, other))
            for name in ("account_id", *self._key)
        ]
        if "marketplace_id" in self._write.shape.key:
            # Not `IS NOT DISTINCT FROM`, which Postgres cannot use for a full join.
            parts.append(
                sql.SQL("coalesce({}, '') = coalesce({}, '')").format(
                    column("marketplace_id", one), column("marketplace_id", other)
                )
            )
        return sql.SQL(" AND ").join(parts)

    def _whole_row(self, alias: str) -> sql.Composable:
        if not self._cells:
            return sql.SQL("NULL::text")
        pairs = sql.SQL(" || ").join(
            sql.SQL("jsonb_build_object({})").format(
                sql.SQL(", ").join(
                    sql.SQL("{}, {}").format(sql.Literal(name), column(name, alias)) for name in part
                )
            )
            for part in _parts(self._cells, 40)  # a function takes at most a hundred arguments
        )
        return sql.SQL("CASE WHEN {} IS NOT NULL THEN jsonb_strip_nulls({})::text END").format(
            column("account_id", alias), pairs
        )


def _either(name: str) -> sql.Composable:
    return sql.SQL("coalesce({}, {})").format(column(name, "n"), column(name, "o"))


def _parts(names: list[str], length: int) -> list[list[str]]:
    return [names[start : start + length] for start in range(0, len(names), length)]
