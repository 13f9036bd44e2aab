"""A report with several destinations has independent load tasks, one per destination."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.sdk.exceptions import AirflowSkipException
from support.airflow_home import PROJECT_ROOT
from support.fake_runtime import DAG_ID, SLICE, FakeRuntime, task_context

from sellerops.base.errors import ConfigurationError, GiveUpError, Quarantined
from sellerops.collect import Done, Outcome
from sellerops.destinations import Destination, LoadJob, LoadResult
from sellerops.ledger import SliceState
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec
from sellerops_airflow.dag_factory.reports import build_dag
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.runs.run_outcomes import build_outcome
from sellerops_airflow.runtime import use_runtime

BOTH = ("postgres", "bigquery")
DAY = date(2026, 11, 20)
US = "ATVPDKIKX0DER"


@pytest.fixture(autouse=True)
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All reports are loaded into both."""
    config = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "include" / "config", config)
    defaults = config / "reports" / "defaults.yaml"
    content = {**yaml.safe_load(defaults.read_text()), "destinations": list(BOTH)}
    defaults.write_text(yaml.safe_dump(content))
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(config))


def rule(tmp_path: Path, *rules: dict[str, Any]) -> None:
    """Write destinations.yaml."""
    (tmp_path / "config" / "destinations.yaml").write_text(yaml.safe_dump({"rules": list(rules)}))


# -- the graph


def test_each_destination_has_its_task_beside_the_other() -> None:
    dag = build_dag(load_spec("settlements"), load_accounts())
    for account in ("northwind_na", "northwind_eu"):
        fetch = dag.get_task(f"{account}.slice.fetch_report")
        loads = {name: dag.get_task(f"{account}.slice.load_{name}") for name in BOTH}
        assert fetch.downstream_task_ids == {load.task_id for load in loads.values()}
        for name, load in loads.items():
            assert load.downstream_task_ids == set()
            assert fetch.task_id in load.upstream_task_ids
            assert not {other.task_id for other in loads.values()} & load.upstream_task_ids
            assert load.retries >= 2
            assert load.destination == name
            (group,) = load.iter_mapped_task_groups()
            assert group.group_id == f"{account}.slice"


def test_a_rule_switches_a_destination_for_an_account(tmp_path: Path) -> None:
    rule(tmp_path, {"accounts": "northwind_eu", "destinations": "postgres"})
    dag = build_dag(load_spec("settlements"), load_accounts())
    loads = {task for task in dag.task_ids if ".load_" in task}
    assert loads == {
        "northwind_na.slice.load_postgres",
        "northwind_na.slice.load_bigquery",
        "northwind_eu.slice.load_postgres",
    }


def test_a_rule_of_a_family_leaves_other_families_alone(tmp_path: Path) -> None:
    rule(tmp_path, {"families": "payments", "destinations": "bigquery"})
    accounts = load_accounts()
    payments, orders = (build_dag(load_spec(name), accounts) for name in ("settlements", "all_orders"))
    assert "northwind_na.slice.load_postgres" not in payments.task_ids
    assert "northwind_na.slice.load_bigquery" in payments.task_ids
    assert {f"northwind_na.slice.load_{name}" for name in BOTH} <= set(orders.task_ids)


def test_a_table_has_an_asset_in_each_destination() -> None:
    spec = load_spec("settlements")
    dag = build_dag(spec, load_accounts())
    names = {
        name: {asset.name for asset in dag.get_task(f"northwind_na.slice.load_{name}").outlets}
        for name in BOTH
    }
    tables = {f"{spec.source}.{table}" for table in spec.tables}
    assert names == {"postgres": tables, "bigquery": {f"bigquery:{table}" for table in tables}}
    uris = {asset.uri for name in BOTH for asset in dag.get_task(f"northwind_na.slice.load_{name}").outlets}
    assert len(uris) == 2 * len(tables)
    assert all(uri.startswith("x-sellerops://") for uri in uris)


def test_the_page_says_how_to_load_each_again() -> None:
    page = str(build_dag(load_spec("settlements"), load_accounts()).doc_md)
    assert all(f"Clear `load_{name}`" in page for name in BOTH)


# -- the tasks


class Store(Destination):
    """Accepts or refuses loads as configured."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.error: Exception | None = None
        self.loaded: list[str] = []
        self.closed = 0

    def load(self, job: LoadJob) -> LoadResult:
        if self.error:
            raise self.error
        self.loaded.append(job.table)
        return LoadResult(len(self.loaded), job.full_name, bytes_processed=1_000)

    def close(self) -> None:
        self.closed += 1


class Archive:
    def open(self, uri: str) -> Any:
        import io

        return io.BytesIO(json.dumps({"salesAndTrafficByDate": [], "salesAndTrafficByAsin": []}).encode())


class Runtime(FakeRuntime):
    def __init__(self) -> None:
        super().__init__()
        self.stores = {name: Store(name) for name in BOTH}
        self.missing: set[str] = set()

    @property
    def archive(self) -> Any:
        return Archive()

    def destination(self, name: str) -> Destination:
        if name in self.missing:
            raise ConfigurationError("does not exist.", where=f"connection sellerops_{name}")
        return self.stores[name]

    @property
    def state(self) -> SliceState:
        return self.fake_ledger.states()[US, DAY]


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Iterator[Runtime]:
    from types import SimpleNamespace

    from support.fake_runtime import NOW

    ours = Runtime()
    request = SimpleNamespace(
        id=7, status="ARCHIVED", archive_uri="mem://7", reported_at=NOW, updated_at=NOW, document_headers={},
        marketplace_ids=[US],
    )  # fmt: skip
    monkeypatch.setattr(ours.fake_ledger, "get_request", lambda _one: request, raising=False)
    with use_runtime(ours):
        yield ours


def load(name: str) -> list[dict[str, Any]]:
    """A destination's load task at its last try."""
    task = LoadReportOperator(
        task_id=f"load_{name}",
        report=DAG_ID,
        account_id="northwind_na",
        destination=name,
        slice_=SLICE.to_dict(),
        request_ids=[7],
    )
    context = task_context(task_id=f"northwind_na.slice.load_{name}", try_number=4)
    found: list[dict[str, Any]] = task.execute(context)
    return found


@pytest.mark.parametrize("failing", BOTH)
@pytest.mark.parametrize("fails_first", [True, False])
def test_one_that_fails_does_not_touch_the_other(runtime: Runtime, failing: str, fails_first: bool) -> None:
    (other,) = set(BOTH) - {failing}
    runtime.stores[failing].error = GiveUpError("is away.", where=failing)
    for name in (failing, other) if fails_first else (other, failing):
        if name == failing:
            with pytest.raises(GiveUpError):
                load(name)
        else:
            load(name)
    assert runtime.stores[other].loaded == ["sales_daily", "sales_daily_totals"]
    assert runtime.state is SliceState.FAILED
    runtime.stores[failing].error = None
    load(failing)
    assert runtime.state is SliceState.LOADED
    assert all(store.closed for store in runtime.stores.values())


def test_a_destination_without_its_connection_fails_its_own_task_only(runtime: Runtime) -> None:
    runtime.missing = {"bigquery"}
    with pytest.raises(ConfigurationError, match="sellerops_bigquery"):
        load("bigquery")
    load("postgres")
    assert runtime.state is SliceState.FAILED


@pytest.mark.parametrize("loads_first", [True, False])
def test_a_destination_switched_off_on_the_way_is_skipped_and_keeps_no_day_open(
    runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loads_first: bool
) -> None:
    """A run that began before the change still has the task: it skips, and the day counts as loaded."""
    if loads_first:
        load("postgres")
        assert runtime.state is SliceState.REQUESTED
    rule(tmp_path, {"accounts": "northwind_na", "destinations": "postgres"})
    runtime._specs.forget(DAG_ID)  # each task has a process of its own
    with pytest.raises(AirflowSkipException, match="bigquery is disabled for sales_and_traffic of"):
        load("bigquery")
    if not loads_first:
        load("postgres")
    assert runtime.state is SliceState.LOADED
    assert runtime.stores["bigquery"].loaded == []
    monkeypatch.setattr("sellerops_airflow.runs.run_outcomes._rows", lambda *_: {})
    states = {
        ("northwind_na.slice.load_postgres", 0): "success",
        ("northwind_na.slice.load_bigquery", 0): "skipped",
    }
    outcome = build_outcome(runtime.ledger, DAG_ID, "scheduled__2026-11-21", states=states)
    assert not [failure for failure in outcome.failures if failure.step.startswith("load_")]


def test_no_data_is_applied_only_where_rows_of_the_account_go(runtime: Runtime, tmp_path: Path) -> None:
    rule(tmp_path, {"accounts": "northwind_na", "destinations": "postgres"})
    with pytest.raises(AirflowSkipException, match="no data"):
        fetch_nothing(runtime)
    assert runtime.stores["bigquery"].loaded == []
    assert runtime.state is SliceState.CONFIRMED_EMPTY


def test_the_bytes_the_service_counted_are_in_the_tasks_result(runtime: Runtime) -> None:
    assert [each["bytes_processed"] for each in load("bigquery")] == [1_000, 1_000]


def test_a_notice_names_each_destination_that_failed(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sellerops_airflow.runs.run_outcomes._rows", lambda *_: {})
    for name in BOTH:
        runtime.stores[name].error = GiveUpError(f"{name} does not answer.")
        with pytest.raises(GiveUpError):
            load(name)
    states = {(f"northwind_na.slice.load_{name}", 0): "failed" for name in BOTH}
    outcome = build_outcome(runtime.ledger, DAG_ID, "scheduled__2026-11-21", states=states)
    assert {(failure.step, failure.cause) for failure in outcome.failures} == {
        (f"load_{name}", f"{name} does not answer.") for name in BOTH
    }
    assert {failure.label for failure in outcome.failures} == {"US 2026-11-20"}


# -- confirmed absence of data


def fetch_nothing(runtime: Runtime) -> None:
    """The fetch task of a day for which Amazon confirms twice that there is no data."""
    runtime.fake_collector.steps = [Done((), Outcome.EMPTY, (6, 7))]
    task = FetchReportOperator(
        task_id="fetch_report", report=DAG_ID, account_id="northwind_na", slice_=SLICE.to_dict()
    )
    task.execute(task_context(try_number=4))


def test_no_data_reaches_every_destination(runtime: Runtime) -> None:
    with pytest.raises(AirflowSkipException, match="no data"):
        fetch_nothing(runtime)
    assert all(store.loaded for store in runtime.stores.values())
    assert runtime.state is SliceState.CONFIRMED_EMPTY
    (row,) = runtime.fake_ledger.slice_states()
    assert row.error == "Amazon has no data (CANCELLED): request 6 and 7."


@pytest.mark.parametrize("holding", BOTH)
def test_rows_that_stand_in_one_destination_hold_the_day(runtime: Runtime, holding: str) -> None:
    (other,) = set(BOTH) - {holding}
    runtime.stores[holding].error = Quarantined("9 rows stand.", quarantine_ids=[], rows_stand=True)
    with pytest.raises(AirflowSkipException):
        fetch_nothing(runtime)
    assert runtime.stores[other].loaded
    assert runtime.state is SliceState.QUARANTINED
    ends = {each.status.destination: each.status.state for each in runtime.fake_ledger.destination_days()}
    assert ends == {holding: SliceState.QUARANTINED, other: SliceState.CONFIRMED_EMPTY}


def test_an_unavailable_destination_does_not_keep_others_from_no_data(runtime: Runtime) -> None:
    runtime.stores["postgres"].error = GiveUpError("is away.")
    with pytest.raises(GiveUpError):
        fetch_nothing(runtime)
    assert runtime.stores["bigquery"].loaded
    assert runtime.state is SliceState.FAILED
    runtime.stores["postgres"].error = None
    with pytest.raises(AirflowSkipException):
        fetch_nothing(runtime)
    assert runtime.state is SliceState.CONFIRMED_EMPTY


def test_a_quarantined_document_in_one_destination_quarantines_the_day(runtime: Runtime) -> None:
    runtime.stores["bigquery"].error = Quarantined("far below.", quarantine_ids=[], rows_stand=True)
    with pytest.raises(AirflowSkipException):
        load("bigquery")
    load("postgres")
    assert runtime.state is SliceState.QUARANTINED


def test_the_other_slices_keep_their_state(runtime: Runtime) -> None:
    load("postgres"), load("bigquery")
    other = replace(SLICE, first_day="2026-11-19", last_day="2026-11-19")
    runtime.fake_ledger.set_destination_state(other, "postgres", SliceState.LOADED, destinations=BOTH)
    assert runtime.fake_ledger.states()[US, date(2026, 11, 19)] is SliceState.REQUESTED
    assert runtime.state is SliceState.LOADED
