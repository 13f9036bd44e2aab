"""Every report spec becomes a DAG of the documented shape, and nothing else does."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.serialization.serialized_objects import DagSerialization
from support.airflow_home import PROJECT_ROOT
from support.specs import enabled_shipped_specs

from sellerops.inbound.workflow import STEPS
from sellerops.marts.specs import load_marts
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import PeriodKind
from sellerops.settings.specs.report_queues import ReportQueues
from sellerops_airflow.dag_factory.reports import build_all, build_dag
from sellerops_airflow.notifiers.runs import ReportFailureNotifier, ReportSuccessNotifier
from sellerops_airflow.operators.inbound_confirming import ConfirmStepOperator
from sellerops_airflow.operators.marts import BuildMartOperator
from sellerops_airflow.retry_policy import RetryByRemedy
from sellerops_airflow.runs.task_logs import log_known_errors_on_one_line
from sellerops_airflow.timetables import ReportTimetable

SPECS = {spec.dag_id: spec for spec in enabled_shipped_specs()}
# From the files alone, so that a spec that does not load is noticed. Disabled specs have no DAG, nor, as
# shipped, do those of web pages and of the drop folder (test_portal_dags.py).
DAG_IDS = {
    f"report__{path.parent.name}__{path.stem}"
    for path in (PROJECT_ROOT / "include" / "config" / "reports").glob("*/*.yaml")
    if path.stem != "defaults"
    and path.parent.name.startswith("amazon_")
    and "\nenabled: false\n" not in path.read_text()
}
# Nor do checks of their tables.
CHECK_IDS = {
    f"check__{path.stem}"
    for path in (PROJECT_ROOT / "include" / "config" / "checks").glob("*.sql")
    if "seller_portal." not in path.read_text(encoding="utf-8")
}
MART_IDS = {f"marts__{group}" for group in {mart.group for mart in load_marts()} | {"alerts"}}
INBOUND_IDS = {f"fba_inbound{name}" for name in ("", "_approval", "_cancel", "_content_update", "_follow")}
EACH_REPORT = pytest.mark.parametrize("dag_id", sorted(DAG_IDS))
GROUPS = ("plan_slices", "slice.fetch_report", "slice.load_postgres")
TAGS = {
    "sellerops",
    "maintenance",
    "notifications",
    "quarantine",
    "inbound",
    "check",
    "export",
    "marts",
    *("amazon_sp", "amazon_ads"),
    *(spec.family for spec in SPECS.values()),
    *("daily", "3x_daily", "6x_daily", "intraday", "weekly", "monthly"),
    *("northwind_na", "northwind_eu"),
}


def test_the_files_make_exactly_these_dags(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dag_ids) == DAG_IDS | CHECK_IDS | INBOUND_IDS | MART_IDS | {
        f"sellerops__{name}"
        for name in (
            *("backup", "completeness", "connections", "daily_summary", "deadlines", "maintenance"),
            *("notices", "notifications", "quarantine"),
        )
    }
    assert set(SPECS) == DAG_IDS


def dag_of(bag: DagBag, dag_id: str) -> DAG:
    return bag.dags[dag_id]


def accounts_of(dag_id: str) -> dict[str, Account]:
    """The report's accounts that sell in one of its marketplaces."""
    marketplaces, chosen = SPECS[dag_id].marketplaces, SPECS[dag_id].accounts
    return {
        name: account
        for name, account in load_accounts().items()
        if (chosen == "all" or name in chosen)
        and (
            marketplaces == "all"
            or {marketplace.code for marketplace in account.marketplaces} & set(marketplaces)
        )
    }


@EACH_REPORT
def test_each_account_has_its_plan_and_its_mapped_group(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    accounts = accounts_of(dag_id)
    assert set(dag.task_ids) == {f"{account}.{name}" for account in accounts for name in GROUPS}
    for name in accounts:
        plan, fetch, load = (dag.get_task(f"{name}.{step}") for step in GROUPS)
        assert plan.downstream_task_ids == {fetch.task_id, load.task_id}
        assert fetch.downstream_task_ids == {load.task_id}
        assert load.downstream_task_ids == set()
        assert {task.pool for task in (plan, fetch, load)} == {f"{SPECS[dag_id].source}_{name}"}
        for task in (fetch, load):
            (group,) = task.iter_mapped_task_groups()
            assert group.group_id == f"{name}.slice"
            assert "slice_['label']" in task.map_index_template
            assert "slice_" in task.template_fields


def test_only_loads_and_marts_leave_the_default_queue(bag: DagBag) -> None:
    """Browser jobs, too: their DAGs are off as shipped (test_portal_dags.py)."""
    for dag in bag.dags.values():
        for task in dag.tasks:
            name = task.task_id.rpartition(".")[2]
            is_mart = isinstance(task, BuildMartOperator)
            expected = "loads" if name.startswith("load_") else "marts" if is_mart else "default"
            assert task.queue == expected, (dag.dag_id, task.task_id)


def test_a_report_names_its_own_queues() -> None:
    spec, accounts = SPECS[sorted(DAG_IDS)[0]], load_accounts()
    own = spec.model_copy(update={"queue": ReportQueues(fetch="slow_api", load="large")})
    dag = build_dag(own, accounts)
    name = next(iter(accounts_of(spec.dag_id)))
    queues = [dag.get_task(f"{name}.{step}").queue for step in GROUPS]
    assert queues == ["default", "slow_api", "large"]


def test_a_task_names_the_pod_template_of_its_queue_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For the KubernetesExecutor, which knows no queues."""
    (tmp_path / "loads.yaml").touch()
    monkeypatch.setenv("SELLEROPS_POD_TEMPLATES", str(tmp_path))
    spec, accounts = SPECS[sorted(DAG_IDS)[0]], load_accounts()
    dag = build_dag(spec, accounts)
    name = next(iter(accounts_of(spec.dag_id)))
    named = [dag.get_task(f"{name}.{step}").executor_config for step in GROUPS]
    assert named == [{}, {}, {"pod_template_file": str(tmp_path / "loads.yaml")}]
    again = DagSerialization.from_dict(json.loads(json.dumps(DagSerialization.to_dict(dag))))
    assert again.get_task(f"{name}.{GROUPS[2]}").executor_config == named[2]


def test_reports_with_scarce_quota_go_first_and_those_with_many_requests_before_all(bag: DagBag) -> None:
    """Also the plan of such a report before a load of one that can catch up later."""
    classes: dict[int, set[int]] = {0: set(), 1: set(), 2: set()}
    for dag_id, spec in SPECS.items():
        has_many = spec.period.kind is PeriodKind.DAY or bool(spec.request.split)
        dag = DagSerialization.from_dict(
            json.loads(json.dumps(DagSerialization.to_dict(dag_of(bag, dag_id))))
        )
        for name in accounts_of(dag_id):
            tasks = [dag.get_task(f"{name}.{step}") for step in GROUPS]
            weights = [task.weight_rule.get_weight(cast(Any, SimpleNamespace(task=task))) for task in tasks]
            assert weights == sorted(set(weights))
            classes[1 + has_many if spec.has_scarce_quota else 0].update(weights)
    assert max(classes[0]) < min(classes[1]) < max(classes[1]) < min(classes[2])


@EACH_REPORT
def test_no_accounts_task_waits_for_another_accounts(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    for task in dag.tasks:
        account = task.task_id.split(".")[0]
        assert {other.split(".")[0] for other in task.downstream_task_ids} <= {account}


def test_every_task_is_retried_by_remedy_and_survives_the_deferral_race(bag: DagBag) -> None:
    tasks = [task for dag in bag.dags.values() for task in dag.tasks]
    assert len(tasks) >= sum(3 * len(accounts_of(dag_id)) for dag_id in DAG_IDS) + 5 + 3
    for task in tasks:
        assert task.retries >= 2
        assert isinstance(task.retry_policy, RetryByRemedy)
        # Both change how deferred tasks start or end: mapped values are lost, or listeners break them.
        assert not getattr(task, "start_from_trigger", False)
        assert not getattr(task, "end_from_trigger", False)


def test_every_task_logs_our_own_errors_as_one_line(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for task in dag.tasks:
            assert list(task.on_execute_callback) == [log_known_errors_on_one_line], (
                dag.dag_id,
                task.task_id,
            )


def test_every_dag_notifies_of_its_failure_and_has_a_known_vocabulary(bag: DagBag) -> None:
    for dag in bag.dags.values():
        assert [type(callback) for callback in dag.on_failure_callback] == [ReportFailureNotifier]
        assert [type(callback) for callback in dag.on_success_callback] == [ReportSuccessNotifier]
        assert dag.tags <= TAGS
        assert dag.doc_md
        assert dag.description
        assert not dag.catchup
        assert dag.start_date is not None
        assert dag.start_date.tzinfo is not None


@EACH_REPORT
def test_tags_say_source_family_cadence_and_accounts(bag: DagBag, dag_id: str) -> None:
    spec = SPECS[dag_id]
    tags = dag_of(bag, dag_id).tags
    assert {spec.source, spec.family, *accounts_of(dag_id)} < tags
    assert len(tags) == 3 + len(accounts_of(dag_id))
    if spec.schedule.weekday or spec.schedule.day_of_month:
        assert ("weekly" if spec.schedule.weekday else "monthly") in tags
    elif spec.schedule.between:
        assert (
            "daily" if len(spec.schedule.between) == 1 else f"{len(spec.schedule.between)}x_daily"
        ) in tags


@EACH_REPORT
def test_the_page_shows_spec_columns_and_how_to_backfill(bag: DagBag, dag_id: str) -> None:
    spec, page = SPECS[dag_id], str(dag_of(bag, dag_id).doc_md)
    assert spec.report_type in page
    for name, table in spec.tables.items():
        assert f"`{spec.source}.{name}`" in page
        assert all(f"| `{column}` |" in page for column in table.columns)
    assert f"timezone: {spec.schedule.timezone}" in page
    assert "Clear `load_postgres`" in page
    command = f"airflow backfill create --dag-id {dag_id} --from-date 2026-09-01 --to-date 2026-11-01"
    assert (command in page) is (spec.period.kind != "snapshot")


@EACH_REPORT
def test_the_page_fits_the_panel_of_the_ui(bag: DagBag, dag_id: str) -> None:
    """The panel is 500 pixels wide and wraps paragraphs, but neither lists nor code."""
    is_code = False
    for line in str(dag_of(bag, dag_id).doc_md).splitlines():
        if line.startswith("```"):
            is_code = not is_code
        elif is_code:
            # Text without spaces cannot wrap: Amazon's report types, GraphQL.
            assert len(line) <= 70 or any(len(word) > 16 for word in line.split()), line
        else:
            assert not line.startswith(("- ", "* ", "  ")), line


def test_a_report_is_found_by_its_name(bag: DagBag) -> None:
    """The UI's search matches the beginning of the display name."""
    names = {dag_id: dag_of(bag, dag_id).dag_display_name for dag_id in DAG_IDS}
    assert names == {dag_id: SPECS[dag_id].name for dag_id in DAG_IDS}
    assert len(set(names.values())) == len(names)


@EACH_REPORT
def test_loads_name_their_tables_as_assets(bag: DagBag, dag_id: str) -> None:
    spec = SPECS[dag_id]
    for account in accounts_of(dag_id):
        load = dag_of(bag, dag_id).get_task(f"{account}.slice.load_postgres")
        assert {asset.name for asset in load.outlets} == {f"{spec.source}.{table}" for table in spec.tables}


@EACH_REPORT
def test_a_run_by_hand_asks_for_days_in_a_form(bag: DagBag, dag_id: str) -> None:
    params = dag_of(bag, dag_id).params
    if SPECS[dag_id].period.kind == "snapshot":
        assert not params
        return
    for name in ("from_day", "to_day"):
        schema: dict[str, Any] = params.get_param(name).schema
        assert schema["type"] == ["null", "string"]
        assert schema["format"] == "date"
        assert params[name] is None
    params.validate()


@EACH_REPORT
def test_no_task_carries_a_copy_of_the_form(bag: DagBag, dag_id: str) -> None:
    """It would be stored with each of them and read by every process that loads the DAG."""
    for task in DagSerialization.to_dict(dag_of(bag, dag_id))["dag"]["tasks"]:
        assert not task["__var"].get("params"), task["__var"]["task_id"]


@EACH_REPORT
def test_the_scheduler_gets_the_same_timetable(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    stored = json.loads(json.dumps(DagSerialization.to_dict(dag)))
    again = DagSerialization.from_dict(stored)
    assert isinstance(again.timetable, ReportTimetable)
    assert again.timetable == dag.timetable
    assert again.timetable.summary == ReportTimetable(SPECS[dag_id].schedule, dag_id).summary
    assert {task.pool for task in again.tasks} == {
        f"{SPECS[dag_id].source}_{name}" for name in accounts_of(dag_id)
    }


def test_building_twice_gives_the_same_dags() -> None:
    """Otherwise every parse would create a new DAG version."""
    first, second = (
        [json.dumps(DagSerialization.to_dict(dag), sort_keys=True) for dag in build_all().dags]
        for _ in range(2)
    )
    assert first == second
    assert len(first) == len(DAG_IDS)


def test_gaps_become_runs_of_their_reports(bag: DagBag) -> None:
    dag = dag_of(bag, "sellerops__completeness")
    fill = dag.get_task("fill_gap")
    assert fill.upstream_task_ids == {"find_gaps"}
    # With a logical date, another run at that moment would be in the way.
    assert fill.partial_kwargs["logical_date"] is None
    assert fill.partial_kwargs["skip_when_already_exists"] is True
    assert isinstance(dag.timetable, ReportTimetable)
    dag.params.validate()
    report = dag_of(bag, "report__amazon_sp__sales_and_traffic")
    conf = {"from_day": "2026-11-01", "to_day": "2026-11-02", "accounts": ["northwind_na"],
            "marketplaces": ["US"], "priority": "backfill"}  # fmt: skip
    given = copy.deepcopy(report.params)
    given.update(conf)
    given.validate()


def test_messages_that_wait_are_sent_every_few_minutes_without_anybodys_doing(bag: DagBag) -> None:
    dag = dag_of(bag, "sellerops__notices")
    assert set(dag.task_ids) == {"send_waiting_notices", "check_configuration", "announce_inbound_deadlines"}
    assert dag.timetable.expression == "*/5 * * * *"
    assert dag.is_paused_upon_creation is False
    assert dag.max_active_runs == 1


def test_maintenance_runs_daily_and_its_steps_do_not_wait_for_each_other(bag: DagBag) -> None:
    dag = dag_of(bag, "sellerops__maintenance")
    assert set(dag.task_ids) == {
        "roll_call_log",
        "refresh_reference_tables",
        "refresh_exchange_rates",
        "purge_old_rows",
        "purge_personal_data",
        "delete_old_evidence",
        "clean_airflow",
        "delete_old_logs",
        "measure_sizes",
        "measure_settling",
        "check_secrets",
        "check_credentials",
        "check_stale_slices",
        "send_missed_notices",
    }
    assert dag.timetable.expression == "40 4 * * *"  # as the hub's page of settling times says
    assert all(not task.upstream_task_ids for task in dag.tasks)
    dag.params.validate()


def test_every_step_of_an_inbound_run_is_a_task_and_nothing_irrevocable_comes_before_the_approval(
    bag: DagBag,
) -> None:
    dag = dag_of(bag, "fba_inbound")
    order = [task.task_id for task in dag.topological_sort()]
    steps = [step.name for step in STEPS]
    assert set(order) == {*steps, "validate", "approve", "ask_tracking"}
    assert sorted(steps[:-1], key=order.index) == steps[:-1]
    for step in STEPS:
        task = dag.get_task(step.name)
        # Boxes that are packed later may change the costs.
        may_ask = step.is_irrevocable or step.name == "offer_transportation_again"
        assert isinstance(task, ConfirmStepOperator) is may_ask
        if step.is_irrevocable:
            assert "approve" in task.get_flat_relative_ids(upstream=True)
    # Cancels whatever else happened; `send_tracking` is a leaf beside it, so that a failed run fails.
    assert dag.get_task("cancel_plan").trigger_rule == "all_done"
    assert {task.task_id for task in dag.leaves} == {"cancel_plan", "send_tracking"}


@pytest.mark.parametrize("dag_id", sorted(INBOUND_IDS))
def test_forms_of_inbound_dags_may_stay_empty_and_no_task_carries_a_copy(bag: DagBag, dag_id: str) -> None:
    dag = dag_of(bag, dag_id)
    dag.params.validate()
    stored = DagSerialization.to_dict(dag)["dag"]["tasks"]
    copies = {task["__var"]["task_id"] for task in stored if len(task["__var"].get("params") or []) > 1}
    assert not copies
