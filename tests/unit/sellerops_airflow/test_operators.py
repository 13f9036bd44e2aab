"""Tasks plan, fetch and load one slice each, and record how each ends."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from support.fake_runtime import DAG_ID, NOW, SLICE, FakeRuntime, task_context

from sellerops.base.clock import Clock
from sellerops.base.errors import (
    AmazonUnavailable,
    CheckFailed,
    ConfigurationError,
    GiveUpError,
    NothingToCollect,
    NotPublishedYet,
    ReportFatal,
)
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.ledger import SliceState
from sellerops.rate_limits import Priority
from sellerops_airflow.operators import plan_slices as plan_slices_module
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.operators.load_report import LoadReportOperator
from sellerops_airflow.operators.plan_slices import PlanSlicesOperator
from sellerops_airflow.runs.run_context import priority_of

US = "ATVPDKIKX0DER"
DAY = date(2026, 11, 20)


def plan(dag_id: str = DAG_ID, **days: str) -> PlanSlicesOperator:
    return PlanSlicesOperator(task_id="plan_slices", report=dag_id, account_id="northwind_na", **days)


def fetch() -> FetchReportOperator:
    return FetchReportOperator(
        task_id="fetch_report", report=DAG_ID, account_id="northwind_na", slice_=SLICE.to_dict()
    )


# -- plan_slices


def test_the_plan_holds_every_slice_as_plain_values_and_writes_it_down(runtime: FakeRuntime) -> None:
    found = plan().execute(task_context(task_id="northwind_na.plan_slices", map_index=-1))
    assert [values["label"] for values in found][:3] == ["US 2026-11-18", "US 2026-11-19", "US 2026-11-20"]
    assert len(found) == 9
    assert Slice.from_dict(found[2]) == SLICE
    assert set(runtime.fake_ledger.states().values()) == {SliceState.PLANNED}
    assert len(runtime.fake_ledger.rows) == 9


def test_a_run_by_hand_collects_the_days_it_was_given(runtime: FakeRuntime) -> None:
    found = plan(from_day="2026-11-01", to_day="2026-11-02").execute(task_context(data_interval_end=None))
    assert [values["first_day"] for values in found[:2]] == ["2026-11-01", "2026-11-02"]
    assert len(found) == 6


def test_a_run_by_hand_collects_the_last_so_many_closed_days(runtime: FakeRuntime) -> None:
    found = plan(period="2").execute(task_context(data_interval_end=None))
    assert [values["label"] for values in found[:2]] == ["US 2026-11-19", "US 2026-11-20"]
    assert len(found) == 6


def test_a_run_too_long_for_airflow_takes_its_first_days_and_starts_another_for_the_rest(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[Any, ...]] = []
    monkeypatch.setattr(plan_slices_module, "start_run", lambda *given: bool(started.append(given)) or True)
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "5")
    context = task_context(data_interval_end=None)
    context["dag_run"].conf = {"priority": "backfill"}
    days = {"from_day": "2026-11-01", "to_day": "2026-11-06"}
    found = plan(**days, marketplaces="US,CA").execute(context)
    assert [values["label"] for values in found] == [
        "US 2026-11-01", "US 2026-11-02", "CA 2026-11-01", "CA 2026-11-02",
    ]  # fmt: skip
    # The other run plans what does not fit into this one.
    assert len(runtime.fake_ledger.rows) == 4
    ((dag_id, run_id, conf, note),) = started
    assert dag_id == DAG_ID
    assert conf == {"from_day": "2026-11-03", "to_day": "2026-11-06", "accounts": ["northwind_na"],
                    "marketplaces": ["CA", "US"], "priority": "backfill"}  # fmt: skip
    assert "scheduled__2026-11-21" in note
    assert context["ti"].pushed[plan_slices_module.CONTINUATION_KEY] == run_id
    plan(**days, marketplaces="US,CA").execute(context)  # cleared or retried
    assert started[1][1] == run_id
    rest = plan(from_day=conf["from_day"], to_day=conf["to_day"], marketplaces="US,CA").execute(context)
    assert [values["first_day"] for values in rest] == ["2026-11-03", "2026-11-04"] * 2


def test_a_run_for_some_marketplaces_leaves_the_others_alone(runtime: FakeRuntime) -> None:
    context = task_context(data_interval_end=None)
    assert plan(accounts="northwind_eu").execute(context) == []
    assert not runtime.fake_ledger.rows
    days = {"from_day": "2026-11-01", "to_day": "2026-11-02"}
    found = plan(**days, accounts="northwind_na,northwind_eu", marketplaces="US,DE").execute(context)
    assert [values["label"] for values in found] == ["US 2026-11-01", "US 2026-11-02"]
    assert len(runtime.fake_ledger.rows) == 2


@pytest.mark.parametrize("empty", ["", "None"])
def test_empty_fields_of_the_form_mean_what_the_schedule_would_collect(
    runtime: FakeRuntime, empty: str
) -> None:
    context = task_context(data_interval_end=None, run_type="manual")
    assert len(plan(from_day=empty, to_day=empty).execute(context)) == 9


def test_a_manual_run_with_a_local_amazon_uses_its_present(runtime: FakeRuntime) -> None:
    ahead = NOW + timedelta(days=100)
    runtime.fake_ledger.now = Clock(NOW, ahead, 0.0)
    found = plan().execute(task_context(data_interval_end=None))
    assert found[2]["last_day"] == "2027-02-28"


def test_what_amazon_no_longer_serves_is_marked_and_not_run(runtime: FakeRuntime) -> None:
    context = task_context(data_interval_end=datetime(2024, 1, 10, 12, tzinfo=UTC))
    assert plan().execute(context) == []
    assert set(runtime.fake_ledger.states().values()) == {SliceState.EXPIRED}


def test_a_snapshot_of_the_past_is_marked_and_not_run(runtime: FakeRuntime) -> None:
    context = task_context(data_interval_end=NOW - timedelta(days=2))
    assert plan("report__amazon_sp__fba_manage_inventory").execute(context) == []
    assert set(runtime.fake_ledger.states().values()) == {SliceState.EXPIRED}


def test_a_period_that_cannot_be_published_yet_is_late_and_not_run(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = runtime.spec(DAG_ID)
    period = spec.period.model_copy(update={"available_after": timedelta(hours=48)})
    monkeypatch.setattr(runtime, "spec", lambda _: spec.model_copy(update={"period": period}))
    found = plan().execute(task_context())
    assert [values["label"] for values in found] == ["US 2026-11-18", "CA 2026-11-18", "MX 2026-11-18"]
    late = [row for row in runtime.fake_ledger.rows.values() if row.state is SliceState.LATE]
    assert len(late) == 6
    assert all("from 2026-11-2" in (row.error or "") for row in late)


@pytest.mark.parametrize(
    ("days", "place"),
    [
        ({"from_day": "20.11.2026"}, "Trigger form, From day"),
        ({"from_day": "2026-11-20", "to_day": "2026-11-01"}, "Trigger form, From day"),
        ({"from_day": "2026-11-20", "period": "3"}, "Trigger form, Days"),
        ({"to_day": "2026-11-20", "period": "3"}, "Trigger form, Days"),
        ({"period": "0"}, "Trigger form, Days"),
        ({"period": "a week"}, "Trigger form, Days"),
    ],
)
def test_invalid_days_are_a_configuration_error_reported_later(
    runtime: FakeRuntime, days: dict[str, str], place: str
) -> None:
    context = task_context(task_id="northwind_na.plan_slices", map_index=-1)
    with pytest.raises(ConfigurationError) as caught:
        plan(**days).execute(context)
    assert caught.value.where == place
    assert context["ti"].pushed["failure"]["error_type"] == "FormError"
    assert context["ti"].pushed["failure"]["remedy"]


# -- fetch_report


def test_a_document_at_hand_needs_no_wait(runtime: FakeRuntime) -> None:
    runtime.fake_collector.steps = [Done((7,), Outcome.DOCUMENTS)]
    assert fetch().execute(task_context()) == [7]
    (call,) = runtime.fake_collector.calls
    assert call["slice_"] == SLICE
    assert call["reference"] == NOW
    assert (call["run"].task_id, call["run"].map_index, call["run"].report) == (
        "northwind_na.slice.fetch_report",
        0,
        "sales_and_traffic",
    )


def test_waiting_is_left_to_the_triggerer_and_the_task_continues_afterwards(runtime: FakeRuntime) -> None:
    runtime.fake_collector.steps = [WaitFor((7,), "request 7 is PLANNED"), WaitFor((7,), "a lease")]
    with pytest.raises(TaskDeferred) as deferred:
        fetch().execute(task_context())
    assert deferred.value.method_name == "resume"
    classpath, values = deferred.value.trigger.serialize()
    assert classpath == "sellerops_airflow.triggers.report.ReportTrigger"
    assert values["request_ids"] == [7]
    assert values["slice_"] == SLICE.to_dict()
    ready = WaitResult(WaitOutcome.READY, "the document is ready", (7,)).to_dict()
    with pytest.raises(TaskDeferred):
        fetch().resume(task_context(), event=ready)
    assert fetch().resume(task_context(), event=ready) == [1]
    assert [call["request_ids"] for call in runtime.fake_collector.calls] == [(), (7,), (7,)]


@pytest.mark.parametrize("outcome", [Outcome.EMPTY, Outcome.EXPIRED])
def test_a_slice_rightly_without_a_document_is_skipped(runtime: FakeRuntime, outcome: Outcome) -> None:
    runtime.fake_collector.steps = [Done((), outcome)]
    with pytest.raises(AirflowSkipException, match="US 2026-11-20"):
        fetch().execute(task_context())


def test_a_wait_that_found_no_data_skips_the_slice(runtime: FakeRuntime) -> None:
    event = WaitResult(WaitOutcome.EMPTY, "Amazon lists no report in this window").to_dict()
    with pytest.raises(AirflowSkipException, match="no data"):
        fetch().resume(task_context(), event=event)
    assert runtime.fake_collector.calls == []


def test_a_skip_error_confirms_that_the_slice_is_empty(runtime: FakeRuntime) -> None:
    runtime.fake_collector.steps = [NothingToCollect("nothing here.")]
    with pytest.raises(AirflowSkipException):
        fetch().execute(task_context())
    assert runtime.fake_ledger.states() == {(US, DAY): SliceState.CONFIRMED_EMPTY}


def test_what_is_not_published_yet_is_late_and_no_failure(runtime: FakeRuntime) -> None:
    error = NotPublishedYet("the week is not published yet.")
    event = WaitResult(WaitOutcome.FAILED, "FATAL", (7,), error).to_dict()
    with pytest.raises(AirflowSkipException, match="not published"):
        fetch().resume(task_context(), event=event)
    assert runtime.fake_ledger.states() == {(US, DAY): SliceState.LATE}


def test_a_failed_wait_fails_the_task_with_its_own_error(runtime: FakeRuntime) -> None:
    error = ReportFatal("Amazon aborted the report: bad option.", where="report 50", report_id="50")
    event = WaitResult(WaitOutcome.FAILED, "FATAL", (7,), error).to_dict()
    with pytest.raises(ReportFatal, match="bad option"):
        fetch().resume(task_context(), event=event)
    (row,) = runtime.fake_ledger.rows.values()
    assert (row.state, row.error_type, row.map_index) == (SliceState.FAILED, "ReportFatal", 0)
    assert row.remedy == error.remedy


@pytest.mark.parametrize(("try_number", "written"), [(1, False), (3, False), (4, True)])
def test_a_passing_failure_is_written_down_only_when_the_tries_are_used_up(
    runtime: FakeRuntime, try_number: int, written: bool
) -> None:
    runtime.fake_collector.steps = [AmazonUnavailable("503")]
    with pytest.raises(AmazonUnavailable):
        fetch().execute(task_context(try_number=try_number, max_tries=3))
    assert bool(runtime.fake_ledger.rows) is written


def test_an_unforeseen_error_leaves_its_word_too(runtime: FakeRuntime) -> None:
    runtime.fake_collector.steps = [ZeroDivisionError("oops")]
    with pytest.raises(ZeroDivisionError):
        fetch().execute(task_context(try_number=4, max_tries=3))
    (row,) = runtime.fake_ledger.rows.values()
    assert (row.error_type, row.error) == ("ZeroDivisionError", "oops")


def test_a_run_may_ask_for_backfill_priority() -> None:
    context = task_context(run_type="manual")
    for wanted in (Priority.BACKFILL, Priority.SCHEDULE):
        context["dag_run"].conf = {"priority": str(wanted)}
        assert priority_of(context) is wanted


@pytest.mark.parametrize(
    ("run_type", "priority"),
    [("scheduled", Priority.SCHEDULE), ("manual", Priority.SCHEDULE), ("backfill", Priority.BACKFILL)],
)
def test_backfills_stand_back_for_schedules(runtime: FakeRuntime, run_type: str, priority: Priority) -> None:
    fetch().execute(task_context(run_type=run_type))
    assert runtime.asked == [("sales_and_traffic", "northwind_na", priority)]


def test_killing_the_task_touches_nothing(runtime: FakeRuntime) -> None:
    fetch().on_kill()
    assert runtime.fake_collector.calls == []
    assert runtime.fake_ledger.rows == {}


# -- load_postgres


class _Destination:
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def load(runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The load task with its parts replaced: ``documents`` by request id, ``loaded`` what it did."""
    import sellerops.destinations as destinations

    said = SimpleNamespace(loaded=[], error=None, failing="", destination=_Destination())
    requests = {7: "mem://7", 8: "mem://8", 9: None}

    def get_request(request_id: int) -> Any:
        return SimpleNamespace(archive_uri=requests[request_id], status="DONE", reported_at=NOW, error=None)

    def load_document(
        _destination: Any, spec: Any, slice_: Slice, request: Any, open_stream: Any
    ) -> list[Any]:
        if said.error and open_stream().endswith(said.failing):
            raise said.error
        said.loaded.append((open_stream(), slice_.label))
        counts = dict.fromkeys(("inserted", "updated", "unchanged", "superseded", "replaced"), 0)
        return [
            destinations.LoadResult(
                load_id=10 + len(said.loaded),
                table=f"amazon_sp.{table}",
                rows_in_file=2,
                stored=1,
                rejected=1,
                seconds=0.1,
                **{**counts, "inserted": 1},
            )
            for table in spec.tables
        ]

    monkeypatch.setattr(destinations, "load_document", load_document)
    monkeypatch.setattr(destinations.RequestMeta, "of", classmethod(lambda cls, each: cls(each.reported_at)))
    monkeypatch.setattr(runtime.fake_ledger, "get_request", get_request, raising=False)
    monkeypatch.setattr(runtime, "destination", lambda name: said.destination)
    monkeypatch.setattr(
        type(runtime), "archive", property(lambda self: SimpleNamespace(open=lambda uri: f"stream of {uri}"))
    )
    return said


def loading(request_ids: list[int]) -> LoadReportOperator:
    return LoadReportOperator(
        task_id="load_postgres",
        report=DAG_ID,
        account_id="northwind_na",
        destination="postgres",
        slice_=SLICE.to_dict(),
        request_ids=request_ids,
    )


def test_every_document_is_loaded_into_every_table_and_the_counts_are_returned(
    runtime: FakeRuntime, load: SimpleNamespace
) -> None:
    results = loading([7, 8]).execute(task_context(task_id="northwind_na.slice.load_postgres"))
    assert [uri for uri, _ in load.loaded] == ["stream of mem://7", "stream of mem://8"]
    assert len(results) == 4
    assert all(each["rows_in_file"] == each["stored"] + each["rejected"] for each in results)
    (row,) = runtime.fake_ledger.rows.values()
    assert (row.state, row.request_id, row.load_id) == (SliceState.LOADED, 8, 12)
    assert load.destination.closed


def test_a_check_that_fails_is_final_and_written_down(runtime: FakeRuntime, load: SimpleNamespace) -> None:
    load.error = CheckFailed("10 rows in the file, 9 stored.")
    with pytest.raises(CheckFailed):
        loading([7]).execute(task_context(task_id="northwind_na.slice.load_postgres"))
    (row,) = runtime.fake_ledger.rows.values()
    assert (row.state, row.error_type) == (SliceState.FAILED, "CheckFailed")
    assert load.destination.closed


def test_a_document_that_cannot_be_loaded_does_not_keep_the_others_from_it(
    runtime: FakeRuntime, load: SimpleNamespace
) -> None:
    load.error, load.failing = CheckFailed("10 rows in the file, 9 stored."), "mem://7"
    with pytest.raises(CheckFailed):
        loading([7, 8]).execute(task_context(task_id="northwind_na.slice.load_postgres"))
    assert [uri for uri, _ in load.loaded] == ["stream of mem://8"]
    (row,) = runtime.fake_ledger.rows.values()
    assert (row.state, row.error_type) == (SliceState.FAILED, "CheckFailed")


def test_a_request_without_a_document_says_what_to_clear(runtime: FakeRuntime, load: SimpleNamespace) -> None:
    with pytest.raises(GiveUpError, match="no document") as caught:
        loading([9]).execute(task_context(task_id="northwind_na.slice.load_postgres"))
    assert "fetch" in caught.value.remedy


def test_constructors_only_assign() -> None:
    """Before `execute` a field may still be a template, so constructors check none."""
    nonsense = object()
    assert (
        fetch().__class__(task_id="x", report="no such", account_id="none", slice_=nonsense).slice_
        is nonsense
    )
    made = LoadReportOperator(
        task_id="x", report="no", account_id="none", destination="none", slice_=nonsense, request_ids=nonsense
    )
    assert made.request_ids is nonsense


def test_slices_survive_the_way_through_xcom(runtime: FakeRuntime) -> None:
    for values in plan().execute(task_context()):
        assert Slice.from_dict(json.loads(json.dumps(values))).to_dict() == values
