"""Tables are changed without keeping anybody waiting, however long somebody reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from integration.destinations.documents import Doc, day_slice, tsv
from integration.destinations.stores import PostgresStore

from sellerops.base import table_locks
from sellerops.base.errors import SellerOpsError, TableInUse
from sellerops.base.roles import READER
from sellerops.base.table_locks import with_tables_locked
from sellerops.destinations.postgres.rebuild import Rebuild
from sellerops.ledger import Ledger
from sellerops.ledger.models import ApiCall
from sellerops.settings.specs import ReportSpec, load_spec

RETURNS = load_spec("fba_customer_returns")
TABLE = "amazon_sp.fba_customer_returns"
HEADER = ["return-date", "order-id", "sku", "quantity"]
LINE = ("2026-11-18T01:00:00Z", "secret-order", "A", 1)
OTHER = RETURNS.model_copy(update={"tables": {"other_returns": RETURNS.tables[RETURNS.name]}})


@pytest.fixture
def store(conninfo: str) -> PostgresStore:
    return PostgresStore(conninfo)


@pytest.fixture
def few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_locks, "TRIES", 2)
    monkeypatch.setattr(table_locks, "FIRST_PAUSE", 0.01)


def returns(*more: str, hours: float = 0, spec: ReportSpec = RETURNS) -> Doc:
    content = tsv([*HEADER, *more], [(*LINE, *("x" for _ in more))])
    return Doc(spec, day_slice(spec, "2026-11-18", marketplaces=("US", "CA")), content, hours)


@contextmanager
def idle_reader(
    store: PostgresStore, table: str = TABLE, *, conninfo: str = ""
) -> Iterator[psycopg.Connection[Any]]:
    """A session that has read the table and never ended its transaction."""
    with psycopg.connect(conninfo or store.conninfo, application_name="forgotten-notebook") as reader:
        reader.execute(f"SELECT * FROM {table} WHERE 'secret-query' <> ''").fetchall()
        yield reader


@contextmanager
def running(work: Callable[[], object]) -> Iterator[list[Exception | None]]:
    """``work`` in a thread; what it raised, or None, once it has ended."""
    ended: list[Exception | None] = []

    def run() -> None:
        try:
            work()
            ended.append(None)
        except (SellerOpsError, psycopg.Error) as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield ended
    finally:
        thread.join(240)
        assert not thread.is_alive()


def reads_at_once(store: PostgresStore, table: str = TABLE) -> None:
    """Another reader waits for one try of ours at most."""
    with psycopg.connect(store.conninfo, autocommit=True) as other:
        other.execute("SET lock_timeout = '120s'")
        for _ in range(20):
            other.execute(f"SELECT count(*) FROM {table}")


def test_a_new_column_waits_for_an_idle_reader_and_keeps_nobody_else_waiting(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    returns().load_into(store.destination)
    waiting = threading.Event()
    monkeypatch.setattr(table_locks, "_holders", lambda *_: waiting.set() or [])
    with running_behind(store, lambda: returns("new-column", hours=1).load_into(store.destination)) as ended:
        assert waiting.wait(240)
        reads_at_once(store)
        returns(spec=OTHER).load_into(store.destination)
        assert not ended, "the reader still has its lock"
    assert ended == [None]
    assert "new_column" in store.columns(TABLE)


@contextmanager
def running_behind(store: PostgresStore, work: Callable[[], object]) -> Iterator[list[Exception | None]]:
    """``work`` behind an idle reader, who ends with the block; then ``work`` is waited for."""
    with idle_reader(store) as reader, running(work) as ended:
        try:
            yield ended
        finally:
            reader.rollback()


@pytest.mark.usefixtures("few_tries")
def test_the_session_in_front_is_named_without_its_query(store: PostgresStore) -> None:
    returns().load_into(store.destination)
    before = store.rows(TABLE)
    with idle_reader(store) as reader:
        with pytest.raises(TableInUse) as caught:
            returns("new-column", hours=1).load_into(store.destination)
        message, pid = str(caught.value), reader.info.backend_pid
    assert (
        f"pid {pid}, application forgotten-notebook, user sellerops_collector, idle in transaction" in message
    )
    assert f"pg_terminate_backend({pid})" in message and "UTC" in message
    assert "secret" not in message
    assert store.rows(TABLE) == before and "new_column" not in store.columns(TABLE)
    returns("new-column", hours=1).load_into(store.destination)
    assert "new_column" in store.columns(TABLE)


@pytest.mark.usefixtures("few_tries")
def test_a_session_of_another_user_is_named_as_far_as_the_server_tells(
    store: PostgresStore, reader: str
) -> None:
    returns().load_into(store.destination)
    document = returns("new-column", hours=1)
    with idle_reader(store, conninfo=reader) as other:
        pid = other.info.backend_pid
        with pytest.raises(TableInUse) as caught:
            document.load_into(store.destination)
    assert f"(pid {pid}, application forgotten-notebook, user {READER})" in str(caught.value)


@pytest.mark.usefixtures("few_tries")
def test_nothing_is_held_between_two_tries(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> None:
    returns().load_into(store.destination)
    held: list[int] = []

    def look(_: float) -> None:
        (row,) = store.query(
            "SELECT count(*) AS n FROM pg_locks "
            "WHERE (locktype = 'advisory' OR mode = 'AccessExclusiveLock') "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        held.append(row["n"])

    monkeypatch.setattr(table_locks.time, "sleep", look)
    with idle_reader(store), pytest.raises(TableInUse):
        returns("new-column", hours=1).load_into(store.destination)
    assert held == [0]


@pytest.mark.usefixtures("few_tries")
def test_a_rebuilt_table_takes_no_other_ones_place_while_waiting(store: PostgresStore) -> None:
    """All tables of a replay are locked at once, or none."""
    returns().load_into(store.destination)
    rebuild = Rebuild.of(RETURNS, RETURNS.name)
    assert rebuild.locked_tables == [("amazon_sp", "fba_customer_returns")]
    with (
        idle_reader(store),
        psycopg.connect(store.conninfo, autocommit=True) as connection,
        connection.transaction(),
        pytest.raises(TableInUse),
    ):
        with_tables_locked(connection, rebuild.locked_tables, lambda: None)
    with (
        psycopg.connect(store.conninfo, autocommit=True) as connection,
        connection.transaction(),
    ):
        with_tables_locked(connection, rebuild.locked_tables, lambda: None)
        (row,) = connection.execute("SHOW lock_timeout").fetchall()
        assert row == ("0",)
        with pytest.raises(psycopg.errors.LockNotAvailable), psycopg.connect(store.conninfo) as other:
            other.execute(f"LOCK TABLE {TABLE} IN ACCESS SHARE MODE NOWAIT")


@pytest.mark.usefixtures("few_tries")
def test_a_reader_of_logged_calls_holds_up_neither_calls_nor_other_readers(
    store: PostgresStore, ledger: Ledger
) -> None:
    ledger.roll_api_calls(keep_days=3)
    on_a_new_day = datetime(2031, 5, 17, 12, tzinfo=UTC)
    call = ApiCall("northwind", "getReport", 200, called_at=on_a_new_day)
    with idle_reader(store, "sellerops.api_call"):
        ledger.log_call(call)
        with pytest.raises(TableInUse, match="forgotten-notebook"):
            ledger.roll_api_calls(keep_days=3)
    found = store.query("SELECT tableoid::regclass::text AS day FROM sellerops.api_call")
    assert found == [{"day": "sellerops.api_call_20310517"}]


def test_loads_that_make_a_sources_first_tables_at_once_do_not_meet(store: PostgresStore) -> None:
    fresh = [spec.model_copy(update={"source": "made_at_once"}) for spec in (RETURNS, OTHER)]
    documents = [returns(spec=spec) for spec in fresh * 2]
    failures: list[Exception] = []
    gate = threading.Barrier(len(documents))

    def load(document: Doc) -> None:
        gate.wait(240)
        try:
            document.load_into(store.destination)
        except (SellerOpsError, psycopg.Error) as error:
            failures.append(error)

    threads = [threading.Thread(target=load, args=(document,)) for document in documents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(240)
    assert failures == []
    for spec in fresh:
        table = f"made_at_once.{next(iter(spec.tables))}"
        assert len(store.rows(table)) == 1
        (granted,) = store.query("SELECT has_table_privilege(%s, %s, 'SELECT') AS may", (READER, table))
        assert granted["may"]
