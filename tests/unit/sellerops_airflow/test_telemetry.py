"""Spans, log lines and Sentry tags name the report, account, marketplace and slice of a task."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sentry_sdk
import structlog
from airflow.sdk._shared.logging.structlog import structlog_processors
from airflow.sdk.exceptions import AirflowSkipException, TaskDeferred
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from support.fake_runtime import SLICE, FakeRuntime, task_context

from sellerops.base.errors import NothingToCollect, ReportFatal
from sellerops.calendar.telemetry import current_fields, observed
from sellerops.collect import Done, Outcome
from sellerops.ledger import RunRef
from sellerops_airflow.operators.fetch_report import FetchReportOperator
from sellerops_airflow.runs.task_outcomes import slice_outcome, task_outcome
from sellerops_airflow.triggers import report as triggers

FIELDS = {
    "report": "sales_and_traffic",
    "account_id": "northwind_na",
    "marketplace": "US",
    "slice": "US 2026-11-20",
    "step": "fetch_report",
}
RUN = RunRef("report__amazon_sp__sales_and_traffic", "run", "northwind_na.slice.fetch_report")


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """The spans that Airflow would export with ``[traces] otel_on``."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    return exporter


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """Our loggers' output through Airflow's JSON log processors."""
    shared, renderer, _ = structlog_processors(json_output=True)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    written: list[dict[str, Any]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(json.loads(formatter.format(record)))

    handler, loggers = Handler(), [logging.getLogger(name) for name in ("sellerops", "sellerops_airflow")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield written
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def of(span: ReadableSpan) -> dict[str, Any]:
    return {name.removeprefix("sellerops."): value for name, value in (span.attributes or {}).items()}


def fetch() -> FetchReportOperator:
    return FetchReportOperator(
        task_id="fetch_report", report=RUN.dag_id, account_id="northwind_na", slice_=SLICE.to_dict()
    )


def test_a_tasks_span_and_those_within_carry_report_account_marketplace_slice_and_step(
    runtime: FakeRuntime, spans: InMemorySpanExporter
) -> None:
    with slice_outcome(runtime.ledger, task_context(), RUN, SLICE), observed("archive", {"request_id": "7"}):
        pass
    assert current_fields() == {}
    inner, outer = spans.get_finished_spans()
    assert (inner.name, outer.name) == ("sellerops.archive", "sellerops.fetch_report")
    assert of(outer) == FIELDS
    assert of(inner) == FIELDS | {"step": "archive", "request_id": "7"}
    assert inner.parent is not None
    assert inner.parent.span_id == outer.context.span_id


def test_an_operators_run_is_a_span_and_so_is_a_plan_that_has_no_slice_yet(
    runtime: FakeRuntime, spans: InMemorySpanExporter
) -> None:
    runtime.fake_collector.steps.append(Done((1,), Outcome.DOCUMENTS))
    assert fetch().execute(task_context()) == [1]
    with task_outcome(task_context(task_id="northwind_na.plan_slices", map_index=-1)):
        pass
    with task_outcome(task_context(dag_id="sellerops__maintenance", task_id="check_credentials")):
        pass
    assert [span.name for span in spans.get_finished_spans()] == [
        "sellerops.fetch_report",
        "sellerops.plan_slices",
        "sellerops.check_credentials",
    ]
    _, plan, credentials = map(of, spans.get_finished_spans())
    assert plan == {"report": "sales_and_traffic", "account_id": "northwind_na", "step": "plan_slices"}
    assert credentials == {"step": "check_credentials"}


@pytest.mark.parametrize(
    ("error", "raised", "outcome", "is_error"),
    [
        (ReportFatal("Amazon aborted it; refresh_token=Atzr|secret"), ReportFatal, "failed", True),
        (NothingToCollect("Nothing."), AirflowSkipException, "skipped", False),
        (AirflowSkipException("Nothing."), AirflowSkipException, "skipped", False),
        (TaskDeferred(trigger=None, method_name="resume"), TaskDeferred, "skipped", False),
    ],
)
def test_only_failures_are_errors_and_no_credential_is_sent(
    runtime: FakeRuntime,
    spans: InMemorySpanExporter,
    error: BaseException,
    raised: type[BaseException],
    outcome: str,
    is_error: bool,
) -> None:
    with pytest.raises(raised), slice_outcome(runtime.ledger, task_context(), RUN, SLICE):
        raise error
    (span,) = spans.get_finished_spans()
    assert of(span)["outcome"] == outcome
    assert (span.status.status_code is trace.StatusCode.ERROR) is is_error
    assert "Atzr" not in span.to_json()
    assert span.events == ()


def test_log_lines_of_our_modules_carry_the_fields_and_lose_them_afterwards(
    runtime: FakeRuntime, lines: list[dict[str, Any]]
) -> None:
    inner, outer = logging.getLogger("sellerops.archive"), logging.getLogger("sellerops_airflow.operators")
    with slice_outcome(runtime.ledger, task_context(), RUN, SLICE):
        outer.info("Waiting for %s", "quota")
        with observed("archive", {"request_id": "7"}):
            inner.warning("the download broke off")
    outer.info("done")
    first, second, third = lines
    assert first["event"] == "Waiting for quota"
    assert {name: first[name] for name in FIELDS} == FIELDS
    assert {name: second[name] for name in FIELDS} == FIELDS | {"step": "archive"}
    assert second["request_id"] == "7"
    assert not set(third) & {*FIELDS, "request_id"}


def test_waiting_in_the_triggerer_carries_them_too_and_mixes_no_two_waits(
    runtime: FakeRuntime,
    spans: InMemorySpanExporter,
    lines: list[dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(triggers, "FIRST_EVENT_AFTER_S", 0.0)

    async def wait(self: Any) -> Any:
        await asyncio.sleep(0)
        logging.getLogger("sellerops.collect").info("still waiting")
        await asyncio.sleep(0)
        return type("Result", (), {"to_dict": lambda self: {}})()

    monkeypatch.setattr(triggers.ReportTrigger, "_wait", wait)

    async def both() -> None:
        waits = []
        for code in ("US", "CA"):
            slice_ = SLICE.to_dict() | {"marketplaces": [code], "label": f"{code} 2026-11-20"}
            trigger = triggers.ReportTrigger(
                report=RUN.dag_id, account_id="northwind_na", slice_=slice_, run={}, request_ids=[],
                reference="2026-11-21T12:00:00+00:00", priority="schedule",
            )  # fmt: skip
            waits.append(anext(aiter(trigger.run())))
        await asyncio.gather(*waits)

    asyncio.run(both())
    assert [(line["slice"], line["marketplace"], line["step"]) for line in lines] == [
        ("US 2026-11-20", "US", "wait"),
        ("CA 2026-11-20", "CA", "wait"),
    ]
    assert [(span.name, of(span)["slice"]) for span in spans.get_finished_spans()] == [
        ("sellerops.wait", "US 2026-11-20"),
        ("sellerops.wait", "CA 2026-11-20"),
    ]


class Caught(Transport):
    """A Sentry transport that keeps its events."""

    events: list[Any] = []  # noqa: RUF012 - Sentry makes the object; the test reads the class

    def capture_envelope(self, envelope: Envelope) -> None:
        event = envelope.get_event()
        if event is not None:
            self.events.append(event)


def test_what_airflow_reports_to_sentry_has_our_tags(
    runtime: FakeRuntime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through Airflow's own wrapper around a task."""
    from airflow.sdk.execution_time.sentry.configured import ConfiguredSentry
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    monkeypatch.setattr(Caught, "events", [])
    monkeypatch.setattr(RuntimeTaskInstance, "get_task_breadcrumbs", lambda **_: [])
    monkeypatch.setattr(
        ConfiguredSentry,
        "prepare_to_enrich_errors",
        # Airflow's own setup starts every integration it finds modules for, which takes seconds.
        lambda self, _: sentry_sdk.init(
            dsn="http://key@127.0.0.1:1/1", transport=Caught, default_integrations=False
        ),
    )
    context = task_context()
    ti = context["ti"]
    ti.task, ti.sentry_integration = fetch(), ""
    dag_run = context["dag_run"]
    dag_run.data_interval_start = dag_run.logical_date = None

    def run(ti: Any, context: Any, log: Any) -> Any:
        try:
            with slice_outcome(runtime.ledger, context, RUN, SLICE):
                raise ReportFatal("Amazon aborted it.")
        except ReportFatal as error:
            return None, None, error

    try:
        ConfiguredSentry().enrich_errors(run)(ti, context, None)  # type: ignore[arg-type]
        (event,) = Caught.events
        assert {name: event["tags"][f"sellerops.{name}"] for name in FIELDS} == FIELDS
        assert event["exception"]["values"][0]["type"] == "ReportFatal"
        sentry_sdk.capture_message("of another task")
        assert not any(name.startswith("sellerops.") for name in Caught.events[1].get("tags", {}))
    finally:
        sentry_sdk.get_client().close()
        sentry_sdk.get_global_scope().set_client(None)


def test_without_sentry_or_exporter_nothing_is_sent_or_missed(runtime: FakeRuntime) -> None:
    assert not sentry_sdk.is_initialized()
    with slice_outcome(runtime.ledger, task_context(), RUN, SLICE):
        assert current_fields() == FIELDS
