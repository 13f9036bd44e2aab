"""Builds one DAG per export spec, started by a schedule, by loads of its tables, or manually."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.sdk import DAG, AssetAny, AssetOrTimeSchedule, Param, get_parsing_context

from sellerops.base.errors import SpecError
from sellerops.exports import ExportMode, ExportSpec, load_export, load_exports
from sellerops.preflight.configuration import Problem
from sellerops.settings.last_valid import as_configuration_error
from sellerops.settings.specs import Schedule, SpecFailure
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.operators.sheets import ExportToSheetOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.assets import table_asset
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line
from sellerops_airflow.timetables import ReportTimetable

_PREFIX = "export__"
# Airflow 3.3.2 may leave the last events of a burst unprocessed until the next event; a daily run catches
# them.
_DAILY = Schedule(between=("06:30-07:00",), timezone="UTC")


def exports_to_parse(directory: Path | None = None) -> list[DAG]:
    """The DAGs this parse of the DAG file needs: one in a task's process, all in the dag-processor."""
    wanted = get_parsing_context().dag_id
    if wanted is None:
        return build_exports(directory)[0]
    return [build_export(load_export(wanted, directory))] if wanted.startswith(_PREFIX) else []


def build_exports(directory: Path | None = None) -> tuple[list[DAG], list[SpecFailure]]:
    """One DAG per valid, enabled export, and the exports that failed with their errors."""
    specs, failures = load_exports(directory)
    dags = []
    for spec in specs:
        try:
            dags += [build_export(spec)] if spec.enabled else []
        except Exception as error:  # noqa: BLE001 - an export that fails must not take the others with it
            failures.append(SpecFailure(Path(spec.path), as_configuration_error(error, Path(spec.path))))
    return dags, failures


def raise_for_invalid_exports(directory: Path | None = None) -> None:
    """Raise SpecError listing every invalid export with its cause. Does nothing in a task's process."""
    if get_parsing_context().dag_id is not None:
        return
    failures = build_exports(directory)[1]
    if failures:
        listed = "\n".join(f"- {Problem(failure.error, failure.is_kept).text}" for failure in failures)
        raise SpecError(
            f"{len(failures)} export(s) are invalid; all others run:\n{listed}\n",
            where="config/exports",
            remedy="Correct the YAML; see docs/exports.md for its keys.",
        )


def build_export(spec: ExportSpec) -> DAG:
    """The DAG of one export."""
    with DAG(
        dag_id=spec.dag_id,
        description=spec.description,
        doc_md=_doc(spec),
        schedule=_schedule(spec),
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        tags={"sellerops", "export"},
        params=_params(),
        default_args={
            "owner": "sellerops",
            "retries": spec.retries,
            "retry_delay": timedelta(minutes=1),
            "retry_exponential_backoff": 2.0,
            "max_retry_delay": timedelta(minutes=30),
            "retry_policy": RetryByRemedy(),
            "on_execute_callback": log_known_errors_on_one_line,
        },
        on_failure_callback=[ReportFailureNotifier()],
        on_success_callback=[ReportSuccessNotifier()],
        render_template_as_native_obj=False,
        auto_register=False,  # do not register a DAG whose building fails half way
    ) as dag:
        ExportToSheetOperator(
            task_id="export_to_sheet",
            export=spec.name,
            spreadsheet_id="{{ params.spreadsheet_id or '' }}",
            check_only="{{ params.dry_run }}",
        )
    return dag


def _schedule(spec: ExportSpec) -> ReportTimetable | AssetOrTimeSchedule | None:
    timetable = ReportTimetable(spec.schedule, spec.dag_id) if spec.schedule else None
    if not spec.after:
        return timetable
    return AssetOrTimeSchedule(
        # Accepts core timetables too, as DAG(schedule=...) does; its annotation is narrower than that.
        timetable=timetable or ReportTimetable(_DAILY, spec.dag_id),  # type: ignore[arg-type]
        assets=AssetAny(*(table_asset(table) for table in spec.after)),
    )


def _params() -> dict[str, Param]:
    return {
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Read and check everything but write nothing. The log shows what would be written.",
        ),
        "spreadsheet_id": Param(
            "",
            type="string",
            title="Another spreadsheet",
            description="Id of a spreadsheet to try the export on. Leave empty to use the export's own.",
        ),
    }


def _doc(spec: ExportSpec) -> str:
    what = f"the table `{spec.table}`" if spec.table else f"\n\n```sql\n{spec.query}\n```\n\n"
    columns = ", ".join(f"`{name}` as {title!r}" for name, title in spec.columns.items()) or "all"
    keys = ", ".join(f"`{each}`" for each in spec.append_only)
    how = (
        f"Appends rows whose key ({keys}) is not in the sheet yet."
        if spec.mode is ExportMode.APPEND
        else "Replaces the rows in its columns."
    )
    after = f" Runs after loads of {', '.join(f'`{each}`' for each in spec.after)}." if spec.after else ""
    return (
        f"{spec.description}\n\n"
        f"Copies {what} ({spec.destination}) to `{spec.range}` of spreadsheet `{spec.spreadsheet_id}`. {how} "
        f"Columns: {columns}. Other columns of the sheet are never changed.{after}\n\n"
        "You can clear the task at any time to repeat it. Log of exports: table `sellerops.table_export`.\n"
    )
