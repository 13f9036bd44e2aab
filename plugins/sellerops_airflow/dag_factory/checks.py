"""Builds one DAG per check file, scheduled by the assets of the tables it compares."""

from __future__ import annotations

import logging
from datetime import timedelta

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, get_parsing_context

from sellerops.base.commands import commands_as_typed
from sellerops.reconciliation.checks import CheckSpec, load_check, load_checks
from sellerops.settings.specs import load_specs
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.operators.checks import CompareFiguresOperator, NotifyDifferencesOperator
from sellerops_airflow.runs.assets import table_asset

log = logging.getLogger(__name__)

_PREFIX = "check__"
# Airflow 3.3.2 may leave the last events of a burst unprocessed until the next event; a daily run catches
# them.
_DAILY = "20 6 * * *"


def wanted_dag_id() -> str | None:
    """The DAG whose task this process runs; None in the dag-processor, which needs all DAGs."""
    return get_parsing_context().dag_id


def checks_to_parse() -> list[DAG]:
    """The DAGs this parse of the DAG file needs: one in a task's process, all in the dag-processor."""
    wanted = wanted_dag_id()
    if wanted is None:
        return build_checks()
    return [build_check(load_check(wanted.removeprefix(_PREFIX)))] if wanted.startswith(_PREFIX) else []


def build_checks() -> list[DAG]:
    """One DAG per valid check of tables that are filled. One that cannot be built is logged and skipped."""
    dags = []
    off = _tables_of_reports_that_are_off()
    for check in load_checks():
        if off.intersection(check.inputs):
            continue
        try:
            dags.append(build_check(check))
        except Exception:
            log.exception("Cannot build the DAG of check %s", check.name)
    return dags


def _tables_of_reports_that_are_off() -> set[str]:
    """The tables of reports that are off: nothing loads them, so a check would wait for them forever."""
    return {f"{spec.source}.{table}" for spec in load_specs()[0] if not spec.is_on for table in spec.tables}


def build_check(check: CheckSpec) -> DAG:
    """The DAG of one check."""
    with DAG(
        dag_id=f"{_PREFIX}{check.name}",
        description=check.description,
        doc_md=_doc(check),
        schedule=AssetOrTimeSchedule(
            timetable=CronTriggerTimetable(_DAILY, timezone="UTC"),
            assets=AssetAny(*(table_asset(table) for table in check.inputs)),
        ),
        max_active_runs=1,
        tags={"sellerops", "check"},
        auto_register=False,  # do not register a DAG whose building fails half way
        **dag_defaults(retry_delay=timedelta(minutes=2)),
    ) as dag:
        compare = CompareFiguresOperator(task_id="compare", check=check.name)
        compare >> NotifyDifferencesOperator(task_id="notify", check=check.name)
    return dag


def _doc(check: CheckSpec) -> str:
    bounds = f"{check.tolerance.absolute:g} {check.unit} or {check.tolerance.relative:.0%}".rstrip()
    return commands_as_typed(
        f"{check.description}\n\n"
        f"Tables: {', '.join(f'`{table}`' for table in check.inputs)}. Tolerance: {bounds}. "
        f"Compares the last {check.look_back.days} days, and reports those older than "
        f"{check.holds_after.days} days.\n\n"
        "`notify` is skipped when all figures agree. Results: `sellerops checks show "
        f"{check.name}`, table `sellerops.check_result`.\n"
    )
