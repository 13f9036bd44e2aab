"""Creates a report or query exactly once, whichever process is killed in between.

Creating is not idempotent and its answer can be lost, so the intent is committed first: the row goes from
PLANNED to CREATING, then come the fence (collect.fence), the call, and recording its id. A row that stays
CREATING without an id may belong to an orphaned report: once none of our calls can still be in progress,
recent reports are listed and the matching one is adopted. Only if there is none is the row released.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from sellerops.base.errors import (
    AmazonUnavailable,
    CredentialsError,
    RequestRefused,
    SellerOpsError,
    Throttled,
    UnexpectedAnswer,
)
from sellerops.collect.context import Job, Tools, deadline_of, query_for
from sellerops.collect.cooldowns import learn_from_refusal
from sellerops.collect.fence import ClaimLost, CreateFence
from sellerops.collect.report_claims import Claim, adopt_report, claim_request, release_claim, release_orphan
from sellerops.ledger import ReportRequest, RequestStatus
from sellerops.ledger.outages import retry_until_recorded
from sellerops.ledger.waits import clock_of, now, off_loop, sleep_until
from sellerops.rate_limits import Granted, Wait
from sellerops.settings.accounts import Account
from sellerops.sources.common.deadline import orphan_after
from sellerops.sources.common.placeholders import iso
from sellerops.sources.common.report_api import Query, Report

log = logging.getLogger(__name__)

# Amazon's clock and ours may differ by this much.
CLOCK_SLACK = timedelta(seconds=60)


class Creation:
    """Takes one request from PLANNED or CREATING to a report id. Each method does one step and may be killed
    at any point.
    """

    def __init__(self, tools: Tools, job: Job) -> None:
        self._tools, self._job = tools, job
        # Grants from the report type's cooldown, by request id; returned if nothing is created.
        self._granted: dict[int, Granted] = {}

    async def create(self, request: ReportRequest) -> None:
        """Try once to create the report. Returns when the row may have changed. If the call fails, cleans up
        before its error propagates.
        """
        query = query_for(self._tools, self._job, request)
        left = await off_loop(
            self._tools.limits.cooldown_left,
            *self._cooldown_scope(query),
            cooldown=self._tools.spec.request.cooldown,
        )
        if left:
            log.info("request %s: %s is in its cooldown for %s", request.id, query.report_type, left)
            await sleep_until(self._tools.ledger, await now(self._tools.ledger) + left)
            return
        await self._tools.client.lease(
            self._tools.report_api.create_operation, deadline_of(self._tools, request)
        )
        claim = await off_loop(claim_request, self._tools.ledger, request)
        if claim.look_alike:
            log.info("request %s waits until its look-alike %s is created", request.id, claim.look_alike.id)
            await self.settle(claim.look_alike)
            return
        if claim.request is None:
            return
        # The cooldown starts last, right before the call, so that a follower killed while it waits starts
        # none.
        decision = await off_loop(
            self._tools.limits.try_create,
            *self._cooldown_scope(query),
            cooldown=self._tools.spec.request.cooldown,
        )
        if isinstance(decision, Wait):
            await off_loop(release_claim, self._tools.ledger, request.id, claim.token)
            log.info("request %s: %s of %s for %.0f s", request.id, decision.reason, query.report_type,
                     decision.virtual_seconds)  # fmt: skip
            free_at = await now(self._tools.ledger) + timedelta(seconds=decision.virtual_seconds)
            await sleep_until(self._tools.ledger, free_at)
            return
        self._granted[request.id] = decision
        await self._call(claim.request, claim, query)

    async def settle(self, request: ReportRequest) -> None:
        """Settle a create whose answer was lost: adopt its report, or release the request."""
        creating_at = request.creating_at
        if creating_at is None:
            return
        query = query_for(self._tools, self._job, request)
        clock = await clock_of(self._tools.ledger)
        await sleep_until(self._tools.ledger, creating_at + orphan_after(clock))
        found = await off_loop(self._tools.ledger.get_request, request.id)
        if found.status is not RequestStatus.CREATING or found.creating_at != creating_at:
            return
        orphan = await self._orphan(found, query)
        if orphan:
            if not await off_loop(
                adopt_report, self._tools.ledger, found, orphan.report_id, orphan.created_at
            ):
                return  # the claim was sent or settled meanwhile
            log.info("request %s adopts report %s", request.id, orphan.report_id)
            await off_loop(
                self._tools.limits.mark_created,
                *self._cooldown_scope(query),
                at=orphan.created_at,
            )
        elif await off_loop(release_orphan, self._tools.ledger, found):
            log.info("request %s: Amazon has no report for it; it is released", request.id)
            await self._return_grant(request, query)

    async def _call(self, claimed: ReportRequest, claim: Claim, query: Query) -> None:
        ledger = self._tools.ledger
        fence = CreateFence(ledger, claimed.id, claim.token)
        try:
            created = await self._tools.report_api.create(self._tools.client, query, claimed, fence)
        except ClaimLost as lost:
            log.info("request %s was not sent: %s", claimed.id, lost.cause)
            await off_loop(release_claim, ledger, claimed.id, claim.token)
            await self._return_grant(claimed, query)
            return
        except RequestRefused as error:
            await self._return_grant(claimed, query)
            if await self._repair(claimed, claim, query, error):
                return
            await off_loop(learn_from_refusal, self._tools, claimed, error.cause)
            await off_loop(ledger.record_failed, claimed.id, error)
            raise
        except SellerOpsError as error:
            if _was_not_created(error):
                await off_loop(release_claim, ledger, claimed.id, claim.token)
                await self._return_grant(claimed, query)
            if isinstance(error, UnexpectedAnswer):
                # Amazon accepted the request but returned no id: search for the report as after a lost
                # answer.
                log.warning(
                    "%s of request %s: %s", self._tools.report_api.create_operation, claimed.id, error
                )
                return
            raise
        await retry_until_recorded(
            ledger, ledger.record_created, claimed.id, created.report_id, created.created_by
        )
        self._granted.pop(claimed.id, None)

    async def _repair(
        self, claimed: ReportRequest, claim: Claim, query: Query, error: RequestRefused
    ) -> bool:
        """Whether the source found the refused part and leaves it out from now on. Finding it takes calls and
        more time than a claim may last, so the claim is released first.
        """
        report_api = self._tools.report_api
        if not report_api.can_repair(error):
            return False
        await off_loop(release_claim, self._tools.ledger, claimed.id, claim.token)
        return await report_api.repair(self._tools.client, query, claimed, error)

    async def _orphan(self, request: ReportRequest, query: Query) -> Report | None:
        """The oldest report that ``request`` may have created and that belongs to no request yet."""
        assert request.creating_at is not None
        since = request.creating_at - CLOCK_SLACK
        candidates = [
            report
            async for report in self._tools.report_api.list_recent(self._tools.client, query, since)
            if query.answers(report) and report.created_at >= since
        ]
        known = await off_loop(
            self._tools.ledger.known_report_ids,
            request.account_id,
            [report.report_id for report in candidates],
        )
        unknown = [report for report in candidates if report.report_id not in known]
        return min(unknown, key=lambda report: report.created_at, default=None)

    async def _return_grant(self, request: ReportRequest, query: Query) -> None:
        granted = self._granted.pop(request.id, None)
        if granted:
            await off_loop(
                self._tools.limits.release_create,
                *self._cooldown_scope(query),
                granted=granted,
            )

    def _cooldown_scope(self, query: Query) -> tuple[Account, str, tuple[str, ...], str]:
        """What a cooldown applies to. Snapshot types have a single window, the empty string."""
        window = f"{iso(query.start)}/{iso(query.end)}" if query.start and query.end else ""
        return self._tools.account, query.report_type, query.marketplace_ids, window


def _was_not_created(error: SellerOpsError) -> bool:
    """Whether a failed create certainly created nothing: it was refused, or never sent."""
    refused = isinstance(error, Throttled | CredentialsError)
    unsent = isinstance(error, AmazonUnavailable) and error.details.get("sent") is False
    return refused or unsent
