"""The instructions that a demo prints when it stays up: addresses, schedules, and what to try next."""

from __future__ import annotations

import json
from datetime import date, timedelta

from sellerops.settings.specs import load_spec
from sellerops_runtime.airflow import USER
from sellerops_runtime.rest import AirflowApi
from sellerops_runtime.stack import Stack

# Collected by every demo, so its DAG is not paused.
_REPORT = "all_orders"
# A report family that the short demo does not collect.
_FAMILY = "listings"


def instructions(stack: Stack, api: AirflowApi, first: date) -> str:
    """The instructions as text. ``first``: the first collected day; the examples use the days before it."""
    paused = [bool(dag["is_paused"]) for dag in api.dags().values()]
    return "\n\n".join(
        [_addresses(stack), _schedules(stack, sum(paused), len(paused)), _next_steps(stack, first)]
    )


def _addresses(stack: Stack) -> str:
    addresses = {
        "Airflow": f"{stack.airflow.url}   user {USER}, password {stack.airflow.password}",
        "Hub": f"{stack.airflow.url}/plugin/hub   the owner's pages; MARTS=1 gives them figures",
        "Slack": f"{stack.amazon.url}/slack   the notices as people would receive them",
        "Postgres": stack.command("psql"),
        **({"Portal": f"{stack.amazon.url}/ap/signin   the pages"} if stack.with_browsers else {}),
        **({"BigQuery": f"BIGQUERY_EMULATOR_HOST={stack.bigquery.url}"} if stack.bigquery else {}),
        "Logs": str(stack.home.logs),
    }
    return "\n".join(f"{name:<9} {address}" for name, address in addresses.items())


def _schedules(stack: Stack, paused: int, number: int) -> str:
    if stack.has_schedules:
        return f"Schedules are on, except for paused DAGs: {paused} of {number} are paused."
    command = stack.home.command("make demo DEMO_SCHEDULES=1")
    return (
        f"Schedules are off: nothing runs until you start it. {paused} of {number} DAGs are paused.\n"
        f"`{command}` turns on the schedules of all others."
    )


def _next_steps(stack: Stack, first: date) -> str:
    dag_id = load_spec(_REPORT).dag_id
    days = {"from_day": str(first - timedelta(days=3)), "to_day": str(first - timedelta(days=1))}
    steps = {
        "Collect three more days of a report": f"airflow dags trigger {dag_id} --conf '{json.dumps(days)}'",
        "Show the state of each of its days": f"sellerops ledger slices --report {_REPORT}",
        "Unpause a whole family": f"sellerops dags unpause --family {_FAMILY}",
        "List all commands": "sellerops --help",
    }
    lines = [f"  {what}:\n    {stack.command(command)}" for what, command in steps.items()]
    stop = stack.home.command("make demo-stop")
    return "\n".join(
        [
            "Try next, in another terminal:",
            *lines,
            "  Ship a sample packing list to FBA: follow docs/inbound.md.",
            "",
            f"The demo runs until you press Ctrl-C here or run `{stop}` elsewhere; its data is kept.",
        ]
    )
