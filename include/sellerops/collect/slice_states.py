"""Records the states of slices in the ledger, for the completeness calendar."""

from __future__ import annotations

import logging
from typing import Protocol

from sellerops.base.errors import RetryableError, SellerOpsError, SkipError
from sellerops.collect.context import Job
from sellerops.collect.second_look import EmptyEvidence
from sellerops.ledger import Ledger, SliceState
from sellerops.reprocess.quarantine import state_of

log = logging.getLogger(__name__)


class SliceStates(Protocol):
    """Where a collector records the state of its slice."""

    def record(self, job: Job, state: SliceState, request_id: int | None) -> None: ...

    def record_empty(self, job: Job, evidence: EmptyEvidence) -> None: ...

    def record_failure(self, job: Job, error: SellerOpsError) -> None: ...


class LedgerSliceStates:
    """Records the states of whole slices in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def record(self, job: Job, state: SliceState, request_id: int | None) -> None:
        self._ledger.set_slice_state(job.slice_, state, run=job.run, request_id=request_id)

    def record_empty(self, job: Job, evidence: EmptyEvidence) -> None:
        """Record that the slice is confirmed empty, and the evidence for it."""
        ids = evidence.request_ids
        self._ledger.set_slice_state(
            job.slice_,
            SliceState.CONFIRMED_EMPTY,
            run=job.run,
            request_id=ids[-1] if ids else None,
            error=evidence.evidence if ids else None,
        )

    def record_failure(self, job: Job, error: SellerOpsError) -> None:
        """Record a failure, unless Airflow retries it, because then the slice has not ended. Never raises a
        SellerOpsError: the ledger may be what failed.
        """
        if isinstance(error, RetryableError):
            return
        state = state_of(error) if isinstance(error, SkipError) else SliceState.FAILED
        try:
            self._ledger.set_slice_state(job.slice_, state, run=job.run, error=error)
        except SellerOpsError as away:
            log.warning("could not record the failure of %s in the ledger: %s", job.slice_.label, away)


class NoSliceStates:
    """Records nothing: a single part does not decide the state of its slice."""

    def record(self, job: Job, state: SliceState, request_id: int | None) -> None:
        pass

    def record_empty(self, job: Job, evidence: EmptyEvidence) -> None:
        pass

    def record_failure(self, job: Job, error: SellerOpsError) -> None:
        pass
