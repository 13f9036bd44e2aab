"""How long Airflow's dag-processor takes to read the whole catalogue for five accounts.

    PYTHONPATH=include:plugins python benchmarks/dag_parse.py [--rounds 5]

Reads the DAGs of all `dags/report_dags_*.py` with a copy of the shipped configuration that has five accounts,
in a fresh process each time, as the dag-processor does after a change; and a single DAG, as each task's
process does. Prints JSON and exits with 1 when reading all DAGs takes more than 5 s in the best round.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 5.0
ACCOUNTS = """\
accounts:
  one: {region: NA, marketplaces: [US, CA, MX]}
  two: {region: EU, marketplaces: [GB, DE, FR, IT, ES]}
  three: {region: FE, marketplaces: [JP]}
  four: {region: FE, marketplaces: [AU]}
  five: {region: EU, marketplaces: [AE, SA]}
"""
_CHILD = """
import json, sys, time
import airflow.sdk  # the dag-processor has it already
begun, cpu = time.perf_counter(), time.process_time()
from sellerops_airflow.dag_factory.reports import build_all, build_dag
if len(sys.argv) > 1:
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import load_spec
    dags = [build_dag(load_spec(sys.argv[1]), load_accounts())]
else:
    dags = list(build_all().dags)
print(json.dumps({"dags": len(dags), "tasks": sum(len(dag.tasks) for dag in dags),
                  "seconds": round(time.perf_counter() - begun, 2),
                  "cpu_seconds": round(time.process_time() - cpu, 2)}))
"""


def read(config: Path, home: Path, *report: str) -> dict[str, Any]:
    """Read the DAGs in a fresh process; return its figures."""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{ROOT / 'include'}:{ROOT / 'plugins'}",
        "SELLEROPS_CONFIG_DIR": str(config),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
    }
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, *report],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sellerops-bench-") as folder:
        config = Path(folder) / "config"
        shutil.copytree(ROOT / "include/config", config)
        (config / "accounts.yaml").write_text(ACCOUNTS)
        home = Path(folder) / "airflow"
        home.mkdir()
        rounds = [read(config, home) for _ in range(options.rounds)]
        single = read(config, home, "sales_and_traffic")
    best = min(rounds, key=lambda one: one["seconds"])
    print(json.dumps({"accounts": 5, "all": best, "one_dag": single}, indent=2))
    return 1 if best["seconds"] > LONGEST else 0


if __name__ == "__main__":
    sys.exit(main())
