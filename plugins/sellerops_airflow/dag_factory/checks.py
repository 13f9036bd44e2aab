"""Check files as DAGs: one a file, woken by the tables it compares."""

from __future__ import annotations

import logging
from datetime import timedelta

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable, get_parsing_context

from sellerops.base.commands import commands_as_typed
from sellerops.reconciliation.checks import CheckSpec, load_check, load_checks
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.operators.checks import CompareFiguresOperator, NotifyDifferencesOperator
from sellerops_airflow.runs.assets import table_asset

log = logging.getLogger(__name__)

_PREFIX = "check__"
# The last events of a burst wake nobody before the next event does (Airflow 3.3.2): a daily look besides.
_DAILY = "20 6 * * *"


def checks_to_parse() -> list[DAG]:
    """What this parse of the DAG file needs: one DAG in a task's process, all in the dag-processor's."""
    wanted = get_parsing_context().dag_id
    if wanted is None:
        return build_checks()
    return [build_check(load_check(wanted.removeprefix(_PREFIX)))] if wanted.startswith(_PREFIX) else []


def build_checks() -> list[DAG]:
    """A DAG for each sound check; one that is not stops no other."""
    dags = []
    for check in load_checks():
        try:
            dags.append(build_check(check))
        except Exception:
            log.exception("The check %s has no DAG", check.name)
    return dags


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
        auto_register=False,  # a DAG whose building fails half way is none
        **dag_defaults(retry_delay=timedelta(minutes=2)),
    ) as dag:
        compare = CompareFiguresOperator(task_id="compare", check=check.name)
        compare >> NotifyDifferencesOperator(task_id="tell", check=check.name)
    return dag


def _doc(check: CheckSpec) -> str:
    bounds = f"{check.tolerance.absolute:g} {check.unit} or {check.tolerance.relative:.0%}".rstrip()
    return commands_as_typed(
        f"{check.description}\n\n"
        f"Tables: {', '.join(f'`{table}`' for table in check.inputs)}. Allowed: {bounds}. "
        f"Holds after {check.holds_after.days} days; the last {check.look_back.days} days are compared.\n\n"
        "`send_notice` is skipped when all figures agree. What was found: `sellerops checks show "
        f"{check.name}`, table `sellerops.check_result`.\n"
    )
