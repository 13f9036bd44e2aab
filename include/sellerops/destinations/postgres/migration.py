"""Brings a populated landing table in step with a changed spec, in one transaction; no row is lost.

What stands against it is counted first and told: values the new type does not hold, rows that would share a
key, rows without one. Then nothing is changed: only the archived documents tell such rows apart (``replay``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.differences import (
    WRITTEN,
    Difference,
    LandedTable,
    Migration,
    Remedy,
    differences,
    freed_columns,
    key_text,
    no_key,
    record_definition,
    remedy_of,
    required,
    undeclared_columns,
)
from sellerops.destinations.postgres.catalog import DESTINATION, drop_key, landed_table
from sellerops.destinations.postgres.ddl import lacking_columns, make_key
from sellerops.destinations.postgres.personal import personal_shape
from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.errors import CheckFailed
from sellerops.specs import ColumnType, ReportSpec
from sellerops.table_locks import with_tables_locked

Connection = psycopg.Connection[Any]
_EXAMPLES = 3


def migrate_table(connection: Connection, spec: ReportSpec, table: str, *, check: bool) -> Migration:
    """Plan the migration of ``<source>.<table>`` and, unless ``check`` or in conflict, do it.

    Raises TableInUse when other sessions do not let go of the table.
    """
    main = Shape(spec, table)
    if check:
        with connection.transaction():
            return _Migration(connection, main).plan()
    tables = [(each.schema_name, each.name) for each in (main, personal_shape(spec, table)) if each]

    def work() -> Migration:
        return _Migration(connection, main).run()

    return with_tables_locked(connection, tables, work)


class _Migration:
    """One table and the one of its personal columns, within the caller's transaction."""

    def __init__(self, connection: Connection, main: Shape) -> None:
        self._connection = connection
        landed = landed_table(connection, main)
        # An unknown column lands as text, so one that the spec has named before must be text from now on.
        self._main = Shape(main.spec, main.name, undeclared_columns(main, landed) if landed else ())
        self._landed = landed
        self._is_kept = landed is not None and self._count(main) > 0

    def plan(self) -> Migration:
        main, landed = self._main, self._landed
        if landed is None:
            return Migration(main.full_name)  # the first load makes the table
        found = differences(main, landed)
        steps = tuple(each.text for each in found)
        worst = [each for each in found if each.remedy is not Remedy.MIGRATE]
        if worst and self._is_kept:
            conflicts = (*(each.text for each in worst), remedy_of(main, worst, DESTINATION))
        else:
            conflicts = tuple(self._conflicts(landed)) if self._is_kept else ()
        return Migration(main.full_name, steps, conflicts, self._count(main))

    def run(self) -> Migration:
        planned = self.plan()
        if self._landed is None or planned.conflicts:
            return planned
        if planned.steps:
            self._migrate_personal(self._landed)
            self._reshape(self._main, self._landed)
            self._take_back(self._landed)
        rows = self._count(self._main)
        if rows != planned.rows:
            raise CheckFailed(
                f"{planned.rows} rows would become {rows}.",
                where=f"table {self._main.full_name}",
                remedy="Nothing was changed. This program is wrong: report it with the two specs.",
            )
        record_definition(self._connection, DESTINATION, self._main)
        return Migration(planned.table, planned.steps, (), rows, is_applied=bool(planned.steps))

    # -- what stands against it --

    def _conflicts(self, landed: LandedTable) -> list[str]:
        changed = self._changed(landed)
        told = [text for name in changed for text in self._unconvertible(landed, name)]
        is_same_key = set(landed.key or ()) == set(self._main.key) and not set(changed) & set(self._main.key)
        return told if told or is_same_key else [*self._keyless(landed), *self._sharing(landed)]

    def _changed(self, landed: LandedTable) -> list[str]:
        """Columns whose type changes."""
        kinds = {**self._main.data_types, **self._main.system_types}
        return [name for name, kind in kinds.items() if landed.types.get(name, kind) is not kind]

    def _unconvertible(self, landed: LandedTable, name: str) -> list[str]:
        """Values that the column's new type does not hold."""
        value = self._value(landed, name)
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {} IS NOT NULL AND {} IS NULL").format(
            self._main.identifier, column(name), value
        )
        try:
            with self._connection.transaction():
                row = self._connection.execute(statement).fetchone()
        except psycopg.DataError:
            return [f"`{name}` has values that are no {self._kind(name).value}"]
        count = row[0] if row else 0
        return [f"`{name}` has {count} values that are no {self._kind(name).value}"] if count else []

    def _keyless(self, landed: LandedTable) -> list[str]:
        """Rows without a value in a column of the new key; documents' rows like them are rejects."""
        told = []
        for name in self._main.key:
            if self._main.is_nullable(name):
                continue
            statement = sql.SQL("SELECT count(*) FROM {} WHERE {} IS NULL")
            row = self._connection.execute(
                statement.format(self._main.identifier, self._value(landed, name))
            ).fetchone()
            if row and row[0]:
                told.append(no_key(row[0], name))
        return told

    def _sharing(self, landed: LandedTable) -> list[str]:
        """Rows that would share a key."""
        cells = sql.SQL(", ").join(
            sql.SQL("{} AS {}").format(self._value(landed, name), column(name)) for name in self._main.key
        )
        shared = sql.SQL(
            "SELECT {key}, count(*) AS rows FROM (SELECT {cells} FROM {table}) AS row "
            "GROUP BY {key} HAVING count(*) > 1"
        ).format(key=identifiers(self._main.key), cells=cells, table=self._main.identifier)
        row = self._connection.execute(
            sql.SQL("SELECT count(*), sum(rows) FROM ({}) AS shared").format(shared)
        ).fetchone()
        if not row or not row[0]:
            return []
        examples = self._connection.execute(
            sql.SQL("{} ORDER BY {} LIMIT {}").format(
                shared, identifiers(self._main.key), sql.Literal(_EXAMPLES)
            )
        ).fetchall()
        shown = "; ".join(" ".join(str(cell) for cell in each[:-1]) for each in examples)
        return [
            f"{row[1]} rows would share {row[0]} keys of {key_text(self._main.key)}, such as {shown}",
            remedy_of(self._main, [Difference("", Remedy.REPLAY)], DESTINATION),
        ]

    # -- the change itself --

    def _reshape(self, shape: Shape, landed: LandedTable) -> None:
        """Columns, types, nulls and key of one table."""
        table = shape.identifier
        actions: list[sql.Composable] = []
        for name in lacking_columns(shape, landed.sql_types):
            default = " DEFAULT 1" if name == "ordinal" else ""
            actions.append(
                sql.SQL("ADD COLUMN {} {}{}").format(
                    column(name), sql.SQL(shape.columns[name]), sql.SQL(default)
                )
            )
        for name in self._changed(landed) if shape is self._main else []:
            value = self._value(landed, name) if self._is_kept else sql.SQL("NULL")
            actions.append(
                sql.SQL("ALTER COLUMN {} TYPE {} USING {}").format(
                    column(name), sql.SQL(shape.columns[name]), value
                )
            )
        for name in sorted(landed.not_null - required(shape)):
            actions.append(sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(column(name)))
        if actions:
            self._alter(table, actions)
        for name in shape.key:
            absent = self._absent(name)
            if absent is not None and name in shape.data:
                statement = sql.SQL("UPDATE {0} SET {1} = {2} WHERE {1} IS NULL")
                self._connection.execute(statement.format(table, column(name), sql.Literal(absent)))
        strict = [
            sql.SQL("ALTER COLUMN {} SET NOT NULL").format(column(name)) for name in sorted(required(shape))
        ]
        if "ordinal" in shape.system:
            strict.append(sql.SQL("ALTER COLUMN {} DROP DEFAULT").format(column("ordinal")))
        self._alter(table, strict)
        if set(landed.key or ()) != set(shape.key):
            drop_key(self._connection, shape)
            make_key(self._connection, shape)

    def _migrate_personal(self, landed: LandedTable) -> None:
        """The personal table has its rows' key too: what is new in it comes from their rows."""
        beside = personal_shape(self._main.spec, self._main.name)
        there = landed_table(self._connection, beside) if beside else None
        if beside is None or there is None or set(there.key or ()) == set(beside.key):
            return
        for name in beside.key:
            if name not in there.types:
                self._add_from_main(beside, name, landed)
        current = landed_table(self._connection, beside)
        assert current is not None
        self._reshape(beside, current)

    def _add_from_main(self, beside: Shape, name: str, landed: LandedTable) -> None:
        statement = sql.SQL("ALTER TABLE {} ADD COLUMN {} {}")
        kind = sql.SQL(beside.columns[name])
        self._connection.execute(statement.format(beside.identifier, column(name), kind))
        same = [
            sql.SQL("p.{0} IS NOT DISTINCT FROM m.{0}").format(column(each)) for each in (landed.key or ())
        ]
        self._connection.execute(
            sql.SQL("UPDATE {} p SET {} = {} FROM {} m WHERE {} AND p.load_id = m.load_id").format(
                beside.identifier,
                column(name),
                self._value(landed, name, "m"),
                self._main.identifier,
                sql.SQL(" AND ").join(same),
            )
        )

    def _take_back(self, landed: LandedTable) -> None:
        """Values that are personal no longer stand in the landing table again, as long as they were kept."""
        freed = sorted(freed_columns(self._main, landed))
        name = f"{self._main.name}{PERSONAL_SUFFIX}"
        if not freed:
            return
        values = sql.SQL(", ").join(sql.SQL("{} = p.{}").format(column(each), column(each)) for each in freed)
        same = [sql.SQL("p.{0} IS NOT DISTINCT FROM m.{0}").format(column(each)) for each in self._main.key]
        self._connection.execute(
            sql.SQL("UPDATE {} m SET {} FROM {} p WHERE {} AND p.load_id = m.load_id").format(
                self._main.identifier,
                values,
                sql.Identifier(self._main.schema_name, name),
                sql.SQL(" AND ").join(same),
            )
        )
        self._connection.execute(
            "UPDATE sellerops.personal_table SET columns = %s WHERE table_name = %s",
            (list(self._main.table.personal_columns), f"{self._main.schema_name}.{name}"),
        )

    def _alter(self, table: sql.Identifier, actions: Sequence[sql.Composable]) -> None:
        if actions:
            self._connection.execute(sql.SQL("ALTER TABLE {} {}").format(table, sql.SQL(", ").join(actions)))

    # -- values --

    def _value(self, landed: LandedTable, name: str, qualifier: str = "") -> sql.Composable:
        """What the column of the new table holds for a row of the old one; null where that cannot be said."""
        kind, stored = self._kind(name), column(name, qualifier)
        there = landed.types.get(name)
        if name not in landed.types:
            value: sql.Composable = sql.SQL("1" if name == "ordinal" else "NULL::{}").format(
                *([] if name == "ordinal" else [sql.SQL(self._main.columns[name])])
            )
        elif there is kind:
            value = stored
        else:
            value = self._converted(stored, there, kind, self._main.columns[name])
        absent = self._absent(name)
        if absent is not None and name in self._main.key:
            return sql.SQL("coalesce({}, {})").format(value, sql.Literal(absent))
        return value

    @staticmethod
    def _converted(
        stored: sql.Composable, there: ColumnType | None, kind: ColumnType, sql_type: str
    ) -> sql.Composable:
        if there is ColumnType.TEXT:
            holds: sql.Composable = sql.SQL("{} ~ {}").format(stored, sql.Literal(WRITTEN[kind]))
        elif (there, kind) == (ColumnType.DECIMAL, ColumnType.INTEGER):
            holds = sql.SQL("{0} = trunc({0}) AND abs({0}) < 1e18").format(stored)
        else:
            holds = sql.SQL("true")
        return sql.SQL("CASE WHEN {} THEN {}::{} END").format(holds, stored, sql.SQL(sql_type))

    def _kind(self, name: str) -> ColumnType:
        return {**self._main.data_types, **self._main.system_types}[name]

    def _absent(self, name: str) -> str | None:
        declared = self._main.table.columns.get(name)
        return declared.absent if declared else None

    def _count(self, shape: Shape) -> int:
        row = self._connection.execute(sql.SQL("SELECT count(*) FROM {}").format(shape.identifier)).fetchone()
        return int(row[0]) if row else 0
