"""A process that collects and loads reports imports what it uses, and nothing that others have installed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from integration.collect.parts import RUN_AT, Bench

ROOT = Path(__file__).resolve().parents[3]
REPORTS = ("all_orders", "sales_and_traffic")
# Each takes tens of megabytes or milliseconds, or belongs to another process.
FORBIDDEN = (
    *(
        "airflow",
        "alembic",
        "boto3",
        "botocore",
        "click",
        "fastapi",
        "google.cloud.bigquery",
        "lxml",
        "opentelemetry",
    ),
    *("pandas", "playwright", "pyarrow.dataset", "pyarrow.parquet", "pygments", "requests", "rich"),
    *("sellerops.destinations.bigquery", "sellerops.sources.amazon_ads", "sp_api.api", "sp_api.asyncio.api"),
    *("sqlalchemy", "structlog"),
)
CODE = f"""
import json, sys
sys.path.insert(0, {str(ROOT / "benchmarks")!r})
from small_jobs import ours
steps = ours(json.load(sys.stdin), {list(REPORTS)!r})
print(json.dumps([[step.get("stored") for step in steps], sorted(sys.modules)]))
"""


def collected(bench: Bench) -> tuple[list[int | None], list[str]]:
    """Rows stored by each step, and the modules of the process that did it."""
    given: dict[str, Any] = {
        "conninfo": bench.ledger.database.conninfo,
        "account": bench.account_id,
        "now": RUN_AT.isoformat(),
        "archive": str(bench.directory),
        "credentials": asdict(bench.credentials),
    }
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        input=json.dumps(given),
        env={**os.environ, "PYTHONPATH": str(ROOT / "include")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    stored, modules = json.loads(done.stdout.splitlines()[-1])
    return stored, modules


def test_a_process_that_collects_and_loads_imports_only_what_it_uses(bench: Bench) -> None:
    (_, *stored), modules = collected(bench)
    assert len(stored) == len(REPORTS) and all(stored), "two real loads"
    assert {"pyarrow", "psycopg", "httpx", "sp_api"} <= set(modules)
    needless = [
        name for name in modules if any(name == each or name.startswith(f"{each}.") for each in FORBIDDEN)
    ]
    assert needless == []
