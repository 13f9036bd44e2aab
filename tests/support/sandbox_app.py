"""One seller's calls of the sandbox's app, for its unit tests."""

from __future__ import annotations

import gzip
from inspect import unwrap
from typing import Any

from httpx import Response

from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.simulation import Seller
from amazon_sandbox.simulation.orders import KEPT_DAYS, orders_on
from amazon_sandbox.simulation.storefront import Storefront

NOW = "2026-11-21T09:00:00Z"
SALES = "GET_SALES_AND_TRAFFIC_REPORT"
ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
RETURNS = "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA"
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
ALL_TYPES = (SALES, ORDERS, INVENTORY, RETURNS)


def epoch(text: str) -> float:
    """Epoch seconds of an ISO instant."""
    parsed = parse_instant(text)
    assert parsed is not None
    return parsed[0].timestamp()


def days_made(storefront: Storefront) -> int:
    """How many days of orders were generated for a storefront so far."""
    cache: Any = storefront.kept(unwrap(orders_on), KEPT_DAYS)
    return int(cache.cache_info().misses)


class Api:
    """One seller's calls."""

    def __init__(self, http: Any, sandbox: Sandbox, seller: Seller) -> None:
        self.http = http
        self.sandbox = sandbox
        self.seller = seller
        self.token = ""

    def login(self) -> Api:
        """Get an access token."""
        answer = self.http.post("/auth/o2/token", data=self.grant())
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    def grant(self, **changed: str) -> dict[str, str]:
        """The form of a token request."""
        return {
            "grant_type": "refresh_token",
            "refresh_token": self.seller.refresh_token,
            "client_id": self.seller.client_id,
            "client_secret": self.seller.client_secret,
        } | changed

    def call(self, method: str, path: str, **kwargs: Any) -> Response:
        """A Reports API call."""
        headers = {"x-amz-access-token": self.token, **kwargs.pop("headers", {})}
        answer: Response = self.http.request(method, f"/reports/2021-06-30{path}", headers=headers, **kwargs)
        return answer

    def body(self, report_type: str, **changed: Any) -> dict[str, Any]:
        """A createReport body that has data."""
        body: dict[str, Any] = {
            "reportType": report_type,
            "marketplaceIds": list(self.seller.marketplace_ids[:1]),
            "dataStartTime": "2026-11-14T00:00:00Z",
            "dataEndTime": "2026-11-15T00:00:00Z",
        }
        return {name: value for name, value in (body | changed).items() if value is not None}

    def create(self, report_type: str, **changed: Any) -> str:
        """Create a report; its id."""
        answer = self.call("POST", "/reports", json=self.body(report_type, **changed))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["reportId"])

    def report(self, report_id: str) -> dict[str, Any]:
        """getReport."""
        answer = self.call("GET", f"/reports/{report_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def later(self, seconds: float) -> None:
        """Move the clock and log in again."""
        self.sandbox.clock.change(jump=seconds)
        self.login()

    def finished(self, report_type: str, **changed: Any) -> dict[str, Any]:
        """Create a report and read it when it is due."""
        report_id = self.create(report_type, **changed)
        self.later(600)
        return self.report(report_id)

    def document(self, report: dict[str, Any], **params: Any) -> dict[str, Any]:
        """getReportDocument."""
        answer = self.call("GET", f"/documents/{report['reportDocumentId']}", params=params)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def download(self, report: dict[str, Any]) -> bytes:
        """The document of a report, unpacked."""
        document = self.document(report)
        answer = self.http.get(document["url"])
        assert answer.status_code == 200, answer.text
        return (
            gzip.decompress(answer.content) if "compressionAlgorithm" in document else bytes(answer.content)
        )

    def listed(self, report_type: str, **params: Any) -> list[dict[str, Any]]:
        """getReports."""
        answer = self.call("GET", "/reports", params={"reportTypes": report_type, **params})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["reports"])
