"""Our metrics as collectors receive them, through Airflow's own switches."""

from __future__ import annotations

import atexit
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from airflow.observability import stats
from airflow.observability.metrics.stats_utils import get_stats_factory
from support.collectors import otlp_collector, statsd_collector
from support.hub import Hub, HubServer

from sellerops.read_models.metrics.metric import Point
from sellerops.read_models.metrics.reading import read_points
from sellerops.read_models.metrics.registry import METRICS
from sellerops.settings.marketplaces import all_marketplaces
from sellerops_airflow.metrics.check_points import CHECK_STATE
from sellerops_airflow.metrics.emitter import Emitter, default_readers
from sellerops_airflow.metrics.sinks import SERIES, OtelSink, StatsSink, configured_sink
from sellerops_airflow.metrics.task_points import TASKS

REPORT = "sales_and_traffic"
US = "ATVPDKIKX0DER"
CLOSED = {"account_id": "closed_marketplace"}


@pytest.fixture(scope="module")
def hub(hub_server: HubServer) -> Iterator[Hub]:
    with hub_server.database(now=None) as hub:
        _fill(hub)
        yield hub


def _fill(hub: Hub) -> None:
    """At least one row behind every metric."""
    now = datetime.now(UTC)
    account = {"account_id": "northwind_na"}
    day = {"report": REPORT, **account, "marketplace_id": US}
    hub.add_to(
        "sellerops.slice_state",
        {**day, "day": date(2026, 11, 1), "state": "LOADED"},
        {**day, "day": date(2026, 11, 2), "state": "FAILED"},
    )
    hub.add_to(
        "sellerops.warning",
        {"fault_key": "late|x", "kind": "late", "report": REPORT, **account, "slices": "[]", "since": now},
    )
    hub.rows("SELECT sellerops.api_call_make_day((now() AT TIME ZONE 'UTC')::date)")
    call = {**account, "operation": "createReport", "called_at": now}
    hub.add_to("sellerops.api_call", *({**call, "status": status} for status in (202, 202, 429, 500)))
    bucket = {"application": "app", "rate": 1 / 60, "burst": 15, "interval_s": 60, "updated_at": now}
    bucket |= {"operation": "createReport", "tat": now + timedelta(minutes=5), **account}
    hub.add_to("sellerops.quota_bucket", bucket)
    counts = dict.fromkeys(("updated", "unchanged", "superseded", "replaced"), 0)
    load = {"table_name": "amazon_sp.x", "destination": "postgres", "seconds": 1, "started_at": now, **counts}
    load |= {"rows_in_file": 10, "stored": 8, "inserted": 8, "rejected": 2}
    hub.add_to("sellerops.load", {**load, **account, "report": REPORT})
    hub.add_to("sellerops.fault", {"fault_key": "x", "event": "late", "headline": "Late", "threads": ["ops"]})
    disk = {"kind": "file_system", "name": "host:/", "nbytes": 900, "free": 100}
    hub.add_to("sellerops.size_sample", disk, {"kind": "folder", "name": "archive", "nbytes": 700})
    message = {"notice_key": "x", "event": "late", "thread": "x", "target": "#ops", "message": "{}"}
    hub.add_to(
        "sellerops.delivery", {**message, "channel": "ops", "kind": "slack", "connection": "slack_default"}
    )


def _points(
    hub: Hub, accounts: Sequence[str] = ("northwind_na",), reports: Sequence[str] = (REPORT,)
) -> dict[str, list[Point]]:
    import psycopg

    with psycopg.connect(hub.conninfo) as connection:
        points = list(read_points(connection, accounts, reports))
    return {metric.name: [each for each in points if each.metric is metric] for metric in METRICS}


def test_values_are_what_the_ledger_says(hub: Hub) -> None:
    found = _points(hub)
    values = {name: {tuple(each.attributes.values()): each.value for each in points}
              for name, points in found.items()}  # fmt: skip
    (age,) = values.pop("sellerops.data.age").items()
    newest = datetime(2026, 11, 2, tzinfo=all_marketplaces()["US"].zone)
    assert age[0] == ("northwind_na", REPORT, "US")
    assert age[1] == pytest.approx((datetime.now(UTC) - newest).total_seconds(), abs=600)
    assert values["sellerops.slices"] == {("FAILED", "northwind_na"): 1, ("LOADED", "northwind_na"): 1}
    assert values["sellerops.quota.used"][("northwind_na", "createReport")] == pytest.approx(5 / 15, abs=0.05)
    assert values["sellerops.calls"] == {("northwind_na", "createReport"): 4}
    assert values["sellerops.calls.refused"] == {("northwind_na", "createReport"): 1}
    assert values["sellerops.calls.failed"] == {("northwind_na", "createReport"): 1}
    assert values["sellerops.rows.stored"] == {("postgres", "northwind_na"): 8}
    assert values["sellerops.rows.rejected"] == {("postgres", "northwind_na"): 2}
    assert values["sellerops.days.open"] == {("late", "northwind_na"): 1}
    assert values["sellerops.notices.undelivered"] == {("WAITING", "ops"): 1}
    assert values["sellerops.size"] == {("file_system", "host:/"): 900, ("folder", "archive"): 700}
    assert values["sellerops.size.free"] == {("file_system", "host:/"): 100}
    assert values["sellerops.faults.open"] == {("late",): 1}


def test_an_account_that_was_removed_and_a_report_that_is_off_do_not_get_older(hub: Hub) -> None:
    """Nobody collects for them any more, so an alarm would never end."""
    request = {"key_hash": "x", "source": "amazon_sp", "report": REPORT, "report_type": "X", **CLOSED}
    request |= {"region": "na", "marketplace_ids": [US], "status": "IN_QUEUE"}
    request |= {**dict.fromkeys(("dag_id", "run_id", "task_id"), "x"), "map_index": -1, "task_try": 1}
    hub.add_to("sellerops.report_request", request)
    day = {"marketplace_id": US, "day": date(2026, 11, 1), "state": "LOADED"}
    hub.add_to("sellerops.slice_state", {**day, **CLOSED, "report": REPORT})
    ages = ("sellerops.data.age", "sellerops.requests.open", "sellerops.requests.age")
    told = [each.attributes["account"] for name in ages for each in _points(hub)[name]]
    assert told == ["northwind_na"]
    closed_too = _points(hub, accounts=("northwind_na", *CLOSED.values()))
    assert [len(closed_too[name]) for name in ages] == [2, 1, 1]
    assert _points(hub, reports=())["sellerops.data.age"] == []


def test_an_opentelemetry_collector_gets_gauges_with_units_and_attributes(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry import metrics

    with otlp_collector() as collector:
        monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")
        with _airflows_metrics():
            sink = configured_sink()
            assert isinstance(sink, OtelSink)
            sent = Emitter(sink, default_readers()).emit()
            provider: Any = metrics.get_meter_provider()
            provider.force_flush()
            provider.shutdown()
        found = collector.metrics()
    ours = {name: each for name, each in found.items() if name.startswith("sellerops.")}
    assert sum(len(each.gauge.data_points) for each in ours.values()) == sent
    assert found[f"airflow.{SERIES}"].gauge.data_points[0].as_int == sent
    filled = {metric.name for metric in METRICS} - {
        "sellerops.requests.open", "sellerops.requests.age", "sellerops.documents.quarantined",
    }  # fmt: skip
    assert filled | {CHECK_STATE.name} <= set(ours)
    for metric in (*METRICS, CHECK_STATE, TASKS):
        if metric.name in ours:
            assert (ours[metric.name].unit, ours[metric.name].description) == (
                metric.unit,
                metric.description,
            )
            for point in ours[metric.name].gauge.data_points:
                assert {each.key for each in point.attributes} == set(metric.attributes)


@pytest.mark.parametrize("has_tags", [False, True])
def test_statsd_gets_them_too(hub: Hub, monkeypatch: pytest.MonkeyPatch, has_tags: bool) -> None:
    with statsd_collector() as collector:
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_ON", "True")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PORT", str(collector.port))
        monkeypatch.setenv("AIRFLOW__METRICS__STATSD_INFLUXDB_ENABLED", str(has_tags))
        with _airflows_metrics():
            sink = configured_sink()
            assert isinstance(sink, StatsSink)
            Emitter(sink, default_readers()).emit()
            stats.gauge("end", 1)
        lines = collector.lines("airflow.end")
    wanted = (
        "airflow.sellerops.rows.stored,destination=postgres,account=northwind_na:8.0|g"
        if has_tags
        else "airflow.sellerops.rows.stored.postgres.northwind_na:8.0|g"
    )
    assert wanted in lines


def test_a_series_that_ended_is_exported_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert on it ends with the fault, not with the process."""
    from opentelemetry import metrics
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader

    exported = InMemoryMetricReader()
    provider = MeterProvider([exported])
    monkeypatch.setattr(metrics, "get_meter_provider", lambda: provider)
    points = [_queued("loads"), _queued("marts")]
    emitter = Emitter(OtelSink(), [lambda: points])

    def queues() -> set[object]:
        emitter.emit()
        found = exported.get_metrics_data()
        return {
            point.attributes["queue"]
            for resource in (found.resource_metrics if found else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            for point in metric.data.data_points
            if point.attributes
        }

    assert queues() == {"loads", "marts"}
    points.pop()
    assert queues() == {"loads"}
    points.clear()
    assert queues() == set()
    provider.shutdown()


def test_statsd_is_told_that_a_series_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, and only after a read that was whole: what could not be read may still be there."""
    sent: list[tuple[str, float]] = []
    monkeypatch.setattr(
        stats, "gauge", lambda name, value: sent.append((name, value)) if name != SERIES else None
    )
    left = next(each for each in METRICS if each.name == "sellerops.size.free")
    points = [_queued("loads"), Point(left, 100.0, {"kind": "file_system", "name": "/"})]
    is_down = False

    def read() -> list[Point]:
        if is_down:
            raise OSError("gone")
        return points

    emitter = Emitter(StatsSink(has_tags=False), [read])
    emitter.emit()
    assert ("sellerops.tasks.queued.loads", 1.0) in sent
    sent.clear()
    is_down = True
    emitter.emit()
    assert sent == []
    is_down = False
    points = []
    emitter.emit()
    emitter.emit()
    # Nothing about free space: zero would mean a full disk.
    assert sent == [("sellerops.tasks.queued.loads", 0.0)]


def _queued(queue: str) -> Point:
    return Point(TASKS, 1.0, {"state": "queued", "queue": queue})


def test_nothing_is_sent_unless_airflow_says_so() -> None:
    assert configured_sink() is None


def test_a_reader_that_fails_keeps_no_other_back() -> None:
    class Kept:
        points: list[Point]

        def send(self, points: Any, *, is_whole: bool) -> None:
            assert not is_whole
            self.points = list(points)

    def broken() -> list[Point]:
        raise OSError("gone")

    kept = Kept()
    point = Point(CHECK_STATE, 2.0, {"check": "databases"})
    assert Emitter(kept, [broken, lambda: [point]]).emit() == 1
    assert kept.points == [point]


def test_an_old_failure_does_not_count_as_recent(hub: Hub) -> None:
    hub.rows(
        "UPDATE sellerops.slice_state SET updated_at = now() - %s WHERE state = 'FAILED'", timedelta(days=2)
    )
    states = {each.attributes["state"] for each in _points(hub)["sellerops.slices"]}
    assert states == {"LOADED"}


class _airflows_metrics:
    """Airflow's metrics as its settings say now; switched off again at the end."""

    def __enter__(self) -> None:
        stats.initialize(factory=get_stats_factory(), export_legacy_names=True)

    def __exit__(self, *_: object) -> None:
        from airflow._shared.observability.metrics.base_stats_logger import NoStatsLogger
        from airflow._shared.observability.metrics.otel_logger import flush_otel_metrics

        # Airflow would flush to a collector that is gone.
        atexit.unregister(flush_otel_metrics)
        stats.initialize(factory=NoStatsLogger, export_legacy_names=True)
