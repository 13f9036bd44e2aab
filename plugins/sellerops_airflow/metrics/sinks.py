"""Where points go, as Airflow's section ``[metrics]`` says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from sellerops.read_models.metrics.metric import Metric, Point

# Sent through Airflow's own metrics, so it is there whenever those are.
SERIES = "sellerops.series"


class Sink(Protocol):
    """Sends points; keeps none."""

    def send(self, points: Iterable[Point]) -> None: ...


class OtelSink:
    """Gauges with units on the meter provider that Airflow made and exports."""

    def __init__(self) -> None:
        self._provider: Any = None
        self._gauges: dict[Metric, Any] = {}

    def send(self, points: Iterable[Point]) -> None:
        for each in points:
            self._gauge(each.metric).set(each.value, attributes=dict(each.attributes))

    def _gauge(self, metric: Metric) -> Any:
        from opentelemetry import metrics

        provider = metrics.get_meter_provider()
        if provider is not self._provider:
            self._provider, self._gauges = provider, {}
        if metric not in self._gauges:
            meter = provider.get_meter("sellerops")
            self._gauges[metric] = meter.create_gauge(metric.name, metric.unit, metric.description)
        return self._gauges[metric]


class StatsSink:
    """Airflow's StatsD or Datadog client. ``has_tags`` False: values become parts of the name, as Airflow
    does it: ``sellerops.slices.FAILED.northwind_na``.
    """

    def __init__(self, *, has_tags: bool) -> None:
        self._has_tags = has_tags

    def send(self, points: Iterable[Point]) -> None:
        from airflow.observability import stats

        for each in points:
            if self._has_tags:
                stats.gauge(each.metric.name, each.value, tags=dict(each.attributes))
            else:
                stats.gauge(
                    ".".join([each.metric.name, *map(_as_part, each.attributes.values())]), each.value
                )


def configured_sink() -> Sink | None:
    """The sink that Airflow's settings switch on; None if they switch none on."""
    from airflow.configuration import conf

    def is_on(name: str) -> bool:
        return conf.getboolean("metrics", name, fallback=False)

    if is_on("statsd_datadog_enabled"):
        return StatsSink(has_tags=True)
    if is_on("statsd_on"):
        return StatsSink(has_tags=is_on("statsd_influxdb_enabled"))
    return OtelSink() if is_on("otel_on") else None


def _as_part(value: str) -> str:
    from airflow.observability.stats import normalize_name_for_stats

    return normalize_name_for_stats(value.replace(".", "_"), log_warning=False)


__all__ = ["SERIES", "OtelSink", "Sink", "StatsSink", "configured_sink"]
