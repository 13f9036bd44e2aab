"""`clean-airflow`: delete old rows of Airflow's metadata where tasks are not permitted to."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from typing import Any

from sellerops.base.errors import ConfigurationError, GiveUpError
from sellerops.base.redaction import redact
from sellerops.cli.airflow import has_airflow
from sellerops.cli.arguments import at_least_one

_MODULE = "sellerops_airflow.housekeeping.metadata_cleaning"


def add(commands: Any) -> None:
    parser = commands.add_parser(
        "clean-airflow", help="delete old rows of Airflow's metadata, except what is in progress"
    )
    parser.add_argument(
        "--keep-days", type=at_least_one, default=90, metavar="DAYS", help="keep runs, tasks, XComs (90)"
    )
    parser.add_argument(
        "--keep-audit-days", type=at_least_one, default=400, metavar="DAYS", help="keep the audit log (400)"
    )
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> int:
    if not has_airflow():
        raise ConfigurationError(
            "the environment does not point to an Airflow.",
            where="$AIRFLOW_HOME",
            remedy="Run it where the scheduler runs, or start `make demo` in another terminal.",
        )
    wanted = {"keep_days": options.keep_days, "keep_audit_days": options.keep_audit_days}
    command = [sys.executable, "-P", "-m", _MODULE, json.dumps(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        raise GiveUpError(
            redact(f"Airflow's clean-up failed: {last}."),
            where="Airflow's metadata",
            remedy="Run `airflow db check`, then this command again.",
        )
    kept = json.loads(done.stdout.strip().splitlines()[-1])
    print(f"Rows older than {options.keep_days} days are deleted.")
    if kept:
        print(f"Left out, because a run or a backfill has not ended: {', '.join(kept)}.")
    return 0
