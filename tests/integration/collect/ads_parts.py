"""A collector of Amazon Ads on a real ledger and the local Amazon."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integration.collect.parts import RUN, Bench
from support.sandbox import SandboxServer

from sellerops.collect import Collector, Done
from sellerops.ledger import Ledger, ReportRequest
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops.sources.amazon_ads.client import AdsClient
from sellerops.sources.common.lwa import Credentials

ADS_RUN = replace(RUN, dag_id="report__amazon_ads__sp_campaigns")


class AdsBench(Bench):
    """Everything of one test; reports are of Amazon Ads."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.credentials = ads_credentials_of(self.sandbox, self.account)

    def ads(self, **changes: Any) -> AdsClient:
        return AdsClient(self.account, self.credentials, self.ledger, self.limits, **changes)

    def collector(self, spec: ReportSpec | None = None, *, ledger: Ledger | None = None) -> Collector:
        kept = ledger or self.ledger
        client = AdsClient(self.account, self.credentials, kept, self.limits)
        return Collector(spec or campaigns(), self.account, client, kept, self.limits, self.archive)

    def slices(self, spec: ReportSpec | None = None, **days: Any) -> list[Any]:
        return super().slices(spec or campaigns(), **days)

    def statuses(self, operation: str) -> list[int | None]:
        """How the calls of one operation ended, in order."""
        return [call["status"] for call in self.sandbox.calls(operation=operation)]

    def ads_creates(self) -> int:
        """How many reports of Amazon Ads the local Amazon made."""
        return self.statuses("createAdsReport").count(200)

    def request_of(self, done: Done) -> ReportRequest:
        (request_id,) = done.request_ids
        return self.ledger.get_request(request_id)


def campaigns(**request: Any) -> ReportSpec:
    """The report of campaigns by day, with other request rules."""
    spec = load_spec("report__amazon_ads__sp_campaigns")
    return spec.model_copy(update={"request": spec.request.model_copy(update=request)})


def ads_credentials_of(sandbox: SandboxServer, account: Account) -> Credentials:
    told = sandbox.account(account.id)["ads"]
    return Credentials(
        client_id=told["client_id"],
        client_secret=told["client_secret"],
        refresh_token=told["refresh_token"],
        endpoint=sandbox.url,
        token_url=sandbox.token_url,
        connection=account.connection_of("amazon_ads"),
    )
