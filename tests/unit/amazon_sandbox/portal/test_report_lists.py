"""The lists of requested files on the local portal, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from httpx import Response
from starlette.testclient import TestClient

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.portal.report_lists import ReportLists
from amazon_sandbox.portal.state import COOKIE, PortalState

RETURNS = "/reportcentral/CUSTOMER_RETURNS"
RANGE = {"preset": "-1", "startDate": "2026-11-01", "endDate": "2026-11-15"}

Show = Callable[[str, str], None]


@pytest.fixture
def show(sandbox: Sandbox, http: TestClient) -> Show:
    """Sign the client in and show a store."""
    state = sandbox.state(PortalState)
    session = state.session(None)
    session.user = state.users[0]
    http.cookies.set(COOKIE, session.id)

    def choose(account: str, country: str) -> None:
        session.account, session.country = account, country

    choose("northwind_na", "US")
    return choose


def text_of(answer: Response) -> str:
    """The texts and labels of a page, on one line."""
    labels = re.sub(r'<[^>]*label="([^"]*)"[^>]*>', r" \1 ", answer.text)
    return " ".join(
        html.unescape(re.sub(r"<style.*?</style>|<script.*?</script>|<[^>]+>", " ", labels)).split()
    )


def newest(http: TestClient, path: str = f"{RETURNS}/1") -> str:
    """The first row of a list, as text."""
    page = http.get(path)
    assert page.status_code == 200, page.text
    row = re.search(r"<(?:kat-table-body[^>]*|tbody)>(.*?)</(?:kat-table-row|tr)>", page.text, re.DOTALL)
    assert row is not None
    page._content = row[1].encode()
    del page._text
    return text_of(page)


def test_a_request_is_in_progress_then_ready_and_downloads(
    http: TestClient, sandbox: Sandbox, show: Show
) -> None:
    assert http.post(f"{RETURNS}/request", data=RANGE).status_code == 200
    assert newest(http) == (
        "FBA customer returns 11/01/2026 - 11/15/2026 11/21/2026 1:00 AM PST CSV In Progress"
    )
    sandbox.clock.change(jump=301)
    assert newest(http).endswith("CSV Download")
    row = sandbox.state(ReportLists).requested()[0]
    answer = http.get(f"/reportcentral/api/v1/downloadFile?reportId={row.report_id}")
    assert answer.headers["content-disposition"].endswith(f"{row.report_id}.csv")
    assert answer.text.startswith("return-date,order-id")


def test_a_preset_or_a_range_that_was_never_typed_ends_today(http: TestClient, show: Show) -> None:
    http.post(f"{RETURNS}/request", data={"preset": "7"})
    assert "11/14/2026 - 11/21/2026" in newest(http)
    http.post(f"{RETURNS}/request", data={"preset": "-1", "startDate": "", "endDate": ""})
    assert "11/21/2026 - 11/21/2026" in newest(http)


def test_the_same_file_is_not_prepared_again_for_half_an_hour(
    http: TestClient, sandbox: Sandbox, show: Show
) -> None:
    http.post(f"{RETURNS}/request", data=RANGE)
    sandbox.clock.change(jump=430)
    again = text_of(http.post(f"{RETURNS}/request", data=RANGE))
    assert "already been requested. Try again in 23 minutes." in again
    show("northwind_na", "CA")
    assert "already been requested" not in text_of(http.post(f"{RETURNS}/request", data=RANGE))


def test_version_two_lists_other_stores_and_writes_days_in_words(
    http: TestClient, sandbox: Sandbox, show: Show, control: Any
) -> None:
    http.post(f"{RETURNS}/request", data=RANGE)
    show("northwind_na", "CA")
    assert "United States" not in newest(http)
    sandbox.state(PortalState).settings.versions[""] = 2
    assert newest(http).startswith(
        "FBA customer returns United States Nov 1, 2026 \u2013 Nov 15, 2026 Nov 21, 2026"
    )


@pytest.mark.parametrize(
    ("country", "language", "row"),
    [
        ("GB", "en_US", "FBA customer returns 01/11/2026 - 15/11/2026 21/11/2026 09:00 CSV"),
        ("DE", "de_DE", "FBA-Kundenrücksendungen 01.11.2026 - 15.11.2026 21.11.2026 10:00 CSV"),
        ("FR", "ja_JP", "FBA返品レポート 01/11/2026 - 15/11/2026 21/11/2026 10:00 CSV"),
    ],
)
def test_words_follow_the_language_and_dates_the_store(
    http: TestClient, sandbox: Sandbox, show: Show, country: str, language: str, row: str
) -> None:
    show("northwind_eu", country)
    sandbox.state(PortalState).settings.languages[""] = language
    http.post(f"{RETURNS}/request", data=RANGE)
    assert newest(http).startswith(row)


def test_a_failed_payments_report_offers_to_be_requested_again(
    http: TestClient, sandbox: Sandbox, show: Show, control: Any
) -> None:
    path = "/payments/reports-repository"
    fault = {"fault": "portal_failed_file", "operation": "paymentsReports", "times": 1}
    control("POST", "/faults", fault)
    http.post(f"{path}/request", data={**RANGE, "type": "SELLER_TRANSACTION_DATE_RANGE"})
    assert "In Progress Refresh" in newest(http, path)
    sandbox.clock.change(jump=301)
    assert "Failed Request Again" in newest(http, path)
