"""Which partitions must be rebuilt: loads and edits since the last look, by the days of the changed rows.

The trigger on ``sellerops.load`` notes each load that changed an input (``table_change``), in its own
transaction. ``collect_changes`` takes these notes away and queues what they affect (``mart_pending``), again
in one transaction: nothing is lost, whoever dies when.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import MartStore, Span
from sellerops.marts.graph import affected, merged, readers
from sellerops.marts.pending import add_pending
from sellerops.marts.specs import MartInput, MartSpec
from sellerops.marts.templates import physical_name

Connection = psycopg.Connection[Any]


def register(connection: Connection, store: MartStore, marts: Sequence[MartSpec]) -> None:
    """Note what the marts read, and queue in full those that are new, changed, or meet a new account."""
    wanted = {(mart.name, store.name, physical_name(table)) for mart in marts for table in mart.tables_read}
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            "SELECT mart, destination, table_name FROM sellerops.mart_input WHERE destination = %s",
            (store.name,),
        ).fetchall()
        known = {(row["mart"], row["destination"], row["table_name"]) for row in rows}
        if known != wanted:
            cursor.execute("DELETE FROM sellerops.mart_input WHERE destination = %s", (store.name,))
            cursor.executemany(
                "INSERT INTO sellerops.mart_input (mart, destination, table_name) VALUES (%s, %s, %s)",
                sorted(wanted),
            )
        accounts = known_accounts(connection, store.name)
        digests = {
            row["mart"]: row
            for row in cursor.execute(
                "SELECT mart, digest, known_accounts FROM sellerops.mart_definition WHERE destination = %s",
                (store.name,),
            )
        }
    for mart in marts:
        stored = digests.get(mart.name)
        is_same = stored is not None and stored["digest"] == definition(mart)
        lacking = [one for one in accounts if not (is_same and stored and one in stored["known_accounts"])]
        if not lacking and is_same:
            continue
        cause = "a new account" if is_same else "its definition"
        add_pending(connection, mart.name, store.name, [Span(one) for one in lacking], cause=cause)
        connection.execute(
            "INSERT INTO sellerops.mart_definition (mart, destination, digest, known_accounts) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (mart, destination) DO UPDATE SET digest = excluded.digest, "
            "known_accounts = excluded.known_accounts, noted_at = sellerops.now()",
            (mart.name, store.name, definition(mart), accounts),
        )


def definition(mart: MartSpec) -> str:
    """A digest of all that the rows of a mart depend on, besides its inputs."""
    text = mart.model_dump_json(exclude={"description", "tests"}) + mart.sql
    return hashlib.sha256(text.encode()).hexdigest()


def collect_changes(connection: Connection, store: MartStore, marts: Sequence[MartSpec]) -> int:
    """Queue what noted changes affect, directly; returns how many notes were taken. Call in a transaction."""
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
    for mart in marts:
        for name in mart.tables_read:
            found = by_table.get(physical_name(name))
            if found:
                spans = _changed_spans(connection, store, physical_name(name), mart.inputs[name], found)
                spans = [one for span in spans for one in of_accounts(span, accounts)]
                queued = merged(affected(mart, name, span) for span in spans)
                add_pending(connection, mart.name, store.name, queued, cause=name)
    return len(notes)


def queue_readers(
    connection: Connection,
    store: MartStore,
    marts: Iterable[MartSpec],
    name: str,
    spans: Iterable[Span],
) -> None:
    """Queue the marts that read mart ``name`` for what its rebuilt spans affect."""
    spans = list(spans)
    for mart in readers(marts, name):
        queued = merged(affected(mart, name, span) for span in spans)
        add_pending(connection, mart.name, store.name, queued, cause=name)


def _changed_spans(
    connection: Connection,
    store: MartStore,
    table: str,
    given: MartInput,
    notes: Sequence[dict[str, Any]],
) -> list[Span]:
    """The days of the changed rows: those they have now, and those they had before."""
    column = given.day or given.moment or given.since
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
    rows = store.rows(
        f"SELECT DISTINCT account_id, marketplace_id, CAST({column} AS DATE) AS day "
        f"FROM {store.table_sql(table)} WHERE load_id IN ({', '.join(map(str, loads))}) "
        f"AND {column} >= '1990-01-01'"
    )
    with connection.cursor(row_factory=dict_row) as cursor:
        rows += cursor.execute(
            "SELECT DISTINCT account_id, marketplace_id, day FROM sellerops.restatement "
            "WHERE new_load_id = ANY(%(loads)s) AND table_name = %(table)s AND day IS NOT NULL "
            "UNION SELECT account_id, marketplace_id, left(old_value, 10)::date FROM sellerops.restatement "
            "WHERE new_load_id = ANY(%(loads)s) AND table_name = %(table)s AND column_name = %(column)s "
            "AND old_value ~ '^\\d{4}-\\d\\d-\\d\\d'",
            {"loads": loads, "table": table, "column": column},
        ).fetchall()
    return merged([*spans, *_spans_of_days(rows)])


def _spans_of_days(rows: Iterable[dict[str, Any]]) -> list[Span]:
    def of(row: dict[str, Any]) -> Span:
        day: date = row["day"]
        return Span(row["account_id"], row["marketplace_id"] or None, day, day)

    return [of(row) for row in rows if row["day"] is not None]


def known_accounts(connection: Connection, destination: str) -> list[str]:
    """The accounts with loads in a destination."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT DISTINCT account_id FROM sellerops.load WHERE destination = %s ORDER BY 1", (destination,)
    )
    return [row["account_id"] for row in rows]


def of_accounts(span: Span, accounts: Sequence[str]) -> list[Span]:
    """The span of each account, if it is one of all accounts."""
    return [span] if span.account_id else [replace(span, account_id=each) for each in accounts]
