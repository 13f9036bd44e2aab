"""A thread beside the api-server and the triggerer that reports what Airflow does not notice itself.

Both read Airflow's metadata, so either one reports problems of the scheduler, the dag-processor and the
workers. They also watch each other: the api-server reports a silent triggerer, and the triggerer an
api-server that does not answer. Neither needs a worker or the scheduler. If both see the same problem, one
notice is sent, because faults and messages are rows of the ledger.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sellerops.notices.workers import FAULTS, Stuck, stuck_notice
from sellerops_airflow.doctor.stuck import Limits, find_stuck, is_hidden
from sellerops_airflow.doctor.stuck_check import read_limits
from sellerops_airflow.runtime import get_runtime

log = logging.getLogger(__name__)

API_SERVER = "api-server"
_ANSWER_SECONDS = 5.0


class Watchdog:
    """Looks at regular intervals and sends notices and recoveries.

    :param find: what is stuck at a moment (aware); called every tenth of the patience.
    :param watches: keys of faults that only this watchdog sees, and so only it may close.
    """

    def __init__(
        self,
        find: Callable[[datetime], list[Stuck]],
        limits: Limits,
        *,
        watches: frozenset[str] = frozenset(),
        started: datetime | None = None,
    ) -> None:
        self._find = find
        self._limits = limits
        self._watches = watches
        self._started = started or datetime.now(UTC)
        self._since: dict[str, datetime] = {}

    def start(self) -> None:
        """Look until the process ends. The first look comes after the process has forked."""
        threading.Thread(target=self._run, name="sellerops-watchdog", daemon=True).start()

    def look(self, now: datetime | None = None) -> None:
        """Send notices of what was found twice in a row, and recoveries of what is no longer found.

        Sends nothing for a while after its start, because the other components may still be starting, too.
        """
        moment = now or datetime.now(UTC)
        found = self._find(moment)
        self._since = {each.key: self._since.get(each.key, moment) for each in found}
        if moment - self._started >= self._limits.silence:
            self._send(found, moment)

    def _send(self, found: list[Stuck], now: datetime) -> None:
        from sellerops.ledger.notices import open_faults
        from sellerops_airflow.notifiers import send_notice, send_recovery

        ledger = get_runtime().ledger
        for each in found:
            since = self._since[each.key]
            if since < now:
                log.warning("%s Next: %s", each.what, each.remedy)
                send_notice(ledger, stuck_notice(each, since, now))
        seen = {each.fault_key for each in found}
        for fault in ledger.database.run(lambda connection: open_faults(connection, FAULTS)):
            key = fault.fault_key.removeprefix(FAULTS)
            if fault.fault_key not in seen and self._may_close(key) and not is_hidden(key, found):
                send_recovery(ledger, fault.fault_key, headline="Airflow works again")

    def _may_close(self, key: str) -> bool:
        return key != API_SERVER or API_SERVER in self._watches

    def _run(self) -> None:
        pause = self._limits.patience.total_seconds() / 10
        log.info("The watchdog checks Airflow every %g s", pause)
        stopped = threading.Event()
        while not stopped.wait(pause):
            if os.environ.get("_AIRFLOW_PROCESS_CONTEXT") == "client":
                return  # a child of the triggerer, which has neither metadata nor connections
            try:
                self.look()
            except Exception as error:  # noqa: BLE001 - the next look follows
                # /ready reports whether the databases answer.
                log.warning("The watchdog could not check Airflow: %s", str(error).strip().split("\n")[0])


class WatchdogMiddleware:
    """ASGI middleware that starts the watchdog when its server starts, so once in each of its processes."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            limits = read_limits()
            Watchdog(lambda now: find_in_metadata(limits, now), limits).start()
        await self._app(scope, receive, send)


def start_in_triggerer() -> None:
    """Start the watchdog that also watches the api-server."""
    limits = read_limits()
    api = ApiServer(limits.silence)
    Watchdog(
        lambda now: [*find_in_metadata(limits, now), *api.find(now)], limits, watches=frozenset({API_SERVER})
    ).start()


class ApiServer:
    """Whether the api-server answers, which every task needs."""

    def __init__(self, silence: timedelta, answers: Callable[[], str] | None = None) -> None:
        self._silence = silence
        self._ask = answers or _ask_api_server
        self._silent_since: datetime | None = None

    def find(self, now: datetime) -> list[Stuck]:
        """The api-server, once it has been silent for too long."""
        problem = self._ask()
        self._silent_since = (self._silent_since or now) if problem else None
        if self._silent_since is None or now - self._silent_since < self._silence:
            return []
        return [
            Stuck(
                API_SERVER,
                "The api-server does not answer",
                f"It has not answered since {self._silent_since:%Y-%m-%d %H:%M} UTC: {problem}. No task "
                "starts, and running tasks cannot report how they ended.",
                "restart it: `docker compose restart airflow-api-server`, or end `make demo` and start it "
                "again. If it stops again, its log says why. Nothing is lost: tasks resume where they were.",
            )
        ]


def find_in_metadata(limits: Limits, now: datetime) -> list[Stuck]:
    """What is stuck according to Airflow's metadata."""
    from airflow import settings

    engine = settings.get_engine()  # type: ignore[no-untyped-call]
    with engine.connect() as connection:
        return find_stuck(connection, limits, now)


def _ask_api_server() -> str:
    """What is wrong with the api-server's answer; empty if it answers."""
    import httpx
    from airflow.configuration import conf

    base = conf.get("core", "execution_api_server_url", fallback="") or ""
    base = base or f"{conf.get('api', 'base_url', fallback='http://localhost:8080').rstrip('/')}/execution/"
    try:
        answer = httpx.get(f"{base.rstrip('/')}/health", timeout=_ANSWER_SECONDS, trust_env=False)
    except httpx.HTTPError as error:
        return f"{base} {type(error).__name__}"
    return f"{base} answers {answer.status_code}" if answer.is_server_error else ""


__all__ = [
    "API_SERVER",
    "ApiServer",
    "Watchdog",
    "WatchdogMiddleware",
    "find_in_metadata",
    "start_in_triggerer",
]
