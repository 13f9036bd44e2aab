"""What a demo prints when it stays up: where everything is, what is switched off, and what to try next."""

from __future__ import annotations

import json
from datetime import date, timedelta

from sellerops.settings.specs import load_spec
from sellerops_runtime.airflow import USER
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.stack import Stack

# Collected by every demo, so that its DAG is not paused.
_REPORT = "all_orders"
# A family of reports that the short demo does not collect.
_FAMILY = "listings"


def instructions(stack: Stack, api: AirflowApi, first: date) -> str:
    """The text. ``first``: the first day that was collected; the days before it are there to try."""
    paused = [bool(dag["is_paused"]) for dag in api.dags().values()]
    return "\n\n".join(
        [_places(stack), _switched(stack, sum(paused), len(paused)), _next_steps(stack, first)]
    )


def _places(stack: Stack) -> str:
    places = {
        "Airflow": f"{stack.airflow.url}   user {USER}, password {stack.airflow.password}",
        "Slack": f"{stack.amazon.url}/slack   the notices, as people would get them",
        "Postgres": stack.command("psql"),
        **({"BigQuery": f"BIGQUERY_EMULATOR_HOST={stack.bigquery.url}"} if stack.bigquery else {}),
        "Logs": str(stack.home.logs),
    }
    return "\n".join(f"{name:<9} {place}" for name, place in places.items())


def _switched(stack: Stack, paused: int, number: int) -> str:
    if stack.has_schedules:
        return f"Schedules are on, but start no run of a paused DAG: {paused} of {number} are paused."
    command = stack.home.command("make demo DEMO_SCHEDULES=1")
    return (
        f"Schedules are off: nothing runs unless you start it. {paused} of {number} DAGs are paused.\n"
        f"With `{command}` the schedules of all others are on."
    )


def _next_steps(stack: Stack, first: date) -> str:
    dag_id = load_spec(_REPORT).dag_id
    days = {"from_day": str(first - timedelta(days=3)), "to_day": str(first - timedelta(days=1))}
    steps = {
        "Collect three more days of a report": f"airflow dags trigger {dag_id} --conf '{json.dumps(days)}'",
        "See how each of its days stands": f"sellerops ledger slices --report {_REPORT}",
        "Unpause a whole family": f"sellerops dags unpause --family {_FAMILY}",
        "See what else there is": "sellerops --help",
    }
    lines = [f"  {what}:\n    {stack.command(command)}" for what, command in steps.items()]
    stop = stack.home.command("make demo-stop")
    return "\n".join(
        [
            "What you may do next, in another terminal:",
            *lines,
            "",
            f"All of it stays up until you press Ctrl-C here or run `{stop}` elsewhere; nothing is lost.",
        ]
    )
