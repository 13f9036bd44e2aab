"""What one slice costs apart from its rows: CPU time of the worker, and database statements.

    PYTHONPATH=include:plugins python benchmarks/slice_overhead.py [--slices 60] [--report sales_and_traffic]

Collects small slices of a report (of Amazon Ads: report__amazon_ads__sp_campaigns) one after the other from
the local Amazon, as tasks do: plan, ``advance`` on a worker, ``wait`` in the triggerer, ``advance`` again
with the download, load. Prints JSON: CPU seconds and statements of each step per slice, and the CPU seconds
that each of a slice's three task processes spends on our files before it executes anything (`start`). Exits
with 1 when a step needs too many statements or a start too much time. Airflow's own cost of a task is extra:
about 0.2 CPU seconds with the LocalExecutor, 0.15 for a deferral.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from triggerer_loop import NOW, servers

from sellerops.archive import Archive
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, WaitFor
from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.ledger import Ledger, RunRef
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.registry import source_of

RUN = RunRef("benchmark", "run", "fetch_report", 0, 1, "sales_and_traffic")
QUOTAS = (
    *("createReport", "getReportDocument", "getReport", "getReports"),
    *("createAdsReport", "getAdsReport"),
)
MOST_STATEMENTS = {"advance": 20, "wait": 40, "load": 66}
MOST_START_SECONDS = 0.05
ROOT = Path(__file__).resolve().parents[1]
# As in the scheduler, which imports once; then as in each of its forked tasks: the plugin's file is executed
# again, and the DAG file is read for the one DAG.
_START = """
import json, sys, time
import airflow.sdk
plugin, dag_file = (compile(open(path).read(), path, "exec") for path in sys.argv[1:3])
sys.argv = ["airflow", "scheduler"]
exec(plugin, {"__name__": "before"})
rounds = 20
begun = time.process_time()
for n in range(rounds):
    exec(plugin, {"__name__": f"plugin_{n}"})
    exec(dag_file, {"__name__": f"dag_file_{n}"})
print(json.dumps((time.process_time() - begun) / rounds))
"""


class Meter:
    """CPU seconds of this process and statements sent, by step."""

    def __init__(self) -> None:
        self.cpu: defaultdict[str, float] = defaultdict(float)
        self.statements: Counter[str] = Counter()
        self._step = "other"

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        before, self._step = time.process_time(), name
        try:
            yield
        finally:
            self.cpu[name] += time.process_time() - before
            self._step = "other"

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count every statement of psycopg within the block."""
        real: Callable[..., Any] = psycopg.Cursor.execute

        def execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
            self.statements[self._step] += 1
            return real(cursor, *args, **kwargs)

        psycopg.Cursor.execute = execute  # type: ignore[method-assign]
        try:
            yield
        finally:
            psycopg.Cursor.execute = real  # type: ignore[method-assign]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slices", type=int, default=60)
    parser.add_argument("--report", default="sales_and_traffic")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as folder,
        servers(Path(folder), 60.0) as (ledger, amazon),
    ):
        for operation in QUOTAS:
            amazon.post("/_sandbox/quotas", json={"operation": operation, "rate": 20.0, "burst": 200})
        amazon.post("/_sandbox/jobs", json={"queue_seconds": 5, "progress_seconds": 5})
        figures = measure(ledger, amazon, Path(folder), options.slices, options.report)
        figures["start"] = {"cpu_seconds": start_of_a_task(figures["report"], Path(folder))}
    print(json.dumps(figures, indent=2))
    too_many = {name for name, most in MOST_STATEMENTS.items() if figures[name]["statements"] > most}
    print(f"more statements than they should: {', '.join(too_many)}" if too_many else "", file=sys.stderr)
    is_slow = figures["start"]["cpu_seconds"] > MOST_START_SECONDS
    print("a task's start takes longer than it should" if is_slow else "", file=sys.stderr)
    return 1 if too_many or is_slow else 0


def start_of_a_task(dag_id: str, folder: Path) -> float:
    """CPU seconds that our files take in a forked task process before its operator is executed."""
    home = folder / "airflow"
    home.mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "plugins")]),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "_AIRFLOW_PARSING_CONTEXT_DAG_ID": dag_id,
    }
    from sellerops_airflow.dag_factory.reports import part_of

    dag_file = ROOT / "dags" / f"report_dags_{part_of(dag_id)}.py"
    files = [str(ROOT / "plugins" / "sellerops_plugin.py"), str(dag_file)]
    done = subprocess.run(
        [sys.executable, "-c", _START, *files], check=True, stdout=subprocess.PIPE, text=True, env=environment
    )
    return round(float(done.stdout.splitlines()[-1]), 4)


def measure(
    ledger: Ledger, amazon: Any, folder: Path, count: int, report: str = "sales_and_traffic"
) -> dict[str, Any]:
    spec, account = _spec(report), load_accounts()["northwind_na"]
    told = next(one for one in amazon.get("/_sandbox/accounts").json() if one["account"] == account.id)
    told = told["ads"] if spec.source == "amazon_ads" else told
    base = str(amazon.base_url).rstrip("/")
    credentials = Credentials(
        told["client_id"], told["client_secret"], told["refresh_token"], base, f"{base}/auth/o2/token"
    )
    limits = QuotaLedger(ledger, load_rate_limits())
    archive = Archive(str(folder / "archive"))
    destination = PostgresDestination(ledger.database.conninfo)
    meter = Meter()
    with meter.step("plan"):
        last = (NOW - timedelta(days=3)).date()
        first = last - min(timedelta(days=count), spec.period.history - timedelta(days=5))
        slices = plan_slices(spec, account, run_at=NOW, now=NOW, from_day=first, to_day=last)[:count]

    def collector() -> Collector:
        client = source_of(spec.source).client(account, credentials, ledger, limits)
        return Collector(spec, account, client, ledger, limits, archive)

    rows = 0
    with meter.counting():
        for slice_ in [slices[0], *slices]:
            if slice_ is slices[0]:
                meter.cpu.clear()  # the first slice includes imports and connecting
                meter.statements.clear()
            rows += _collect(meter, collector, spec, slice_, destination, ledger, archive)
    return {
        "report": spec.dag_id,
        "slices": len(slices),
        "rows": rows,
        **{
            name: {
                "cpu_seconds": round(meter.cpu[name] / len(slices), 4),
                "statements": round(meter.statements[name] / len(slices), 1),
            }
            for name in ("advance", "wait", "load")
        },
        "worker_cpu_seconds": round((meter.cpu["advance"] + meter.cpu["load"]) / len(slices), 4),
    }


def _spec(report: str) -> ReportSpec:
    """The report's spec; windows of a range are a week long, so that there are enough of them."""
    spec = load_spec(report)
    week = spec.period.model_copy(update={"max_days": 7})
    return spec.model_copy(update={"period": week})


def _collect(
    meter: Meter,
    collector: Callable[[], Collector],
    spec: ReportSpec,
    slice_: Slice,
    destination: PostgresDestination,
    ledger: Ledger,
    archive: Archive,
) -> int:
    ids: tuple[int, ...] = ()
    while True:
        with meter.step("advance"):
            step = collector().advance(slice_, RUN, request_ids=ids)
        if not isinstance(step, WaitFor):
            break
        with meter.step("wait"):
            waited = asyncio.run(collector().wait(slice_, RUN, request_ids=step.request_ids))
        waited.raise_if_failed()
        ids = waited.request_ids
    stored = 0
    with meter.step("load"):
        for one in step.request_ids:
            request = ledger.get_request(one)
            uri = str(request.archive_uri)
            results = load_document(
                destination,
                spec,
                slice_,
                RequestMeta.of(request),
                lambda uri=uri: archive.open(uri),
            )
            stored += sum(result.stored for result in results)
    return stored


if __name__ == "__main__":
    sys.exit(main())
