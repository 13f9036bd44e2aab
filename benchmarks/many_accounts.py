"""What grows with the number of sellers although nothing is collected: DAGs, tasks, the scheduler, plans.

    PYTHONPATH=include:plugins python benchmarks/many_accounts.py [--sellers 1 5 20 100 1000]

Generates configurations with these numbers of sellers in 23 marketplaces, each with an account per region,
and measures in fresh processes, with Airflow's metadata in an embedded Postgres: parsing, serializing and
reading the DAGs of all reports; what a task's process builds of its DAG; how long the scheduler takes to
examine one run of a daily report (`sales_and_traffic`, 23 slices per account); planning the slices of a day;
how long a token of the quota ledger and a slice's state in the ledger take. Prints JSON. 1,000 sellers take
some ten minutes and 6 GB of memory.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from capacity import DAY
from fleets.day import runs_of, slices_of
from fleets.sellers import as_accounts, make_fleet, write_config
from fleets.system import load_average

from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.rate_limits import Bucket, QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account
from sellerops.settings.specs import enabled_specs
from sellerops_runtime.postgres import EmbeddedPostgres

REPORT, MARKETPLACES = "report__amazon_sp__sales_and_traffic", 23
ROOT = Path(__file__).resolve().parents[1]
_PROBE = Path(__file__).parent / "fleets" / "airflow_probe.py"
_ACCOUNTS_A_RUN = 300
# Slices of sales_and_traffic per account on average: three days of 23 marketplaces in three accounts.
_SLICES = 23


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sellers", type=int, nargs="+", default=[1, 5, 20, 100, 1000])
    parser.add_argument(
        "--most-examined", type=int, default=20, help="sellers up to which the scheduler's part is measured"
    )
    parser.add_argument(
        "--most-parsed", type=int, default=1000, help="sellers up to which all reports are parsed, not one"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sellerops-benchmark-", dir="/var/tmp") as name:
        folder = Path(name)
        folder.chmod(0o711)
        postgres = EmbeddedPostgres(folder / "postgres")
        postgres.start()
        try:
            for number in options.sellers:
                print(
                    json.dumps(measure(folder / f"{number}", postgres, number, options)),
                    flush=True,
                )
        finally:
            postgres.stop()
    return 0


def measure(
    folder: Path, postgres: EmbeddedPostgres, number: int, options: argparse.Namespace
) -> dict[str, Any]:
    """Measure this number of sellers; return the figures."""
    folder.mkdir()
    fleet = make_fleet(number, MARKETPLACES)
    write_config(folder / "config", fleet)
    database = f"airflow_{number}"
    postgres.create_database(database)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(str(ROOT / each) for each in ("include", "plugins")),
        "SELLEROPS_CONFIG_DIR": str(folder / "config"),
        "AIRFLOW_HOME": str(folder / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": postgres.url(database, "psycopg"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
    }
    (folder / "airflow").mkdir()
    accounts = as_accounts(fleet)
    return {
        "sellers": number,
        "accounts": len(accounts),
        "load_average": load_average()[0],
        **(_probe(environment, "parse") if number <= options.most_parsed else {}),
        "one_dag": _probe(environment, "dag", REPORT),
        "task_process": _probe(environment, "task", REPORT, f"{accounts[-1].id}.slice.fetch_report"),
        **({"scheduler": _examine(environment)} if number <= options.most_examined else {}),
        "plan_of_a_day": _plan(accounts[:_ACCOUNTS_A_RUN])
        | {"accounts": min(len(accounts), _ACCOUNTS_A_RUN)},
        "ledger": _ledger(postgres, number, accounts),
    }


def _examine(environment: dict[str, str]) -> dict[str, Any]:
    subprocess.run(
        [sys.executable, "-m", "airflow", "db", "migrate"],
        check=True,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return _probe(environment, "examine", REPORT, str(_SLICES))


def _probe(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, str(_PROBE), *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _plan(accounts: list[Account]) -> dict[str, Any]:
    """Number of slices of a day, and the planner's CPU milliseconds for each."""
    specs = {spec.dag_id: spec for spec in enabled_specs() if spec.request.has_api and spec.accounts == "all"}
    begun = time.process_time()
    slices = sum(
        len(slices_of(specs[run.dag_id], account, run))
        for run in runs_of(specs.values(), DAY)
        for account in accounts
    )
    seconds = time.process_time() - begun
    return {"slices": slices, "cpu_milliseconds_per_slice": round(seconds / slices * 1000, 4)}


def _ledger(postgres: EmbeddedPostgres, number: int, accounts: list[Account]) -> dict[str, Any]:
    """Wall milliseconds for a token and for a slice's state.

    Uses a bucket of each account and the slices of one run of a daily report.
    """
    database = f"ledger_{number}"
    postgres.create_database(database)
    ledger = Ledger(postgres.url(database))
    ledger.migrate()
    spec = next(each for each in enabled_specs() if each.dag_id == REPORT)
    limits = QuotaLedger(ledger, load_rate_limits())
    run = RunRef(spec.dag_id, "benchmark", "fetch_report", 0, 1, spec.name)
    (first, *_) = runs_of([spec], DAY)
    slices = [slice_ for account in accounts for slice_ in slices_of(spec, account, first)]
    try:
        begun = time.perf_counter()
        for account in accounts:
            limits.try_acquire(Bucket(account.application, account.id, "getReport"))
        token = (time.perf_counter() - begun) / len(accounts)
        begun = time.perf_counter()
        for slice_ in slices:
            ledger.set_slice_state(slice_, SliceState.PLANNED, run=run)
        state = (time.perf_counter() - begun) / len(slices)
        return {
            "milliseconds_per_token": round(token * 1000, 2),
            "milliseconds_per_planned_slice": round(state * 1000, 2),
            "slices": len(slices),
        }
    finally:
        ledger.close()


if __name__ == "__main__":
    sys.exit(main())
