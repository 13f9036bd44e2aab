"""How long a finished report waits for its load, with and without Amazon's notifications.

Starts an embedded Postgres, the local Amazon and moto's SQS server, then follows --reports slices twice with
``Collector.wait`` on one asyncio loop and ``Collector.advance`` in worker threads: polling at the spec's
interval, and with a listener on the queue. The clock runs at real speed; the quotas of createReport and
getReportDocument are raised, because Amazon's would dominate the result. Measures for each report the time
from its end at Amazon until its document is in the archive, ready for the load task, plus the start of a task
after a deferral (--task-seconds). Prints a line of JSON and exits with 1 when the median with notifications
is 30 s or more, or a document is missing.

    PYTHONPATH=include:tests .venv/bin/python benchmarks/notifications.py [--reports 60]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from support.queues import QueueServer
from support.sandbox import SandboxServer

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, Done, WaitFor
from sellerops.ledger import Ledger, RunRef
from sellerops.notifications.queue import SqsQueue
from sellerops.notifications.reader import Reader
from sellerops.notifications.subscriptions import set_up
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.amazon_sp.notifications import NotificationsApi
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions
from sellerops_runtime.postgres import EmbeddedPostgres

NOW = datetime.fromisoformat("2026-11-21T14:00:00+00:00")
ACCOUNT, REPORT = "northwind_na", "sales_and_traffic"
MOST_SECONDS = 30.0


class Bench:
    """One ledger, one local Amazon, one archive."""

    def __init__(self, ledger: Ledger, amazon: SandboxServer, folder: Path) -> None:
        self.ledger, self.amazon = ledger, amazon
        self.account: Account = load_accounts()[ACCOUNT]
        self.spec = load_spec(REPORT)
        config = load_rate_limits()
        raised = {name: config.limit(name).model_copy(update={"rate": 20.0, "burst": 200}) for name in RAISED}
        config = config.model_copy(update={"operations": {**config.operations, **raised}})
        self.limits = QuotaLedger(ledger, config)
        self.archive = Archive(str(folder / "archive"))
        told = amazon.account(ACCOUNT)
        self.credentials = Credentials(
            told["client_id"], told["client_secret"], told["refresh_token"], amazon.url, amazon.token_url
        )

    def collector(self) -> Collector:
        client = SpApiClient(self.account, self.credentials, self.ledger, self.limits)
        return Collector(self.spec, self.account, client, self.ledger, self.limits, self.archive)

    def slices(self, first: date, count: int) -> list[Slice]:
        """Slices of one day of one marketplace each."""
        days = timedelta(days=-(-count // len(self.account.marketplaces)) - 1)
        return plan_slices(self.spec, self.account, run_at=NOW, now=NOW, from_day=first, to_day=first + days)[
            :count
        ]

    async def collect(self, slices: list[Slice], run_id: str) -> dict[str, datetime]:
        """Collect all at once; return when each report's document was in the archive, by report id."""
        workers = ThreadPoolExecutor(4)
        try:
            # Spread over time, like scheduled runs.
            tasks = [self._one(slice_, run_id, n * 0.4, workers) for n, slice_ in enumerate(slices)]
            return dict(await asyncio.gather(*tasks))
        finally:
            workers.shutdown()
            await close_sessions()

    async def _one(
        self, slice_: Slice, run_id: str, after: float, workers: ThreadPoolExecutor
    ) -> tuple[str, datetime]:
        loop, collector = asyncio.get_running_loop(), self.collector()
        run = RunRef(f"report__amazon_sp__{REPORT}", run_id, slice_.label, 0, 1, REPORT)
        await asyncio.sleep(after)
        ids: tuple[int, ...] = ()
        while True:
            advance = partial(collector.advance, slice_, run, request_ids=ids)
            step = await loop.run_in_executor(workers, advance)
            if isinstance(step, Done):
                request = self.ledger.get_request(step.request_ids[0])
                assert request.report_id is not None
                return request.report_id, self.ledger.clock().now()
            assert isinstance(step, WaitFor)
            result = await collector.wait(slice_, run, request_ids=step.request_ids)
            result.raise_if_failed()
            ids = result.request_ids

    def delays(self, archived: dict[str, datetime]) -> list[float]:
        """Seconds from each report's end at Amazon until it was archived, both by the same clock."""
        ended = {
            report["reportId"]: datetime.fromisoformat(report["processingEndTime"])
            for report in self.amazon.control("GET", "/reports")["reports"]
            if "processingEndTime" in report
        }
        return [(moment - ended[report_id]).total_seconds() for report_id, moment in archived.items()]


RAISED = ("createReport", "getReportDocument")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument(
        "--task-seconds", type=float, default=5.0, help="from a trigger's event to a running task (5)"
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres")
        postgres.start()
        ledger = Ledger(postgres.url("postgres"), pool_size=8)
        try:
            ledger.migrate()
            with SandboxServer() as amazon, QueueServer() as queues:
                figures = measure(ledger, amazon, queues, folder, arguments.reports, arguments.task_seconds)
        finally:
            ledger.close()
            postgres.stop()
    print(json.dumps(figures))
    good = figures["with"]["median_s"] < MOST_SECONDS and figures["with"]["reports"] == arguments.reports
    return 0 if good else 1


def measure(
    ledger: Ledger, amazon: SandboxServer, queues: QueueServer, folder: Path, reports: int, task: float
) -> dict[str, Any]:
    told = amazon.clock(set=NOW.isoformat(), speed=1)
    anchors = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
    ledger.set_clock(Clock(*anchors, 1.0))
    for operation in RAISED:
        amazon.quotas(operation=operation, rate=20.0, burst=200)
    # The minimum time that a report takes, so that reports and not our calls limit the run.
    amazon.jobs(queue_seconds=20, progress_seconds=25)
    amazon.control("POST", "/queues", json={"endpoint_url": queues.url})
    bench = Bench(ledger, amazon, folder)
    first = date(2026, 9, 1)
    without = bench.delays(asyncio.run(bench.collect(bench.slices(first, reports), "polling")))
    polls = amazon.call_counts()["getReport"]

    settings = replace(queues.new_queue())
    asyncio.run(_subscribe(bench, settings.arn))
    done = threading.Event()
    reader = Reader(ledger, SqsQueue(settings, wait_seconds=2))
    listener = threading.Thread(target=lambda: _listen(reader, done))
    listener.start()
    try:
        # The first report shows that notifications arrive.
        asyncio.run(bench.collect(bench.slices(first + timedelta(days=30), 1), "first"))
        amazon.clear_calls()
        slices = bench.slices(first + timedelta(days=31), reports)
        notified = bench.delays(asyncio.run(bench.collect(slices, "notified")))
    finally:
        done.set()
        listener.join()
    return {
        "without": _figures(without, sum(polls.values()), task),
        "with": _figures(notified, sum(amazon.call_counts()["getReport"].values()), task),
    }


async def _subscribe(bench: Bench, arn: str) -> None:
    async with NotificationsApi(bench.credentials) as api:
        await set_up(api, bench.ledger, ACCOUNT, arn)


def _listen(reader: Reader, done: threading.Event) -> None:
    while not done.is_set():
        reader.read_once()


def _figures(delays: list[float], polls: int, task: float) -> dict[str, float]:
    total = sorted(delay + task for delay in delays)
    return {
        "reports": len(total),
        "median_s": round(statistics.median(total), 1),
        "p95_s": round(total[int(len(total) * 0.95)], 1),
        "max_s": round(total[-1], 1),
        "getReport_calls": polls,
    }


if __name__ == "__main__":
    raise SystemExit(main())
