"""Collects a share of a fleet's day in one process, without Airflow: what tasks and triggers do for each
slice.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import psycopg

from fleets.day import Run, runs_of, slices_of
from fleets.sellers import as_accounts
from sellerops.archive import Archive
from sellerops.base.errors import RetryableError, SellerOpsError
from sellerops.calendar.slices import Slice
from sellerops.collect import Collector, Outcome, WaitFor, WaitOutcome
from sellerops.destinations import RequestMeta, load_document
from sellerops.destinations.postgres import PostgresDestination
from sellerops.ledger import Ledger, RunRef, SliceState
from sellerops.rate_limits import QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.sessions import close_sessions
from sellerops.sources.registry import source_of

_THREADS = 6
_TRIES = 4
# As Airflow waits before it repeats a task.
_RETRY_DELAY = timedelta(minutes=1)


@dataclass
class Found:
    """What became of the slices; ``late``: virtual seconds from a run's start until its slice had ended."""

    outcomes: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    rows: int = 0
    tables: int = 0


class Share:
    """One process's accounts and reports. ``given``: what the command prepared, as JSON values."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._ledger = Ledger(given["conninfo"])
        self._limits = QuotaLedger(self._ledger, load_rate_limits())
        self._archive = Archive(given["archive"])
        self._destination = PostgresDestination(given["conninfo"])
        self._accounts = as_accounts(given["fleet"])
        self._specs = {spec.dag_id: spec for spec in map(load_spec, given["reports"])}
        self._threads = ThreadPoolExecutor(_THREADS)
        self.found = Found()

    def collect(self) -> dict[str, Any]:
        """Everything of the day that ``given`` names; its figures."""
        with counted() as statements:
            cpu, began = time.process_time(), time.perf_counter()
            asyncio.run(self._day())
            return {
                "cpu_seconds": round(time.process_time() - cpu, 1),
                "seconds": round(time.perf_counter() - began, 1),
                "statements": statements.number,
                "outcomes": dict(self.found.outcomes),
                "errors": dict(self.found.errors),
                "late": self.found.late,
                "rows": self.found.rows,
                "loads": self.found.tables,
            }

    async def _day(self) -> None:
        asyncio.get_running_loop().set_default_executor(self._threads)
        day = datetime.fromisoformat(self._given["midnight"])
        runs = runs_of(self._specs.values(), day.date()) if not self._given["at_once"] else self._at_once(day)
        tasks = []
        for run in runs:
            await self._sleep_until(run.at)
            tasks += [asyncio.create_task(self._one(*each, run)) for each in self._slices(run)]
        await asyncio.gather(*tasks)
        await close_sessions()
        self._ledger.close()

    async def _sleep_until(self, moment: datetime) -> None:
        """The clock's speed may change meanwhile."""
        while (left := (moment - self._ledger.clock().now()).total_seconds()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(self._ledger.clock().real_seconds(left))

    def _at_once(self, moment: datetime) -> list[Run]:
        return [Run(moment, dag_id, moment) for dag_id in self._specs]

    def _slices(self, run: Run) -> Iterator[tuple[ReportSpec, Account, Slice]]:
        spec = self._specs[run.dag_id]
        for account in self._accounts:
            for slice_ in slices_of(spec, account, run):
                yield spec, account, slice_

    async def _one(self, spec: ReportSpec, account: Account, slice_: Slice, run: Run) -> None:
        for number in range(1, _TRIES + 1):
            ref = RunRef(
                spec.dag_id, f"{run.nominal:%H%M}", f"{account.id}.slice.fetch_report", 0, number, spec.name
            )
            try:
                outcome = await self._try(spec, account, slice_, ref, run.nominal)
                break
            except RetryableError as error:
                outcome = "failed"
                self.found.errors[f"{type(error).__name__}: {error.cause[:60]}"] += 1
                await self._sleep_until(self._ledger.clock().now() + _RETRY_DELAY)
            except SellerOpsError as error:
                outcome = "failed"
                self.found.errors[f"{type(error).__name__}: {error.cause[:60]}"] += 1
                break
        self.found.outcomes[outcome] += 1
        self.found.late.append(round((self._ledger.clock().now() - run.at).total_seconds()))

    async def _try(
        self, spec: ReportSpec, account: Account, slice_: Slice, ref: RunRef, reference: datetime
    ) -> str:
        if ref.try_number == 1:
            await asyncio.to_thread(self._ledger.set_slice_state, slice_, SliceState.PLANNED, run=ref)
        ids: tuple[int, ...] = ()
        while True:
            collector = await asyncio.to_thread(self._collector, spec, account)
            step = await asyncio.to_thread(
                collector.advance, slice_, ref, request_ids=ids, reference=reference
            )
            if not isinstance(step, WaitFor):
                break
            waiting = await asyncio.to_thread(self._collector, spec, account)
            waited = await waiting.wait(slice_, ref, request_ids=step.request_ids, reference=reference)
            waited.raise_if_failed()
            if waited.outcome is WaitOutcome.EMPTY:
                return str(Outcome.EMPTY)
            ids = waited.request_ids
        await asyncio.to_thread(self._load, spec, slice_, ref, step.request_ids)
        return str(step.outcome)

    def _collector(self, spec: ReportSpec, account: Account) -> Collector:
        keys = self._given["credentials"][account.id][spec.source]
        credentials = Credentials(**keys, connection=account.connection_of(spec.source))
        client = source_of(spec.source).client(account, credentials, self._ledger, self._limits)
        return Collector(spec, account, client, self._ledger, self._limits, self._archive)

    def _load(self, spec: ReportSpec, slice_: Slice, ref: RunRef, ids: tuple[int, ...]) -> None:
        for one in ids:
            request = self._ledger.get_request(one)
            uri = str(request.archive_uri)
            results = load_document(
                self._destination,
                spec,
                slice_,
                RequestMeta.of(request),
                lambda uri=uri: self._archive.open(uri),
            )
            self.found.tables += len(results)
            self.found.rows += sum(result.stored for result in results)
        if ids:
            self._ledger.set_slice_state(slice_, SliceState.LOADED, run=ref)


@dataclass
class Count:
    """Statements sent so far."""

    number: int = 0


@contextmanager
def counted() -> Iterator[Count]:
    """Count every statement of psycopg within the block, in all threads."""
    real: Callable[..., Any] = psycopg.Cursor.execute
    count, lock = Count(), threading.Lock()

    def execute(cursor: Any, *args: Any, **kwargs: Any) -> Any:
        with lock:
            count.number += 1
        return real(cursor, *args, **kwargs)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign]
    try:
        yield count
    finally:
        psycopg.Cursor.execute = real  # type: ignore[method-assign]


if __name__ == "__main__":
    print(json.dumps(Share(json.loads(os.environ["SELLEROPS_BENCH_SHARE"])).collect()))
