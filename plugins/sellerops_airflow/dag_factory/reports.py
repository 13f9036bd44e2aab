"""Report specs as DAGs; the only place that knows both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Asset, TaskGroup, get_parsing_context, task_group

from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.last_valid import as_configuration_error, keep_texts, kept_texts
from sellerops.settings.specs import PeriodKind, ReportSpec, SpecFailure, load_spec, load_specs
from sellerops.settings.specs.account_selection import accounts_for
from sellerops_airflow.dag_factory.report_docs import doc_md
from sellerops_airflow.housekeeping.deadlines import deadline_of
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.operators.plan_slices import PlanSlicesOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.assets import table_asset
from sellerops_airflow.runs.run_form import form_params
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line
from sellerops_airflow.timetables import ReportTimetable

# A slice names itself in the grid from its first second, and keeps the name when it fails.
LABEL = "{{ task.slice_['label'] }}"
# Several runs of a report may go on at once: a catch-up, and a run by hand beside it.
_MAX_ACTIVE_RUNS = 4
_PREFIX = "report__"
_UNBUILT = "unbuilt reports"
# Of the form of a run by hand.
_DAYS = ("from_day", "to_day", "period")


@dataclass(frozen=True)
class BuiltReports:
    """The DAGs of all sound specs, and why the others have none."""

    dags: tuple[DAG, ...]
    failures: tuple[SpecFailure, ...]


def dags_to_parse() -> BuiltReports:
    """What this parse of the DAG file needs: one DAG in a task's process, all in the dag-processor's."""
    wanted = get_parsing_context().dag_id
    if wanted is None:
        return build_all()
    if not wanted.startswith(_PREFIX):
        return BuiltReports((), ())
    # Also of a report that was switched off meanwhile: its tasks that have started end as they would.
    return BuiltReports((build_dag(load_spec(wanted), load_accounts()),), ())


def build_all() -> BuiltReports:
    """A DAG for each sound spec that is switched on; one that is not sound stops no other."""
    specs, failures = load_specs()
    accounts = load_accounts()
    dags: list[DAG] = []
    unbuilt: list[SpecFailure] = []
    for spec in specs:
        if not spec.enabled:
            continue
        try:
            dags.append(build_dag(spec, accounts))
        except Exception as error:  # noqa: BLE001 - whatever it is, it concerns this report alone
            unbuilt.append(SpecFailure(Path(spec.path), as_configuration_error(error, Path(spec.path))))
    # For the check file, which builds no DAGs: all of them take seconds.
    keep_texts(config_dir(), _UNBUILT, {str(each.path): str(each.error) for each in unbuilt})
    return BuiltReports(tuple(dags), (*failures, *unbuilt))


def unbuilt_reports() -> list[str]:
    """Why sound specs had no DAG when all were built last."""
    return [text for text in (kept_texts(_UNBUILT) or {}).values() if text]


def build_dag(spec: ReportSpec, accounts: dict[str, Account]) -> DAG:
    """The DAG of one spec. Raises SpecError when it is for no account that exists."""
    chosen = accounts_for(spec, accounts)
    with DAG(
        dag_id=spec.dag_id,
        # The UI's search and sorting go by it: a report is found by its name.
        dag_display_name=spec.name,
        description=spec.description,
        doc_md=doc_md(spec, chosen),
        schedule=ReportTimetable(spec.schedule, spec.dag_id, spec.period.kind),
        start_date=datetime.fromisoformat(spec.start_date).replace(tzinfo=UTC),
        catchup=spec.catchup,
        max_active_runs=_MAX_ACTIVE_RUNS,
        tags={spec.source, spec.family, cadence(spec), *(account.id for account in chosen)},
        default_args={
            "owner": "sellerops",
            # What is fetched is loaded before more is fetched: a long backfill lands as it goes.
            "weight_rule": "upstream",
            "retries": spec.retries,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "retry_policy": RetryByRemedy(),
            "on_execute_callback": log_known_errors_on_one_line,
        },
        on_failure_callback=[ReportFailureNotifier()],
        on_success_callback=[ReportSuccessNotifier()],
        deadline=deadline_of(spec),
        render_template_as_native_obj=False,
        auto_register=False,  # a DAG whose building fails half way is none
    ) as dag:
        for account in chosen:
            _account_group(spec, account)
    # Set last: every task made while a DAG has them takes a copy, which is serialized, stored and read again
    # with each task. They reach templates all the same. Added, not assigned: Airflow checks what is assigned
    # against its schema, which took half of the time that building a DAG takes; a test checks it instead.
    dag.params.update(form_params(spec, chosen))
    return dag


def cadence(spec: ReportSpec) -> str:
    """How often it runs, as a tag: hourly, daily, weekly, monthly, or so many times a day."""
    schedule = spec.schedule
    if schedule.weekday:
        return "weekly"
    if schedule.day_of_month:
        return "monthly"
    if schedule.between:
        times = len(schedule.between)
        return "daily" if times == 1 else f"{times}x_daily"
    _minute, hour, day, _month, weekday = str(schedule.cron).split()
    if day != "*":
        return "monthly"
    if weekday != "*":
        return "weekly"
    return "daily" if hour.isdigit() else "hourly" if hour == "*" else "intraday"


def _account_group(spec: ReportSpec, account: Account) -> None:
    pool = account.pool_of(spec.source)
    common: dict[str, Any] = {"report": spec.dag_id, "account_id": account.id, "pool": pool}
    has_days = spec.period.kind is not PeriodKind.SNAPSHOT
    days = {name: f"{{{{ params.{name} or '' }}}}" for name in _DAYS} if has_days else {}
    lists = ("accounts", "marketplaces") if has_days else ()
    days |= {name: f"{{{{ (params.{name} or []) | join(',') }}}}" for name in lists}
    with TaskGroup(
        group_id=account.id, tooltip=f"{', '.join(marketplace.code for marketplace in account.marketplaces)}"
    ):
        plan = PlanSlicesOperator(task_id="plan_slices", **common, **days)

        @task_group(group_id="slice")
        def collect_slice(slice_: Any) -> None:
            fetched = FetchReportOperator(
                task_id="fetch_report", slice_=slice_, map_index_template=LABEL, **common
            )
            for destination in spec.destinations_of(account.id):
                LoadReportOperator(
                    task_id=f"load_{destination}",
                    destination=destination,
                    slice_=slice_,
                    request_ids=fetched.output,
                    map_index_template=LABEL,
                    outlets=list(_assets(spec, destination)),
                    **common,
                )

        collect_slice.expand(slice_=plan.output)


def _assets(spec: ReportSpec, destination: str) -> Iterator[Asset]:
    """One asset a table. An event of it is a wake-up: which days it brought stands in the ledger."""
    for table in spec.tables:
        yield table_asset(f"{spec.source}.{table}", destination)
