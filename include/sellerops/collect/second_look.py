"""A second request confirms CANCELLED, which may mean "no data" but also "too often" or "not yet".

There is no data if a second request also ends CANCELLED. It is created after ``request.second_look`` or the
cooldown, whichever is longer. All state is in the ledger, so the wait in between may be killed and restarted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sellerops.base.errors import NothingToCollect, NotPublishedYet
from sellerops.collect.context import Job, Tools, fresh_after, key_of
from sellerops.ledger import ReportRequest, RequestKey, RunRef, SliceState
from sellerops.ledger.database import Connection
from sellerops.ledger.waits import now, off_loop, sleep_until

log = logging.getLogger(__name__)

# Amazon's clock and ours may differ, so a report requested exactly at the end of a cooldown may be refused.
_MARGIN = timedelta(minutes=1)


@dataclass(frozen=True)
class EmptyEvidence:
    """The requests that ended without data, oldest first, and whether they suffice to confirm that there is
    none.
    """

    request_ids: tuple[int, ...]
    is_conclusive: bool

    @property
    def evidence(self) -> NothingToCollect:
        """Why the slice is empty, for its row in the ledger."""
        listed = " and ".join(str(one) for one in self.request_ids)
        return NothingToCollect(f"Amazon has no data (CANCELLED): request {listed}.")


def find_evidence(tools: Tools, job: Job, request: ReportRequest) -> EmptyEvidence:
    """The evidence that there is no data, once ``request`` has ended CANCELLED."""
    pause = tools.spec.request.second_look
    if not pause:
        return EmptyEvidence((request.id,), is_conclusive=True)
    since = fresh_after(tools.spec, job, tools.ledger.clock().now())
    created_at = request.creating_at or request.created_at
    key = key_of(tools.spec, job.slice_)
    earlier = tools.ledger.database.run(
        lambda c: _earlier(c, key, request.id, since, job.run, created_at - pause)
    )
    return EmptyEvidence((*([earlier] if earlier else []), request.id), is_conclusive=earlier is not None)


def open_second_look(tools: Tools, job: Job, first: ReportRequest) -> ReportRequest:
    """Find or open the request after ``first``, and record in the slice why it waits."""
    key = key_of(tools.spec, job.slice_)
    just_after = first.updated_at + timedelta(microseconds=1)
    second = tools.ledger.find_or_open_request(key, fresh_after=just_after, run=job.run)
    again_at = first.updated_at + _pause(tools)
    tools.ledger.set_slice_state(
        job.slice_,
        SliceState.REQUESTED,
        run=job.run,
        request_id=second.id,
        error=NotPublishedYet(
            f"Amazon reported no data (CANCELLED, request {first.id}); a second request confirms it, "
            f"not before {again_at:%Y-%m-%d %H:%M} UTC.",
            remedy="Nothing: the task requests it again automatically.",
        ),
    )
    log.info("request %s is CANCELLED; request %s repeats it from %s", first.id, second.id, again_at)
    return second


async def sleep_until_second_look(tools: Tools, request: ReportRequest) -> bool:
    """Sleep until ``request`` may be created after the CANCELLED one before it. Returns whether it slept."""
    if not tools.spec.request.second_look:
        return False
    cancelled_at = await off_loop(_cancelled_before, tools, request.id)
    if cancelled_at is None or cancelled_at + _pause(tools) <= await now(tools.ledger):
        return False
    await sleep_until(tools.ledger, cancelled_at + _pause(tools))
    return True


def _pause(tools: Tools) -> timedelta:
    cooldown = tools.limits.published_cooldown(tools.spec.report_type, tools.spec.request.cooldown)
    return max(tools.spec.request.second_look, cooldown + _MARGIN if cooldown else timedelta(0))


def _earlier(
    connection: Connection, key: RequestKey, request_id: int, since: datetime, run: RunRef, until: datetime
) -> int | None:
    """The first CANCELLED request of ``key`` that counts for this run: recent enough, or its own."""
    row = connection.execute(
        """
        SELECT min(id) AS id FROM sellerops.report_request
        WHERE key_hash = %(key)s AND id < %(id)s AND status = 'CANCELLED' AND updated_at <= %(until)s
          AND (updated_at >= %(since)s OR (dag_id = %(dag_id)s AND run_id = %(run_id)s))
        """,
        {
            "key": key.digest,
            "id": request_id,
            "until": until,
            "since": since,
            "dag_id": run.dag_id,
            "run_id": run.run_id,
        },
    ).fetchone()
    return row["id"] if row else None


def _cancelled_before(tools: Tools, request_id: int) -> datetime | None:
    def work(connection: Connection) -> datetime | None:
        row = connection.execute(
            """
            SELECT max(earlier.updated_at) AS at
            FROM sellerops.report_request AS request
            JOIN sellerops.report_request AS earlier USING (key_hash)
            WHERE request.id = %s AND earlier.id < request.id AND earlier.status = 'CANCELLED'
            """,
            (request_id,),
        ).fetchone()
        return row["at"] if row else None

    return tools.ledger.database.run(work)
