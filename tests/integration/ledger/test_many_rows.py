"""Lookups stay cheap when the ledger has grown."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row
from support.processes import KEY, RUN

from sellerops.ledger import requests
from sellerops.ledger.database import Connection

ROWS = 200_000
_FILL = """
    INSERT INTO sellerops.report_request (key_hash, source, report, report_type, account_id, region,
        marketplace_ids, status, report_id, created_by, dag_id, run_id, task_id, map_index, task_try)
    SELECT md5((n / 4)::text), 'amazon_sp', 'orders', 'T', 'northwind_na', 'NA', '{ATVPDKIKX0DER}',
        CASE WHEN mod(n, 1000) = 1 THEN 'IN_QUEUE' ELSE 'ARCHIVED' END, 'R' || n, 'us', 'd', 'r', 't', -1, 1
    FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def connection(conninfo: str) -> Iterator[Connection]:
    """To a ledger of many requests."""
    with psycopg.connect(conninfo, autocommit=True, row_factory=dict_row) as opened:
        opened.execute(_FILL, (ROWS,))
        opened.execute("VACUUM ANALYZE sellerops.report_request")
        yield opened


def test_no_lookup_reads_the_whole_table(connection: Connection) -> None:
    """The server counts rows that were read without an index: none."""
    before = _read_without_index(connection)
    opened = requests.find_or_open(connection, KEY, None, RUN)
    assert requests.find_or_open(connection, KEY, None, RUN).id == opened.id
    assert requests.known_report_ids(connection, "northwind_na", ["R5", "R77", "nope"]) == {"R5", "R77"}
    assert len(requests.open_requests(connection, "northwind_na")) == ROWS // 1000 + 1
    requests.record_created(connection, opened.id, "R-new", "us", None)
    assert _read_without_index(connection) == before

    connection.execute("SELECT count(*) FROM sellerops.report_request WHERE dag_id = 'other'")
    assert _read_without_index(connection) > before


def _read_without_index(connection: Connection) -> int:
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = connection.execute(
        "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relid = 'sellerops.report_request'::regclass"
    ).fetchone()
    assert row is not None
    count: int = row["seq_tup_read"]
    return count


def test_a_condition_on_the_ledgers_time_uses_an_index(connection: Connection) -> None:
    """What purges and looks for stale rows compares with sellerops.now()."""
    before = _read_without_index(connection)
    connection.execute(
        "SELECT id FROM sellerops.report_request WHERE created_at > sellerops.now() + interval '1 hour'"
    )
    assert _read_without_index(connection) == before
