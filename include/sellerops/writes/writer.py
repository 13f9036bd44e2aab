"""Sends calls that change something at Amazon, each at most once, even if processes are killed in between.

First the intention becomes a row of ``write_call``; the fence (writes.fence), the call and its answer follow.
A call whose row is sent but has no answer may have had an effect. It is looked for until the effect must have
become visible, and only then is the call sent again.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sellerops.base.errors import (
    AmazonUnavailable,
    AnswerLost,
    CredentialsError,
    RequestRefused,
    SellerOpsError,
    Throttled,
)
from sellerops.ledger import Ledger
from sellerops.ledger.outages import retry_until_recorded
from sellerops.ledger.waits import now, off_loop, sleep_until
from sellerops.sources.common.report_api import Client
from sellerops.writes.fence import NotSent, WriteFence
from sellerops.writes.model import Write, WriteState
from sellerops.writes.rows import (
    WriteRow,
    open_row,
    read_row,
    record_answer,
    record_lost,
    record_refused,
    record_without_effect,
)

log = logging.getLogger(__name__)

# How often a call without effect (throttled, not sent) is tried before its error is raised.
MOST_TRIES = 5
# Amazon's lists may omit an entry once, so the effect must be missing this many times in a row.
EMPTY_LOOKS = 2
# Seconds of the ledger's clock between two looks: growing while the effect may become visible, then fixed.
_FIRST_PAUSE, _LONGEST_PAUSE, _LAST_PAUSE = 2.0, 60.0, 5.0


class Writer:
    """The writes of one account. Any number of writers, in any processes, may send the same write."""

    def __init__(self, client: Client, ledger: Ledger) -> None:
        self._client, self._ledger = client, ledger

    async def send(self, write: Write) -> Mapping[str, Any]:
        """Amazon's answer to the write: the stored one if it was carried out before, else of a call made now.

        The body of a key must always be the same, so it contains nothing that depends on the current time. An
        empty answer (204) is an empty mapping. A lost answer is replaced by what ``look`` found. May be
        cancelled anywhere and called again.

        Waits, on the ledger's clock, for quota, while another process is sending the same write, and after a
        lost answer until the call's effect must be visible (90 s). Raises

        - AnswerLost: the call may have had an effect. Call ``send`` again, at once or later; it looks first.
        - RequestRefused: refused by Amazon, without effect. The same key may be sent again.
        - Throttled, AmazonUnavailable, CredentialsError, NotSent: without effect. The key may be sent again.
        - GiveUpError: the key was used for another call.
        - whatever ``look`` raises.
        """
        row = await off_loop(open_row, self._ledger, self._client.account.id, write)
        patience = _Patience(self._ledger)
        while row.answer is None:
            if row.state is WriteState.SENT:
                row = await self._settle(write, row)
                if row.answer is not None:
                    break
            await self._client.lease(write.operation)
            answer = await self._send(write, row, patience)
            if answer is not None:
                return answer
            row = await off_loop(read_row, self._ledger, row.id)
        log.info("%s of %s was carried out before", write.operation, write.key)
        return row.answer

    async def _send(self, write: Write, row: WriteRow, patience: _Patience) -> Mapping[str, Any] | None:
        """Send once, with the lease held. None if the call had no effect or another process is sending it."""
        fence = WriteFence(self._ledger, row, _where(write))
        try:
            answer = await self._client.call(
                write.operation,
                write.method,
                write.path,
                query=write.query or None,
                body=write.body,
                leased=True,
                fence=fence,
            )
        except RequestRefused as error:
            return await self._settle_refusal(write, row, fence, error)
        except SellerOpsError as error:
            if not _had_no_effect(error, fence):
                await off_loop(
                    record_lost, self._ledger, row.id, fence.token, error, is_repeatable=write.is_repeatable
                )
                raise _lost(write, error) from error
            await off_loop(record_without_effect, self._ledger, row.id, fence.token, row.state, error)
            await patience.wait_after(error)
            return None
        await self._record(row, answer, status=answer.status)
        return answer

    async def _settle(self, write: Write, row: WriteRow) -> WriteRow:
        """The row once it is answered, or no longer sent, or certainly without effect and free to be sent."""
        empty_looks, pause = 0, _FIRST_PAUSE
        # While its call is in progress, the answer is about to come, so it is looked for only after a pause.
        may_look = row.holder is None or not row.is_held
        while row.state is WriteState.SENT:
            found = await write.look() if write.look and may_look else None
            if found is not None:
                log.info("%s of %s had taken effect: %s", write.operation, write.key, write.found_by)
                return await self._record(row, found, was_found=True)
            empty_looks += not row.is_held
            if not row.is_held and (write.is_repeatable or empty_looks >= EMPTY_LOOKS):
                log.info("%s of %s had no effect; sending it again", write.operation, write.key)
                return row
            await self._sleep(row, pause)
            fresh = await off_loop(read_row, self._ledger, row.id)
            if fresh.sends != row.sends:
                empty_looks = 0
            may_look, row, pause = True, fresh, min(_LONGEST_PAUSE, pause * 2)
        return row

    async def _record(self, row: WriteRow, answer: Mapping[str, Any], **about: Any) -> WriteRow:
        """Record the answer, however long the ledger is unavailable: it is known nowhere else."""
        return await retry_until_recorded(self._ledger, record_answer, self._ledger, row.id, answer, **about)

    async def _sleep(self, row: WriteRow, pause: float) -> None:
        """Sleep until the next look, at the latest until a lost call must have become visible."""
        moment = await now(self._ledger)
        if not row.is_held or row.held_until is None:
            wake = moment + timedelta(seconds=_LAST_PAUSE)
        else:
            # At least a second: the clocks of this host and of the database may differ.
            soonest = moment + timedelta(seconds=1)
            wake = min(moment + timedelta(seconds=pause), max(row.held_until, soonest))
        await sleep_until(self._ledger, wake)

    async def _settle_refusal(
        self, write: Write, row: WriteRow, fence: WriteFence, error: RequestRefused
    ) -> Mapping[str, Any] | None:
        """Record the refusal and raise it, unless an earlier call of the same write is the reason for it."""
        if row.state is WriteState.SENT and write.look:
            found = await write.look()
            if found is not None:
                log.info("%s of %s is refused: it was carried out before", write.operation, write.key)
                return (await self._record(row, found, was_found=True)).answer
        await off_loop(record_refused, self._ledger, row.id, fence.token, error)
        raise error


class _Patience:
    """Limits how often one ``send`` repeats calls that had no effect."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger, self._tries = ledger, 0

    async def wait_after(self, error: SellerOpsError) -> None:
        """Pause before the next try; raises ``error`` if there will be none."""
        self._tries += 1
        if self._tries >= MOST_TRIES or not isinstance(error, NotSent | Throttled | AmazonUnavailable):
            raise error
        if isinstance(error, AmazonUnavailable):
            # After a refusal for quota the next lease waits until the bucket has a token.
            pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**self._tries)
            await sleep_until(self._ledger, await now(self._ledger) + timedelta(seconds=pause))


def _had_no_effect(error: SellerOpsError, fence: WriteFence) -> bool:
    """Whether a failed call certainly had none: not sent, or refused before it was looked at."""
    if not fence.has_passed or isinstance(error, NotSent | Throttled | CredentialsError):
        return True
    return error.details.get("sent") is False


def _lost(write: Write, error: SellerOpsError) -> AnswerLost:
    return AnswerLost(
        f"it is not known whether Amazon carried it out: {error.cause}",
        where=_where(write),
        **{**error.details, "key": write.key, "operation": write.operation},
    )


def _where(write: Write) -> str:
    return f"{write.operation}, write {write.key}"
