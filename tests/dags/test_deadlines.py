"""A spec's promised time is Airflow's deadline of its runs by schedule; the callback is found and runs."""

from __future__ import annotations

import asyncio
import importlib
import inspect
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from airflow._shared.module_loading import import_string
from airflow.dag_processing.dagbag import DagBag
from airflow.models import DagRun
from airflow.serialization.decoders import decode_deadline_alert
from airflow.serialization.serialized_objects import DagSerialization
from airflow.triggers.callback import CallbackTrigger
from sqlalchemy import create_engine, insert
from sqlalchemy.orm import Session
from support.specs import shipped_specs

from sellerops.settings.specs import load_spec
from sellerops_airflow.housekeeping import deadlines
from sellerops_airflow.housekeeping.deadlines import deadline_of
from sellerops_airflow.promised_time import PromisedTime

SALES = load_spec("sales_and_traffic")


@pytest.fixture
def session() -> Iterator[Session]:
    """Airflow's table of runs, and nothing else of its database."""
    engine = create_engine("sqlite://")
    DagRun.__table__.create(engine)  # type: ignore[attr-defined]
    with Session(engine) as session:
        yield session
    engine.dispose()


def add(session: Session, run_id: str, run_type: str, end: datetime | None) -> None:
    now = datetime.now(UTC)
    session.execute(
        insert(DagRun.__table__).values(  # type: ignore[arg-type]
            dag_id=SALES.dag_id, run_id=run_id, run_type=run_type, data_interval_end=end, run_after=now,
            log_template_id=None,
        )
    )  # fmt: skip


def stored_alert(bag: DagBag) -> Any:
    """The deadline as the scheduler reads it from Airflow's database."""
    written = json.loads(json.dumps(DagSerialization.to_dict(bag.dags[SALES.dag_id])))
    (alert,) = written["dag"]["deadline"]
    return decode_deadline_alert(alert)


def test_every_spec_with_a_promise_has_its_deadline_and_no_other_dag_has(bag: DagBag) -> None:
    promising = {spec.dag_id for spec in shipped_specs() if spec.due}
    assert SALES.dag_id in promising
    assert {dag_id for dag_id, dag in bag.dags.items() if dag.deadline} == promising
    assert deadline_of(SALES.model_copy(update={"due": None})) is None


def test_the_deadline_is_the_first_nine_o_clock_after_the_runs_days(bag: DagBag, session: Session) -> None:
    """Of a run by schedule that is not past it; runs by hand, backfills and catch-up have none."""
    alert = stored_alert(bag)
    assert alert.interval == timedelta(0)
    now = datetime.now(UTC)
    due = now + timedelta(hours=1)
    add(session, "scheduled__now", "scheduled", due)
    add(session, "scheduled__old", "scheduled", now - timedelta(days=9))
    add(session, "manual__now", "manual", due)
    add(session, "backfill__now", "backfill", due)
    add(session, "asset__now", "asset_triggered", None)

    def deadline(run_id: str) -> datetime | None:
        found: datetime | None = alert.reference.evaluate_with(
            session=session, interval=alert.interval, dag_id=SALES.dag_id, run_id=run_id
        )
        return found

    promised = deadline("scheduled__now")
    assert promised is not None
    assert timedelta(0) < promised - due <= timedelta(hours=25)
    assert promised == PromisedTime("09:00", "America/New_York").after(due)
    for other in ("scheduled__old", "manual__now", "backfill__now", "asset__now", "unknown"):
        assert deadline(other) is None


@pytest.mark.parametrize(
    ("after", "promised"),
    [
        ("2026-11-21T12:00Z", "2026-11-21T14:00Z"),  # the run of 07:00 in New York
        ("2026-11-21T14:00Z", "2026-11-22T14:00Z"),  # at nine itself: tomorrow
        ("2026-03-08T05:30Z", "2026-03-08T13:00Z"),  # the night the clocks go forward
        ("2026-10-31T23:00Z", "2026-11-01T14:00Z"),  # and back
    ],
)
def test_nine_o_clock_is_by_the_wall_clock(after: str, promised: str) -> None:
    reference = PromisedTime("09:00", "America/New_York")
    assert reference.after(datetime.fromisoformat(after)) == datetime.fromisoformat(promised)
    assert reference != PromisedTime("10:00", "America/New_York")


def test_airflows_trigger_finds_and_runs_the_callback(bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the triggerer does: by its dotted name, with Airflow's context of the miss."""
    callback = stored_alert(bag).callback
    assert import_string(callback.path) is deadlines.notify_late
    asked: list[Any] = []
    monkeypatch.setattr(deadlines, "_send_late_notices", lambda *given: asked.append(given) or "sent")
    context = {
        "dag_run": {"dag_run_id": "scheduled__1"},
        "deadline": {"deadline_time": "2026-11-21T14:00:00+00:00"},
    }
    trigger = CallbackTrigger(callback.path, {**callback.kwargs, "context": context})

    async def events() -> list[Any]:
        return [event.payload async for event in trigger.run()]

    *_, last = asyncio.run(events())
    assert (last["state"], last["body"]) == ("success", "sent")
    assert asked == [(SALES.dag_id, datetime(2026, 11, 21, 14, tzinfo=UTC))]


@pytest.mark.parametrize("wrong", ["9:00", "24:00", "09:60", "noon", 540])
def test_a_promise_that_is_no_time_of_day_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        type(SALES).model_validate({**SALES.model_dump(by_alias=True), "due": wrong})


@pytest.mark.parametrize(
    "path",
    [
        "sellerops_airflow.deadlines.tell_late",
        "sellerops_airflow.worker_watch.tell_no_worker",
        "sellerops_airflow.housekeeping.worker_watch.notify_stuck_run",
    ],
)
def test_callbacks_of_deadlines_stored_before_the_modules_moved_are_found(path: str) -> None:
    module, _, name = path.rpartition(".")
    assert inspect.iscoroutinefunction(getattr(importlib.import_module(module), name))
