"""Waits in the triggerer for a person's decision about an FBA inbound run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from sellerops.base.errors import GiveUpError
from sellerops_airflow.runs.airflow_runs import count_runs
from sellerops_airflow.runs.questions import withdraw_question
from sellerops_airflow.runtime import get_runtime
from sellerops_airflow.triggers import inbound

# Suffix of the id of the run in which a run that asks has to ask again. It waits for that one, with a time
# limit of its own.
ASKED_AGAIN = "_again"
# How often to look in the ledger for a person's decision.
DECISION_CHECK_S = 20.0


class DecisionTrigger(inbound.OneRunTrigger):
    """Waits until a person decides about a run in another DAG run, or the run ends without a decision, such
    as by a cancellation; the result is ``{"decision_id": ...}``.

    Ends with GiveUpError when the DAG run that asks has ended without a decision, or at ``until``.

    :param inbound_run_id: id of the run in the ledger.
    :param after: id of the newest decision before the question was asked; 0 if there was none.
    :param asked_in: DAG id and run id of the run that asks.
    :param until: when the wait ends (seconds since the epoch); None: as long as that run lasts.
    :param outdated: id of the task instance whose question is outdated; empty if there is none.
    """

    _arguments = ("inbound_run_id", "after", "asked_in", "until", "outdated")

    def __init__(
        self,
        *,
        inbound_run_id: int,
        after: int,
        asked_in: Sequence[str],
        until: float | None = None,
        outdated: str = "",
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.inbound_run_id = inbound_run_id
        self.after = after
        self.asked_in = list(asked_in)
        self.until = until
        self.outdated = outdated

    async def _work(self) -> dict[str, Any]:
        await self._withdraw()
        while True:
            # Read before the decision, which is recorded before the run ends.
            is_asking = await self._is_asking()
            newest, is_over = await asyncio.to_thread(self._look)
            if newest > self.after or is_over:
                return {"decision_id": newest}
            if not is_asking:
                raise self._undecided(
                    "has ended without a decision, or was deleted", "Correct what failed there"
                )
            if self.until is not None and time.time() > self.until and not await self._is_asking(ASKED_AGAIN):
                raise self._undecided(
                    "has brought no decision in time", "Unpause that DAG if it is paused, answer the question"
                )
            await asyncio.sleep(DECISION_CHECK_S)

    async def _is_asking(self, suffix: str = "") -> bool:
        dag_id, run_id = self.asked_in
        states, run_ids = ("queued", "running"), [f"{run_id}{suffix}"]
        return await asyncio.to_thread(count_runs, dag_id, *states, run_ids=run_ids) > 0

    def _undecided(self, cause: str, remedy: str) -> GiveUpError:
        dag_id, run_id = self.asked_in
        return GiveUpError(
            f"the run {run_id} of {dag_id}, which asks an approver, {cause}.",
            where=f"inbound run {self.inbound_run_id}",
            remedy=f"{remedy}, then clear this task: it asks again if there is still no decision.",
        )

    async def _withdraw(self) -> None:
        """Remove the outdated question, so that nobody answers it."""
        if not self.outdated:
            return
        try:
            await withdraw_question(self.outdated)
        except Exception as error:  # noqa: BLE001 - somebody has just answered it, which decides nothing
            self.log.warning("The outdated question is not withdrawn: %s", error)

    def _look(self) -> tuple[int, bool]:
        """The id of the newest decision, 0 without one, and whether nobody will decide any more."""
        store = get_runtime().inbound_store
        decision, state = store.newest_decision(self.inbound_run_id), store.run(self.inbound_run_id).state
        return decision.id if decision else 0, state.is_given_up or state.is_confirmed
