"""Page objects of tables with filters, in a real Chromium at the local portal."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.portal import EnterPortal
from support.portal_pages import Pages
from support.sandbox import SandboxServer

from sellerops.base.errors import (
    AmazonUnavailable,
    ConfigurationError,
    NothingToCollect,
    NotPublishedYet,
    PageChanged,
    Throttled,
)
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.common.report_api import ProcessingStatus

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

# The sandbox's clock starts on Saturday, 21 November 2026.
FIRST, LAST = date(2026, 11, 3), date(2026, 11, 9)
WEEK = date(2026, 11, 8), date(2026, 11, 14)


@pytest.fixture
def pages(enter_portal: EnterPortal, sandbox: SandboxServer) -> Iterator[Pages]:
    with ExitStack() as stack:
        yield Pages(enter_portal, sandbox, stack)


def wanted(
    portal: Portal, first: date | None = FIRST, last: date | None = LAST, **options: str
) -> WantedFile:
    return WantedFile(portal.account, portal.marketplace, first, last, options)


def lines_of(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"))))


@pytest.mark.parametrize(
    ("account", "country", "version", "language"),
    [
        ("northwind_na", "US", 1, "en_US"),
        ("northwind_eu", "DE", 2, "de_DE"),
        ("northwind_na", "US", 2, "ja_JP"),
    ],
)
def test_business_reports_are_of_the_typed_range_in_both_versions(
    pages: Pages, account: str, country: str, version: int, language: str
) -> None:
    page, portal = pages.open("business_report", account, country, version=version, language=language)
    page.check(portal)
    (by_date,) = page.download(portal, wanted(portal, view="by_date"), None)
    assert by_date.facts["first_day"] == "2026-11-03"
    assert by_date.facts["last_day"] == "2026-11-09"
    assert by_date.facts["marketplace"] == country
    assert len(lines_of(by_date.path)) == 1 + 7
    # The same address but for what is behind its hash: the page is not loaded again.
    (by_child,) = page.download(portal, wanted(portal, FIRST, FIRST, view="by_child"), None)
    assert by_child.facts["last_day"] == "2026-11-03"
    assert len(lines_of(by_child.path)) > 1


def test_business_reports_have_the_columns_that_the_user_ticked(pages: Pages) -> None:
    page, portal = pages.open("business_report", "northwind_na", "US")
    (all_columns,) = page.download(portal, wanted(portal, view="by_child"), None)
    portal.page.get_by_label("B2B columns").uncheck()
    (fewer,) = page.download(portal, wanted(portal, view="by_child"), None)
    assert any("B2B" in name for name in lines_of(all_columns.path)[0])
    assert not any("B2B" in name for name in lines_of(fewer.path)[0])


def test_business_reports_say_what_is_wrong_with_the_page(pages: Pages, sandbox: SandboxServer) -> None:
    page, portal = pages.open("business_report", "northwind_na", "US", version=2)
    sandbox.faults("portal_no_page_data", operation="businessReports", times=1)
    with pytest.raises(AmazonUnavailable, match="could not load your data"):
        page.download(portal, wanted(portal, view="by_date"), None)
    portal.page.goto("about:blank")
    sandbox.faults(
        "portal_page_drift",
        operation="businessReports",
        options={"text": "Download (.csv)", "becomes": "Save table"},
    )
    with pytest.raises(PageChanged, match=r"Download \(\.csv\)") as raised:
        page.check(portal)
    assert raised.value.details["page"] == "business_report"
    with pytest.raises(ConfigurationError, match="no view 'by_moon'"):
        page.download(portal, wanted(portal, view="by_moon"), None)


@pytest.mark.parametrize(
    ("account", "country", "version", "language"),
    [("northwind_na", "US", 1, "en_US"), ("northwind_eu", "DE", 2, "de_DE")],
)
def test_a_brand_analytics_week_is_requested_listed_and_downloaded(
    pages: Pages, sandbox: SandboxServer, account: str, country: str, version: int, language: str
) -> None:
    week = WEEK if account == "northwind_na" else (date(2026, 11, 1), date(2026, 11, 7))
    page, portal = pages.open("brand_analytics", account, country, version=version, language=language)
    page.check(portal)
    want = wanted(portal, *week, view="search_query_performance_brand", period="WEEK")
    assert page.reports(portal, want) == []
    page.request(portal, want)
    left_open = [tab.url for tab in portal.page.context.pages if "download-manager" in tab.url]
    assert left_open == []
    (report,) = page.reports(portal, want)
    assert report.status is ProcessingStatus.IN_PROGRESS
    with pytest.raises(Throttled, match=r"already|bereits"):
        page.request(portal, want)
    sandbox.clock(jump_seconds=600)
    (ready,) = page.reports(portal, want)
    assert (ready.report_id, ready.status) == (report.report_id, ProcessingStatus.DONE)
    assert abs((ready.created_at - report.created_at).total_seconds()) < 1
    (file,) = page.download(portal, want, ready)
    assert file.facts["first_day"] == week[0].isoformat()
    assert f"{week[0]} - {week[1]}" in ",".join(lines_of(file.path)[0])
    # Another view of the same week is another file.
    assert page.reports(portal, wanted(portal, *week, view="demographics", period="WEEK")) == []


def test_brand_analytics_asks_the_list_before_a_second_click(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sellerops.sources.seller_portal.pages import brand_analytics

    page, portal = pages.open("brand_analytics", "northwind_na", "US")
    want, clicks = wanted(portal, *WEEK, view="demographics", period="WEEK"), []

    def stays_open(portal: Portal, button: Locator) -> bool:
        clicks.append(real(portal, button))
        return False

    real = brand_analytics.confirm
    monkeypatch.setattr(brand_analytics, "confirm", stays_open)
    page.request(portal, want)
    assert (clicks, len(page.reports(portal, want))) == ([True], 1)
    monkeypatch.setattr(brand_analytics, "confirm", lambda *_: False)
    with pytest.raises(AmazonUnavailable, match="stays open after two clicks") as raised:
        page.request(portal, want)
    assert "sent" not in raised.value.details, "the list is looked at before the next request"


def test_brand_analytics_does_not_take_another_period_or_brand(pages: Pages, sandbox: SandboxServer) -> None:
    page, portal = pages.open("brand_analytics", "northwind_na", "US")
    running = date(2026, 11, 15), date(2026, 11, 21)
    with pytest.raises(NotPublishedYet, match="ends on 2026-11-14") as raised:
        page.request(portal, wanted(portal, *running, view="demographics", period="WEEK"))
    assert raised.value.details["sent"] is False
    with pytest.raises(ConfigurationError, match="no brand 'Unknown'"):
        page.request(portal, wanted(portal, *WEEK, view="demographics", period="WEEK", brand="Unknown"))
    october = date(2026, 10, 1), date(2026, 10, 31)
    page.request(portal, wanted(portal, *october, view="customer_loyalty", period="MONTH"))
    assert len(page.reports(portal, wanted(portal, *october, view="customer_loyalty", period="MONTH"))) == 1
    # The list has both brands' files: without an option it is the brand that the page shows.
    other = wanted(portal, *october, view="customer_loyalty", period="MONTH", brand="Fabrikam")
    assert page.reports(portal, other) == []
    page.request(portal, other)
    (theirs,) = page.reports(portal, other)
    (ours,) = page.reports(portal, wanted(portal, *october, view="customer_loyalty", period="MONTH"))
    assert theirs.report_id != ours.report_id
    # "Page not found" means that there is nothing only where a store is known to have no page.
    sandbox.faults(
        "portal_page_drift",
        operation="brandAnalytics",
        options={"text": ">Demographics<", "becomes": ">Page not found<"},
    )
    with pytest.raises(PageChanged, match="page not found"):
        page.request(portal, wanted(portal, *WEEK, view="demographics", period="WEEK"))
    portal.marketplace, portal.store = marketplace("IE"), ""
    with pytest.raises(NothingToCollect, match="Ireland"):
        page.request(portal, wanted(portal, *WEEK, view="demographics", period="WEEK"))


@pytest.mark.parametrize("version", [1, 2])
def test_all_pages_of_the_shipment_queue_are_exported(pages: Pages, version: int) -> None:
    page, portal = pages.open("shipment_queue", "northwind_na", "US", version=version)
    page.check(portal)
    files = page.download(portal, wanted(portal, date(2026, 9, 20), date(2026, 11, 20)), None)
    assert len(files) > 1
    assert [file.facts["part"] for file in files] == [str(n) for n in range(1, len(files) + 1)]
    assert {file.facts["first_day"] for file in files} == {"2026-09-20"}
    place = lines_of(files[0].path)[0].index("Shipment ID")
    shipments = [line[place] for file in files for line in lines_of(file.path)[1:]]
    assert len(set(shipments)) == len(shipments) > 25
    assert len(lines_of(files[0].path)) == 1 + 25
    assert page.download(portal, wanted(portal, date(2019, 1, 1), date(2019, 1, 31)), None) == ()


def test_support_cases_are_exported_page_by_page(pages: Pages) -> None:
    from openpyxl import load_workbook

    page, portal = pages.open("support_cases", "northwind_na", "US", version=2, language="de_DE")
    page.check(portal)
    files = page.download(portal, wanted(portal, None, None), None)
    assert len(files) > 1
    cases = []
    for file in files:
        rows = load_workbook(file.path, read_only=True).worksheets[0].iter_rows(values_only=True)
        cases += [row[0] for row in rows][1:]
    assert len(set(cases)) == len(cases) > 10
    # Pages whose cases were all updated before the range are left out.
    assert len(page.download(portal, wanted(portal, date(2026, 11, 20), date(2026, 11, 21)), None)) < len(
        files
    )
