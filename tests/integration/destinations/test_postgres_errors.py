"""Errors of a real Postgres that only two sessions at once bring about."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from sellerops.base.errors import RetryableError
from sellerops.base.reader_role import grant_table
from sellerops.base.roles import READER
from sellerops.destinations.error_rules import typed_errors
from sellerops.destinations.postgres_errors import POSTGRES_RULES

GRANT = f"GRANT USAGE ON SCHEMA landing TO {READER}"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"


def test_two_grants_at_once_are_retried(conninfo: str) -> None:
    """As two first loads of a source grant its new schema."""

    def grant() -> None:
        with psycopg.connect(conninfo, autocommit=True) as second, typed_errors("here", POSTGRES_RULES):
            second.execute(GRANT)

    with psycopg.connect(conninfo) as first, psycopg.connect(conninfo, autocommit=True) as watch:
        watch.execute("CREATE SCHEMA landing")
        first.execute(GRANT)
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(grant)
            while not found.done() and watch.execute(WAITING).fetchone() == (0,):
                pass
            first.commit()
            with pytest.raises(RetryableError, match="tuple concurrently updated"):
                found.result()


def test_tables_and_views_of_one_schema_are_granted_one_after_the_other(conninfo: str) -> None:
    """As when a report makes its first table, and another one a view of its table."""

    def grant() -> None:
        with psycopg.connect(conninfo) as second:
            grant_table(second, "landing", "second")

    with psycopg.connect(conninfo) as first, psycopg.connect(conninfo, autocommit=True) as watch:
        watch.execute("CREATE SCHEMA landing; CREATE TABLE landing.first ()")
        watch.execute("CREATE VIEW landing.second AS SELECT 1")
        grant_table(first, "landing", "first")
        with ThreadPoolExecutor(1) as pool:
            found = pool.submit(grant)
            while not found.done() and watch.execute(WAITING).fetchone() == (0,):
                pass
            first.commit()
            found.result()
