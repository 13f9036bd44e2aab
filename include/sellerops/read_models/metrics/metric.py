"""What a metric is, and how its points are folded until there are few enough of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Combine = Callable[[Iterable[float]], float]

# The suffixes that an OpenTelemetry collector's Prometheus exporter appends to the names of gauges.
_SUFFIXES = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}


@dataclass(frozen=True)
class Metric:
    """A gauge. ``unit``: in UCUM, as OpenTelemetry requires. ``attributes``: the most dispensable one last.

    ``combine``: how points become one when an attribute is dropped. ``source``, ``column``: the file with its
    SELECT and the column of its values; ``source`` is empty if the metric is not read from the ledger.
    """

    name: str
    unit: str
    description: str
    attributes: tuple[str, ...]
    combine: Combine
    source: str = ""
    column: str = "value"

    @property
    def prometheus_name(self) -> str:
        """The metric's name in Prometheus."""
        return self.name.replace(".", "_") + _SUFFIXES.get(self.unit, "")

    @property
    def nothing(self) -> float | None:
        """The value of a series that has ended: zero for a count or an age, else None.

        For other metrics zero would mean something else, such as no space left.
        """
        return 0.0 if self.combine is sum or self.unit == "s" else None


@dataclass(frozen=True)
class Point:
    """One value of a metric. ``attributes``: a value for each of the metric's, unless they were dropped."""

    metric: Metric
    value: float
    attributes: Mapping[str, str]


def fold(points: Iterable[Point], most: int) -> list[Point]:
    """At most ``most`` points of each metric: attributes are dropped, the most dispensable first."""
    by_metric: dict[Metric, list[Point]] = {}
    for each in points:
        by_metric.setdefault(each.metric, []).append(each)
    return [point for metric, own in by_metric.items() for point in _fold_one(metric, own, most)]


def _fold_one(metric: Metric, points: Sequence[Point], most: int) -> Sequence[Point]:
    kept = list(metric.attributes)
    while len(points) > most and kept:
        kept.pop()
        groups: dict[tuple[str, ...], list[float]] = {}
        for each in points:
            groups.setdefault(tuple(each.attributes[name] for name in kept), []).append(each.value)
        points = [
            Point(metric, metric.combine(values), dict(zip(kept, key, strict=True)))
            for key, values in groups.items()
        ]
    return points


__all__ = ["Combine", "Metric", "Point", "fold"]
