"""Where points are sent, as set in Airflow's section ``[metrics]``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Protocol

from sellerops.read_models.metrics.metric import Metric, Point

# Sent through Airflow's own metrics, so it exists whenever those do.
SERIES = "sellerops.series"


class Sink(Protocol):
    """Sends points. ``is_whole`` False: some could not be read, so a missing one may not have ended."""

    def send(self, points: Iterable[Point], *, is_whole: bool) -> None: ...


class OtelSink:
    """Gauges with units on the meter provider that Airflow made and exports.

    They are observed, not set, so an export contains the points of the newest read and no series that ended.
    If a gauge is set, the SDK exports its last value for as long as the process lives.
    """

    def __init__(self) -> None:
        self._provider: Any = None
        self._observed: set[Metric] = set()
        self._points: dict[Metric, list[Point]] = {}

    def send(self, points: Iterable[Point], *, is_whole: bool) -> None:
        by_metric: dict[Metric, list[Point]] = {}
        for each in points:
            by_metric.setdefault(each.metric, []).append(each)
        self._points = by_metric
        for metric in by_metric:
            self._observe(metric)

    def _observe(self, metric: Metric) -> None:
        from opentelemetry import metrics

        provider = metrics.get_meter_provider()
        if provider is not self._provider:
            self._provider, self._observed = provider, set()
        if metric not in self._observed:
            self._observed.add(metric)
            provider.get_meter("sellerops").create_observable_gauge(
                metric.name, [partial(self._observations, metric)], metric.unit, metric.description
            )

    def _observations(self, metric: Metric, _options: Any) -> Iterator[Any]:
        from opentelemetry.metrics import Observation

        for each in self._points.get(metric, ()):
            yield Observation(each.value, dict(each.attributes))


class StatsSink:
    """Airflow's StatsD or Datadog client. ``has_tags`` False: values become parts of the name, as Airflow
    does it: ``sellerops.slices.FAILED.northwind_na``.

    A StatsD server may keep a gauge forever, so a series that ended is sent once more with its metric's
    ``nothing`` value, if it has one.
    """

    def __init__(self, *, has_tags: bool) -> None:
        self._has_tags = has_tags
        self._sent: dict[tuple[Metric, tuple[str, ...]], Point] = {}

    def send(self, points: Iterable[Point], *, is_whole: bool) -> None:
        current = {(each.metric, tuple(each.attributes.values())): each for each in points}
        for each in current.values():
            self._gauge(each, each.value)
        if is_whole:
            for key in self._sent.keys() - current.keys():
                if (nothing := key[0].nothing) is not None:
                    self._gauge(self._sent[key], nothing)
            self._sent = current
        else:
            self._sent |= current

    def _gauge(self, point: Point, value: float) -> None:
        from airflow.observability import stats

        name, attributes = point.metric.name, point.attributes
        if self._has_tags:
            stats.gauge(name, value, tags=dict(attributes))
        else:
            stats.gauge(".".join([name, *map(_as_part, attributes.values())]), value)


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
