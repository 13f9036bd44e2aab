"""Amazon Ads for one account: every call leased, checked, learnt from and written down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sellerops.base.errors import SellerOpsError, Throttled
from sellerops.ledger import ApiCall, Ledger
from sellerops.rate_limits import Bucket, Priority, QuotaLedger, acquire
from sellerops.settings.accounts import Account
from sellerops.sources.amazon_ads import profiles
from sellerops.sources.amazon_ads.profiles import Profile
from sellerops.sources.amazon_ads.transport import Session, answer_of, session
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord, collect_token_calls, record_call
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.lwa import Credentials

log = logging.getLogger(__name__)

# By region; airbyte-source-amazon-ads 7.2.3 and python-amazon-ad-api 1.2.9 agree.
ENDPOINTS = {
    "NA": "https://advertising-api.amazon.com",
    "EU": "https://advertising-api-eu.amazon.com",
    "FE": "https://advertising-api-fe.amazon.com",
}
# Calls that make something: on top of the account's bucket they share one among all accounts.
CREATES = frozenset({"createAdsReport", "createExport"})
OF_ALL_ACCOUNTS = "createAdsReport.all"
_NOBODY = "*"
# Media types of calls whose body has a version; the others take plain JSON.
_MEDIA_TYPES = {
    "createAdsReport": "application/vnd.createasyncreportrequest.v3+json",
    "listPortfolios": "application/vnd.spPortfolio.v3+json",
    "listSpKeywords": "application/vnd.spKeyword.v3+json",
}


class AdsClient:
    """Amazon Ads for one account.

    Cheap to make and free of open connections: those, and the access token, are shared by all clients of the
    same credentials on one event loop. ``priority`` is what its quota leases are taken with.
    """

    def __init__(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> None:
        self.account = account
        self.ledger = ledger
        self.limits = limits
        self.priority = priority
        self._credentials = credentials

    def __repr__(self) -> str:
        return f"AdsClient({self.account.id!r}, {self._credentials.endpoint!r})"

    @property
    def document_origins(self) -> frozenset[str]:
        """Where documents may be fetched from, beside Amazon's hosts, because the connection says so."""
        return self._credentials.document_origins

    def bucket(self, operation: str) -> Bucket:
        """The bucket of one operation for this application and account."""
        return Bucket(self.account.application, self.account.id, operation)

    async def ready(self) -> None:
        """Open the shared session now, off the loop. CredentialsError when a part of them is missing."""
        await self.session()

    async def session(self) -> Session:
        """The connections and the token of these credentials on the running loop."""
        return await session(self._credentials)

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills in order of their ``deadline``."""
        await acquire(self.limits, self.bucket(operation), self.priority, deadline)
        if operation in CREATES:
            everybody = Bucket(self.account.application, _NOBODY, OF_ALL_ACCOUNTS)
            await acquire(self.limits, everybody, self.priority, deadline)

    async def profile(self, marketplace_id: str) -> Profile:
        """The account's profile in a shop. NothingToCollect when it has none there."""
        return await profiles.profile_of(self, marketplace_id)

    async def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        leased: bool = False,
        report_type: str | None = None,
        report_id: str | None = None,
        request_id: int | None = None,
        marketplace_ids: tuple[str, ...] = (),
        media_type: str | None = None,
        fence: Fence | None = None,
    ) -> Answer:
        """One call: sent once, its answer as Amazon wrote it.

        ``marketplace_ids``: one shop: the call is for the account's profile there; else for none.
        ``media_type`` stands in for the operation's own. ``fence`` is passed right before the call is sent
        and says how long it may then take.
        """
        is_of_one = len(marketplace_ids) == 1 and operation != "listProfiles"
        only = marketplace_ids[0] if is_of_one else None
        profile_id = (await self.profile(only)).profile_id if only else None
        if not leased:
            await self.lease(operation)
        about: dict[str, Any] = {
            "report_type": report_type,
            "report_id": report_id,
            "request_id": request_id,
            "marketplace_ids": marketplace_ids,
        }
        opened = await self.session()
        turn = opened.turn(profile_id or "") if operation in CREATES else nullcontext()
        async with turn:
            facts = CallRecord(operation, fence)
            with collect_token_calls() as tokens:
                try:
                    response = await opened.send(
                        method,
                        path,
                        facts,
                        profile_id=profile_id,
                        media_type=media_type or _MEDIA_TYPES.get(operation) or _plain(body),
                        query=query,
                        body=body,
                    )
                    answer = Answer({}, "") if response.status_code == 204 else answer_of(response, operation)
                except SellerOpsError as error:
                    facts.end(error)
                    await self._write_down(facts, tokens, about)
                    raise
        facts.end()
        await self._write_down(facts, tokens, about)
        return answer

    async def _write_down(
        self, facts: CallRecord, tokens: Sequence[CallRecord], about: dict[str, Any]
    ) -> None:
        call = facts.of(self.account.id, **about)
        asked = [each.of(self.account.id) for each in tokens]
        await asyncio.to_thread(self._keep, call, asked, facts.error)

    def _keep(self, call: ApiCall, tokens: Sequence[ApiCall], error: SellerOpsError | None) -> None:
        """Log the tokens and the call, and learn from it."""
        try:
            if isinstance(error, Throttled):
                self.limits.pause(self.bucket(call.operation), error.details.get("retry_after"))
        except SellerOpsError as away:
            log.warning("nothing is learnt from %s of %s: %s", call.operation, call.account_id, away)
        for each in (*tokens, call):
            record_call(self.ledger, each)


def _plain(body: object) -> str | None:
    return "application/json" if body is not None else None


__all__ = ["CREATES", "ENDPOINTS", "AdsClient"]
