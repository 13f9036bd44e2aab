"""Builds one DAG per group of marts, started by loads of the tables it reads."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from airflow.sdk import (
    DAG,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    Param,
    TriggerRule,
)

from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import SpecError
from sellerops.marts.graph import in_build_order
from sellerops.marts.specs import GROUPS, MartSpec, load_marts, marts_and_failures
from sellerops.preflight.configuration import Problem
from sellerops.settings.accounts import load_accounts
from sellerops.settings.queues import MARTS
from sellerops.settings.specs.destination_rules import MART_DESTINATIONS
from sellerops_airflow.dag_factory.checks import wanted_dag_id
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.dag_factory.placement import placed_in
from sellerops_airflow.operators.marts import BuildMartOperator, LookForChangesOperator
from sellerops_airflow.runs.assets import mart_asset, table_asset

log = logging.getLogger(__name__)

_PREFIX = "marts__"
# Edits of reference tables update no asset, and Airflow 3.3.2 may leave the last events of a burst
# unprocessed until the next event. A look that finds nothing is one short task.
_HOURLY = "35 * * * *"


def mart_groups_to_parse() -> list[DAG]:
    """The DAGs this parse of the DAG file needs: one in a task's process, all in the dag-processor."""
    wanted = wanted_dag_id()
    if wanted is not None and not wanted.startswith(_PREFIX):
        return []
    return [dag for dag in build_mart_groups() if wanted in (None, dag.dag_id)]


def build_mart_groups(marts: Sequence[MartSpec] | None = None) -> list[DAG]:
    """One DAG per group with marts and per destination in which marts are built.

    One that cannot be built is logged and skipped.
    """
    found = in_build_order(load_marts() if marts is None else marts)
    dags = []
    for destination in MART_DESTINATIONS.load():
        for group in GROUPS:
            try:
                if any(mart.group == group for mart in found):
                    dags.append(build_mart_group(group, found, destination))
            except Exception:
                log.exception("Cannot build the DAG of the group %s in %s", group, destination)
    return dags


def raise_for_invalid_marts(directory: Path | None = None) -> None:
    """Raise SpecError listing every invalid mart with its cause. Does nothing in a task's process."""
    if wanted_dag_id() is not None:
        return
    failures = marts_and_failures(directory)[1]
    if failures:
        listed = "\n".join(f"- {Problem(failure.error, failure.is_kept).text}" for failure in failures)
        raise SpecError(
            f"{len(failures)} mart(s) are invalid; all others are built:\n{listed}\n",
            where="include/marts",
            remedy="Correct them; `sellerops marts test` shows the same.",
        )


def build_mart_group(group: str, marts: Sequence[MartSpec], destination: str) -> DAG:
    """The DAG of one group in one destination. ``marts``: all marts, inputs before their readers."""
    own = [mart for mart in marts if mart.group == group]
    with DAG(
        dag_id=f"{_PREFIX}{group}" + ("" if destination == "postgres" else f"__{destination}"),
        description=f"Rebuilds the marts of the group {group}: {', '.join(mart.name for mart in own)}.",
        doc_md=_doc(own, destination),
        schedule=_schedule(own, destination),
        max_active_runs=1,
        tags={"sellerops", "marts"},
        params=_params(),
        auto_register=False,  # do not register a DAG whose building fails half way
        **dag_defaults(retry_delay=timedelta(minutes=2)),
    ) as dag:
        look = LookForChangesOperator(task_id="look", group=group, destination=destination)
        tasks = {
            mart.name: BuildMartOperator(
                task_id=mart.name,
                mart=mart.name,
                destination=destination,
                outlets=[mart_asset(mart.name, destination)],
                # An input with nothing to rebuild is skipped; its readers may still have something to
                # rebuild.
                trigger_rule=TriggerRule.NONE_FAILED,
                doc_md=commands_as_typed(mart.description),
                **placed_in(MARTS),
            )
            for mart in own
        }
        for mart in own:
            look >> tasks[mart.name]
            for name in mart.marts_read:
                if name in tasks:
                    tasks[name] >> tasks[mart.name]
    return dag


def _schedule(own: Sequence[MartSpec], destination: str) -> AssetOrTimeSchedule | CronTriggerTimetable:
    names = {mart.name for mart in own}
    tables = sorted({name for mart in own for name in mart.tables_read if not name.startswith("reference.")})
    marts = sorted({name for mart in own for name in mart.marts_read} - names)
    assets = [
        *(table_asset(name, destination) for name in tables),
        *(mart_asset(name, destination) for name in marts),
    ]
    hourly = CronTriggerTimetable(_HOURLY, timezone="UTC")
    return AssetOrTimeSchedule(timetable=hourly, assets=AssetAny(*assets)) if assets else hourly


def _params() -> dict[str, Param]:
    def day(title: str, text: str) -> Param:
        return Param(None, type=["null", "string"], format="date", title=title, description=text)

    return {
        "from_day": day(
            "From day", "First day to rebuild even if nothing has changed. Leave empty for no limit."
        ),
        "to_day": day("To day", "Last day to rebuild. Leave empty for no limit."),
        "account": Param(
            None,
            type=["null", "string"],
            enum=[None, *sorted(load_accounts())],
            title="Account",
            description="Rebuild only this account. Leave empty for all accounts.",
        ),
        "full": Param(
            False, type="boolean", title="Everything", description="Rebuild all days of the group's marts."
        ),
    }


def _doc(own: Sequence[MartSpec], destination: str) -> str:
    listed = "\n".join(f"- `{mart.name}`: {mart.description}" for mart in own)
    return commands_as_typed(
        f"Rebuilds in {destination} what has changed since the last run, and nothing else. `look` finds out "
        f"what that is; marts without changes are skipped.\n\n{listed}\n\n"
        "To rebuild days even if nothing has changed, trigger the DAG with *From day* and *To day*, or run "
        "`sellerops marts run --from 2026-11-01 --to 2026-11-20`. Guide: docs/marts.md.\n"
    )
