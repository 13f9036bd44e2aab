"""Splits a slice into several requests, for a report option that accepts only a limited number of values.

Each part is collected like a slice of its own, with its values as an additional option; this module combines
the parts. They look alike in Amazon's list, so they are created one after the other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from sellerops.base.errors import ReportFatal, RetryableError, SellerOpsError, SkipError
from sellerops.calendar.slices import Slice
from sellerops.collect.asins import known_asins
from sellerops.collect.context import Job, Tools, fresh_after, key_of
from sellerops.collect.document_tokens import reserve_token, reserve_token_if_free
from sellerops.collect.follower import Follower
from sellerops.collect.outcomes import Done, Outcome, WaitFor, WaitOutcome, WaitResult
from sellerops.collect.part_claims import open_parts
from sellerops.ledger import Ledger, ReportRequest, RequestStatus, RunRef
from sellerops.ledger.waits import off_loop
from sellerops.settings.specs import Split

_VALUES: dict[str, Callable[[Ledger, str, str], list[str]]] = {"asins": known_asins}
_REMEDY = (
    "Read Amazon's reason above. If it names no other cause, one of these ASINs is of a brand that the "
    "account does not own: list the account's own ASINs in config/asins.yaml, then clear the task."
)


class PartCollector(Protocol):
    """The interface of a Collector for one part."""

    def advance(
        self, slice_: Slice, run: RunRef, *, request_ids: Iterable[int], reference: datetime | None
    ) -> Done | WaitFor: ...

    async def wait(
        self, slice_: Slice, run: RunRef, *, request_ids: Iterable[int], reference: datetime | None
    ) -> WaitResult: ...


class PartFollower(Follower):
    """Follows one part's request. The parts share ``turn``, a lock that lets them create one at a time.

    Tokens for documents are reserved only once all parts are ready; reserved earlier, nothing could use them
    in the meantime.
    """

    def __init__(self, tools: Tools, job: Job, request_id: int, turn: asyncio.Lock) -> None:
        super().__init__(tools, job, request_id)
        self._turn_to_create = turn

    async def _step(self, request: ReportRequest) -> WaitResult | None:
        if request.status not in (RequestStatus.PLANNED, RequestStatus.CREATING):
            return await super()._step(request)
        async with self._turn_to_create:
            return await super()._step(await off_loop(self._tools.ledger.get_request, request.id))

    async def _lease_document(self, request: ReportRequest, detail: str) -> WaitResult:
        return self._result(WaitOutcome.READY, detail)


class Splitting:
    """The parts of one job. ``part_of`` makes a part's collector from its tools and the shared lock."""

    def __init__(
        self, tools: Tools, split: Split, job: Job, part_of: Callable[[Tools, asyncio.Lock], PartCollector]
    ) -> None:
        self._tools, self._split, self._job = tools, split, job
        self._part_of = part_of

    def advance(self, ids: Sequence[int]) -> Done | WaitFor:
        """Archive every part that is ready. Returns Done when none has to wait; parts without data are fine.

        Raises the error of a failed part, but only after the ready documents of the others are archived.
        """
        found: list[int] = []
        waits: list[WaitFor] = []
        ends: list[Done] = []
        errors: list[SellerOpsError] = []
        turn = asyncio.Lock()
        for request in self._requests(ids):
            try:
                step = self._part(request, turn).advance(
                    self._labelled(request),
                    self._job.run,
                    request_ids=(request.id,),
                    reference=self._job.reference,
                )
            except SellerOpsError as error:
                errors.append(self._explained(error))
                continue
            found.extend(step.request_ids or (request.id,))
            if isinstance(step, Done):
                ends.append(step)
            else:
                waits.append(step)
        if errors:
            raise _first(errors)
        if waits:
            # A part with several pages returns all their requests; each is a part for the next call.
            every = tuple(dict.fromkeys(found))
            return WaitFor(every, f"{len(waits)} of {len(every)} parts: {waits[0].reason}")
        return _whole(ends)

    async def wait(self, ids: Sequence[int]) -> WaitResult:
        """Wait until every part has something for a worker to do, has no data, or has failed."""
        requests = await off_loop(self._requests, ids)
        turn = asyncio.Lock()
        waits = [
            asyncio.create_task(
                self._part(request, turn).wait(
                    self._labelled(request),
                    self._job.run,
                    request_ids=(request.id,),
                    reference=self._job.reference,
                )
            )
            for request in requests
        ]
        try:
            results = await asyncio.gather(*waits)
        finally:
            for each in waits:
                each.cancel()
        return await self._all_of(results)

    async def _all_of(self, results: Sequence[WaitResult]) -> WaitResult:
        # Of a part without data, pass on only the last request, because each id counts as a part.
        every = tuple(
            one
            for result in results
            for one in (
                result.request_ids[-1:] if result.outcome is WaitOutcome.EMPTY else result.request_ids
            )
        )
        errors = [self._explained(result.error) for result in results if result.error]
        if errors:
            error = _first(errors)
            return WaitResult(WaitOutcome.FAILED, error.cause, every, error)
        ready = [result for result in results if result.outcome is not WaitOutcome.EMPTY]
        if not ready:
            return WaitResult(WaitOutcome.EMPTY, f"Amazon has no data for any of {len(results)} parts", every)
        await self._reserve_tokens([one for result in ready for one in result.request_ids])
        return WaitResult(WaitOutcome.READY, f"{len(ready)} of {len(results)} parts are ready", every)

    async def _reserve_tokens(self, ids: Iterable[int]) -> None:
        """Reserve one token, and as many more as are free."""
        is_first = True
        for one in ids:
            request = await off_loop(self._tools.ledger.get_request, one)
            if not (request.document_id and request.status.is_active):
                continue
            if is_first:
                await reserve_token(self._tools, request)
                is_first = False
            elif not await reserve_token_if_free(self._tools, request):
                return

    def _requests(self, ids: Sequence[int]) -> tuple[ReportRequest, ...]:
        """The requests of the job's parts: the given ones, else existing ones, else new ones."""
        ledger, slice_ = self._tools.ledger, self._job.slice_
        if ids:
            return tuple(ledger.get_request(one) for one in ids)
        values = _VALUES[self._split.values](ledger, slice_.account_id, slice_.marketplace_ids[0])
        return open_parts(
            ledger,
            key_of(self._tools.spec, slice_),
            self._split,
            values,
            fresh_after=fresh_after(self._tools.spec, self._job, ledger.clock().now()),
            run=self._job.run,
        )

    def _part(self, request: ReportRequest, turn: asyncio.Lock) -> PartCollector:
        """The collector of a part, whose spec has the part's values among its options."""
        rules = self._tools.spec.request
        options = {**rules.options, self._split.option: request.options[self._split.option]}
        spec = self._tools.spec.model_copy(
            update={"request": rules.model_copy(update={"options": options, "split": None})}
        )
        return self._part_of(replace(self._tools, spec=spec), turn)

    def _explained(self, error: SellerOpsError) -> SellerOpsError:
        # Data Kiosk simply omits values without data, so this remedy is only for reports.
        if type(error) is ReportFatal and self._tools.spec.request.how == "created":
            error.remedy = _REMEDY
        return error

    def _labelled(self, request: ReportRequest) -> Slice:
        """The slice with a label that names the part, so that every error names it."""
        values = request.options[self._split.option]
        return replace(self._job.slice_, label=f"{self._job.slice_.label}, {self._split.option} {values}")


def _whole(ends: Sequence[Done]) -> Done:
    """The result of the whole slice: all documents, or the outcome of a part that is neither documents nor
    empty.
    """
    for end in ends:
        if end.outcome not in (Outcome.DOCUMENTS, Outcome.EMPTY):
            return end
    ids = tuple(dict.fromkeys(one for end in ends for one in end.request_ids))
    evidence = tuple(one for end in ends for one in end.evidence)
    return Done(ids, Outcome.DOCUMENTS if ids else Outcome.EMPTY, evidence)


def _first(errors: Sequence[SellerOpsError]) -> SellerOpsError:
    """The error to raise: one that needs a person, else one that skips, else one that Airflow retries."""
    return min(errors, key=lambda error: (isinstance(error, RetryableError), isinstance(error, SkipError)))
