"""What a thousand waits in one triggerer cost: how long the event loop is blocked, memory, statements.

Starts an embedded Postgres and the local Amazon, then follows --waits slices with ``Collector.wait`` on one
asyncio loop, as a triggerer does: reuse, quota, create, poll, document lease. Quotas are raised so that every
phase happens within the run; a heartbeat every 10 ms measures how late it wakes. Prints a line of JSON and
exits with 1 when the loop was ever blocked for 100 ms, or a report was created twice.

    PYTHONPATH=include .venv/bin/python benchmarks/triggerer_loop.py [--waits 1000] [--seconds 60]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sellerops.archive import Archive
from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.collect import Collector, WaitResult
from sellerops.ledger import Ledger, RunRef
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import load_spec
from sellerops.sources.amazon_sp.client import SpApiClient
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions
from sellerops_runtime.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
HEARTBEAT = 0.01
LONGEST_STANDSTILL = 0.1


class Heartbeat:
    """Wakes every 10 ms.

    ``lags``: by how many seconds each wake-up was late; ``cpu``: CPU seconds of the loop's thread meanwhile,
    which do not depend on the machine's other work.
    """

    def __init__(self) -> None:
        self.lags: list[float] = []
        self.cpu: list[float] = []

    async def beat(self) -> None:
        while True:
            before, cpu_before = time.perf_counter(), time.thread_time()
            await asyncio.sleep(HEARTBEAT)
            self.lags.append(time.perf_counter() - before - HEARTBEAT)
            self.cpu.append(time.thread_time() - cpu_before)

    def figures(self) -> dict[str, float]:
        ordered = sorted(self.lags)
        return {
            "max_ms": round(ordered[-1] * 1000, 1),
            "max_at_beat": self.lags.index(ordered[-1]),
            "p99_ms": round(ordered[int(len(ordered) * 0.99)] * 1000, 1),
            "median_ms": round(ordered[len(ordered) // 2] * 1000, 2),
            "beats": len(ordered),
            "max_own_cpu_ms": round(max(self.cpu) * 1000, 1),
        }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--waits", type=int, default=1000)
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="real seconds after which what still waits is stopped"
    )
    parser.add_argument("--speed", type=float, default=20.0, help="of the clock")
    parser.add_argument("--idle", type=float, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.idle:
        return idle_loop(arguments.idle)
    with (
        tempfile.TemporaryDirectory(prefix="sellerops-benchmark-") as folder,
        servers(Path(folder), arguments.speed) as (
            ledger,
            amazon,
        ),
    ):
        figures = measure(ledger, amazon, Path(folder), arguments.waits, arguments.seconds)
    print(json.dumps(figures))
    good = figures["loop"]["max_ms"] < LONGEST_STANDSTILL * 1000 and not figures["created_twice"]
    return 0 if good else 1


@contextlib.contextmanager
def servers(folder: Path, speed: float) -> Iterator[tuple[Ledger, httpx.Client]]:
    """A migrated ledger and a local Amazon on one clock."""
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    amazon = subprocess.Popen(
        [sys.executable, "-m", "amazon_sandbox", "--port", "0", "--speed", str(speed)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    ledger = Ledger(postgres.url("postgres"))
    try:
        assert amazon.stdout is not None
        url = amazon.stdout.readline().split(" listening on ")[1].strip()
        ledger.migrate()
        with httpx.Client(base_url=url, timeout=60.0) as control:
            told = control.post("/_sandbox/clock", json={"set": NOW.isoformat(), "speed": speed}).json()
            ledger.set_clock(
                Clock(
                    datetime.fromisoformat(told["real_anchor"]),
                    datetime.fromisoformat(told["virtual_anchor"]),
                    told["speed"],
                )
            )
            yield ledger, control
    finally:
        ledger.close()
        amazon.terminate()
        amazon.wait(20)
        postgres.stop()


def measure(ledger: Ledger, amazon: httpx.Client, folder: Path, waits: int, seconds: float) -> dict[str, Any]:
    # Half of the reports end within the run, half keep being polled.
    amazon.post("/_sandbox/jobs", json={"queue_seconds": 120, "progress_seconds": 400})
    for operation, rate in (("createReport", 4.0), ("getReportDocument", 2.0), ("getReport", 20.0)):
        amazon.post("/_sandbox/quotas", json={"operation": operation, "rate": rate, "burst": 200})
    jobs = collectors(ledger, amazon, folder, waits)
    count_before = transactions(ledger)
    cpu_before, began = time.process_time(), time.perf_counter()
    memory_before = resident_mb()
    heartbeat = Heartbeat()
    command = [sys.executable, __file__, "--idle", str(seconds)]
    idle = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    outcomes = asyncio.run(run(jobs, heartbeat, seconds))
    took = time.perf_counter() - began
    calls = amazon.get("/_sandbox/calls", params={"limit": 0}).json()["counts"]
    reports = amazon.get("/_sandbox/reports").json()["reports"]
    keys = Counter((report["dataStartTime"], *report["marketplaceIds"]) for report in reports)
    return {
        "waits": len(jobs),
        "seconds": round(took, 1),
        "loop": heartbeat.figures(),
        "idle_loop_beside_it": json.loads(idle.communicate()[0]),
        "memory_mb": {"before": memory_before, "peak": peak_mb()},
        "cpu_share": round((time.process_time() - cpu_before) / took, 2),
        "transactions_per_s": round((transactions(ledger) - count_before) / took, 1),
        "calls": {name: sum(by_status.values()) for name, by_status in calls.items()},
        "calls_per_s": round(sum(sum(by_status.values()) for by_status in calls.values()) / took, 1),
        "outcomes": dict(outcomes),
        "created_twice": sum(1 for count in keys.values() if count > 1),
    }


def idle_loop(seconds: float) -> int:
    """Print the lag of an idle loop in a separate process: what the machine itself adds."""
    heartbeat = Heartbeat()
    with contextlib.suppress(TimeoutError):
        asyncio.run(asyncio.wait_for(heartbeat.beat(), seconds))
    print(json.dumps(heartbeat.figures()))
    return 0


async def run(
    jobs: list[tuple[Collector, Slice, RunRef]], heartbeat: Heartbeat, seconds: float
) -> Counter[str]:
    beat = asyncio.create_task(heartbeat.beat())
    tasks = [asyncio.create_task(collector.wait(slice_, run)) for collector, slice_, run in jobs]
    done, waiting = await asyncio.wait(tasks, timeout=seconds)
    beat.cancel()
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, beat, return_exceptions=True)
    await close_sessions()
    results: list[WaitResult] = [task.result() for task in done]
    return Counter([str(result.outcome) for result in results] + ["waiting"] * len(waiting))


def collectors(
    ledger: Ledger, amazon: httpx.Client, folder: Path, waits: int
) -> list[tuple[Collector, Slice, RunRef]]:
    """One collector per wait, as each trigger creates its own; ledger and quotas are shared."""
    spec, limits, archive = (
        load_spec("sales_and_traffic"),
        QuotaLedger(ledger, load_rate_limits()),
        Archive(str(folder)),
    )
    told = {entry["account"]: entry for entry in amazon.get("/_sandbox/accounts").json()}
    made: list[tuple[Collector, Slice, RunRef]] = []
    last = date(2026, 11, 19)
    for account in load_accounts().values():
        keys = credentials(amazon, told[account.id], account)
        days = waits // len(account.marketplaces) // len(load_accounts()) + 1
        slices = plan_slices(
            spec, account, run_at=NOW, now=NOW, from_day=last - timedelta(days=days), to_day=last
        )
        for index, slice_ in enumerate(slices):
            client = SpApiClient(account, keys, ledger, limits)
            collector = Collector(spec, account, client, ledger, limits, archive)
            made.append(
                (collector, slice_, RunRef(spec.dag_id, "benchmark", "fetch_report", index, 1, spec.name))
            )
    return made[:waits]


def credentials(amazon: httpx.Client, told: dict[str, Any], account: Account) -> Credentials:
    url = str(amazon.base_url).rstrip("/")
    return Credentials(
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        refresh_token=told["refresh_token"],
        endpoint=url,
        token_url=f"{url}/auth/o2/token",
        connection=account.connection,
    )


def transactions(ledger: Ledger) -> int:
    """Transactions committed and rolled back so far: one per statement of the ledger and its quotas."""
    time.sleep(1.1)  # Postgres writes its statistics once a second
    with ledger.connection() as connection:
        row = connection.execute(
            "SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    return int(row["n"]) if row else 0


def resident_mb() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * resource.getpagesize() / 1e6)


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)


if __name__ == "__main__":
    sys.exit(main())
