"""A worker's process that is gone around the record of an approval; a spawned one imports it from here."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import Any

from support.fake_runtime import FakeRuntime, task_context

from sellerops.inbound.store import InboundStore
from sellerops.ledger import Ledger
from sellerops_airflow.operators.inbound_approval import ApproveOffersOperator
from sellerops_airflow.runtime import use_runtime


class _Runtime(FakeRuntime):
    """A real ledger, with connections of this process."""

    def __init__(self, conninfo: str) -> None:
        super().__init__()
        self.real = Ledger(conninfo)

    @property
    def ledger(self) -> Any:
        return self.real


def answer_in_dying_worker(
    conninfo: str, run_id: int, event: dict[str, Any], kept: dict[str, Any], *, is_recorded: bool
) -> int | None:
    """Continue `approve` with an answer; how the process ended. ``is_recorded``: it dies after the record."""
    worker = multiprocessing.get_context("spawn").Process(
        target=_work, args=(conninfo, run_id, event, kept, is_recorded)
    )
    worker.start()
    worker.join()
    return worker.exitcode


def _work(conninfo: str, run_id: int, event: dict[str, Any], kept: dict[str, Any], is_recorded: bool) -> None:
    record = InboundStore.decide

    def decide(*args: Any, **kwargs: Any) -> Any:
        if is_recorded:
            record(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    InboundStore.decide = decide  # type: ignore[method-assign]
    context = task_context(dag_id="fba_inbound", task_id="approve", map_index=-1)
    with use_runtime(_Runtime(conninfo)):
        task = ApproveOffersOperator(task_id="approve", inbound_run_id=run_id)
        task.execute_complete(context, event, **kept)
