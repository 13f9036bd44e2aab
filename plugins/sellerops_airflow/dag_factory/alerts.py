"""Builds the DAG of business alerts, started by rebuilds of the marts they read."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, CronTriggerTimetable

from sellerops.alerts.specs import SETTINGS, alerts_and_failures, load_alerts, settings_problems
from sellerops.base.commands import commands_as_typed
from sellerops.base.errors import ConfigurationError
from sellerops_airflow.dag_factory.checks import wanted_dag_id
from sellerops_airflow.dag_factory.dag_defaults import dag_defaults
from sellerops_airflow.operators.alerts import EvaluateAlertsOperator
from sellerops_airflow.runs.assets import mart_asset

DAG_ID = "marts__alerts"
# Conditions that arise as time passes, such as stale data, change nothing in the marts.
_HOURLY = "50 * * * *"


def alerts_to_parse() -> list[DAG]:
    """The DAG, unless this process runs a task of another DAG."""
    return [build_alerts()] if wanted_dag_id() in (None, DAG_ID) else []


def build_alerts() -> DAG:
    """The DAG of all alerts."""
    alerts = load_alerts()
    marts = sorted({name for alert in alerts for name in alert.marts_read})
    hourly = CronTriggerTimetable(_HOURLY, timezone="UTC")
    listed = "\n".join(f"- `{alert.name}`: {alert.description}" for alert in alerts)
    with DAG(
        dag_id=DAG_ID,
        description="Evaluates business alerts; notifies people once when one opens and once when it ends.",
        doc_md=commands_as_typed(
            "Evaluates the alerts of `config/alerts` over the marts, with the thresholds of "
            f"`config/alerts.yaml`, and sends what opened or ended.\n\n{listed}\n\n"
            "Open alerts: `sellerops alerts list`. Guide: docs/alerts.md.\n"
        ),
        schedule=AssetOrTimeSchedule(timetable=hourly, assets=AssetAny(*map(mart_asset, marts)))
        if marts
        else hourly,
        max_active_runs=1,
        tags={"sellerops", "marts"},
        auto_register=False,
        **dag_defaults(retry_delay=timedelta(minutes=2)),
    ) as dag:
        EvaluateAlertsOperator(task_id="evaluate")
    return dag


def raise_for_invalid_business_data() -> None:
    """Raise one ConfigurationError that names every invalid file of alerts and reference data."""
    from sellerops.reference.config_files import CONFIG, config_rows

    alerts, failures = alerts_and_failures()
    problems = [str(each.error) for each in failures]
    try:
        problems += [f"config/alerts.yaml, {line}" for line in settings_problems(SETTINGS.read(), alerts)]
    except ConfigurationError as error:
        problems.append(str(error))
    for name in CONFIG:
        try:
            config_rows(name)
        except ConfigurationError as error:
            problems.append(str(error))
    if problems:
        raise ConfigurationError(
            f"{len(problems)} files of alerts and reference data are invalid; their last valid version stays "
            "in use.\n" + "\n".join(problems) + "\n",
            where="include/config",
            remedy="Correct them; `sellerops reference check` and `sellerops alerts check` show the same.",
        )
