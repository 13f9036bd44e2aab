"""Every recurring query finds its rows by an index, however large the ledger is.

A ledger of 20,000 slices is filled as the benchmark fills one of ten million; the queries are the
product's own, and the server explains each of their statements.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb
from support.postgres import TEMPLATE, PostgresServer

from sellerops.cli import existing
from sellerops.collect import part_claims
from sellerops.completeness import read_calendars
from sellerops.completeness.filling import count_tries
from sellerops.completeness.silence import silent_reports
from sellerops.completeness.summary import summarize
from sellerops.completeness.warnings import warnings_of
from sellerops.ledger import (
    Ledger,
    SliceState,
    findings,
    loads,
    notices,
    notifications,
    quarantines,
    retention,
)
from sellerops.ledger.quarantines import QuarantineState
from sellerops.ledger.slices import failed_days
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
MARKETPLACE_IDS = ("ATVPDKIKX0DER", "A2EUQ1WTGCTBG2")
REPORTS = ("sales_and_traffic", *(f"report_{n}" for n in range(9)))
SPEC = load_spec("sales_and_traffic")
ACCOUNTS = load_accounts()
DAG_ID = "report__amazon_sp__sales_and_traffic"
RECENT = {"age": timedelta(hours=2), "horizon": timedelta(days=3)}
DAY = timedelta(days=1)
# What fits into so few pages (8 kB) is read whole, as it should be.
FEW_PAGES = 4


@pytest.fixture(scope="module")
def grown(postgres_server: PostgresServer) -> Iterator[tuple[Ledger, datetime]]:
    conninfo = postgres_server.create_database(TEMPLATE)
    now = datetime.now(UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        from ledgers.filling import Size, fill

        size = Size(20_000, REPORTS, tuple(ACCOUNTS), MARKETPLACE_IDS)
        with psycopg.connect(postgres_server.owner(conninfo), autocommit=True) as connection:
            fill(connection, size, now)
    ledger = Ledger(conninfo)
    yield ledger, now
    ledger.close()
    postgres_server.drop_database(conninfo)


@dataclass
class Explained:
    """The statements that were sent, each with its parameters."""

    sent: list[tuple[Any, Any]] = field(default_factory=list)

    @contextmanager
    def listening(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        real: Callable[..., Any] = psycopg.Cursor.execute

        def execute(cursor: Any, statement: Any, parameters: Any = None, **options: Any) -> Any:
            self.sent.append((statement, parameters))
            return real(cursor, statement, parameters, **options)

        with monkeypatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", execute)
            yield

    def scans(self, ledger: Ledger) -> list[str]:
        """Tables that some statement would read from end to end."""
        found: list[str] = []
        large = _large_tables(ledger)
        with ledger.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
            # As on disks without moving parts; else a table of a few dozen pages is read whole.
            cursor.execute("SET LOCAL random_page_cost = 1")
            for statement, parameters in self.sent:
                text = statement.decode() if isinstance(statement, bytes) else str(statement)
                if text.split(None, 1)[0].upper() not in ("SELECT", "WITH", "DELETE", "UPDATE", "INSERT"):
                    continue
                cursor.execute(f"EXPLAIN (FORMAT JSON) {text}".encode(), parameters)
                row = cursor.fetchone()
                assert row is not None
                plan = row[0] if isinstance(row[0], list) else json.loads(row[0])
                found += [f"{table}: {text.strip()}" for table in _read_whole(plan[0]["Plan"], large)]
        return found


def _large_tables(ledger: Ledger) -> set[str]:
    with ledger.connection() as connection:
        rows = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace AND relpages > %s",
            (FEW_PAGES,),
        )
        return {row["relname"] for row in rows}


def _read_whole(node: dict[str, Any], large: set[str]) -> Iterator[str]:
    """Of api_call a partition is a day."""
    table = str(node.get("Relation Name", ""))
    if node["Node Type"] == "Seq Scan" and table in large and not table.startswith("api_call_"):
        yield table
    for child in node.get("Plans", ()):
        yield from _read_whole(child, large)


def _run_of(now: datetime) -> str:
    return f"scheduled__{(now - 3 * DAY).date()}T03:00:00+00:00"


QUERIES: dict[str, Callable[[Ledger, datetime], object]] = {
    "the days of a run": lambda ledger, now: ledger.slice_states(
        report=SPEC.name, dag_id=DAG_ID, run_id=_run_of(now), states=[SliceState.FAILED, SliceState.LOADED]
    ),
    "what failed of a run": lambda ledger, now: ledger.destination_days(
        dag_id=DAG_ID, run_id=_run_of(now), state=SliceState.FAILED
    ),
    "the rows of a run": lambda ledger, now: ledger.database.run(
        lambda c: findings.rows_of_run(c, DAG_ID, _run_of(now))
    ),
    "what is failed": lambda ledger, now: ledger.database.run(
        lambda c: failed_days(c, SPEC.name, list(ACCOUNTS), 5)
    ),
    "where a document waits": lambda ledger, now: ledger.destination_days(
        report=SPEC.name,
        account_id="northwind_na",
        marketplace_id=MARKETPLACE_IDS[0],
        days=[now.date()],
        state=SliceState.QUARANTINED,
    ),
    "loads with findings": lambda ledger, now: ledger.database.run(
        lambda c: findings.loads_with_findings(c, **RECENT)
    ),
    "what changed": lambda ledger, now: ledger.database.run(lambda c: findings.column_changes(c, [7, 8])),
    "what was rejected": lambda ledger, now: ledger.database.run(lambda c: findings.rejected_rows(c, [7, 8])),
    "silence": lambda ledger, now: silent_reports(ledger, [SPEC], ACCOUNTS.values(), timedelta(hours=6)),
    "the summary": lambda ledger, now: summarize(ledger, ACCOUNTS, now - DAY, now),
    "the calendar": lambda ledger, now: list(read_calendars(ledger, SPEC, ACCOUNTS.values(), days=20)),
    "the calendar of an account": lambda ledger, now: list(
        read_calendars(ledger, SPEC, [ACCOUNTS["northwind_na"]], days=20)
    ),
    "open warnings": lambda ledger, now: warnings_of(ledger, SPEC.name),
    "tries of a gap": lambda ledger, now: count_tries(
        ledger, SPEC.name, "northwind_na", [(MARKETPLACE_IDS[0], now.date())]
    ),
    "the last slices": lambda ledger, now: ledger.slice_states(most=101),
    "the last loads": lambda ledger, now: ledger.loads(report=SPEC.name, account_id="northwind_na"),
    "costs": lambda ledger, now: ledger.database.run(
        lambda c: loads.costs(c, SPEC.name, (now - 10 * DAY).date())
    ),
    "the next delivery": lambda ledger, now: ledger.database.run(
        lambda c: notices.lease_delivery(c, None, ())
    ),
    "pending deliveries": lambda ledger, now: ledger.database.run(
        lambda c: notices.deliveries(c, ["WAITING", "GIVEN_UP"])
    ),
    "open faults": lambda ledger, now: ledger.database.run(lambda c: notices.open_faults(c, "run_failed|x")),
    "a notification": lambda ledger, now: ledger.database.run(
        lambda c: notifications.store(c, notifications.Notification("new", "{}", report_id="R7-0"))
    ),
    "open quarantines": lambda ledger, now: ledger.database.run(
        lambda c: quarantines.find(c, [QuarantineState.OPEN], 100)
    ),
    "housekeeping": lambda ledger, now: retention.purge(ledger),
}


@pytest.mark.parametrize("query", QUERIES)
def test_no_query_reads_a_whole_table(
    grown: tuple[Ledger, datetime], query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, now = grown
    # As small beside the tables here as the real one is beside real ones.
    monkeypatch.setattr(retention, "BATCH", 20)
    monkeypatch.setattr(retention, "CHANGES_BATCH", 5)
    explained = Explained()
    with explained.listening(monkeypatch):
        QUERIES[query](ledger, now)
    assert explained.sent
    assert explained.scans(ledger) == []


def test_a_backfill_plan_and_a_split_slice_look_at_their_own_requests(
    grown: tuple[Ledger, datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger, now = grown
    explained = Explained()

    def select(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
        explained.sent.append((statement, parameters))
        return []

    monkeypatch.setattr(existing, "select", select)
    existing._ours(SPEC, ACCOUNTS["northwind_na"])
    part = {
        "dag_id": DAG_ID, "run_id": "r", "source": "amazon_sp", "account_id": "northwind_na",
        "report_type": "GET_SALES_AND_TRAFFIC", "window_start": now, "window_end": now + DAY,
        "marketplace_ids": [MARKETPLACE_IDS[0]], "option": "asin", "options": Jsonb({}), "fresh_after": now,
    }  # fmt: skip
    explained.sent.append((part_claims._EXISTING, part))
    assert len(explained.sent) == 2
    assert explained.scans(ledger) == []


def test_what_grows_is_large_enough_to_tell(grown: tuple[Ledger, datetime]) -> None:
    """A table of a page or two is read whole with or without an index."""
    growing = {
        "slice_state", "slice_destination", "report_request", "load", "rejected_row", "schema_change",
        "restatement", "report_reuse", "notification", "notice", "delivery", "fault", "warning", "gap_fill",
        "check_result",
    }  # fmt: skip
    assert growing <= _large_tables(grown[0])


def test_a_lost_index_is_noticed(grown: tuple[Ledger, datetime], monkeypatch: pytest.MonkeyPatch) -> None:
    ledger, now = grown
    explained = Explained()
    with explained.listening(monkeypatch):
        QUERIES["the days of a run"](ledger, now)
        ledger.database.run(lambda c: c.execute("SELECT count(*) FROM sellerops.load WHERE replaced = 7"))
    (found,) = explained.scans(ledger)
    assert found.startswith("load: ")


def test_a_run_reads_no_more_than_its_own_days(grown: tuple[Ledger, datetime]) -> None:
    """The rows that the server looks at and leaves out are few beside the report's history."""
    ledger, now = grown
    with ledger.connection() as connection, connection.cursor(row_factory=tuple_row) as cursor:
        cursor.execute(
            "EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) SELECT * FROM sellerops.slice_state "
            "WHERE report = %s AND dag_id = %s AND run_id = %s",
            (SPEC.name, DAG_ID, _run_of(now)),
        )
        row = cursor.fetchone()
    assert row is not None
    plan = row[0][0]["Plan"]
    assert plan["Actual Rows"] > 0
    assert plan.get("Rows Removed by Filter", 0) < 100
