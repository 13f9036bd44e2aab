"""One DAG per export; an invalid file disables only itself and shows why; the example has no DAG."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
from support.airflow_home import PROJECT_ROOT
from support.fake_runtime import FakeRuntime, task_context

from sellerops.base.errors import RetryableError, SpecError
from sellerops.exports import load_exports
from sellerops.exports.export_run import ExportResult
from sellerops_airflow.dag_factory.exports import exports_to_parse, raise_for_invalid_exports
from sellerops_airflow.notifiers.runs import ReportFailureNotifier
from sellerops_airflow.operators.sheets import ExportToSheetOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.assets import table_asset
from sellerops_airflow.runs.task_outcomes import FAILURE_KEY
from sellerops_airflow.runtime import use_runtime
from sellerops_airflow.timetables import ReportTimetable

SPREADSHEET = "a-spreadsheet-of-the-tests-0001"
SOUND = f"""
description: Sales.
table: amazon_sp.sales_daily
spreadsheet_id: {SPREADSHEET}
range: Data!A1
"""


def write(folder: Path, name: str, more: str) -> None:
    (folder / f"{name}.yaml").write_text(SOUND.replace("Data!", f"{name}!") + more, encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "by_hand", "")
    write(tmp_path, "by_clock", "schedule: {between: ['06:00-07:00'], timezone: America/New_York}\n")
    write(tmp_path, "after_loads", "after: [amazon_sp.sales_daily, amazon_sp.all_orders]\n")
    write(tmp_path, "wrong", "mode: overwrite\n")
    write(tmp_path, "never", "after: [amazon_sp.sales_dayly]\n")
    write(tmp_path, "off", "enabled: false\nafter: [amazon_sp.of_a_report_that_is_gone]\n")
    return tmp_path


def test_one_wrong_file_disables_only_itself_and_is_an_import_error(folder: Path) -> None:
    assert {dag.dag_id for dag in exports_to_parse(folder)} == {
        "export__by_hand", "export__by_clock", "export__after_loads",
    }  # fmt: skip
    with pytest.raises(SpecError) as caught:
        raise_for_invalid_exports(folder)
    for words in ("2 export(s) are invalid", "wrong.yaml, key `mode`", "no report fills the table",
                  "Did you mean 'amazon_sp.sales_daily'"):  # fmt: skip
        assert words in str(caught.value)
    (folder / "wrong.yaml").unlink()
    (folder / "never.yaml").unlink()
    raise_for_invalid_exports(folder)


def test_the_example_is_sound_and_makes_no_dag(bag: DagBag) -> None:
    specs, failures = load_exports()
    assert failures == []
    assert "sales_by_marketplace_and_day" in {spec.name for spec in specs}
    assert not any(spec.enabled or spec.spreadsheet_id for spec in specs)
    assert bag.import_errors == {}
    assert not [dag_id for dag_id in bag.dag_ids if dag_id.startswith("export__")]
    assert {"table_exports.py", "table_exports_check.py"} <= {
        path.name for path in (PROJECT_ROOT / "dags").glob("*.py")
    }


def test_exports_are_built_as_other_dags_are(folder: Path) -> None:
    for dag in exports_to_parse(folder):
        (task,) = dag.tasks
        assert task.task_id == "export_to_sheet"
        assert task.retries >= 2
        assert isinstance(task.retry_policy, RetryByRemedy)
        assert [type(each) for each in dag.on_failure_callback] == [ReportFailureNotifier]
        assert dag.max_active_runs == 1
        assert not dag.catchup
        assert dag.tags == {"sellerops", "export"}
        assert "amazon_sp.sales_daily" in str(dag.doc_md)
        assert set(dag.params) == {"dry_run", "spreadsheet_id"}
        dag.params.validate()


def test_they_start_by_clock_after_loads_or_by_hand_and_the_scheduler_knows(folder: Path) -> None:
    dags = {
        dag.dag_id: DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
        for dag in exports_to_parse(folder)
    }
    assert not dags["export__by_hand"].timetable.can_be_scheduled
    clock = dags["export__by_clock"].timetable
    assert isinstance(clock, ReportTimetable)
    assert "06:00-07:00 America/New_York" in clock.summary
    woken: Any = dags["export__after_loads"].timetable
    uris = {asset.uri for asset in woken.asset_condition.objects}
    assert uris == {table_asset(f"amazon_sp.{name}").uri for name in ("sales_daily", "all_orders")}
    assert isinstance(woken.timetable, ReportTimetable)


def test_parsing_builds_the_same_dag_twice(folder: Path) -> None:
    first, second = (
        [json.dumps(DagSerialization.to_dict(dag), sort_keys=True) for dag in exports_to_parse(folder)]
        for _ in range(2)
    )
    assert first == second


# -- the task


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record the exports that run; write nothing."""
    from sellerops.exports import export_run as running
    from sellerops_airflow.operators import sheets

    calls: list[dict[str, Any]] = []

    def run_export(_ledger: Any, spec: Any, _source: Any, _api: Any, **options: Any) -> ExportResult:
        calls.append({"export": spec.name, **options})
        if options["spreadsheet_id"] == "busy":
            raise RetryableError("Google's quota is used up.", wait_seconds=60)
        return ExportResult(5, 4, 1, 10, "Data!A6:B6", ("Day", "SKU"), ())

    monkeypatch.setattr(running, "run_export", run_export)
    monkeypatch.setattr(sheets, "_source", lambda spec: spec)
    return calls


def run(dag_params: dict[str, Any], try_number: int = 1) -> tuple[Any, Any]:
    """The operator, with its templates rendered from the form as Airflow does."""
    task = ExportToSheetOperator(
        task_id="export_to_sheet",
        export="sales_by_marketplace_and_day",
        spreadsheet_id="{{ params.spreadsheet_id or '' }}",
        check_only="{{ params.dry_run }}",
    )
    context = task_context(
        dag_id="export__sales_by_marketplace_and_day", task_id=task.task_id, try_number=try_number
    )
    context["params"] = dag_params
    task.render_template_fields(context)
    with use_runtime(FakeRuntime()):
        return task.execute(context), context


def test_the_form_reaches_the_export(ran: list[dict[str, Any]]) -> None:
    counts, _ = run({"dry_run": False, "spreadsheet_id": ""})
    assert counts == {"rows_read": 5, "rows_known": 4, "rows_written": 1}
    run({"dry_run": True, "spreadsheet_id": SPREADSHEET})
    first, second = ran
    assert (first["export"], first["dry_run"], first["spreadsheet_id"]) == (
        "sales_by_marketplace_and_day",
        False,
        "",
    )
    assert (second["dry_run"], second["spreadsheet_id"]) == (True, SPREADSHEET)
    assert first["run"].dag_id == "export__sales_by_marketplace_and_day"


@pytest.mark.usefixtures("ran")
def test_a_failure_is_recorded_with_cause_and_remedy_at_its_last_try() -> None:
    task = ExportToSheetOperator(task_id="x", export="sales_by_marketplace_and_day", spreadsheet_id="busy")
    for try_number, told in ((1, False), (4, True)):
        context = task_context(
            dag_id="export__sales_by_marketplace_and_day", task_id="x", try_number=try_number
        )
        with use_runtime(FakeRuntime()), pytest.raises(RetryableError):
            task.execute(context)
        assert (FAILURE_KEY in context["ti"].pushed) is told
