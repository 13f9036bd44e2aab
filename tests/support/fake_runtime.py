"""Fakes for what tasks and triggers use: a ledger in memory, and a collector that follows a script."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from sellerops.base.clock import Clock
from sellerops.base.redaction import error_fields
from sellerops.calendar.slices import Slice
from sellerops.collect import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.ledger import RunRef, SliceRow, SliceState
from sellerops.ledger.slice_destinations import DestinationDay, DestinationState, combine_states
from sellerops.rate_limits import Priority
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops_airflow.runtime import Runtime

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DAG_ID = "report__amazon_sp__sales_and_traffic"
SLICE = Slice(
    source="amazon_sp",
    report="sales_and_traffic",
    account_id="northwind_na",
    region="NA",
    marketplaces=("US",),
    label="US 2026-11-20",
    timezone="America/Los_Angeles",
    first_day="2026-11-20",
    last_day="2026-11-20",
    window_start="2026-11-20T08:00:00+00:00",
    window_end="2026-11-21T08:00:00+00:00",
)


class FakeLedger:
    """Keeps slice states as the real ledger returns them, and notices by key."""

    def __init__(self) -> None:
        self.rows: dict[tuple[Any, ...], SliceRow] = {}
        self.ends: dict[tuple[Any, ...], dict[str, DestinationState]] = {}
        self.notices: set[str] = set()
        self.now = Clock(NOW, NOW, 0.0)

    def clock(self) -> Clock:
        return self.now

    def set_slice_state(
        self,
        slice_: Slice,
        state: SliceState,
        *,
        run: RunRef | None = None,
        request_id: int | None = None,
        load_id: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
        error_type, text, remedy = error_fields(error)
        for day in slice_.days:
            key = (slice_.report, slice_.account_id, marketplace_id, day, slice_.snapshot_at)
            assert run is not None
            self.rows[key] = SliceRow(
                *(slice_.report, slice_.account_id, marketplace_id, day, None, state, request_id, load_id),
                *(run.dag_id, run.run_id, run.task_id, run.map_index, error_type, text, remedy, NOW),
            )

    def refresh_slice_state(self, slice_: Slice, destinations: Sequence[str]) -> None:
        for key, ends in self.ends.items():
            known = [name for name in destinations if name in ends]
            if known:
                total, _ = combine_states(ends, destinations, known[-1])
                self.rows[key] = replace(self.rows[key], state=total)

    def set_destination_state(
        self,
        slice_: Slice,
        destination: str,
        state: SliceState,
        *,
        destinations: Sequence[str],
        run: RunRef | None = None,
        request_id: int | None = None,
        load_id: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        error_type, text, remedy = error_fields(error)
        task = (run.dag_id, run.run_id, run.task_id, run.map_index) if run else (None, None, None, None)
        marketplace_id = slice_.marketplace.id if slice_.marketplace else ""
        for day in slice_.days:
            key = (slice_.report, slice_.account_id, marketplace_id, day, slice_.snapshot_at)
            self.ends.setdefault(key, {})[destination] = DestinationState(
                destination, state, request_id, load_id, *task, error_type, text, remedy
            )
            total, end = combine_states(self.ends[key], destinations, destination)
            self.rows[key] = SliceRow(
                *(*key[:4], None, total, end.request_id, end.load_id),
                *(end.dag_id, end.run_id, end.task_id, end.map_index),
                *(end.error_type, end.error, end.remedy, NOW),
            )

    def destination_days(
        self, *, run_id: str | None = None, state: SliceState | None = None, **_: Any
    ) -> list[DestinationDay]:
        return [
            DestinationDay(*key, end)
            for key, ends in self.ends.items()
            for end in ends.values()
            if run_id in (None, end.run_id) and state in (None, end.state)
        ]

    def slice_states(
        self,
        *,
        report: str | None = None,
        run_id: str | None = None,
        states: Collection[SliceState] | None = None,
        **_: Any,
    ) -> list[SliceRow]:
        return [
            row
            for row in self.rows.values()
            if report in (None, row.report)
            and run_id in (None, row.run_id)
            and (states is None or row.state in states)
        ]

    def states(self) -> dict[tuple[str, date], SliceState]:
        """By marketplace id and day."""
        return {(row.marketplace_id, row.day): row.state for row in self.rows.values()}

    def claim_notice(self, key: str) -> bool:
        won = key not in self.notices
        self.notices.add(key)
        return won


@dataclass
class FakeCollector:
    """Answers ``advance`` and ``wait`` from lists, raising exceptions in them. Records its calls."""

    steps: list[Any] = field(default_factory=list)
    waits: list[Any] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)

    def advance(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> Done | WaitFor:
        self.calls.append(
            {"slice_": slice_, "run": run, "request_ids": tuple(request_ids), "reference": reference}
        )
        step: Done | WaitFor = _next(self.steps, Done((1,), Outcome.DOCUMENTS))
        return step

    async def wait(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> WaitResult:
        self.calls.append(
            {"slice_": slice_, "run": run, "request_ids": tuple(request_ids), "reference": reference}
        )
        result: WaitResult = _next(self.waits, WaitResult(WaitOutcome.READY, "ready", tuple(request_ids)))
        return result


def _next(script: list[Any], default: Any) -> Any:
    answer = script.pop(0) if script else default
    if isinstance(answer, BaseException):
        raise answer
    return answer


class FakeRuntime(Runtime):
    """A runtime with the real specs and accounts, and a fake ledger and collector."""

    def __init__(self) -> None:
        super().__init__(lambda: "", lambda: "", lambda: "")
        self.fake_ledger = FakeLedger()
        self.fake_collector = FakeCollector()
        self.asked: list[tuple[str, str, Priority]] = []
        self.forgotten: list[str] = []

    @property
    def ledger(self) -> Any:
        return self.fake_ledger

    def collector(self, spec: ReportSpec, account: Account, priority: Priority) -> FakeCollector:
        self.asked.append((spec.name, account.id, priority))
        return self.fake_collector

    def forget_credentials(self, account: Account) -> None:
        self.forgotten.append(account.id)


def task_context(
    *,
    dag_id: str = DAG_ID,
    task_id: str = "northwind_na.slice.fetch_report",
    map_index: int = 0,
    try_number: int = 1,
    max_tries: int = 3,
    data_interval_end: datetime | None = NOW,
    run_type: str = "scheduled",
) -> Any:
    """The parts of Airflow's context that tasks read. ``context["ti"].pushed`` holds the XComs they push."""
    pushed: dict[str, Any] = {}
    ti = SimpleNamespace(
        dag_id=dag_id,
        run_id="scheduled__2026-11-21",
        task_id=task_id,
        map_index=map_index,
        try_number=try_number,
        max_tries=max_tries,
        pushed=pushed,
        xcom_push=lambda key, value: pushed.update({key: value}),
    )
    dag_run = SimpleNamespace(
        data_interval_end=data_interval_end, run_after=NOW, run_type=run_type, clear_number=0
    )
    return {"ti": ti, "dag_run": dag_run, "run_id": ti.run_id, "outlet_events": {}}
