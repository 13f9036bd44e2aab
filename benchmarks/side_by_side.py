"""Side by side on the same local Amazon: sellerops, Airbyte's connector, and a plain script with pandas.

    PYTHONPATH=include:plugins:tests:benchmarks python benchmarks/side_by_side.py [--only script ours airbyte]

Each client collects three reports of seven days of one account, a day at a time, from an Amazon of its own
(same seed, same clock, twenty times as fast; clients without our clock sleep by Amazon's): first undisturbed,
then in a bad night with the same ``FAULTS`` for each. Airbyte's connector is installed from PyPI into a
folder of its own, because its packages conflict with Airflow's.

Prints JSON: by client, rows, rows ``lost`` and ``doubled`` compared with Amazon's documents, what the client
itself says has failed, calls by operation, ``refused`` calls (429), reports ``created_twice`` for a report
and day, real seconds, CPU seconds and peak MB of the client (without Amazon and Postgres). sellerops
runs here without Airflow, which adds about 0.2 CPU seconds per task. Exits with 1 if sellerops lost or
doubled a row, or requested a report twice.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from side import ACCOUNT, MARKETPLACE, REPORTS, days
from support.sandbox import SandboxServer

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops_runtime.postgres import EmbeddedPostgres

CONNECTOR = "airbyte-source-amazon-seller-partner==4.6.4"
START, SPEED = "2026-11-21T12:00:00Z", 20.0
CLIENTS = ("script", "airbyte", "ours")
ORDERS, RETURNS, SHIPMENTS = (wanted.type for wanted in REPORTS)
# fmt: off
FAULTS: tuple[dict[str, Any], ...] = (
    {"fault": "http_429", "operation": "createReport", "times": 2, "after": 1},
    {"fault": "response_lost", "operation": "createReport", "report_type": ORDERS, "times": 1, "after": 2},
    {"fault": "http_503_html", "operation": "getReport", "times": 2, "after": 3},
    {"fault": "document_truncated", "report_type": ORDERS, "times": 1, "after": 1},
    {"fault": "document_dropped", "report_type": SHIPMENTS, "times": 1},
    {"fault": "gzip_unlabelled", "report_type": RETURNS, "times": 1},
    {"fault": "fatal", "report_type": SHIPMENTS, "times": 1, "after": 2},
    {"fault": "column_added", "report_type": ORDERS, "times": 1, "after": 4, "options": {"position": 0}},
    {"fault": "line_break", "report_type": RETURNS, "times": 1, "after": 3, "options": {"column": "reason"}},
    {"fault": "words", "report_type": RETURNS, "times": 1, "after": 5},
    {"fault": "expired_token", "operation": "getReport", "times": 1, "after": 12},
)
# fmt: on


def expected(amazon: SandboxServer) -> dict[str, Counter[tuple[str, ...]]]:
    """How often each key occurs in the documents of the days, by report type, as Amazon has them now."""
    account, found = amazon.account(ACCOUNT), {}
    with httpx.Client(base_url=amazon.url, timeout=120.0) as http:
        form = {key: account[key] for key in ("client_id", "client_secret", "refresh_token")}
        told = http.post("/auth/o2/token", data={"grant_type": "refresh_token", **form}).json()
        http.headers["x-amz-access-token"] = told["access_token"]
        for wanted in REPORTS:
            body = {
                "reportType": wanted.type,
                "marketplaceIds": [MARKETPLACE],
                "dataStartTime": f"{days()[0]}T00:00:00Z",
                "dataEndTime": f"{days()[-1] + timedelta(days=1)}T00:00:00Z",
            }
            created = http.post("/reports/2021-06-30/reports", json=body).raise_for_status().json()
            report: dict[str, Any] = {}
            while report.get("processingStatus") not in ("DONE", "CANCELLED", "FATAL"):
                amazon.clock(jump_seconds=600)
                report = http.get(f"/reports/2021-06-30/reports/{created['reportId']}").json()
            place = http.get(f"/reports/2021-06-30/documents/{report['reportDocumentId']}").json()
            content = http.get(place["url"]).content
            found[wanted.type] = Counter(map(wanted.key_of, _rows(content)))
    amazon.control("POST", "/reset")
    return found


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    import gzip

    text = (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8", "replace")
    header, *lines = [line.split("\t") for line in text.splitlines() if line]
    yield from (dict(zip(header, line, strict=False)) for line in lines)


def measure(client: str, python: Path, *, faults: bool) -> dict[str, Any]:
    """Run a client against an Amazon of its own; return its figures."""
    with (
        tempfile.TemporaryDirectory(prefix="sellerops-side-") as folder,
        SandboxServer(speed=SPEED, options=("--start", START)) as amazon,
        _warehouse(client, Path(folder), amazon) as conninfo,
    ):
        truth = expected(amazon)
        amazon.clock(set=START, speed=SPEED)
        # Clients track the expiry of tokens by their own clock.
        amazon.control("POST", "/tokens", json={"lifetime_seconds": 3600 * SPEED})
        for fault in FAULTS if faults else ():
            amazon.control("POST", "/faults", json=fault)
        out = Path(folder) / "result.json"
        begun = time.perf_counter()
        used, code = _run(client, python, out, amazon, conninfo)
        seconds = time.perf_counter() - begun
        told = json.loads(out.read_text()) if out.exists() else {"rows": {}, "failed": [f"exit code {code}"]}
        calls = amazon.control("GET", "/calls")
        return {**_judge(told, truth), **_calls(calls, amazon), "seconds": round(seconds, 1), **used}


def _run(
    client: str, python: Path, out: Path, amazon: SandboxServer, conninfo: str
) -> tuple[dict[str, float], int]:
    root, account = Path(__file__).parent, amazon.account(ACCOUNT)
    paths = {
        "airbyte": [root, root / "side" / "patch"],
        "script": [root],
        "ours": [root, root.parent / "include"],
    }[client]
    credentials = {
        "refresh_token": account["refresh_token"],
        "lwa_app_id": account["client_id"],
        "lwa_client_secret": account["client_secret"],
    }
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(map(str, paths)),
        "SANDBOX_URL": amazon.url,
        "SANDBOX_SPEED": str(SPEED),
        "SANDBOX_CREDENTIALS": json.dumps(credentials),
        "SIDE_WAREHOUSE": conninfo,
    }
    process = subprocess.Popen([python, root / "side" / f"{client}.py", out], env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    used = {
        "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_mb": round(usage.ru_maxrss / 1024),
    }
    return used, os.waitstatus_to_exitcode(status)


def _judge(told: dict[str, Any], truth: dict[str, Counter[tuple[str, ...]]]) -> dict[str, Any]:
    found: dict[str, Any] = {"expected": 0, "rows": 0, "lost": 0, "doubled": 0}
    for name, keys in truth.items():
        got = Counter(map(tuple, told["rows"].get(name, [])))
        figures = {
            "expected": keys.total(),
            "rows": got.total(),
            "lost": (keys - got).total(),
            # sellerops also collects the other marketplaces of the account; their rows are not duplicates.
            "doubled": sum((got - keys)[key] for key in keys),
        }
        found = {key: found[key] + value for key, value in figures.items()} | {
            "by_report": {**found.get("by_report", {}), name: figures}
        }
    return {**found, "failed": told["failed"]}


def _calls(calls: Any, amazon: SandboxServer) -> dict[str, Any]:
    listed = calls if isinstance(calls, list) else calls["calls"]
    made = Counter(call["operation"] for call in listed)
    reports = amazon.control("GET", "/reports")
    listed_reports = reports if isinstance(reports, list) else reports["reports"]
    windows = Counter(
        (each["reportType"], each["dataStartTime"]) for each in listed_reports if each.get("dataStartTime")
    )
    return {
        "calls": dict(made),
        "refused": sum(call["status"] == 429 for call in listed),
        "created_twice": sum(count - 1 for count in windows.values()),
    }


@contextmanager
def _warehouse(client: str, folder: Path, amazon: SandboxServer) -> Iterator[str]:
    """A ledger on Amazon's clock, for sellerops only."""
    if client != "ours":
        yield ""
        return
    folder.chmod(0o755)
    postgres = EmbeddedPostgres(folder / "postgres")
    postgres.start()
    try:
        with closing(Ledger(postgres.url("postgres"))) as ledger:
            ledger.migrate()
            told = amazon.clock(set=START, speed=SPEED)
            anchors = (datetime.fromisoformat(told[name]) for name in ("real_anchor", "virtual_anchor"))
            ledger.set_clock(Clock(*anchors, told["speed"]))
        yield postgres.url("postgres")
    finally:
        postgres.stop()


def connector(folder: Path) -> Path:
    """The Python of an environment with Airbyte's connector, which is created if ``folder`` has none."""
    python = folder / "bin" / "python"
    if not python.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "--quiet", "--python", "3.11", folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, CONNECTOR], check=True)
    return python


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=CLIENTS, default=CLIENTS)
    parser.add_argument(
        "--connector", type=Path, help="folder of the connector's environment; default: a new one"
    )
    options = parser.parse_args()
    result: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="sellerops-connector-") as folder:
        for client in options.only:
            python = (
                connector(options.connector or Path(folder) / "venv")
                if client == "airbyte"
                else Path(sys.executable)
            )
            for night, faults in (("undisturbed", False), ("bad night", True)):
                result.setdefault(client, {})[night] = measure(client, python, faults=faults)
                print(client, night, json.dumps(result[client][night]), file=sys.stderr)
    print(json.dumps(result, indent=2))
    ours = result.get("ours", {}).values()
    return int(any(each["lost"] or each["doubled"] or each["created_twice"] for each in ours))


if __name__ == "__main__":
    raise SystemExit(main())
