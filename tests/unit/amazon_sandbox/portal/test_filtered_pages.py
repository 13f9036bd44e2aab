"""The local portal's pages with filters, exports and builders, without a browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from amazon_sandbox.core.sandbox import Sandbox
from amazon_sandbox.portal.files.brand_analytics import brands_in
from amazon_sandbox.portal.state import COOKIE, PortalSession, PortalState
from amazon_sandbox.simulation import marketplaces

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
SHOWN = (
    "/business-reports",
    "/business-reports/ref=xx_sitemetric_dnav_xx",
    "/brand-analytics/dashboard/query-performance",
    "/brand-analytics/dashboard/demographics",
    "/brand-analytics/dashboard/item-comparison",
    "/brand-analytics/dashboard/alternate-purchase",
    "/brand-analytics/dashboard/customer-loyalty",
    "/brand-analytics/download-manager",
    "/amazonsell/shipments",
    "/cu/case-lobby",
    "/ads-console/choose-account",
    "/datarova/downloads",
)
Show = Callable[[str, str], PortalSession]


@pytest.fixture
def show(sandbox: Sandbox, http: TestClient) -> Show:
    """Sign the client in and show a store, on 21 November 2026."""
    sandbox.clock.change(to=NOON)
    state = sandbox.state(PortalState)
    session = state.session(None)
    session.user = state.users[0]
    http.cookies.set(COOKIE, session.id)

    def choose(account: str, country: str) -> PortalSession:
        session.account, session.country = account, country
        return session

    return choose


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(
    ("account", "country", "language", "lang"),
    [
        ("northwind_na", "US", "en_US", "en-US"),
        ("northwind_eu", "DE", "de_DE", "de-DE"),
        ("northwind_na", "CA", "ja_JP", "ja-JP"),
    ],
)
def test_every_page_is_served_in_both_versions_and_all_languages(
    sandbox: Sandbox,
    http: TestClient,
    show: Show,
    account: str,
    country: str,
    language: str,
    lang: str,
    version: int,
) -> None:
    show(account, country)
    settings = sandbox.state(PortalState).settings
    settings.versions[""], settings.languages[""] = version, language
    for path in SHOWN:
        answer = http.get(path)
        assert (path, answer.status_code) == (path, 200)
        assert f'lang="{lang}"' in answer.text


def test_a_period_that_is_not_published_yet_is_answered_with_the_newest_one(
    http: TestClient, show: Show
) -> None:
    path = "/brand-analytics/dashboard/demographics?reporting-range=weekly&weekly-week="
    show("northwind_na", "US")
    assert 'id="weekly-week" label="Select period" value="2026-11-14"' in http.get(f"{path}2026-11-21").text
    assert 'value="2026-10-31"' in http.get(f"{path}2026-10-31").text
    show("northwind_eu", "GB")
    assert 'id="weekly-week" label="Select period" value="2026-11-07"' in http.get(f"{path}2026-11-14").text
    months = "/brand-analytics/dashboard/demographics?reporting-range=monthly"
    assert 'id="2026-month" label="Select period" value="2026-10-31"' in http.get(months).text
    quarters = "/brand-analytics/dashboard/demographics?reporting-range=quarterly"
    assert 'id="2026-quarter" label="Select period" value="2026-09-30"' in http.get(quarters).text


def test_each_brand_that_a_dashboard_offers_has_files(sandbox: Sandbox, http: TestClient, show: Show) -> None:
    show("northwind_na", "US")
    brands, older = brands_in(marketplaces.by_country("US")), _files(http)
    shown = http.get("/brand-analytics/dashboard/demographics").text
    for brand in brands:
        assert f'value="{brand}"' in shown
        for view in ("search_query_performance_brand", "demographics", "customer_loyalty"):
            form = {"kind": f"brand_analytics.{view}", "range": "weekly", "last": "2026-11-14"}
            assert http.post("/brand-analytics/generate", data={**form, "brand": brand}).json() == {}
    sandbox.clock.change(to=NOON + 3_600)
    said = [http.get(path) for path in _files(http) if path not in older]
    assert [answer.status_code for answer in said] == [200] * 6
    for brand in brands:
        own = [answer.text for answer in said if f'["{brand}"]' in answer.text.split("\n")[0]]
        assert len(own) == 3
        assert [len(text.splitlines()) > 2 for text in own] == [brand == brands[0]] * 3


def _files(http: TestClient) -> list[str]:
    manager = "/brand-analytics/download-manager"
    return re.findall(rf'href="({manager}/file/[^"]+)"', http.get(manager).text)


def test_three_stores_have_no_brand_analytics(http: TestClient, show: Show) -> None:
    for country in ("IE", "BE", "PL"):
        show("northwind_eu", country)
        for path in ("/brand-analytics/dashboard/demographics", "/brand-analytics/download-manager"):
            answer = http.get(path)
            assert (answer.status_code, "Page not found" in answer.text) == (404, True)


def test_the_ads_console_sends_cold_sessions_to_a_registration(http: TestClient, show: Show) -> None:
    show("northwind_na", "US")
    assert str(http.get("/ads-console/reporting").url).endswith("/register")
    query = {"account": "northwind_na", "country": "US", "destination": "/reporting"}
    answer = http.get("/ads-console/enter", params=query)
    assert answer.url.path == "/ads-console/reporting"
    assert answer.url.params["entityId"].startswith("ENTITY")
    assert http.get("/ads-console/reporting").status_code == 200


def test_the_old_console_closes_by_the_sandboxs_clock(sandbox: Sandbox, http: TestClient, show: Show) -> None:
    show("northwind_na", "US")
    http.get("/ads-console/enter", params={"account": "northwind_na", "country": "US"})
    assert "Create report" in http.get("/ads-console/reports").text
    sandbox.clock.change(to=datetime(2026, 12, 17, 12, tzinfo=UTC).timestamp())
    assert "read-only" in http.get("/ads-console/reports").text
    assert "/ads-console/reports?" in http.get("/ads-console/reporting").text
    sandbox.clock.change(to=datetime(2026, 12, 31, 12, tzinfo=UTC).timestamp())
    assert http.get("/ads-console/reports").status_code == 404
    assert "/ads-console/reports?" not in http.get("/ads-console/reporting").text


def test_a_page_of_the_shipment_queue_has_25_shipments(http: TestClient, show: Show) -> None:
    show("northwind_na", "US")
    days = {"startDate": "2026-09-20", "endDate": "2026-11-20"}
    first = http.get("/amazonsell/shipments/export", params=days | {"page": "1"})
    second = http.get("/amazonsell/shipments/export", params=days | {"page": "2"})
    assert first.text != second.text
    assert len(first.text.splitlines()) == 1 + 25
    assert "attachment" in first.headers["content-disposition"]
