"""Builds DAGs from report specs."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

from airflow.sdk import DAG, Asset, TaskGroup, get_parsing_context, task_group

from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.config_files import config_dir
from sellerops.settings.last_valid import as_configuration_error, keep_texts, kept_texts
from sellerops.settings.logins import load_logins
from sellerops.settings.specs import PeriodKind, ReportSpec, SpecFailure, load_spec, load_specs
from sellerops.settings.specs.account_selection import accounts_for
from sellerops_airflow.dag_factory.placement import placed_in
from sellerops_airflow.dag_factory.report_docs import doc_md
from sellerops_airflow.housekeeping.deadlines import deadline_of
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.operators.plan_slices import PlanSlicesOperator
from sellerops_airflow.operators.portal_download import PortalDownloadOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.assets import table_asset
from sellerops_airflow.runs.run_form import form_params
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line
from sellerops_airflow.timetables import ReportTimetable

# The grid shows this label from the start, and keeps it when the task fails.
LABEL = "{{ task.slice_['label'] }}"
# Allows a manual run beside a catch-up.
_MAX_ACTIVE_RUNS = 4
_PREFIX = "report__"
# The files dags/report_dags_<part>.py. Airflow parses a whole file for every run that ends in it.
PARTS = range(1, 9)
_UNBUILT = "unbuilt reports of part {}"
# Fields of the trigger form.
_DAYS = ("from_day", "to_day", "period")


@dataclass(frozen=True)
class BuiltReports:
    """The DAGs of all valid specs, and the errors of the others."""

    dags: tuple[DAG, ...]
    failures: tuple[SpecFailure, ...]


def part_of(dag_id: str) -> int:
    """The part, and thus the DAG file, of a report's DAG; it stays the same when reports are added."""
    return PARTS[crc32(dag_id.encode()) % len(PARTS)]


def dags_to_parse(part: int) -> BuiltReports:
    """The DAGs this parse of a DAG file needs.

    In a task's process, this is its DAG with only its account's tasks; otherwise, all DAGs of the part.
    """
    context = get_parsing_context()
    wanted = context.dag_id
    if wanted is None:
        return build_part(part)
    if not wanted.startswith(_PREFIX) or part_of(wanted) != part:
        return BuiltReports((), ())
    # Also built for a report that was disabled meanwhile, so that its started tasks can finish.
    # A task's id begins with its account's group.
    account_id = (context.task_id or "").partition(".")[0]
    return BuiltReports((build_dag(load_spec(wanted), load_accounts(), tasks_of=account_id),), ())


def build_part(part: int) -> BuiltReports:
    """The DAGs of one part."""
    return _build((part,))


def build_all() -> BuiltReports:
    """The DAGs of all parts."""
    return _build(PARTS)


def _build(parts: Collection[int]) -> BuiltReports:
    """One DAG per valid spec that is on. A spec that fails is reported in ``failures`` and skipped."""
    specs, failures = load_specs()
    accounts = load_accounts()
    dags: list[DAG] = []
    unbuilt: dict[int, list[SpecFailure]] = {part: [] for part in parts}
    for spec in specs:
        part = part_of(spec.dag_id)
        if not spec.is_on or part not in unbuilt:
            continue
        try:
            dags.append(build_dag(spec, accounts))
        except Exception as error:  # noqa: BLE001 - a report that fails must not take the others with it
            problem = as_configuration_error(error, Path(spec.path))
            unbuilt[part].append(SpecFailure(Path(spec.path), problem))
    for part, failed in unbuilt.items():
        # For report_specs_check.py, which builds no DAGs because all of them take seconds.
        keep_texts(config_dir(), _UNBUILT.format(part), {str(each.path): str(each.error) for each in failed})
    return BuiltReports(tuple(dags), (*failures, *(each for failed in unbuilt.values() for each in failed)))


def unbuilt_reports() -> list[str]:
    """Errors of the valid specs whose DAG could not be built the last time all were built."""
    parts = (kept_texts(_UNBUILT.format(part)) or {} for part in PARTS)
    return [text for kept in parts for text in kept.values() if text]


def build_dag(spec: ReportSpec, accounts: dict[str, Account], *, tasks_of: str = "") -> DAG:
    """The DAG of one spec. Raises SpecError when none of its accounts exists.

    ``tasks_of``: an account whose tasks alone are built, so that starting a task does not take longer with
    every account.
    """
    chosen = accounts_for(spec, accounts)
    with DAG(
        dag_id=spec.dag_id,
        # The UI searches and sorts by it, so reports are found by name.
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
            # Load fetched documents before fetching more, so that a long backfill lands as it proceeds.
            "weight_rule": "upstream",
            "priority_weight": priority_weight(spec),
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
        auto_register=False,  # do not register a DAG whose building fails half way
    ) as dag:
        for account in chosen:
            if tasks_of in ("", account.id):
                _account_group(spec, account)
    # Set last: every task created while the DAG has params copies them, and each copy is serialized, stored
    # and read with its task. Templates see them all the same. Updated instead of assigned: Airflow validates
    # an assignment against the schema, which took half of the time to build a DAG; a test validates them
    # instead.
    dag.params.update(form_params(spec, chosen))
    return dag


def priority_weight(spec: ReportSpec) -> int:
    """The weight of the report's first task; with ``upstream``, the fetch has twice and the load three times
    this weight.

    When workers are busy, the reports whose requests wait longest for quota go first: quota that nobody uses
    is lost. The weights are far enough apart that a load of one class ranks below a plan of the next.
    """
    if not spec.has_scarce_quota:
        return 1
    has_many_requests = spec.period.kind is PeriodKind.DAY or spec.request.split is not None
    return 16 if has_many_requests else 4


def cadence(spec: ReportSpec) -> str:
    """How often the report runs, as a tag: hourly, intraday, 3x_daily, daily, weekly or monthly."""
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


def _fetch_task(
    spec: ReportSpec, account: Account, slice_: Any, common: dict[str, Any]
) -> FetchReportOperator:
    """The task that fetches one slice; for a web page, in the browser of the login with the report's role."""
    common = {**common, **placed_in(spec.queue.fetch)}
    if spec.request.how != "downloaded":
        return FetchReportOperator(task_id="fetch_report", slice_=slice_, map_index_template=LABEL, **common)
    login = load_logins().for_report(account.id, spec.request.login or "")
    # Without a login, tasks that have already started still exist, and fail with an error that says so.
    placed = {**common, "pool": login.pool, **placed_in(login.queue)} if login else common
    return PortalDownloadOperator(task_id="fetch_report", slice_=slice_, map_index_template=LABEL, **placed)


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
            fetched = _fetch_task(spec, account, slice_, common)
            for destination in spec.destinations_of(account.id):
                LoadReportOperator(
                    task_id=f"load_{destination}",
                    destination=destination,
                    slice_=slice_,
                    request_ids=fetched.output,
                    map_index_template=LABEL,
                    outlets=list(_assets(spec, destination)),
                    **common,
                    **placed_in(spec.queue.load),
                )

        collect_slice.expand(slice_=plan.output)


def _assets(spec: ReportSpec, destination: str) -> Iterator[Asset]:
    """One asset per table. Its events only signal a load; the ledger says which days were loaded."""
    for table in spec.tables:
        yield table_asset(f"{spec.source}.{table}", destination)
