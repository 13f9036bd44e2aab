"""The schema is made by migrations, once, whoever starts first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from support.postgres import PostgresServer
from support.processes import in_processes, migrate

from sellerops.base.clock import Clock
from sellerops.base.errors import ConfigurationError
from sellerops.ledger import Ledger
from sellerops.ledger.database import migrate as migrate_to

LITTLE = timedelta(seconds=1)


@pytest.fixture
def empty(postgres_server: PostgresServer) -> Iterator[str]:
    """A database without the ledger's schema."""
    fresh = postgres_server.create_empty()
    yield fresh
    postgres_server.drop_database(fresh)


def _objects(conninfo: str) -> set[str]:
    statement = """
        SELECT relname FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace AND relname !~ 'alembic'
        UNION ALL
        SELECT proname FROM pg_proc WHERE pronamespace = 'sellerops'::regnamespace
    """
    with psycopg.connect(conninfo) as connection:
        return {row[0] for row in connection.execute(statement)}


def test_migrations_go_up_and_down(empty: str) -> None:
    """Down leaves nothing behind, and up again makes the same."""
    migrate_to(empty)
    made = _objects(empty)
    assert {"report_request", "quota_bucket", "slice_state", "table_watermark", "now"} <= made
    migrate_to(empty, "base")
    assert _objects(empty) == set()
    migrate_to(empty)
    assert _objects(empty) == made


def test_several_processes_may_migrate_at_once(empty: str) -> None:
    """Every Airflow component may do it when it starts."""
    in_processes(migrate, [(empty,)] * 3, processes=3)
    ledger = Ledger(empty)
    assert ledger.claim_notice("made")
    ledger.close()


def test_a_database_without_the_schema_is_a_configuration_error(empty: str) -> None:
    ledger = Ledger(empty)
    with pytest.raises(ConfigurationError, match="migrate"):
        ledger.claim_notice("anything")
    ledger.close()


def test_the_clock_is_real_time_unless_a_row_says_otherwise(ledger: Ledger) -> None:
    """SQL and Python agree; a clock set to None is real time again."""

    def sql_now() -> datetime:
        with ledger.connection() as connection:
            row = connection.execute("SELECT sellerops.now() AS now").fetchone()
        assert row is not None
        moment: datetime = row["now"]
        return moment

    def is_real() -> bool:
        before, moment = datetime.now(UTC), sql_now()
        return before - LITTLE < moment < datetime.now(UTC) + LITTLE

    assert is_real()
    assert not ledger.clock().is_virtual

    frozen = datetime(2027, 3, 1, 9, tzinfo=UTC)
    ledger.set_clock(Clock(datetime.now(UTC), frozen, 0.0))
    assert sql_now() == frozen
    assert ledger.clock().now() == frozen

    fast = Clock(datetime.now(UTC) - timedelta(seconds=10), frozen, 3600.0)
    ledger.set_clock(fast)
    assert sql_now() >= frozen + timedelta(hours=10)
    assert ledger.clock() == fast

    ledger.set_clock(None)
    assert is_real()
    assert ledger.clock() == Clock.system()


def test_a_failed_transaction_leaves_nothing(ledger: Ledger) -> None:
    """``connection()`` is one transaction: a destination's and the ledger's rows are committed together."""

    def write_and_fail() -> None:
        with ledger.connection() as connection:
            connection.execute("INSERT INTO sellerops.notice VALUES ('half', gen_random_uuid())")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert ledger.claim_notice("half")
