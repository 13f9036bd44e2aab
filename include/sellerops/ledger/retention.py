"""Retention of the ledger's growing tables: old rows are deleted in small batches, each found by an index.

Some rows are kept forever, because they are still needed years later: ``load`` (for replays),
``slice_state``, ``slice_destination`` and ``table_watermark`` (one row per day, for completeness and so that
newer documents win), ``quarantine`` (decisions about documents that are still in the archive), and the newest
request of every key (it refers to the archive). So are the rows of FBA inbound runs (``inbound_*`` and
``write_call``): there are only a few per shipment, they are evidence when units are missing, a fee is
disputed or a decision is questioned, and a write that was carried out must never be forgotten, or it could be
sent again. So is the audit log of the hub, which tasks may not change.

``api_call`` is deleted by partition (``sellerops.ledger.calls``). Archived documents and rows of personal
data have their own rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sellerops.ledger import Ledger
from sellerops.ledger.database import Connection

# Rows examined or deleted in one transaction, which takes less than a tenth of a second.
BATCH = 2_000
# Fewer schema changes, because each is compared with the later ones of its column.
CHANGES_BATCH = 500
# Longer than Amazon serves any report, and than the history that settling times are measured from.
LONGEST_SERVED = timedelta(days=1_100)


@dataclass(frozen=True)
class RetentionPeriods:
    """How long to keep mere history (``rows``) and restated cells, which people query (``changes``)."""

    rows: timedelta = timedelta(days=400)
    changes: timedelta = LONGEST_SERVED


@dataclass(frozen=True)
class _Purge:
    """One table. ``due``: selects the ctids of rows older than ``%(age)s``, oldest first, without LIMIT."""

    table: str
    due: str
    age: Callable[[RetentionPeriods], timedelta] = lambda periods: periods.rows


# For filters, as a subquery that runs once per statement: the function is not inlined and costs microseconds
# a row. As an index bound it runs once anyway, and the planner can estimate it.
_BEFORE = "(SELECT sellerops.now() - %(age)s)"
# Ids follow the order of creation, so the oldest rows come first and few of them stay.
_FIRST = "(SELECT ctid, * FROM sellerops.{table} ORDER BY id LIMIT %(batch)s) AS oldest"
# The last load past its retention; ids follow the order in which loads begin.
_LAST_LOAD = """
    (SELECT id FROM sellerops.load WHERE recorded_at < sellerops.now() - %(age)s
     ORDER BY recorded_at DESC LIMIT 1)
"""
_PURGES = (
    # Includes rejects of loads that were never recorded.
    _Purge("rejected_row", f"""
        SELECT ctid FROM sellerops.rejected_row
        WHERE load_id <= {_LAST_LOAD} AND NOT EXISTS (
            SELECT FROM sellerops.load
            WHERE load.id = rejected_row.load_id AND load.recorded_at >= {_BEFORE})
        ORDER BY load_id
    """),
    _Purge("restatement", f"""
        SELECT ctid FROM sellerops.restatement
        WHERE new_load_id <= {_LAST_LOAD} AND new_loaded_at < {_BEFORE}
        ORDER BY new_load_id
    """, lambda periods: periods.changes),
    _Purge("report_reuse", """
        SELECT ctid FROM sellerops.report_reuse WHERE reused_at < sellerops.now() - %(age)s ORDER BY reused_at
    """),
    _Purge("notification", """
        SELECT ctid FROM sellerops.notification
        WHERE received_at < sellerops.now() - %(age)s ORDER BY received_at
    """),
    _Purge("notice", """
        SELECT ctid FROM sellerops.notice WHERE claimed_at < sellerops.now() - %(age)s ORDER BY claimed_at
    """),
    # The recovery of an open fault replies to the fault's first message.
    _Purge("delivery", f"""
        SELECT ctid FROM {_FIRST.format(table="delivery")}
        WHERE created_at < {_BEFORE} AND thread <> ALL (ARRAY(
            SELECT unnest(threads) FROM sellerops.fault WHERE closed_at IS NULL))
    """),
    _Purge("fault", f"""
        SELECT ctid FROM {_FIRST.format(table="fault")}
        WHERE coalesce(closed_at, seen_at) < {_BEFORE}
    """),
    _Purge("warning", """
        SELECT ctid FROM sellerops.warning WHERE ended_at < sellerops.now() - %(age)s ORDER BY ended_at
    """),
    # The number of tries of a gap matters as long as Amazon may still serve it.
    _Purge("gap_fill", """
        SELECT ctid FROM sellerops.gap_fill WHERE claimed_at < sellerops.now() - %(age)s ORDER BY claimed_at
    """, lambda periods: max(periods.rows, LONGEST_SERVED)),
    # The last complete export records which titles it filled.
    _Purge("table_export", f"""
        SELECT ctid FROM {_FIRST.format(table="table_export")}
        WHERE started_at < {_BEFORE} AND EXISTS (
            SELECT FROM sellerops.table_export AS later
            WHERE (later.export, later.spreadsheet_id, later.sheet)
                  = (oldest.export, oldest.spreadsheet_id, oldest.sheet)
              AND later.id > oldest.id AND later.ended_at IS NOT NULL AND later.error IS NULL)
    """),
    # Results with the verdict ``off`` wait for a person.
    _Purge("check_result", """
        SELECT ctid FROM sellerops.check_result
        WHERE verdict <> 'off' AND checked_at < sellerops.now() - %(age)s ORDER BY checked_at
    """),
    # The lock of a running job refers to it. A job of a login that no longer exists may never be marked lost.
    _Purge("browser_job", f"""
        SELECT ctid FROM {_FIRST.format(table="browser_job")}
        WHERE started_at < {_BEFORE} AND NOT EXISTS (
            SELECT FROM sellerops.login_lock AS held
            WHERE held.job_id = oldest.id AND held.beat_at > clock_timestamp() - interval '1 day')
    """),
    _Purge("required_action", f"""
        SELECT ctid FROM {_FIRST.format(table="required_action")}
        WHERE ended_at < {_BEFORE}
    """),
    # The newest build of each mart tells its age; figures are traced to the builds that wrote them.
    _Purge("mart_build", f"""
        SELECT ctid FROM {_FIRST.format(table="mart_build")}
        WHERE built_at < {_BEFORE} AND EXISTS (
            SELECT FROM sellerops.mart_build AS later
            WHERE (later.mart, later.destination) = (oldest.mart, oldest.destination)
              AND later.id > oldest.id)
    """),
    _Purge("alert", """
        SELECT ctid FROM sellerops.alert WHERE ended_at < sellerops.now() - %(age)s ORDER BY ended_at, id
    """),
    _Purge("backup", f"""
        SELECT ctid FROM {_FIRST.format(table="backup")}
        WHERE began_at < clock_timestamp() - %(age)s AND id < (
            SELECT max(id) FROM sellerops.backup WHERE backup IS NOT NULL)
    """),
    _Purge("size_sample", """
        SELECT ctid FROM sellerops.size_sample WHERE sampled_at < clock_timestamp() - %(age)s
    """),
    _Purge("personal_document", """
        SELECT ctid FROM sellerops.personal_document
        WHERE deleted_at < sellerops.now() - %(age)s ORDER BY deleted_at
    """),
    # A listing in use deletes its own old rows; a type that no report uses any more is never listed again.
    _Purge("listed_report", """
        SELECT listed.ctid FROM sellerops.report_listing AS listing
        CROSS JOIN LATERAL (
            SELECT ctid FROM sellerops.listed_report AS known
            WHERE (known.account_id, known.report_type) = (listing.account_id, listing.report_type)
              AND known.created_at < sellerops.now() - %(age)s) AS listed
    """),
)  # fmt: skip

# A later request with the same key supersedes a request; only an ARCHIVED one supersedes an ARCHIVED one. The
# requests of a download's further files are deleted with that of the first.
_REQUESTS = f"""
    WITH examined AS (
        SELECT id, key_hash, updated_at FROM sellerops.report_request
        WHERE status IN ('ARCHIVED', 'CANCELLED', 'FATAL', 'FAILED') AND created_by IS DISTINCT FROM 'amazon'
          AND updated_at < sellerops.now() - %(age)s AND (updated_at, id) > (%(at)s, %(id)s)
        ORDER BY updated_at, id LIMIT %(batch)s
    ), purged AS (
        DELETE FROM sellerops.report_request AS old USING examined
        WHERE old.key_hash = examined.key_hash AND old.id <= examined.id
          AND old.status IN ('ARCHIVED', 'CANCELLED', 'FATAL', 'FAILED')
          AND old.created_by IS DISTINCT FROM 'amazon' AND old.updated_at < {_BEFORE}
          AND EXISTS (
              SELECT FROM sellerops.report_request AS later
              WHERE later.key_hash = old.key_hash AND later.id > old.id
                AND (later.status = 'ARCHIVED' OR old.status <> 'ARCHIVED'))
        RETURNING old.id, old.document_headers
    ), parts AS (
        DELETE FROM sellerops.report_request WHERE id = ANY (ARRAY(
            SELECT part.id::bigint
            FROM purged, jsonb_array_elements_text(purged.document_headers -> 'parts') AS part (id)))
        RETURNING id
    ), unused AS (
        DELETE FROM sellerops.report_reuse WHERE request_id = ANY (ARRAY(SELECT id FROM purged))
    )
    SELECT updated_at AS at, id,
           (SELECT count(*) FROM examined) AS examined,
           (SELECT count(*) FROM purged) + (SELECT count(*) FROM parts) AS purged
    FROM examined ORDER BY updated_at DESC, id DESC LIMIT 1
"""
# The last change of each kind, per column and marketplace, decides whether a later one is new.
_CHANGES = f"""
    WITH examined AS (
        SELECT change.*, load.account_id, load.marketplace_id
        FROM (SELECT * FROM sellerops.schema_change WHERE id > %(id)s ORDER BY id LIMIT %(batch)s) AS change
        LEFT JOIN sellerops.load ON load.id = change.load_id
        WHERE change.seen_at < {_BEFORE}
    ), purged AS (
        DELETE FROM sellerops.schema_change AS old USING examined
        WHERE old.id = examined.id AND EXISTS (
            -- OFFSET 0: row by row; a join with all loads would read all of them
            SELECT FROM sellerops.schema_change AS later JOIN sellerops.load ON load.id = later.load_id
            WHERE later.table_name = examined.table_name AND later.column_name = examined.column_name
              AND later.kind = examined.kind AND later.id > examined.id
              AND load.account_id = examined.account_id AND load.marketplace_id = examined.marketplace_id
            OFFSET 0)
        RETURNING old.id
    )
    SELECT seen_at AS at, id,
           (SELECT count(*) FROM examined) AS examined, (SELECT count(*) FROM purged) AS purged
    FROM examined ORDER BY id DESC LIMIT 1
"""
_EXAMINED_IN_ORDER = {"report_request": _REQUESTS, "schema_change": _CHANGES}


def _batch_of(table: str) -> int:
    return CHANGES_BATCH if table == "schema_change" else BATCH


def purge(ledger: Ledger, periods: RetentionPeriods | None = None) -> dict[str, int]:
    """Delete rows past their retention that nothing needs any more; returns row counts by table.

    May be interrupted anywhere: each batch is its own transaction, so that nobody waits long for a row.
    """
    ages = periods or RetentionPeriods()
    deleted = {table: _examine(ledger, table, ages.rows) for table in _EXAMINED_IN_ORDER}
    for each in _PURGES:
        deleted[each.table] = _delete(ledger, each, each.age(ages))
    return deleted


def _delete(ledger: Ledger, rule: _Purge, age: timedelta) -> int:
    statement = f"""
        DELETE FROM sellerops.{rule.table} WHERE ctid = ANY (ARRAY({rule.due} LIMIT %(batch)s))
    """
    deleted = 0
    while True:
        with ledger.connection() as connection:
            number = connection.execute(statement.encode(), {"age": age, "batch": BATCH}).rowcount
        deleted += number
        if number < BATCH:
            return deleted


def _examine(ledger: Ledger, table: str, age: timedelta) -> int:
    """Continue where the last purge ended; concurrent purges wait for each other."""
    deleted = 0
    while True:
        with ledger.connection() as connection:
            examined, purged = _examine_batch(connection, table, age)
        deleted += purged
        if examined < _batch_of(table):
            return deleted


def _examine_batch(connection: Connection, table: str, age: timedelta) -> tuple[int, int]:
    mark = connection.execute(
        """
        SELECT looked_at AS at, looked_id AS id FROM sellerops.purge_mark
        WHERE table_name = %s FOR UPDATE
        """,
        (table,),
    ).fetchone()
    assert mark is not None  # the migration inserts it
    last = connection.execute(
        _EXAMINED_IN_ORDER[table].encode(), {**mark, "age": age, "batch": _batch_of(table)}
    ).fetchone()
    if last is None:
        return 0, 0
    connection.execute(
        "UPDATE sellerops.purge_mark SET looked_at = %s, looked_id = %s WHERE table_name = %s",
        (last["at"], last["id"], table),
    )
    return last["examined"], last["purged"]
