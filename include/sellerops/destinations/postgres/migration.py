"""Migrates a populated landing table to a changed spec in one transaction; no row is lost.

Conflicts are counted and reported first: values that the new type cannot hold, rows that would share a key,
rows without a key. If there are any, nothing is changed: only a replay of the archived documents resolves
them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from sellerops.base.errors import CheckFailed
from sellerops.base.table_locks import with_tables_locked
from sellerops.destinations.differences import (
    TEXT_PATTERNS,
    Difference,
    LandedTable,
    Migration,
    Remedy,
    absent_value,
    differences,
    formerly_personal_columns,
    key_text,
    missing_key_conflict,
    record_definition,
    remedy_of,
    required_columns,
    undeclared_columns,
)
from sellerops.destinations.ledger_rows import note_rewritten
from sellerops.destinations.postgres.catalog import DESTINATION, drop_key, landed_table
from sellerops.destinations.postgres.ddl import describe_table, lacking_columns, make_key
from sellerops.destinations.postgres.personal import personal_shape
from sellerops.destinations.postgres.shape import PERSONAL_SUFFIX, Shape, column, identifiers
from sellerops.destinations.postgres.shared_stock import drop_shared_stock_view
from sellerops.settings.specs import ColumnType, ReportSpec
from sellerops.views import views_over
from sellerops.views.postgres import detach_views, refresh_views, view_names

Connection = psycopg.Connection[Any]
_EXAMPLES = 3


def migrate_table(connection: Connection, spec: ReportSpec, table: str, *, check: bool) -> Migration:
    """Plan the migration of ``<source>.<table>``; carry it out unless ``check`` is set or it has conflicts.

    Raises TableInUse when other sessions keep using the table.
    """
    main = Shape(spec, table)
    if check:
        with connection.transaction():
            return _Migration(connection, main).plan()
    tables = [(each.schema_name, each.name) for each in (main, personal_shape(spec, table)) if each]
    tables += view_names(main.full_name)

    def work() -> Migration:
        return _Migration(connection, main).run()

    return with_tables_locked(connection, tables, work)


@dataclass(frozen=True)
class _Table:
    """One table as it is and as it will be, and what its values become."""

    shape: Shape
    landed: LandedTable

    @property
    def changed(self) -> list[str]:
        """Columns whose type changes."""
        return [name for name, kind in self.kinds.items() if self.landed.types.get(name, kind) is not kind]

    @property
    def kinds(self) -> dict[str, ColumnType]:
        return {**self.shape.data_types, **self.shape.system_types}

    def value(self, name: str, qualifier: str = "") -> sql.Composable:
        """A column's value for a row of the old table; null if it cannot be derived."""
        kind, stored = self.kinds[name], column(name, qualifier)
        current = self.landed.types.get(name)
        value: sql.Composable
        if name not in self.landed.types:
            value = sql.SQL("1") if name == "ordinal" else self._as_type(sql.SQL("NULL"), name)
        elif current is kind:
            value = stored
        else:
            holds = self._holds(stored, current, kind)
            value = sql.SQL("CASE WHEN {} THEN {} END").format(holds, self._as_type(stored, name))
        absent = absent_value(self.shape, name)
        return value if absent is None else sql.SQL("coalesce({}, {})").format(value, sql.Literal(absent))

    def _as_type(self, value: sql.Composable, name: str) -> sql.Composable:
        return sql.SQL("{}::{}").format(value, sql.SQL(self.shape.columns[name]))

    @staticmethod
    def _holds(stored: sql.Composable, current: ColumnType | None, kind: ColumnType) -> sql.Composable:
        """Whether the new type can hold a stored value."""
        if current is ColumnType.TEXT:
            return sql.SQL("{} ~ {}").format(stored, sql.Literal(TEXT_PATTERNS[kind]))
        if (current, kind) == (ColumnType.DECIMAL, ColumnType.INTEGER):
            return sql.SQL("{0} = trunc({0}) AND abs({0}) < 1e18").format(stored)
        return sql.SQL("true")


class _Migration:
    """A landing table and its table of personal columns, in the caller's transaction."""

    def __init__(self, connection: Connection, main: Shape) -> None:
        self._connection = connection
        self._name = main.full_name
        self._main = self._table(main)
        beside = personal_shape(main.spec, main.name)
        self._personal = self._table(beside) if beside else None
        self._rows = self._count()

    def plan(self) -> Migration:
        if self._main is None:
            return Migration(self._name)  # the first load creates the table
        found = [each for table in self._tables for each in differences(table.shape, table.landed)]
        steps = list(dict.fromkeys(each.text for each in found))
        landed_key, key = self._main.landed.key or (), self._main.shape.key
        if set(landed_key) == set(key) and landed_key != key:
            steps.append(f"the columns of its key are indexed in the order {key_text(landed_key)}")
        conflicts = self._conflicts(self._main, found) if self._rows else []
        return Migration(self._name, tuple(steps), tuple(conflicts), self._rows)

    def run(self) -> Migration:
        planned = self.plan()
        if self._main is None or planned.conflicts:
            return planned
        if planned.steps:
            self._migrate()
            note_rewritten(self._connection, DESTINATION, self._name)
        rows = self._count()
        if rows != planned.rows:
            raise CheckFailed(
                f"{planned.rows} rows would become {rows}.",
                where=f"table {self._name}",
                remedy="Nothing was changed. This is a bug in sellerops: report it with the two specs.",
            )
        main = self._main.shape
        record_definition(self._connection, DESTINATION, main, lambda: describe_table(self._connection, main))
        return Migration(self._name, planned.steps, (), rows, is_applied=bool(planned.steps))

    def _table(self, shape: Shape) -> _Table | None:
        landed = landed_table(self._connection, shape)
        if landed is None:
            return None
        # Unknown columns land as text, so a column that the spec no longer declares becomes text.
        return _Table(Shape(shape.spec, shape.name, undeclared_columns(shape, landed)), landed)

    @property
    def _tables(self) -> list[_Table]:
        return [table for table in (self._main, self._personal) if table]

    # -- conflicts --

    def _conflicts(self, main: _Table, found: Sequence[Difference]) -> list[str]:
        """The conflicts, then what to do instead."""
        worst = [each for each in found if each.remedy is not Remedy.MIGRATE]
        conflicts = [each.text for each in worst]
        if not worst:
            conflicts = [text for table in self._tables for text in self._unconvertible(table)]
        key = main.shape.key
        if not conflicts and (set(main.landed.key or ()) != set(key) or set(main.changed) & set(key)):
            conflicts = [*self._keyless(main), *self._sharing(main)]
        again = worst or [Difference("", Remedy.REPLAY)]
        return [*conflicts, remedy_of(main.shape, again, DESTINATION)] if conflicts else []

    def _unconvertible(self, table: _Table) -> list[str]:
        """Values that the new types cannot hold."""
        conflicts = []
        for name in table.changed:
            kind = table.kinds[name].value
            where = sql.SQL("{} IS NOT NULL AND {} IS NULL").format(column(name), table.value(name))
            try:
                with self._connection.transaction():
                    count = self._count(where, table)
            except psycopg.DataError:
                conflicts.append(f"`{name}` has values that are not of type {kind}")
            else:
                conflicts += [f"`{name}` has {count} values that are not of type {kind}"] if count else []
        return conflicts

    def _keyless(self, main: _Table) -> list[str]:
        """Rows without a value in a column of the new key; a load would reject such rows."""
        strict = [name for name in main.shape.key if not main.shape.is_nullable(name)]
        counts = {name: self._count(sql.SQL("{} IS NULL").format(main.value(name))) for name in strict}
        return [missing_key_conflict(count, name) for name, count in counts.items() if count]

    def _sharing(self, main: _Table) -> list[str]:
        """Rows that would share a key."""
        key = main.shape.key
        cells = (sql.SQL("{} AS {}").format(main.value(name), column(name)) for name in key)
        shared = sql.SQL(
            "SELECT {key}, count(*) AS rows FROM (SELECT {cells} FROM {table}) AS row "
            "GROUP BY {key} HAVING count(*) > 1"
        ).format(key=identifiers(key), cells=sql.SQL(", ").join(cells), table=main.shape.identifier)
        totals = sql.SQL("SELECT count(*), sum(rows) FROM ({}) AS shared").format(shared)
        row = self._connection.execute(totals).fetchone()
        if not row or not row[0]:
            return []
        some = sql.SQL("{} ORDER BY {} LIMIT {}").format(shared, identifiers(key), sql.Literal(_EXAMPLES))
        examples = self._connection.execute(some).fetchall()
        shown = "; ".join(" ".join(str(cell) for cell in each[:-1]) for each in examples)
        return [f"{row[1]} rows would share {row[0]} keys of {key_text(key)}, such as {shown}"]

    # -- the change --

    def _migrate(self) -> None:
        assert self._main is not None
        if self._personal is not None:
            for name in self._personal.shape.key:
                if name not in self._personal.landed.types:
                    self._add_from_main(self._main, self._personal.shape, name)
            self._personal = self._table(self._personal.shape)
        main = self._main.shape
        if self._main.changed:
            drop_shared_stock_view(self._connection, main)
            detach_views(self._connection, main.full_name)
        for table in self._tables:
            self._reshape(table)
        self._restore_freed(self._main)
        refresh_views(self._connection, views_over(main.full_name))

    def _reshape(self, table: _Table) -> None:
        """Change the columns, types, null constraints and key of one table."""
        shape, landed = table.shape, table.landed
        actions: list[sql.Composable] = []
        for name in lacking_columns(shape, landed.sql_types):
            default = " DEFAULT 1" if name == "ordinal" else ""
            statement = sql.SQL("ADD COLUMN {} {}{}")
            actions.append(statement.format(column(name), sql.SQL(shape.columns[name]), sql.SQL(default)))
        for name in table.changed:
            value = table.value(name) if self._rows else sql.SQL("NULL")
            statement = sql.SQL("ALTER COLUMN {} TYPE {} USING {}")
            actions.append(statement.format(column(name), sql.SQL(shape.columns[name]), value))
        for name in sorted(landed.not_null - required_columns(shape)):
            actions.append(sql.SQL("ALTER COLUMN {} DROP NOT NULL").format(column(name)))
        self._alter(shape, actions)
        for name in shape.key:
            absent = absent_value(shape, name)
            if absent is not None:
                statement = sql.SQL("UPDATE {0} SET {1} = {2} WHERE {1} IS NULL")
                self._connection.execute(
                    statement.format(shape.identifier, column(name), sql.Literal(absent))
                )
        strict: list[sql.Composable] = [
            sql.SQL("ALTER COLUMN {} SET NOT NULL").format(column(name))
            for name in sorted(required_columns(shape))
        ]
        if "ordinal" in shape.system:
            strict.append(sql.SQL("ALTER COLUMN ordinal DROP DEFAULT"))
        self._alter(shape, strict)
        if landed.key != shape.key:
            drop_key(self._connection, shape)
            make_key(self._connection, shape)

    def _add_from_main(self, main: _Table, beside: Shape, name: str) -> None:
        """Add a new key column to the personal rows, with the values of their landing rows."""
        kind = sql.SQL(beside.columns[name])
        self._alter(beside, [sql.SQL("ADD COLUMN {} {}").format(column(name), kind)])
        self._connection.execute(
            sql.SQL("UPDATE {} p SET {} = {} FROM {} m WHERE {} AND p.load_id = m.load_id").format(
                beside.identifier,
                column(name),
                main.value(name, "m"),
                main.shape.identifier,
                _same(main.landed.key or ()),
            )
        )

    def _restore_freed(self, main: _Table) -> None:
        """Copy values that are no longer personal back into the landing table, if they have not expired."""
        freed = sorted(formerly_personal_columns(main.shape, main.landed))
        schema, name = main.shape.schema_name, f"{main.shape.name}{PERSONAL_SUFFIX}"
        if not freed:
            return
        values = (sql.SQL("{} = p.{}").format(column(each), column(each)) for each in freed)
        self._connection.execute(
            sql.SQL("UPDATE {} m SET {} FROM {} p WHERE {} AND p.load_id = m.load_id").format(
                main.shape.identifier,
                sql.SQL(", ").join(values),
                sql.Identifier(schema, name),
                _same(main.shape.key),
            )
        )
        self._connection.execute(
            "UPDATE sellerops.personal_table SET columns = %s WHERE table_name = %s",
            (list(main.shape.table.personal_columns), f"{schema}.{name}"),
        )

    def _alter(self, shape: Shape, actions: Sequence[sql.Composable]) -> None:
        if actions:
            statement = sql.SQL("ALTER TABLE {} {}")
            self._connection.execute(statement.format(shape.identifier, sql.SQL(", ").join(actions)))

    def _count(self, where: sql.Composable | None = None, table: _Table | None = None) -> int:
        """The number of rows of ``table``, or of the landing table."""
        of = table or self._main
        if of is None:
            return 0
        statement = sql.SQL("SELECT count(*) FROM {} WHERE {}")
        row = self._connection.execute(
            statement.format(of.shape.identifier, where or sql.SQL("true"))
        ).fetchone()
        return int(row[0]) if row else 0


def _same(key: Sequence[str]) -> sql.Composable:
    """Whether ``p`` and ``m`` share their key."""
    each = sql.SQL("p.{0} IS NOT DISTINCT FROM m.{0}")
    return sql.SQL(" AND ").join(each.format(column(name)) for name in key)
