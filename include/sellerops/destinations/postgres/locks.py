"""Advisory locks between loads of one table, and between loads and the swap of a rebuilt table.

All of them end with the transaction.
"""

from __future__ import annotations

from typing import Any

import psycopg

from sellerops.destinations.jobs import LoadJob
from sellerops.settings.specs import WriteDisposition

Connection = psycopg.Connection[Any]


def lock_place(connection: Connection, job: LoadJob) -> None:
    """Let only one load at a time write a table's rows of an account and place.

    So no two concurrent loads write the same key. A merge of a report whose scope is not ``marketplace``
    locks all rows of the account, because an SKU may come from two regions. Loads of other places run in
    parallel; the swap of a rebuilt table waits for all of them.
    """
    connection.execute(
        "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", (_table_key(job.full_name),)
    )
    is_merge = job.table_spec.write_disposition is WriteDisposition.MERGE
    place = "" if is_merge and job.spec.scope != "marketplace" else job.place
    key = f"sellerops.load:{job.full_name}:{job.slice.account_id}:{place}"
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))


def lock_table(connection: Connection, table: str) -> None:
    """Wait until no load is writing ``table`` (``schema.name``), and make further loads wait.

    Only after this call is every load that has written to the table committed and visible.
    """
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (_table_key(table),))


def _table_key(table: str) -> str:
    return f"sellerops.table:{table}"
