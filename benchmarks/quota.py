"""How well several processes share one of Amazon's quotas, and how often they are refused.

Starts an embedded Postgres and the local Amazon, then lets 8 processes demand ten times what the createReport
quota of one account allows; halfway through, the local Amazon halves the quota. Prints a line of JSON and
exits with 1 when less than 95 % of the quota was used or 0.1 % of the calls were refused.

    PYTHONPATH=include .venv/bin/python benchmarks/quota.py [--seconds 60] [--speed 600] [--processes 8]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.rate_limits import Bucket, QuotaLedger, acquire, load_rate_limits
from sellerops_runtime.postgres import EmbeddedPostgres

OPERATION = "createReport"
REPORTS = "/reports/2021-06-30/reports"
LEAST_USED, MOST_REFUSED = 0.95, 0.001


@dataclass(frozen=True)
class Job:
    """The job of one process: ``wants`` calls, spread evenly over ``seconds`` (real)."""

    conninfo: str
    url: str
    account: dict[str, Any]
    speed: float
    seconds: float
    wants: int


def main() -> int:
    options = _options()
    if options.worker:
        return _work()
    with tempfile.TemporaryDirectory(prefix="sellerops-quota-") as folder:
        root = Path(folder)
        root.chmod(0o755)  # when we are root, the server runs as another user
        with _postgres(root) as conninfo, _local_amazon(root, options.speed) as url:
            result = _measure(options, conninfo, url)
    print(json.dumps(result))
    is_good = result["used"] >= LEAST_USED and result["refused"] < MOST_REFUSED
    return 0 if is_good and result["after_halving"]["used"] >= LEAST_USED else 1


def _measure(options: argparse.Namespace, conninfo: str, url: str) -> dict[str, Any]:
    with httpx.Client(base_url=url, timeout=30) as amazon:
        ledger = Ledger(conninfo)
        ledger.migrate()
        ledger.set_clock(_clock(amazon))
        account = amazon.get("/_sandbox/accounts").json()[0]
        plan = amazon.get("/_sandbox/quotas").json()["plans"][OPERATION]
        virtual_seconds = options.seconds * options.speed
        quota = plan["burst"] + plan["rate"] * virtual_seconds
        wants = round(options.demand * quota / options.processes)
        job = Job(conninfo, url, account, options.speed, options.seconds, wants)

        with _workers(job, options.processes) as workers:
            for worker in workers:
                _tell(worker, "go")
            time.sleep(options.seconds / 2)
            amazon.post("/_sandbox/quotas", json={"operation": OPERATION, "rate": plan["rate"] / 2})
            halved = _clock(amazon).now()
            others = sum(int(_hear(worker)) for worker in workers)
        query = {"operation": OPERATION, "limit": 1_000_000}
        calls = amazon.get("/_sandbox/calls", params=query).json()["calls"]
        ledger.close()

    began = _instant(calls[0]["at"])
    ended = began + timedelta(seconds=virtual_seconds)
    before = _phase(calls, began, halved, plan["rate"], plan["burst"])
    after = _phase(calls, halved, ended, plan["rate"] / 2, 0)
    made, granted = len(calls), before["granted"] + after["granted"]
    allowed = before["allowed"] + after["allowed"]
    refused = sum(call["status"] == 429 for call in calls)
    return {
        "processes": options.processes,
        "speed": options.speed,
        "virtual_hours": round(virtual_seconds / 3600, 2),
        "offered": wants * options.processes,
        "calls": made,
        "granted": granted,
        "allowed_by_quota": round(allowed, 1),
        "used": round(granted / allowed, 4),
        "refused": round(refused / made, 5),
        "other_answers": others,
        "before_halving": before,
        "after_halving": after,
    }


def _phase(
    calls: list[dict[str, Any]], began: datetime, ended: datetime, rate: float, burst: float
) -> dict[str, Any]:
    """The calls granted from ``began`` to ``ended`` (virtual), and those that the quota allowed."""
    seen = [call for call in calls if began <= _instant(call["at"]) <= ended]
    granted = sum(call["status"] == 202 for call in seen)
    allowed = burst + rate * (ended - began).total_seconds()
    return {
        "granted": granted,
        "refused": sum(call["status"] == 429 for call in seen),
        "allowed": round(allowed, 1),
        "used": round(granted / allowed, 4),
    }


@contextlib.contextmanager
def _workers(job: Job, number: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are connected and wait for the signal to begin."""
    command = [sys.executable, __file__, "--worker"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(number)
    ]
    try:
        for worker in workers:
            _tell(worker, json.dumps(asdict(job)))
        for worker in workers:
            _hear(worker)
        yield workers
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def _tell(worker: subprocess.Popen[str], line: str) -> None:
    assert worker.stdin is not None
    worker.stdin.write(line + "\n")
    worker.stdin.flush()


def _hear(worker: subprocess.Popen[str]) -> str:
    assert worker.stdout is not None
    line = worker.stdout.readline()
    if not line:
        raise RuntimeError("a worker ended early; its error stands above")
    return line


def _work() -> int:
    job = Job(**json.loads(sys.stdin.readline()))
    print(asyncio.run(_ask_often(job)), flush=True)
    return 0


async def _ask_often(job: Job) -> int:
    """Demand ``job.wants`` calls evenly over the time; abandon those still waiting at the end.

    Returns how many calls had an answer other than 202 and 429.
    """
    ledger = Ledger(job.conninfo, pool_size=2)
    limits = QuotaLedger(ledger, load_rate_limits())
    counts: Counter[str] = Counter()
    async with httpx.AsyncClient(base_url=job.url, timeout=30) as amazon:
        token = _Token(amazon, job)
        await token.renew()
        await asyncio.to_thread(ledger.clock)
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        end = time.monotonic() + job.seconds
        renewing = asyncio.create_task(token.keep_fresh())
        wishes: set[asyncio.Task[None]] = set()
        while (left := end - time.monotonic()) > 0:
            due = round(job.wants * (1 - left / job.seconds)) + 1
            wishes |= {
                asyncio.create_task(_one_call(limits, amazon, token, job, counts))
                for _ in range(len(wishes), min(due, job.wants))
            }
            await asyncio.sleep(min(left, 0.05))
        for task in (renewing, *wishes):
            task.cancel()
        await asyncio.gather(renewing, *wishes, return_exceptions=True)
    ledger.close()
    return counts["other"]


async def _one_call(
    limits: QuotaLedger, amazon: httpx.AsyncClient, token: _Token, job: Job, counts: Counter[str]
) -> None:
    bucket = Bucket("benchmark", job.account["account"], OPERATION)
    await acquire(limits, bucket)
    answer = await amazon.post(REPORTS, json=_wish(job), headers={"x-amz-access-token": token.value})
    if answer.status_code == 429:
        await asyncio.to_thread(limits.refused, bucket)
        return
    if rate := answer.headers.get("x-amzn-RateLimit-Limit"):
        await asyncio.to_thread(limits.learn, bucket, float(rate))
    if answer.status_code != 202:
        counts["other"] += 1


def _wish(job: Job) -> dict[str, Any]:
    return {
        "reportType": "GET_SALES_AND_TRAFFIC_REPORT",
        "marketplaceIds": job.account["marketplace_ids"][:1],
        "dataStartTime": "2026-01-05T00:00:00Z",
        "dataEndTime": "2026-01-05T00:00:00Z",
    }


class _Token:
    """An access token that is renewed before it expires: an hour is seconds on a fast clock."""

    def __init__(self, amazon: httpx.AsyncClient, job: Job) -> None:
        self._amazon, self._job = amazon, job
        self.value, self._lives = "", 0.0

    async def renew(self) -> None:
        form = {name: self._job.account[name] for name in ("client_id", "client_secret", "refresh_token")}
        answer = await self._amazon.post("/auth/o2/token", data={"grant_type": "refresh_token", **form})
        answer.raise_for_status()
        self.value, self._lives = answer.json()["access_token"], answer.json()["expires_in"] / self._job.speed

    async def keep_fresh(self) -> None:
        while True:
            await asyncio.sleep(self._lives / 3)
            await self.renew()


def _clock(amazon: httpx.Client) -> Clock:
    shown = amazon.get("/_sandbox/clock").json()
    return Clock(_instant(shown["real_anchor"]), _instant(shown["virtual_anchor"]), shown["speed"])


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@contextlib.contextmanager
def _postgres(root: Path) -> Iterator[str]:
    server = EmbeddedPostgres(root / "postgres")
    server.start()
    try:
        server.create_database("quota")
        yield server.url("quota")
    finally:
        server.stop()


@contextlib.contextmanager
def _local_amazon(root: Path, speed: float) -> Iterator[str]:
    port_file = root / "port"
    command = [sys.executable, "-m", "amazon_sandbox", "--host", "127.0.0.1", "--port", "0"]
    command += ["--seed", "7", "--speed", str(speed), "--port-file", str(port_file)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not port_file.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the local Amazon did not start: {' '.join(command)}")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port_file.read_text().strip()}"
    finally:
        process.terminate()
        process.wait(20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures how processes share a quota.")
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0, help="real seconds to measure (60)")
    parser.add_argument("--speed", type=float, default=600.0, help="virtual seconds in a real one (600)")
    parser.add_argument(
        "--demand", type=float, default=10.0, help="how many times the quota is asked for (10)"
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
