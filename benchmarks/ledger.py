"""How fast the ledger answers after years: the product's recurring queries on a large ledger.

Fills an embedded Postgres with a ledger of --slices slices (5 accounts, 10 marketplaces, all reports of the
catalogue) and everything that belongs to them, then runs the queries. Prints JSON: row counts, and for each
query the slowest statement and the whole call (the first time, and the median of five) and the CPU time of
client and server together, in seconds. Exit code 1 if a call, or a statement of a purge, exceeds its limit.
Ten million slices take 15 GB and a quarter of an hour.

    PYTHONPATH=include:plugins python benchmarks/ledger.py [--slices 10000000] [--shared-buffers 1GB]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from ledgers.filling import Size, fill
from psutil import Process

from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.marketplaces import all_marketplaces
from sellerops.settings.specs import load_specs
from sellerops_runtime.postgres import EmbeddedPostgres

TARGET = 0.3
END_OF_RUN = 0.05
TIMES = 5
DAY = timedelta(days=1)
# Retention in days, and the limit of one statement in seconds.
PURGES = (("purge of a month", 400, None), ("purge of a day", 399, TARGET), ("purge of nothing", 399, TARGET))


@dataclass
class Meter:
    """Seconds of every statement, with its first words, on any connection."""

    seconds: list[tuple[float, str]] = field(default_factory=list)
    server: int = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        real: Callable[..., Any] = psycopg.Cursor.execute

        def execute(cursor: Any, statement: Any, *args: Any, **kwargs: Any) -> Any:
            before = time.perf_counter()
            try:
                return real(cursor, statement, *args, **kwargs)
            finally:
                text = statement.decode() if isinstance(statement, bytes) else str(statement)
                self.seconds.append((time.perf_counter() - before, " ".join(text.split())[:90]))

        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        try:
            yield
        finally:
            psycopg.Cursor.execute = real  # type: ignore[method-assign]

    def ask(self, query: Callable[[], object]) -> tuple[float, float]:
        """Run the query; return the seconds of its slowest statement and of the whole call."""
        self.seconds.clear()
        before = time.perf_counter()
        query()
        whole = time.perf_counter() - before
        return max((one for one, _ in self.seconds), default=0.0), whole

    def cpu(self) -> float:
        """CPU seconds so far of this process and of the server process that serves it."""
        spent = Process(self.server).cpu_times() if self.server else None
        return time.process_time() + (spent.user + spent.system if spent else 0.0)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=10_000_000)
    parser.add_argument("--shared-buffers", default="1GB")
    parser.add_argument(
        "--folder", help="folder for the server's files (default: the system's temporary folder)"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sellerops-ledger-", dir=options.folder) as folder:
        Path(folder).chmod(0o755)  # when we are root, the server runs as another user
        os.environ["AIRFLOW_HOME"] = f"{folder}/airflow"
        settings = {"shared_buffers": options.shared_buffers, "max_wal_size": "4GB", "autovacuum": "off"}
        server = EmbeddedPostgres(Path(folder) / "postgres", settings=settings)
        server.start()
        try:
            server.create_database("ledger")
            figures = measure(server.url("ledger"), options.slices)
        finally:
            server.stop()
    print(json.dumps(figures, indent=2))
    for missed in figures["missed"]:
        print(f"too slow: {missed}", file=sys.stderr)
    return 1 if figures["missed"] else 0


def measure(conninfo: str, slices: int) -> dict[str, Any]:
    accounts = sellers()
    specs = load_specs()[0]
    size = Size(slices, [spec.name for spec in specs], list(accounts), [
        each.id for each in accounts["seller_1"].marketplaces
    ])  # fmt: skip
    ledger = Ledger(conninfo, pool_size=1)
    ledger.migrate()
    now = datetime.now(UTC)
    began = time.perf_counter()
    with psycopg.connect(conninfo, autocommit=True) as connection:
        fill(connection, size, now)
        rows = _rows(connection)
    filled = time.perf_counter() - began
    meter, results = Meter(server=_server_of(ledger)), dict[str, dict[str, Any]]()
    with meter.watching():
        for name, (target, query) in _queries(ledger, accounts, now).items():
            results[name] = {**_figures(meter, query), "target": target, "of": "whole"}
        results.update(_purges(meter, ledger))
        results.update(_writes(meter, ledger, accounts))
    ledger.close()
    return {
        "slices": slices,
        "days": size.days,
        "filled_in_seconds": round(filled),
        "rows": rows,
        "seconds": results,
        "missed": [
            f"{name}: {seconds} s, limit {each['target']} s"
            for name, each in results.items()
            if each.get("target") is not None and (seconds := each[each["of"]]) > each["target"]
        ],
    }


def _server_of(ledger: Ledger) -> int:
    """The process id of the backend of the ledger's only connection."""
    row = ledger.database.run(lambda c: c.execute("SELECT pg_backend_pid() AS pid").fetchone())
    assert row is not None
    return int(row["pid"])


def sellers() -> dict[str, Account]:
    """Five accounts of one region, each with ten marketplaces."""
    marketplaces = tuple(each for each in all_marketplaces().values() if each.region == "EU")[:10]
    like = load_accounts()["northwind_eu"]
    return {f"seller_{n}": replace(like, id=f"seller_{n}", marketplaces=marketplaces) for n in range(1, 6)}


def _queries(
    ledger: Ledger, accounts: dict[str, Account], now: datetime
) -> dict[str, tuple[float, Callable[[], object]]]:
    """The queries, each with its limit in seconds."""
    from sellerops.completeness import read_calendars
    from sellerops.completeness.filling import count_tries
    from sellerops.completeness.silence import silent_reports
    from sellerops.completeness.summary import summarize
    from sellerops.completeness.warnings import warnings_of
    from sellerops.ledger import findings, loads, notices, notifications, quarantines
    from sellerops.ledger.quarantines import QuarantineState
    from sellerops.ledger.slices import failed_days
    from sellerops.notices.messages import describe_recovery
    from sellerops.read_models.connections.tokens import read_token_uses
    from sellerops.read_models.metrics.reading import read_points
    from sellerops_airflow.housekeeping import maintenance
    from sellerops_airflow.runs.run_outcomes import build_outcome

    specs = load_specs()[0]
    spec = next(one for one in specs if one.name == "sales_and_traffic")
    dag_id, run_id = (
        "report__amazon_sp__sales_and_traffic",
        f"scheduled__{(now - 2 * DAY).date()}T03:00:00+00:00",
    )
    states = {(f"{account}.slice.load_postgres", n): "success" for account in accounts for n in range(10)}
    recent = {"age": timedelta(hours=2), "horizon": timedelta(days=3)}
    run = ledger.database.run
    load_ids = run(lambda c: findings.loads_with_findings(c, **recent))
    outcome = build_outcome(ledger, dag_id, run_id, states=states, failed=False)
    assert outcome.rows, "the queried run has loaded nothing"
    assert load_ids, "no load has findings"
    days = [(accounts["seller_1"].marketplaces[0].id, (now - n * DAY).date()) for n in range(3)]
    return {
        "end of a run": (
            END_OF_RUN,
            lambda: build_outcome(ledger, dag_id, run_id, states=states, failed=True),
        ),
        "end of a run, by the ledger alone": (END_OF_RUN, lambda: build_outcome(ledger, dag_id, run_id)),
        "what is still failed": (
            END_OF_RUN,
            lambda: describe_recovery(ledger, replace(outcome, accounts_loaded=tuple(accounts))),
        ),
        "failed days of all accounts": (
            END_OF_RUN,
            lambda: run(lambda c: failed_days(c, spec.name, list(accounts), 10)),
        ),
        "rows_of_run": (TARGET, lambda: run(lambda c: findings.rows_of_run(c, dag_id, run_id))),
        "loads_with_findings": (TARGET, lambda: run(lambda c: findings.loads_with_findings(c, **recent))),
        "column_changes": (TARGET, lambda: run(lambda c: findings.column_changes(c, load_ids))),
        "rejected_rows": (TARGET, lambda: run(lambda c: findings.rejected_rows(c, load_ids))),
        "runs without a notice": (TARGET, lambda: maintenance.runs_without_notice(ledger, **recent)),
        "slices that never ended": (
            TARGET,
            lambda: maintenance.stale_slices(ledger, timedelta(hours=36), timedelta(days=30)),
        ),
        "silence": (TARGET, lambda: silent_reports(ledger, specs, accounts.values(), timedelta(hours=6))),
        "summary": (TARGET, lambda: summarize(ledger, accounts, now - DAY, now)),
        "calendar of a report": (TARGET, lambda: list(read_calendars(ledger, spec, accounts.values()))),
        "calendar of one account": (
            TARGET,
            lambda: list(read_calendars(ledger, spec, [accounts["seller_1"]])),
        ),
        "open warnings": (TARGET, lambda: warnings_of(ledger, spec.name)),
        "tries of a gap": (TARGET, lambda: count_tries(ledger, spec.name, "seller_1", days)),
        "last slices": (TARGET, lambda: ledger.slice_states(most=101)),
        "last failed slices": (TARGET, lambda: ledger.slice_states(states=[SliceState.FAILED], most=101)),
        "last loads": (TARGET, lambda: ledger.loads(account_id="seller_1")),
        "costs of a month": (
            TARGET,
            lambda: run(lambda c: loads.costs(c, spec.name, (now - 30 * DAY).date())),
        ),
        "next delivery": (TARGET, lambda: run(lambda c: notices.lease_delivery(c, None, ()))),
        "deliveries not sent": (
            TARGET,
            lambda: run(lambda c: notices.deliveries(c, ["WAITING", "GIVEN_UP"])),
        ),
        "open faults": (TARGET, lambda: run(lambda c: notices.open_faults(c, "run_failed|x"))),
        "a notification": (
            TARGET,
            lambda: run(
                lambda c: notifications.store(c, notifications.Notification("new", "{}", report_id="R77-0"))
            ),
        ),
        "all metrics of monitoring": (
            TARGET,
            lambda: run(lambda c: list(read_points(c, list(accounts), [each.name for each in specs]))),
        ),
        "uses of tokens, for a probe": (TARGET, lambda: run(read_token_uses)),
        "open quarantines": (
            TARGET,
            lambda: run(lambda c: quarantines.find(c, [QuarantineState.OPEN], 100)),
        ),
    }


def _figures(meter: Meter, query: Callable[[], object]) -> dict[str, Any]:
    """The first time and the median of five, for the slowest statement and for the whole call."""
    first, first_whole = meter.ask(query)
    slowest = max(meter.seconds, default=(0.0, ""))[1]
    before = meter.cpu()
    times = [meter.ask(query) for _ in range(TIMES)]
    spent = meter.cpu() - before
    return {
        "cpu": round(spent / TIMES, 3),
        "statement": round(median(one for one, _ in times), 4),
        "whole": round(median(whole for _, whole in times), 4),
        "first": round(first, 4),
        "first_whole": round(first_whole, 4),
        "slowest": slowest,
    }


def _purges(meter: Meter, ledger: Ledger) -> dict[str, dict[str, Any]]:
    """Purge a month's rows, then those of one more day, then none."""
    from sellerops.ledger.retention import RetentionPeriods, purge

    results: dict[str, dict[str, Any]] = {}
    for name, days, target in PURGES:
        deleted: dict[str, int] = {}

        def work(days: int = days, deleted: dict[str, int] = deleted) -> None:
            kept = RetentionPeriods(rows=timedelta(days=days), changes=timedelta(days=days + 700))
            deleted.update(purge(ledger, kept))

        statement, whole = meter.ask(work)
        results[name] = {
            "statement": round(statement, 4),
            "whole": round(whole, 4),
            "slowest": max(meter.seconds)[1],
            "deleted": {table: number for table, number in deleted.items() if number},
            "target": target,
            "of": "statement",
        }
    return results


def _writes(meter: Meter, ledger: Ledger, accounts: dict[str, Account]) -> dict[str, dict[str, Any]]:
    """Measure what the indexes cost writers: one slice from plan to load."""
    from sellerops.calendar.slices import plan_slices
    from sellerops.settings.specs import load_spec

    spec, account = load_spec("sales_and_traffic"), accounts["seller_1"]
    now = datetime.now(UTC)
    slice_ = plan_slices(spec, account, run_at=now, now=now)[0]
    run = RunRef(spec.dag_id, "benchmark", "load", 0, 1, spec.name)

    def write() -> None:
        for state in (SliceState.PLANNED, SliceState.REQUESTED):
            ledger.set_slice_state(slice_, state, run=run)
        ledger.set_destination_state(
            slice_, "postgres", SliceState.LOADED, destinations=["postgres"], run=run, request_id=1, load_id=1
        )

    return {"states of a slice": _figures(meter, write)}


def _rows(connection: psycopg.Connection[Any]) -> dict[str, int]:
    rows = connection.execute(
        "SELECT relname, reltuples::bigint FROM pg_class WHERE relnamespace = 'sellerops'::regnamespace "
        "AND relkind = 'r' AND reltuples > 1000 ORDER BY 2 DESC"
    )
    return dict(rows.fetchall())


if __name__ == "__main__":
    sys.exit(main())
