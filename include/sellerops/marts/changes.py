"""Finds the partitions to rebuild after the loads and edits since the last look, by the changed rows' days.

The trigger on ``sellerops.load`` notes each load that changed an input (``table_change``), in the load's
transaction. ``collect_changes`` removes these notes and queues what they affect (``mart_pending``), again in
one transaction. So nothing is lost, whichever process is killed and whenever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import Changes, MartStore, Span
from sellerops.marts.graph import affected, merged, readers
from sellerops.marts.pending import add_pending
from sellerops.marts.registration import known_accounts
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import physical_name

Connection = psycopg.Connection[Any]
_DAYS_BEFORE = r"""
    WITH same AS (
        SELECT DISTINCT other.id
        FROM sellerops.load AS own
        JOIN sellerops.load AS other
          ON other.table_name = own.table_name AND other.account_id = own.account_id
         AND (other.id = own.id OR other.reported_at = own.reported_at)
        WHERE own.id = ANY(%(loads)s)
    ), changed AS (
        SELECT r.account_id, r.marketplace_id, r.day, r.key, r.column_name, r.old_value
        FROM sellerops.restatement AS r
        WHERE r.new_load_id IN (SELECT id FROM same) AND r.table_name = %(table)s
    ), dated AS (
        SELECT account_id, marketplace_id, day::text AS text FROM changed
        UNION SELECT account_id, marketplace_id, key ->> %(column)s FROM changed
        UNION SELECT account_id, marketplace_id, old_value FROM changed WHERE column_name = %(column)s
        UNION SELECT account_id, marketplace_id, old_value::jsonb ->> %(column)s FROM changed
              WHERE column_name = '' AND old_value LIKE '{%%'
    )
    SELECT account_id, marketplace_id, left(text, 10)::date AS day
    FROM dated WHERE text ~ '^\d{4}-\d\d-\d\d'
"""


def collect_changes(connection: Connection, store: MartStore, marts: Sequence[MartSpec]) -> int:
    """Queue what the noted changes affect directly, and return the number of notes. Call in a transaction."""
    with connection.cursor(row_factory=dict_row) as cursor:
        notes = cursor.execute(
            "DELETE FROM sellerops.table_change WHERE destination = %s "
            "RETURNING table_name, account_id, marketplace_id, first_day, last_day, load_id, replaced",
            (store.name,),
        ).fetchall()
    by_table: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for note in notes:
        by_table[note["table_name"]].append(note)
    accounts = known_accounts(connection, store.name) if notes else []
    looked_up: dict[tuple[str, str | None], list[Span]] = {}
    for mart in marts:
        for name in mart.tables_read:
            table, column = physical_name(name), mart.inputs[name].column
            if table not in by_table:
                continue
            if (table, column) not in looked_up:
                found = _changed_spans(connection, store, table, column, by_table[table])
                looked_up[table, column] = [one for span in found for one in of_accounts(span, accounts)]
            queued = merged(affected(mart, name, span) for span in looked_up[table, column])
            add_pending(connection, mart.name, store.name, queued, cause=name)
    return len(notes)


def queue_readers(
    connection: Connection,
    store: MartStore,
    marts: Iterable[MartSpec],
    changed: MartSpec,
    changes: Changes,
) -> None:
    """Queue the marts that read ``changed``, for the partitions that its rebuild affects."""
    name = changed.name
    for mart in readers(marts, name):
        spans = changes.lookups.get(mart.inputs[name].day or "", changes.spans)
        queued = merged(affected(mart, name, span) for span in spans)
        add_pending(connection, mart.name, store.name, queued, cause=name)


def _changed_spans(
    connection: Connection, store: MartStore, table: str, column: str | None, notes: Sequence[dict[str, Any]]
) -> list[Span]:
    """The days of the changed rows by ``column``: the days they have now and those they had before."""
    edits = [note for note in notes if note["load_id"] is None or note["replaced"]]
    spans = [
        Span(note["account_id"], note["marketplace_id"], note["first_day"], note["last_day"])
        for note in edits
    ]
    loads = [note["load_id"] for note in notes if note["load_id"] is not None]
    if not loads:
        return merged(spans)
    if column is None:
        return merged([*spans, *(Span(note["account_id"], note["marketplace_id"]) for note in notes)])
    days = [*store.days_of_loads(table, column, loads), *_days_before(connection, table, column, loads)]
    return merged([*spans, *_spans_of_days(days)])


def _days_before(
    connection: Connection, table: str, column: str, loads: Sequence[int]
) -> list[dict[str, Any]]:
    """The days that the rows changed or deleted by ``loads`` had before.

    The history contains each change once, from the load into the first destination that met it. Loads of the
    same document into other destinations find it by the document's time.
    """
    return (
        connection.cursor(row_factory=dict_row)
        .execute(_DAYS_BEFORE, {"loads": list(loads), "table": table, "column": column})
        .fetchall()
    )


def _spans_of_days(rows: Iterable[dict[str, Any]]) -> list[Span]:
    def of(row: dict[str, Any]) -> Span:
        day: date = row["day"]
        return Span(row["account_id"], row["marketplace_id"] or None, day, day)

    return [of(row) for row in rows if row["day"] is not None]


def of_accounts(span: Span, accounts: Sequence[str]) -> list[Span]:
    """The span itself, or one for each of ``accounts`` if it names no account."""
    return [span] if span.account_id else [replace(span, account_id=each) for each in accounts]
