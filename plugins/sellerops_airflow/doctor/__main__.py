"""`python -m sellerops_airflow.doctor`: the findings of the checks that need Airflow, as one line of JSON."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from importlib import import_module

if __name__ == "__main__":
    # Read connections from Airflow's metadata, because this is not a task.
    os.environ["_AIRFLOW_PROCESS_CONTEXT"] = "server"
    # Importing these takes seconds, which must not count towards the checks.
    for module in ("airflow.jobs.job", "airflow.models.taskinstance"):
        import_module(module)

    from sellerops.doctor.running import run_checks
    from sellerops_airflow.doctor.installed import installation
    from sellerops_airflow.doctor.registry import CHECKS

    print(json.dumps([asdict(each) for each in run_checks(CHECKS, installation())]))
