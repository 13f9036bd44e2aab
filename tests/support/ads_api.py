"""One profile's calls of the sandbox's Ads API, for its unit tests."""

from __future__ import annotations

import gzip
import json
from typing import Any

from httpx import Response

from amazon_sandbox.ads.accounts import AdsAccounts
from amazon_sandbox.ads.report_types import report_types
from amazon_sandbox.core.sandbox import Sandbox

START, END = "2026-11-10", "2026-11-16"


class AdsApi:
    """Calls under the profile of an account's n-th marketplace."""

    def __init__(self, http: Any, sandbox: Sandbox, account: str, place: int = 0) -> None:
        self.http = http
        self.sandbox = sandbox
        self.account = sandbox.state(AdsAccounts).of(account)
        self.profile = self.account.profiles[place]
        self.token = ""

    def login(self) -> AdsApi:
        """Get an access token."""
        answer = self.http.post(
            "/auth/o2/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": self.account.refresh_token,
                "client_id": self.account.client_id,
                "client_secret": self.account.client_secret,
            },
        )
        assert answer.status_code == 200, answer.text
        self.token = answer.json()["access_token"]
        return self

    def headers(self, **changed: str | None) -> dict[str, str]:
        """The three headers of the API; None leaves one out."""
        usual = {
            "Authorization": f"Bearer {self.token}",
            "Amazon-Advertising-API-ClientId": self.account.client_id,
            "Amazon-Advertising-API-Scope": str(self.profile.id),
        } | {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in usual.items() if value is not None}

    def call(self, method: str, path: str, **kwargs: Any) -> Response:
        """Any call."""
        headers = self.headers() | kwargs.pop("headers", {})
        answer: Response = self.http.request(method, path, headers=headers, **kwargs)
        return answer

    @staticmethod
    def body(type_id: str, group_by: str | None = None, **changed: Any) -> dict[str, Any]:
        """A body that has data: all columns of the first groupBy, a week, by day."""
        kind = report_types()[type_id]
        group = group_by or kind.group_bys[0]
        unit = changed.pop("timeUnit", "DAILY")
        others = ("startDate", "endDate") if unit == "DAILY" else ("date",)
        configuration = {
            "adProduct": kind.ad_product,
            "groupBy": [group],
            "columns": [name for name in kind.allowed((group,)) if name not in others],
            "reportTypeId": type_id,
            "timeUnit": unit,
            "format": "GZIP_JSON",
        }
        dates = {"startDate": changed.pop("startDate", START), "endDate": changed.pop("endDate", END)}
        configuration |= changed
        return {"name": "a report", **dates, "configuration": configuration}

    def create(self, body: dict[str, Any]) -> Response:
        """POST /reporting/reports."""
        return self.call("POST", "/reporting/reports", json=body)

    def created(self, body: dict[str, Any]) -> str:
        """The id of a report that is accepted."""
        answer = self.create(body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["reportId"])

    def report(self, report_id: str) -> dict[str, Any]:
        """GET /reporting/reports/{reportId}."""
        answer = self.call("GET", f"/reporting/reports/{report_id}")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def later(self, seconds: float) -> AdsApi:
        """Move the clock and log in again."""
        self.sandbox.clock.change(jump=seconds)
        return self.login()

    def finished(self, body: dict[str, Any]) -> dict[str, Any]:
        """A report, read when it is due."""
        report_id = self.created(body)
        self.later(600)
        return self.report(report_id)

    def rows(self, url: str) -> list[dict[str, Any]]:
        """The content of a url, requested without headers."""
        answer = self.http.get(url)
        assert answer.status_code == 200, answer.text
        return list(json.loads(gzip.decompress(answer.content)))
