"""Reads the metrics' points with one SELECT per file, on one connection."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sellerops.read_models.metrics.metric import Metric, Point
from sellerops.read_models.metrics.registry import METRICS
from sellerops.read_models.queries import Connection, select_mappings


def read_points(
    connection: Connection,
    accounts: Sequence[str],
    reports: Sequence[str],
    metrics: Sequence[Metric] = METRICS,
) -> Iterator[Point]:
    """The current points of all metrics that have any.

    ``accounts``, ``reports``: those that are collected now. Only these have ages, because all others would
    get older forever.
    """
    watched = {"accounts": list(accounts), "reports": list(reports)}
    for source in dict.fromkeys(metric.source for metric in metrics):
        own = [metric for metric in metrics if metric.source == source]
        for row in select_mappings(connection, __file__, f"{source}.sql", watched):
            for metric in own:
                if row[metric.column] is not None:
                    names = metric.attributes
                    yield Point(metric, float(row[metric.column]), {name: str(row[name]) for name in names})


__all__ = ["read_points"]
