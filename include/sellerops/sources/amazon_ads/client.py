"""Amazon Ads for one account: every call leased, checked, logged and learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime
from typing import Any

from sellerops.base.errors import SellerOpsError, Throttled
from sellerops.ledger import ApiCall
from sellerops.rate_limits import Bucket, acquire
from sellerops.sources.amazon_ads import profiles
from sellerops.sources.amazon_ads.profiles import Profile
from sellerops.sources.amazon_ads.transport import Session, answer_of, session
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.call_log import CallRecord
from sellerops.sources.common.client import AccountClient
from sellerops.sources.common.deadline import Fence

# By region; airbyte-source-amazon-ads 7.2.3 and python-amazon-ad-api 1.2.9 agree.
ENDPOINTS = {
    "NA": "https://advertising-api.amazon.com",
    "EU": "https://advertising-api-eu.amazon.com",
    "FE": "https://advertising-api-fe.amazon.com",
}
# Calls that create something. Besides the account's bucket they use one that all accounts share.
CREATES = frozenset({"createAdsReport", "createExport"})
OF_ALL_ACCOUNTS = "createAdsReport.all"
_NOBODY = "*"
# Media types of calls whose body has a version; the others send plain JSON.
_MEDIA_TYPES = {
    "createAdsReport": "application/vnd.createasyncreportrequest.v3+json",
    "listPortfolios": "application/vnd.spPortfolio.v3+json",
    "listSpKeywords": "application/vnd.spKeyword.v3+json",
}


class AdsClient(AccountClient):
    """Amazon Ads for one account."""

    async def ready(self) -> None:
        """Open the shared session now, off the loop. CredentialsError when the credentials are incomplete."""
        await self.session()

    async def session(self) -> Session:
        """The connections and the token of these credentials on the running loop."""
        return await session(self._credentials)

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills wait in order of ``deadline``."""
        await super().lease(operation, deadline)
        if operation in CREATES:
            shared = Bucket(self.account.application, _NOBODY, OF_ALL_ACCOUNTS)
            await acquire(self.limits, shared, self.priority, deadline)

    async def profile(self, marketplace_id: str) -> Profile:
        """The account's profile in a marketplace. NothingToCollect when it has none there."""
        return await profiles.profile_of(self, self.ledger, marketplace_id)

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
        """Make one call and return the answer as Amazon wrote it. It is sent again only if its token has
        expired.

        ``marketplace_ids``: with exactly one, the call is made for the account's profile there; otherwise
        for no profile. ``media_type`` replaces the operation's own. ``fence`` is awaited right before the
        call is sent and returns how many real seconds it may take.
        """
        is_of_one = len(marketplace_ids) == 1 and operation != "listProfiles"
        profile_id = (await self.profile(marketplace_ids[0])).profile_id if is_of_one else None
        if not leased:
            await self.lease(operation)
        opened = await self.session()

        async def send(call: CallRecord) -> Answer:
            async with opened.turn(profile_id or "") if operation in CREATES else nullcontext():
                call.start()
                response = await opened.send(
                    method,
                    path,
                    call,
                    profile_id=profile_id,
                    media_type=media_type or _MEDIA_TYPES.get(operation) or _plain(body),
                    query=query,
                    body=body,
                )
            return answer_of(response, operation)

        return await self._logged(
            operation,
            send,
            fence,
            report_type=report_type,
            report_id=report_id,
            request_id=request_id,
            marketplace_ids=marketplace_ids,
        )

    def _learn(self, call: ApiCall, error: SellerOpsError | None) -> None:
        if isinstance(error, Throttled):
            self.limits.pause(self.bucket(call.operation), error.details.get("retry_after"))


def _plain(body: object) -> str | None:
    return "application/json" if body is not None else None


__all__ = ["CREATES", "ENDPOINTS", "AdsClient"]
