"""Advisory locks that keep loads of one table apart, and from a rebuilt table that is put in place.

All end with the transaction.
"""

from __future__ import annotations

from typing import Any

import psycopg

from sellerops.destinations.jobs import LoadJob
from sellerops.settings.specs import WriteDisposition

Connection = psycopg.Connection[Any]


def lock_place(connection: Connection, job: LoadJob) -> None:
    """Let one load at a time write a table's rows of an account and place: no two loads share a key then.

    A merge into a table whose key does not tell the shop has the account's rows to itself: an SKU may come
    from two regions. Loads of other places run beside it; a rebuilt table waits for all of them.
    """
    connection.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", (_table_key(job.full_name),)
    )
    is_merge = job.table_spec.write_disposition is WriteDisposition.MERGE
    place = "" if is_merge and job.spec.scope != "marketplace" else job.place
    key = f"sellerops.load:{job.full_name}:{job.slice.account_id}:{place}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def lock_table(connection: Connection, table: str) -> None:
    """Wait until no load is writing ``table`` (schema and name) and keep further ones waiting.

    After it, and only after it, every load that has written to the table is committed and visible.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (_table_key(table),))


def _table_key(table: str) -> str:
    return f"sellerops.table:{table}"
