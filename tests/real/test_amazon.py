"""Login with Amazon, the Selling Partner API (static sandbox and one production read), Amazon Ads."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from typing import Any

import pytest
from real.connections import connection_of
from real.shapes import Shape

from sellerops.ledger import Ledger
from sellerops.rate_limits import Priority, QuotaLedger, load_rate_limits
from sellerops.settings.accounts import Account, load_accounts
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.registry import source_of
from sellerops_airflow.hooks.registry import hook_of

pytestmark = pytest.mark.real

ACCOUNTS = list(load_accounts().values())
PARTICIPATIONS = Shape.of(
    "payload[].marketplace.id",
    "payload[].marketplace.countryCode",
    "payload[].marketplace.name",
    "payload[].marketplace.defaultCurrencyCode",
    "payload[].marketplace.defaultLanguageCode",
    "payload[].marketplace.domainName",
    "payload[].participation.isParticipating",
    "payload[].participation.hasSuspendedListings",
    "payload[].storeName",
)
_REPORT = ("reportId", "reportType", "createdTime", "processingStatus")
_REPORT_MAY_HAVE = (
    *("dataStartTime", "dataEndTime", "processingStartTime", "processingEndTime", "reportDocumentId"),
    *("reportScheduleId", "marketplaceIds[]"),
)
REPORTS = Shape.of(
    *(f"reports[].{name}" for name in _REPORT),
    optional=("nextToken", *(f"reports[].{name}" for name in _REPORT_MAY_HAVE)),
)
PROFILES = Shape.of(
    *("[].profileId", "[].countryCode", "[].currencyCode", "[].timezone"),
    *("[].accountInfo.marketplaceStringId", "[].accountInfo.id", "[].accountInfo.type"),
    optional=("[].accountInfo.name", "[].accountInfo.validPaymentMethod", "[].accountInfo.subType",
              "[].dailyBudget"),
)  # fmt: skip
# The one request that Amazon's static sandbox answers, from reports_2021-06-30.json.
STATIC_QUERY = {
    "reportTypes": "FEE_DISCOUNTS_REPORT,GET_AFN_INVENTORY_DATA",
    "processingStatuses": "IN_QUEUE,IN_PROGRESS",
}


def _credentials(account: Account, source: str) -> Credentials:
    if source not in account.api_sources:
        pytest.skip(f"accounts.yaml: account {account.id} does not use {source}")
    connection_of(account.connection_of(source))
    credentials: Credentials = hook_of(source, account).get_conn()
    return credentials


def _client(account: Account, source: str, credentials: Credentials, ledger: Ledger) -> Any:
    limits = QuotaLedger(ledger, load_rate_limits())
    return source_of(source).client(account, credentials, ledger, limits, priority=Priority.SCHEDULE)


def _static_sandbox(credentials: Credentials) -> str:
    """Amazon's static sandbox of the region: ``sandbox.`` before the production host."""
    own = os.environ.get("AMAZON_SP_STATIC_ENDPOINT")
    return own or credentials.endpoint.replace("https://", "https://sandbox.")


@pytest.fixture(params=ACCOUNTS, ids=lambda account: account.id)
def account(request: pytest.FixtureRequest) -> Account:
    found: Account = request.param
    return found


@pytest.mark.parametrize("source", ["amazon_sp", "amazon_ads"])
def test_login_with_amazon_gives_a_token(account: Account, source: str) -> None:
    _credentials(account, source)
    fine, message = hook_of(source, account).test_connection()
    assert fine, message


def test_the_static_sandbox_answers_as_its_model_says(account: Account, ledger: Ledger, differs: Any) -> None:
    credentials = _credentials(account, "amazon_sp")
    client = _client(
        account, "amazon_sp", replace(credentials, endpoint=_static_sandbox(credentials)), ledger
    )

    async def ask() -> tuple[Any, Any]:
        return (
            await client.call("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations"),
            await client.call("getReports", "GET", "/reports/2021-06-30/reports", query=STATIC_QUERY),
        )

    participations, reports = asyncio.run(ask())
    assert participations.get("payload")
    assert "reports" in reports
    differs("static sandbox, getMarketplaceParticipations", PARTICIPATIONS, dict(participations))
    differs("static sandbox, getReports", REPORTS, dict(reports))


def test_production_knows_the_accounts_marketplaces(account: Account, ledger: Ledger, differs: Any) -> None:
    """The only call to production: it reads, and changes nothing."""
    client = _client(account, "amazon_sp", _credentials(account, "amazon_sp"), ledger)
    answer = asyncio.run(
        client.call("getMarketplaceParticipations", "GET", "/sellers/v1/marketplaceParticipations")
    )
    differs("getMarketplaceParticipations", PARTICIPATIONS, dict(answer))
    there = {
        each["marketplace"]["id"] for each in answer["payload"] if each["participation"]["isParticipating"]
    }
    absent = [each.code for each in account.marketplaces if each.id not in there]
    assert not absent, f"accounts.yaml lists marketplaces in which the seller does not take part: {absent}"


def test_amazon_ads_has_profiles_of_the_accounts_marketplaces(
    account: Account, ledger: Ledger, differs: Any
) -> None:
    client = _client(account, "amazon_ads", _credentials(account, "amazon_ads"), ledger)
    found = asyncio.run(client.call("listProfiles", "GET", "/v2/profiles"))["items"]
    differs("listProfiles", PROFILES, found)
    there = {each["accountInfo"]["marketplaceStringId"] for each in found}
    assert there & {each.id for each in account.marketplaces}, (
        "no profile of any of the account's marketplaces"
    )
