"""Reads all metrics once a minute and sends them, in a thread of the api-server.

Every metric is a gauge that is read from a database, so it does not matter which server sends it, how many
do, or when one was restarted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

from sellerops.base.redaction import redact
from sellerops_airflow.metrics.sinks import SERIES, Sink, configured_sink

if TYPE_CHECKING:
    from sellerops.read_models.metrics.metric import Point

Reader = Callable[[], "Iterable[Point]"]

log = logging.getLogger(__name__)

SECONDS = 60.0
# Points of one metric; more are folded (``sellerops.read_models.metrics.metric.fold``). OpenTelemetry tells
# 2,000 sets of attributes of a gauge apart, including those of ended series, and merges all further ones.
MOST_POINTS = 1_500


class Emitter:
    """``readers``: functions that return points; if one fails, the points of the others are still sent."""

    def __init__(self, sink: Sink, readers: Sequence[Reader]) -> None:
        self._sink, self._readers = sink, readers

    def start(self) -> None:
        """Send now and again every minute until the process ends."""
        threading.Thread(target=self._run, name="sellerops-metrics", daemon=True).start()

    def emit(self) -> int:
        """Read and send once. Returns how many points were sent."""
        from airflow.observability import stats

        from sellerops.read_models.metrics.metric import fold

        read = [_read(reader) for reader in self._readers]
        points = fold([point for found in read for point in found or ()], MOST_POINTS)
        # Sent first, because Airflow creates its exporter with the first metric of its own.
        stats.gauge(SERIES, len(points))
        self._sink.send(points, is_whole=None not in read)
        return len(points)

    def _run(self) -> None:
        stopped = threading.Event()
        while True:
            try:
                self.emit()
            except Exception:
                log.exception("Metrics could not be sent")
            stopped.wait(SECONDS)


class MetricsMiddleware:
    """ASGI middleware that starts the emitter when its server starts, if Airflow's metrics are on."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" and (sink := configured_sink()):
            Emitter(sink, default_readers()).start()
        await self._app(scope, receive, send)


def default_readers() -> list[Reader]:
    """The readers of the ledger, of Airflow's tasks and of the doctor's checks."""
    from sellerops_airflow.metrics.check_points import check_reader
    from sellerops_airflow.metrics.task_points import read_task_points

    return [_ledger_points, read_task_points, check_reader()]


def _ledger_points() -> Iterable[Point]:
    from sellerops.read_models.metrics.reading import read_points
    from sellerops.settings.accounts import load_accounts
    from sellerops.settings.specs import enabled_specs
    from sellerops_airflow.doctor.installed import installation

    accounts, reports = list(load_accounts()), [spec.name for spec in enabled_specs()]
    with installation().reading() as connection:
        return list(read_points(connection, accounts, reports))


def _read(reader: Reader) -> list[Point] | None:
    """The points; None if they could not be read."""
    try:
        return list(reader())
    except Exception as error:  # noqa: BLE001 - a database that is down must not hide that it is
        log.warning(
            "Some metrics could not be read: %s: %s",
            type(error).__name__,
            redact((str(error).splitlines() or [""])[0]),
        )
        return None


__all__ = ["MOST_POINTS", "SECONDS", "Emitter", "MetricsMiddleware", "default_readers"]
