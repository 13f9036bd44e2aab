"""Replaces the rows of a span where they differ: an unchanged partition is neither written nor reported.

A single late fee may belong to an order of any of the last weeks, so a mart recalculates weeks for it. Most
of those days come out unchanged, and whatever reads the mart need not process them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from sellerops.destinations.mart_store import MARTS, BuildCounts, Changes, MartTable, Span

Connection = psycopg.Connection[Any]
_FRESH, _CHANGED = sql.Identifier("fresh_rows"), sql.Identifier("changed_partitions")


def replace_changed(
    connection: Connection, table: MartTable, parts: Sequence[tuple[Span, str]]
) -> tuple[BuildCounts, Changes]:
    """Replace the rows of each span; returns the counts, and what has changed.

    Call it in a transaction. Raises psycopg's errors for rows without account or day, and for two rows of the
    same grain.
    """
    own = sql.Identifier(MARTS, table.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns))
    deleted = inserted = 0
    changed: list[Span] = []
    lookups: dict[str, list[Span]] = {column: [] for column in table.lookup_days}
    for number, (span, select) in enumerate(parts):
        if not number:
            connection.execute(
                sql.SQL("CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT {} FROM {} LIMIT 0").format(
                    _FRESH, columns, own
                )
            )
        else:
            connection.execute(sql.SQL("TRUNCATE {}").format(_FRESH))
            connection.execute(sql.SQL("DROP TABLE {}").format(_CHANGED))
        insert = sql.SQL("INSERT INTO {} ({})\n").format(_FRESH, columns).as_string(connection)
        connection.execute((insert + select).encode())
        connection.execute(_find_changed(own, table, span))
        found = connection.execute(sql.SQL("SELECT * FROM {}").format(_CHANGED)).fetchall()
        if not found:
            continue
        inside = _in_changed(table)
        for column, days in lookups.items():
            statement = _days_of_changed_rows(own, table, span, column)
            days += [Span(account, None, day, day) for account, day in connection.execute(statement)]
        deleted += connection.execute(
            sql.SQL("DELETE FROM {} AS t USING {} AS c WHERE {} AND {}").format(
                own, _CHANGED, within(table, span, "t"), inside
            )
        ).rowcount
        # A row without a partition joins none; it is inserted so that the table refuses it.
        needed = sql.SQL("t.{} IS NULL").format(sql.Identifier(table.day or "account_id"))
        inserted += connection.execute(
            sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} AS t WHERE {} UNION ALL SELECT {} FROM {} AS t, "
                    "{} AS c WHERE {}").format(
                own, columns, _prefixed(table), _FRESH, needed, _prefixed(table), _FRESH, _CHANGED, inside
            )
        ).rowcount  # fmt: skip
        changed += [_span_of(table, row) for row in found]
    return BuildCounts(deleted, inserted), Changes(changed, lookups)


def within(table: MartTable, span: Span, alias: str) -> sql.Composed:
    """The condition that a row ``alias`` is in the span."""
    name = sql.Identifier(alias)
    parts: list[sql.Composable] = [sql.SQL("{}.account_id = {}").format(name, sql.Literal(span.account_id))]
    if table.has_marketplace and span.marketplace_id is not None:
        parts.append(sql.SQL("{}.marketplace_id = {}").format(name, sql.Literal(span.marketplace_id)))
    if table.day:
        parts += [
            sql.SQL("{}.{} {} {}").format(
                name, sql.Identifier(table.day), sql.SQL(operator), sql.Literal(bound)
            )
            for operator, bound in ((">=", span.first_day), ("<=", span.last_day))
            if bound
        ]
    return sql.SQL(" AND ").join(parts)


def _find_changed(own: sql.Identifier, table: MartTable, span: Span) -> sql.Composed:
    """Find changed partitions by sums of their rows' hashes. Trailing zeros do not change a number's hash."""
    cells = _prefixed(table)
    day = sql.SQL("t.{}").format(sql.Identifier(table.day)) if table.day else sql.SQL("NULL::date")
    marketplace = sql.SQL("coalesce(t.marketplace_id, '')") if table.has_marketplace else sql.SQL("''::text")
    sums = sql.SQL(
        "SELECT t.account_id, {marketplace} AS marketplace, coalesce({day}, '9999-12-31'::date) AS day, "
        "count(*) AS n, sum(hash_record_extended(ROW({cells}), 0)) AS hashes "
        "FROM {table} AS t{where} GROUP BY 1, 2, 3"
    )
    stored = sums.format(
        marketplace=marketplace, day=day, cells=cells, table=own,
        where=sql.SQL(" WHERE ") + within(table, span, "t"),
    )  # fmt: skip
    fresh = sums.format(marketplace=marketplace, day=day, cells=cells, table=_FRESH, where=sql.SQL(""))
    return sql.SQL(
        "CREATE TEMP TABLE {} ON COMMIT DROP AS SELECT account_id, marketplace, day FROM ({}) AS one "
        "FULL JOIN ({}) AS other USING (account_id, marketplace, day) "
        "WHERE one.n IS DISTINCT FROM other.n OR one.hashes IS DISTINCT FROM other.hashes"
    ).format(_CHANGED, stored, fresh)


def _days_of_changed_rows(own: sql.Identifier, table: MartTable, span: Span, column: str) -> sql.Composed:
    """Accounts and days in ``column`` of the rows that differ, as they are and as they were."""
    rows = sql.SQL("SELECT {} FROM {} AS t, {} AS c WHERE {}")
    fresh = rows.format(_prefixed(table), _FRESH, _CHANGED, _in_changed(table))
    stored = rows.format(
        _prefixed(table), own, _CHANGED, sql.SQL(" AND ").join([within(table, span, "t"), _in_changed(table)])
    )
    return sql.SQL(
        "SELECT DISTINCT account_id, {column} FROM (({fresh} EXCEPT {stored}) UNION ALL "
        "({stored} EXCEPT {fresh})) AS differing WHERE {column} IS NOT NULL"
    ).format(column=sql.Identifier(column), fresh=fresh, stored=stored)


def _in_changed(table: MartTable) -> sql.Composed:
    parts: list[sql.Composable] = [sql.SQL("t.account_id = c.account_id")]
    if table.has_marketplace:
        parts.append(sql.SQL("coalesce(t.marketplace_id, '') = c.marketplace"))
    if table.day:
        parts.append(sql.SQL("t.{} = c.day").format(sql.Identifier(table.day)))
    return sql.SQL(" AND ").join(parts)


def _span_of(table: MartTable, row: Sequence[Any]) -> Span:
    account, marketplace, day = row
    if not table.day:
        return Span(account, marketplace or None)
    return Span(account, marketplace or None, day, day)


def _prefixed(table: MartTable) -> sql.Composed:
    return sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(name)) for name in table.columns)
