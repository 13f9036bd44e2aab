"""Writes reference tables: only rows that differ are changed, and the changed days are noted for marts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.abc import Params
from psycopg.rows import dict_row, tuple_row

from sellerops.reference.table import ReferenceTable
from sellerops.settings.mart_tables import REFERENCE

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]
_STAGED = sql.Identifier("reference_staged")


@dataclass(frozen=True)
class Edit:
    """How many rows an edit added, changed and removed."""

    added: int = 0
    changed: int = 0
    removed: int = 0

    @property
    def has_changes(self) -> bool:
        return bool(self.added or self.changed or self.removed)

    def __str__(self) -> str:
        return f"{self.added} added, {self.changed} changed, {self.removed} removed"


def write_rows(
    connection: Connection,
    table: ReferenceTable,
    rows: Iterable[Row],
    *,
    source: str,
    edited_by: str = "",
    replace: bool = False,
) -> Edit:
    """Insert or update rows by the table's key, in one transaction.

    :param rows: each with a value for each column of the table.
    :param source: where the rows come from, for the record of edits.
    :param replace: also delete rows that ``rows`` lacks.
    """
    with connection.transaction():
        changes = _write(connection, table, rows, replace=replace)
        for each in changes:
            _note(connection, table, each, source, edited_by)
    return Edit(*(sum(each[kind] for each in changes) for kind in ("added", "changed", "removed")))


def stored_rows(connection: Connection, table: ReferenceTable) -> list[dict[str, Any]]:
    """All rows, ordered by key."""
    statement = sql.SQL("SELECT {} FROM {} AS t ORDER BY {}").format(
        _cells("t", list(table.columns)), _qualified(table), _cells("t", list(table.key))
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement).fetchall()


def delete_rows(
    connection: Connection, table: ReferenceTable, keys: Sequence[Row], *, source: str, edited_by: str = ""
) -> Edit:
    """Delete the rows with these keys."""
    kept = {_key(table, row) for row in keys}
    remaining = [row for row in stored_rows(connection, table) if _key(table, row) not in kept]
    return write_rows(connection, table, remaining, source=source, edited_by=edited_by, replace=True)


def tuples(connection: Connection, statement: Any, parameters: Params | None = None) -> list[tuple[Any, ...]]:
    """The rows of a statement as tuples, whatever the connection's row factory is."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def lock_table(connection: Connection, table: ReferenceTable) -> None:
    """Keep others from editing the table until the transaction ends."""
    key = f"sellerops.reference:{table.name}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def _write(
    connection: Connection, table: ReferenceTable, rows: Iterable[Row], *, replace: bool
) -> list[dict[str, Any]]:
    _stage(connection, table, rows)
    name, names = _qualified(table), list(table.columns)
    rest = [each for each in names if each not in table.key]
    changes = _changes(connection, table, replace=replace)
    if replace:
        connection.execute(
            sql.SQL("DELETE FROM {} AS t WHERE NOT EXISTS (SELECT FROM {} AS s WHERE {})").format(
                name, _STAGED, _equal(table)
            )
        )
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    if rest:
        connection.execute(
            sql.SQL("UPDATE {} AS t SET {} FROM {} AS s WHERE {} AND ({}) IS DISTINCT FROM ({})").format(
                name,
                sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(each)) for each in rest),
                _STAGED,
                _equal(table),
                _cells("t", rest),
                _cells("s", rest),
            )
        )
    connection.execute(
        sql.SQL(
            "INSERT INTO {} ({}) SELECT {} FROM {} AS s WHERE NOT EXISTS (SELECT FROM {} AS t WHERE {})"
        ).format(name, columns, _cells("s", names), _STAGED, name, _equal(table))
    )
    connection.execute(sql.SQL("DROP TABLE {}").format(_STAGED))
    return changes


def _key(table: ReferenceTable, row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in table.key)


def _qualified(table: ReferenceTable) -> sql.Identifier:
    return sql.Identifier(REFERENCE, table.name)


def _stage(connection: Connection, table: ReferenceTable, rows: Iterable[Row]) -> None:
    names = list(table.columns)
    connection.execute(
        sql.SQL("CREATE TEMP TABLE {} (LIKE {}) ON COMMIT DROP").format(_STAGED, _qualified(table))
    )
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        _STAGED, sql.SQL(", ").join(map(sql.Identifier, names))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([row[name] for name in names])
    connection.execute(sql.SQL("ANALYZE {}").format(_STAGED))


def _changes(connection: Connection, table: ReferenceTable, *, replace: bool) -> list[dict[str, Any]]:
    """Numbers of changed rows and the days to which they apply, per account ('' if the table has none)."""
    account = sql.SQL("coalesce(s.account_id, t.account_id)" if table.has_account else "''")
    # A changed row affects the days to which it applied before as well as those to which it applies now.
    days: sql.Composable = sql.SQL("NULL::date, NULL::date")
    if table.day:
        first, last = (
            sql.Identifier(table.day),
            sql.Identifier("valid_to" if table.has_validity else table.day),
        )
        days = sql.SQL("min(least(s.{0}, t.{0})), max(greatest(s.{1}, t.{1}))").format(first, last)
    statement = sql.SQL(
        "SELECT {account}, {days}, count(*) FILTER (WHERE t.ctid IS NULL), "
        "count(*) FILTER (WHERE t.ctid IS NOT NULL AND s.ctid IS NOT NULL), "
        "count(*) FILTER (WHERE s.ctid IS NULL) "
        "FROM {staged} AS s FULL JOIN {name} AS t ON {equal} "
        "WHERE ({mine}) IS DISTINCT FROM ({theirs}) AND (s.ctid IS NOT NULL OR {replace}) GROUP BY 1"
    ).format(
        account=account,
        days=days,
        staged=_STAGED,
        name=_qualified(table),
        equal=_equal(table),
        mine=_cells("s", list(table.columns)),
        theirs=_cells("t", list(table.columns)),
        replace=sql.Literal(replace),
    )
    found = tuples(connection, statement)
    names = ("account_id", "first_day", "last_day", "added", "changed", "removed")
    return [dict(zip(names, row, strict=True)) for row in found]


def _note(connection: Connection, table: ReferenceTable, change: Row, source: str, edited_by: str) -> None:
    first, last = change["first_day"], change["last_day"]
    if last == date.max:
        last = None
    connection.execute(
        "SELECT sellerops.note_edit(%s, %s, %s, %s)",
        (f"{REFERENCE}.{table.name}", change["account_id"], first, last),
    )
    connection.execute(
        "INSERT INTO sellerops.reference_edit (table_name, account_id, first_day, last_day, added, changed, "
        "removed, source, edited_by) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            table.name, change["account_id"], first, last, change["added"], change["changed"],
            change["removed"], source, edited_by,
        ),
    )  # fmt: skip


def _cells(alias: str, names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(
        sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(each)) for each in names
    )


def _equal(table: ReferenceTable) -> sql.Composed:
    """The condition that keys are equal, in a form that a full join accepts.

    Nulls are compared as a text that no value has.
    """
    return sql.SQL(" AND ").join(
        sql.SQL("coalesce(s.{0}::text, '\x01') = coalesce(t.{0}::text, '\x01')").format(sql.Identifier(each))
        if table.columns[each].default is None and not table.columns[each].required
        else sql.SQL("s.{0} = t.{0}").format(sql.Identifier(each))
        for each in table.key
    )
