"""Writes documents into the store, in a process of its own: generating data never delays a response."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import IO, Any

from amazon_sandbox.core.faults import FaultNotApplicable
from amazon_sandbox.core.sandbox import FamilyState, Sandbox, SimulationFactory
from amazon_sandbox.reports.transforms import apply
from amazon_sandbox.simulation import FatalReport, Simulation
from amazon_sandbox.simulation.created_shipments import CreatedShipment


@dataclass(frozen=True, slots=True)
class RenderJob:
    """One document to write: a settlement, an error text, bulk rows, or the report itself.

    `created`: the shipments that clients have created; the renderer adds them when the job is queued.
    `writer`: a function that writes the document instead; it is a module's, so that the worker process can
    import it.
    """

    path: str
    compressed: bool
    account: str
    report_type: str
    as_of: datetime
    marketplace_ids: tuple[str, ...] = ()
    start: datetime | date | None = None
    end: datetime | date | None = None
    options: tuple[tuple[str, str], ...] = ()
    settlement_id: str | None = None
    error_details: str | None = None
    bulk_rows: int | None = None
    transforms: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = ()
    writer: Callable[[Simulation, RenderJob], Rendered | None] | None = None
    created: tuple[CreatedShipment, ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A written document: path, type and uncompressed size. `fatal`: it explains a failure; `next_row`: the
    first row of the next page, if there is one.
    """

    path: str
    content_type: str
    compressed: bool
    plain_bytes: int
    fatal: bool = False
    next_row: int | None = None


def render(simulation: Simulation, job: RenderJob) -> Rendered | None:
    """Write the document of a job; None when there is no data for it."""
    simulation = simulation.with_created(job.created)
    if job.error_details is not None:
        return _write_error(job, job.error_details)
    try:
        if job.writer is not None:
            return job.writer(simulation, job)
        made = _chunks(simulation, job)
        if made is None:
            return None
        chunks, content_type = made
        for name, options in job.transforms:
            chunks = apply(name, dict(options), chunks, content_type)
        return write_file(job, chunks, content_type)
    except FatalReport as failure:
        return _write_error(job, failure.detail)
    except FaultNotApplicable as unfit:
        return _write_error(job, f"sandbox fault: {unfit}")


def _chunks(simulation: Simulation, job: RenderJob) -> tuple[Iterator[bytes], str] | None:
    seller = next(seller for seller in simulation.sellers if seller.account == job.account)
    if job.settlement_id is not None:
        document = simulation.settlement_document(seller, job.settlement_id)
    elif job.bulk_rows is not None:
        document = simulation.bulk(job.report_type, job.bulk_rows, seller, job.marketplace_ids)
    else:
        made = simulation.document(
            job.report_type, seller, job.marketplace_ids, job.start, job.end, dict(job.options), job.as_of
        )
        if made is None:
            return None
        document = made
    return document.chunks, document.content_type


def _write_error(job: RenderJob, details: str) -> Rendered:
    body = json.dumps({"errorDetails": details}, indent=2).encode()
    return write_file(job, iter((body,)), "application/json", fatal=True)


def write_file(
    job: RenderJob, chunks: Iterator[bytes], content_type: str, *, fatal: bool = False
) -> Rendered:
    """Write the bytes to the job's path, compressed if the job requires it."""
    plain = 0
    with open(job.path, "wb") as file:
        # No name and time in the gzip header, so that the same document has the same bytes.
        out: IO[bytes] = (
            gzip.GzipFile("", "wb", 4, file, 0) if job.compressed else file  # type: ignore[assignment]
        )
        for chunk in chunks:
            plain += len(chunk)
            out.write(chunk)
        if out is not file:
            out.close()
    return Rendered(job.path, content_type, job.compressed, plain, fatal)


class Renderer(FamilyState):
    """Runs render jobs one after another, beside the event loop: in a process of its own, for which the
    sandbox's simulation factory must be picklable, or (tests) in a thread.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._factory = sandbox.simulation_factory
        self._directory = sandbox.directory
        self._own_simulation = self._factory() if sandbox.render_in_process else None
        self._names = itertools.count(1)
        self._executor: Executor | None = None
        self._workers: set[BaseProcess] = set()
        self._tasks: set[asyncio.Task[Rendered | None]] = set()

    def new_path(self) -> str:
        """An unused path in the store."""
        return str(self._directory / f"{next(self._names):09d}")

    def start(self) -> None:
        """Start the worker now rather than with the first report."""
        self._pool()

    def submit(self, job: RenderJob) -> asyncio.Task[Rendered | None]:
        """Queue a job, with the shipments that clients have created by now."""
        queued = replace(job, created=self._sandbox.simulation.created)
        task = asyncio.create_task(self._run(queued))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait until all queued jobs are written, at most `seconds` real seconds."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    def close(self) -> None:
        """Cancel queued jobs and end the worker."""
        for task in self._tasks:
            task.cancel()
        if self._executor is not None:
            self._executor.shutdown(wait=False, cancel_futures=True)
            self._executor = None
        for worker in self._workers:
            worker.terminate()  # it may be in the middle of gigabytes

    async def _run(self, job: RenderJob) -> Rendered | None:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._pool(), self._call(), job)
        except BrokenProcessPool:
            # The worker was killed (out of memory, or by hand): retry once with a new one.
            self._executor = None
            return await loop.run_in_executor(self._pool(), self._call(), job)

    def _call(self) -> Callable[[RenderJob], Rendered | None]:
        return _render_in_worker if self._own_simulation is None else partial(render, self._own_simulation)

    def _pool(self) -> Executor:
        if self._executor is None:
            if self._own_simulation is not None:
                self._executor = ThreadPoolExecutor(1)
            else:
                others = set(multiprocessing.active_children())
                context = multiprocessing.get_context("spawn")
                self._executor = ProcessPoolExecutor(1, context, _start_worker, (self._factory,))
                self._executor.submit(_nothing)
                self._workers = set(multiprocessing.active_children()) - others
        return self._executor


_worker_simulation: Simulation | None = None


def _start_worker(factory: SimulationFactory) -> None:
    global _worker_simulation
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the server ends the worker
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(5)
    _worker_simulation = factory()


def _end_with_parent() -> None:
    """End the worker with its parent; otherwise the worker of a killed server would wait forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _render_in_worker(job: RenderJob) -> Rendered | None:
    if _worker_simulation is None:
        raise RuntimeError("the worker has no simulation: it was not started by Renderer")
    return render(_worker_simulation, job)


def _nothing() -> None:
    """First job of a new worker, which starts its process."""
    sys.stdout.flush()
