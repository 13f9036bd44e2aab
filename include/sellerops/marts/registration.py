"""Records what a destination's marts read, and finds those that are new or have changed since."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sellerops.destinations.mart_store import Span
from sellerops.marts.pending import add_pending
from sellerops.marts.specs import MartSpec
from sellerops.marts.templates import physical_name

Connection = psycopg.Connection[Any]
# Marts of earlier versions: their tables are dropped. Those of your own marts stay when you remove the files.
RETIRED = ("order_posting", "profit_sku_to_date")


def register(
    connection: Connection, destination: str, marts: Sequence[MartSpec], broken: Collection[str] = ()
) -> None:
    """Record what the marts read. Queue new and changed marts in full, and the others for new accounts.

    :param marts: all marts; the records of any others are removed, but their tables stay.
    :param broken: marts whose file is currently unreadable. Nothing is queued for them, so their definition
        is forgotten: they are rebuilt in full once they can be read. What is already queued for them is kept.

    Call in a transaction of its own: it waits for the loads and edits that are about to commit. They have not
    seen the new records, so they would note no change for a rebuild that does not see their rows.
    """
    if not _is_outdated(connection, destination, marts):
        return
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sellerops.mart_input', 0))")
    forget_definitions(connection, destination, broken)
    _note_inputs(connection, destination, marts, broken)
    accounts = known_accounts(connection, destination)
    noted = _noted(connection, destination)
    for mart in marts:
        stored = noted.get(mart.name)
        is_same = stored is not None and stored["digest"] == definition(mart)
        known = stored["known_accounts"] if stored and is_same else []
        lacking = [one for one in accounts if one not in known]
        if is_same and not lacking:
            continue
        cause = "a new account" if is_same else "its definition"
        add_pending(connection, mart.name, destination, [Span(one) for one in lacking], cause=cause)
        connection.execute(
            "INSERT INTO sellerops.mart_definition (mart, destination, digest, known_accounts) "
            "VALUES (%s, %s, %s, %s) ON CONFLICT (mart, destination) DO UPDATE SET digest = excluded.digest, "
            "known_accounts = excluded.known_accounts, noted_at = sellerops.now()",
            (mart.name, destination, definition(mart), accounts),
        )


def forget_definitions(connection: Connection, destination: str, marts: Collection[str]) -> None:
    """Forget marts, so that they count as new at the next look that can read their files."""
    connection.execute(
        "DELETE FROM sellerops.mart_definition WHERE destination = %s AND mart = ANY(%s)",
        (destination, list(marts)),
    )


def known_accounts(connection: Connection, destination: str) -> list[str]:
    """The accounts with loads in a destination. Found by an index, because the table of loads is long."""
    rows = connection.cursor(row_factory=dict_row).execute(
        "WITH RECURSIVE found AS ("
        "SELECT min(account_id) AS one FROM sellerops.load WHERE destination = %(destination)s "
        "UNION ALL SELECT (SELECT min(account_id) FROM sellerops.load "
        "WHERE destination = %(destination)s AND account_id > found.one) FROM found WHERE one IS NOT NULL"
        ") SELECT one FROM found WHERE one IS NOT NULL",
        {"destination": destination},
    )
    return [row["one"] for row in rows]


def definition(mart: MartSpec) -> str:
    """A digest of everything that the rows of a mart depend on, except its inputs' rows."""
    text = mart.model_dump_json(exclude={"description", "tests"}) + mart.sql
    return hashlib.sha256(text.encode()).hexdigest()


def _is_outdated(connection: Connection, destination: str, marts: Sequence[MartSpec]) -> bool:
    noted = _noted(connection, destination)
    accounts = known_accounts(connection, destination)
    return set(noted) != {mart.name for mart in marts} or any(
        noted[mart.name]["digest"] != definition(mart)
        or not set(accounts) <= set(noted[mart.name]["known_accounts"])
        for mart in marts
    )


def _note_inputs(
    connection: Connection, destination: str, marts: Sequence[MartSpec], broken: Collection[str]
) -> None:
    current = [*(mart.name for mart in marts), *broken]
    for table in ("mart_definition", "mart_pending"):
        connection.execute(
            f"DELETE FROM sellerops.{table} WHERE destination = %s AND mart <> ALL(%s)",
            (destination, current),
        )
    connection.execute(
        "DELETE FROM sellerops.mart_input WHERE destination = %s AND mart <> ALL(%s)",
        (destination, list(broken)),
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sellerops.mart_input (mart, destination, table_name) VALUES (%s, %s, %s)",
            sorted(
                (mart.name, destination, physical_name(name)) for mart in marts for name in mart.tables_read
            ),
        )


def _noted(connection: Connection, destination: str) -> dict[str, dict[str, Any]]:
    rows = connection.cursor(row_factory=dict_row).execute(
        "SELECT mart, digest, known_accounts FROM sellerops.mart_definition WHERE destination = %s",
        (destination,),
    )
    return {row["mart"]: row for row in rows}
