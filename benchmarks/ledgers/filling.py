"""Fills a ledger as it looks after years, with statements on the server; indexes are built at the end.

There is one row of ``slice_state`` per report, account, marketplace and day. A document covers three days; it
was requested four times in the last 430 days, and once before that. Rows with a retention period reach back
30 days beyond it, so that a first purge has a month to delete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

DAYS_A_REQUEST = 3
# The retention is 400 days.
REACH = 430


@dataclass(frozen=True)
class Size:
    """The ledger's size. ``slices``: rows of ``slice_state``; they determine how far back it reaches."""

    slices: int
    reports: Sequence[str]
    accounts: Sequence[str]
    marketplaces: Sequence[str]

    @property
    def places(self) -> int:
        return len(self.reports) * len(self.accounts) * len(self.marketplaces)

    @property
    def days(self) -> int:
        return max(1, self.slices // self.places)


_PLACES = """
    CREATE TEMP TABLE place AS
    SELECT row_number() OVER ()::int AS place, report, account_id, marketplace_id,
           'report__amazon_sp__' || report AS dag_id, 'amazon_sp.' || report AS table_name
    FROM unnest(%(reports)s::text[]) AS report, unnest(%(accounts)s::text[]) AS account_id,
         unnest(%(marketplaces)s::text[]) AS marketplace_id
"""
# ``age``: days from the slice's day to today, 1 for yesterday. Rows are ordered by day.
_SLICES = """
    CREATE UNLOGGED TABLE grown AS
    SELECT place.*, age, (%(now)s - age * interval '1 day')::date AS day,
           ((%(days)s - age) / %(span)s)::bigint * %(places)s + place AS question,
           dice, greatest(0, age - 1 - mod(dice, 14)) AS touched
    FROM generate_series(%(days)s, 1, -1) AS age, place,
         LATERAL (SELECT abs(hashint8(age::bigint * 100000 + place)::bigint) AS dice) AS thrown
"""
_STATE = """
    CASE WHEN age <= 2 AND mod(dice, 10) = 0 THEN 'REQUESTED' WHEN mod(dice, 1000) < 4 THEN 'FAILED'
         WHEN mod(dice, 1000) < 30 THEN 'CONFIRMED_EMPTY' WHEN mod(dice, 1000) < 40 THEN 'EXPIRED'
         WHEN mod(dice, 1000) = 40 THEN 'PLANNED' WHEN mod(dice, 10000) = 410 THEN 'QUARANTINED'
         ELSE 'LOADED' END
"""
_TOLD = """
    question, question, dag_id,
    'scheduled__' || (%(now)s - touched * interval '1 day')::date || 'T03:00:00+00:00',
    account_id || '.slice.fetch_report', mod(place, 50),
    CASE WHEN mod(dice, 1000) < 4 THEN 'ReportFatal' END,
    CASE WHEN mod(dice, 1000) < 4 THEN 'Amazon aborted the report.' END, NULL,
    %(now)s - touched * interval '1 day' - mod(dice, 36000) * interval '1 second'
"""
_FILL = (
    f"""
    INSERT INTO sellerops.slice_state (report, account_id, marketplace_id, day, snapshot_at, state,
        request_id, load_id, dag_id, run_id, task_id, map_index, error_type, error, remedy, updated_at)
    SELECT report, account_id, marketplace_id, day, NULL, {_STATE}, {_TOLD} FROM grown
    """,
    f"""
    INSERT INTO sellerops.slice_destination (report, account_id, marketplace_id, day, snapshot_at,
        destination, state, request_id, load_id, dag_id, run_id, task_id, map_index, error_type, error,
        remedy, updated_at)
    SELECT report, account_id, marketplace_id, day, NULL, 'postgres', {_STATE}, {_TOLD} FROM grown
    WHERE {_STATE} NOT IN ('PLANNED', 'REQUESTED', 'EXPIRED')
    """,
    """
    CREATE UNLOGGED TABLE asked AS
    SELECT DISTINCT ON (question) grown.*, NULL::int AS again FROM grown ORDER BY question, age DESC
    """,
    """
    INSERT INTO asked
    SELECT place, report, account_id, marketplace_id, dag_id, table_name, age, day, question, dice, touched,
           number
    FROM (SELECT * FROM asked WHERE age <= %(reach)s) AS late, generate_series(1, 3) AS number
    """,
    """
    INSERT INTO sellerops.report_request (key_hash, source, report, report_type, account_id, region,
        marketplace_ids, window_start, window_end, status, report_id, reported_at, created_by, archive_uri,
        dag_id, run_id, task_id, map_index, task_try, created_at, updated_at)
    SELECT md5(question::text) || md5('key' || question), 'amazon_sp', report, 'GET_' || upper(report),
        account_id, 'EU', ARRAY[marketplace_id], day, day + 3,
        CASE WHEN age < 3 AND mod(dice, 10) = 0 THEN 'IN_QUEUE' WHEN mod(dice, 300) = 0 THEN 'FATAL'
             WHEN mod(dice, 100) < 3 THEN 'CANCELLED' ELSE 'ARCHIVED' END,
        'R' || question || '-' || coalesce(again, 0), at, 'us', 'file:///archive/' || md5(question::text),
        dag_id, 'scheduled__' || at::date, 't', 0, 1, at, at
    FROM (SELECT *, %(now)s - (greatest(0, age - 1 - 4 * coalesce(again, 0)) * interval '1 day')
                    - mod(dice, 36000) * interval '1 second' AS at FROM asked) AS asked
    WHERE again IS NULL OR NOT (age < 3 AND mod(dice, 10) = 0)
    ORDER BY at
    """,
    """
    INSERT INTO sellerops.load (id, request_id, report, account_id, marketplace_id, table_name, destination,
        rows_in_file, stored, rejected, inserted, updated, unchanged, superseded, replaced, seconds,
        first_day, last_day, started_at, recorded_at, slice, reported_at)
    SELECT nextval('sellerops.load_id'), question, report, account_id, marketplace_id, table_name, 'postgres',
        100, 100 - bad, bad, 100 - bad, 0, 0, 0, 0, 0.5, day, day + 2, at, at,
        jsonb_build_object('label', day::text, 'region', 'EU'), at
    FROM (SELECT *, CASE WHEN mod(dice, 50) = 0 THEN 3 ELSE 0 END AS bad,
                 %(now)s - (greatest(0, age - 1 - 4 * coalesce(again, 0)) * interval '1 day')
                 - mod(dice, 36000) * interval '1 second' AS at FROM asked) AS asked
    ORDER BY at
    """,
    """
    INSERT INTO sellerops.rejected_row (load_id, source_line, reason, column_name, value, raw_line)
    SELECT load.id, line, 'unreadable_value', 'price', 'two', repeat('x', 200)
    FROM sellerops.load, generate_series(1, 3) AS line
    WHERE rejected > 0 AND recorded_at > %(now)s - %(reach)s * interval '1 day'
    """,
    """
    INSERT INTO sellerops.schema_change (report, table_name, column_name, kind, load_id, seen_at)
    SELECT report, table_name, 'column_' || mod(id, 40),
           CASE WHEN mod(id, 2) = 0 THEN 'added' ELSE 'dropped' END, id, recorded_at
    FROM sellerops.load WHERE mod(id, 100) < 2 ORDER BY id
    """,
    """
    INSERT INTO sellerops.restatement (table_name, account_id, marketplace_id, key, day, age_days,
        column_name, old_value, new_value, new_load_id, new_reported_at, new_loaded_at)
    SELECT table_name, account_id, marketplace_id, '{"sku": "A"}', first_day, 3, 'units', '1', '2', id,
           recorded_at, recorded_at
    FROM sellerops.load WHERE recorded_at > %(now)s - interval '1130 days' AND mod(id, 3) = 0
    """,
    """
    INSERT INTO sellerops.notice (key, claim_token, claimed_at)
    SELECT 'run_failed|' || dag_id || '|scheduled__' || day || '|' || place, gen_random_uuid(), at
    FROM old_days
    """,
    """
    INSERT INTO sellerops.delivery (notice_key, event, thread, channel, kind, connection, target, message,
        state, created_at, sent_at, reference)
    SELECT 'run_failed|' || dag_id || '|scheduled__' || day || '|' || place, 'failure',
        'run ' || age || dag_id, 'slack', 'slack', 'slack_default', '#reports',
        '{"text": "failed", "blocks": []}',
        'SENT', at, at, 'x'
    FROM old_days ORDER BY at
    """,
    """
    INSERT INTO sellerops.fault (fault_key, event, headline, threads, opened_at, seen_at, told_at, closed_at)
    SELECT 'run_failed|' || dag_id || '|' || account_id || '|' || age, 'failure', 'failed',
           ARRAY['run ' || age || dag_id], at, at, at, CASE WHEN mod(age, 400) > 0 THEN at END
    FROM (SELECT DISTINCT ON (dag_id, account_id, age) * FROM old_days
          WHERE mod(place, 2) = 0 ORDER BY dag_id, account_id, age) AS runs
    ORDER BY at
    """,
    """
    INSERT INTO sellerops.warning (fault_key, kind, report, account_id, slices, since, opened_at, told_at,
        ended_at)
    SELECT 'late|' || report || '|' || account_id || '|' || marketplace_id || '|' || day, 'late', report,
           account_id,
           jsonb_build_array(jsonb_build_array(marketplace_id, day)), at, at, at,
           CASE WHEN age > 2 THEN at + interval '1 day' END
    FROM old_days WHERE mod(place, 3) = 0
    """,
    """
    INSERT INTO sellerops.report_reuse (request_id, dag_id, run_id, map_index, found_in, reused_at)
    SELECT id, dag_id, run_id, 0, 'ledger', created_at FROM sellerops.report_request
    WHERE mod(id, 10) = 0 AND created_at > %(now)s - %(reach)s * interval '1 day'
    """,
    """
    INSERT INTO sellerops.notification (id, notification_type, account_id, subscription_id, report_id,
        report_type, processing_status, received_at, raw)
    SELECT 'n' || id, 'REPORT_PROCESSING_FINISHED', account_id, account_id, report_id, report_type, 'DONE',
           created_at, repeat('{}', 300)
    FROM sellerops.report_request
    WHERE mod(id, 4) = 0 AND created_at > %(now)s - %(reach)s * interval '1 day' ORDER BY created_at
    """,
    """
    INSERT INTO sellerops.gap_fill (report, account_id, marketplace_ids, first_day, last_day, states, dag_id,
        run_id, claimed_at)
    SELECT report, account_id, ARRAY[marketplace_id], day, day, '{FAILED}', dag_id,
           'gap__' || question || '_' || age, at
    FROM old_days WHERE mod(place, 4) = 0 ORDER BY at
    """,
    """
    INSERT INTO sellerops.check_result (check_name, account_id, marketplace_id, day, verdict, checked_at)
    SELECT 'check_' || report, account_id, marketplace_id, day, 'ok', at
    FROM old_days WHERE mod(place, 3) = 1
    """,
    """
    INSERT INTO sellerops.api_call (called_at, account_id, operation, status, seconds)
    SELECT %(now)s - (n * 40.0 / %(places)s) * interval '300 seconds', (%(accounts)s::text[])[1 + mod(n, 2)],
           'getReport', 200, 0.1
    FROM generate_series(1, %(places)s * 7) AS n
    """,
)  # fmt: skip
# The slices of the last 430 days, each with its moment ``at``; notices and the like are made from them.
_OLD_DAYS = """
    CREATE TEMP TABLE old_days AS
    SELECT *, %(now)s - (age - 1) * interval '1 day' - mod(dice, 36000) * interval '1 second' AS at
    FROM grown WHERE age <= %(reach)s AND mod(dice, 10) = 0
"""


def fill(connection: psycopg.Connection[tuple[object, ...]], size: Size, now: datetime) -> None:
    """Fill a migrated, empty ledger as it looks at ``now``. Needs autocommit; makes its tables unlogged."""
    connection.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '1GB'; SET statement_timeout = 0")
    tables = [
        str(name)
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace AND relkind = 'r' "
            "AND relpersistence = 'p' "
            "AND relname !~ 'alembic|api_call|clock|^inbound_|^login_|^browser_|^required_|^settling_'"
        )
    ]
    for table in tables:
        connection.execute(f"ALTER TABLE sellerops.{table} SET UNLOGGED".encode())
    indexes = _take_indexes(connection)
    values = {
        "now": now, "days": size.days, "places": size.places, "span": DAYS_A_REQUEST, "reach": REACH,
        "reports": list(size.reports),
        "accounts": list(size.accounts),
        "marketplaces": list(size.marketplaces),
    }  # fmt: skip
    for back in range(3):
        connection.execute("SELECT sellerops.api_call_make_day(%s)", ((now - timedelta(days=back)).date(),))
    connection.execute(_PLACES, values)
    connection.execute(_SLICES, values)
    connection.execute(_OLD_DAYS, values)
    for statement in _FILL:
        connection.execute(statement.encode(), values)
    connection.execute("DROP TABLE grown, asked, place, old_days")
    for definition in indexes:
        connection.execute(definition.encode())
    connection.execute("VACUUM ANALYZE")


def _take_indexes(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Drop all indexes but those of constraints, to fill faster; return their definitions."""
    found = connection.execute(
        """
        SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
        FROM pg_index JOIN pg_class AS owner ON owner.oid = indrelid
        WHERE relnamespace = 'sellerops'::regnamespace AND relkind = 'r' AND relname !~ 'api_call'
          AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
        """
    ).fetchall()
    for name, _ in found:
        connection.execute(f"DROP INDEX {name}".encode())
    return [str(definition) for _, definition in found]
