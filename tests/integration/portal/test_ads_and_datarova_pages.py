"""Page objects of the ads console and of Datarova, in a real Chromium at the local portal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from typing import TYPE_CHECKING

import pytest
from support.portal import EnterPortal
from support.portal_pages import Pages
from support.sandbox import SandboxServer

from sellerops.base.errors import PageChanged, RequestRefused
from sellerops.sources.common.portal_api import WantedFile
from sellerops.sources.common.report_api import ProcessingStatus

if TYPE_CHECKING:
    from sellerops.sources.seller_portal.portal import Portal

DAYS = date(2026, 11, 8), date(2026, 11, 14)


@pytest.fixture
def pages(enter_portal: EnterPortal, sandbox: SandboxServer) -> Iterator[Pages]:
    with ExitStack() as stack:
        yield Pages(enter_portal, sandbox, stack)


def wanted(portal: Portal, **options: str) -> WantedFile:
    store = None if options.get("report") == "unified_search_terms" else portal.marketplace
    return WantedFile(portal.account, store, *DAYS, {"advertiser": "Northwind NA", **options})


@pytest.mark.parametrize(("version", "language"), [(1, "en_US"), (2, "de_DE")])
def test_unified_reporting_builds_a_report_from_the_template(
    pages: Pages, sandbox: SandboxServer, version: int, language: str
) -> None:
    page, portal = pages.open("ads_reports", "northwind_na", "US", version=version, language=language)
    want = wanted(portal, report="unified_search_terms")
    # A cold session is sent to the page for new advertisers; the account chooser leads past it.
    portal.goto("/reporting")
    assert portal.page.url.endswith("/register")
    page.check(portal)
    assert page.reports(portal, want) == []
    page.request(portal, want)
    (report,) = page.reports(portal, want)
    assert report.status is ProcessingStatus.IN_PROGRESS
    sandbox.clock(jump_seconds=3600)
    (ready,) = page.reports(portal, want)
    assert (ready.report_id, ready.status) == (report.report_id, ProcessingStatus.DONE)
    (file,) = page.download(portal, want, ready)
    assert file.path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert file.facts["first_day"] == "2026-11-08"


def test_the_old_console_is_used_while_it_creates_reports(pages: Pages, sandbox: SandboxServer) -> None:
    page, portal = pages.open("ads_reports", "northwind_na", "US")
    want = wanted(portal, report="sp_search_terms", time_unit="DAILY")
    page.request(portal, want)
    (report,) = page.reports(portal, want)
    sandbox.clock(jump_seconds=3600)
    (ready,) = page.reports(portal, want)
    assert (ready.report_id, ready.status) == (report.report_id, ProcessingStatus.DONE)
    (file,) = page.download(portal, want, ready)
    assert file.path.read_bytes().startswith(b"PK")
    sandbox.clock(set="2026-12-18T09:00:00Z")
    page.check(portal)
    assert len(page.reports(portal, want)) == 1  # read-only: what is there can still be fetched
    with pytest.raises(RequestRefused, match="no longer creates reports") as raised:
        page.request(portal, want)
    assert "unified_search_terms" in raised.value.remedy
    sandbox.clock(set="2027-01-02T09:00:00Z")
    page.check(portal)
    with pytest.raises(RequestRefused, match="no longer exists"):
        page.reports(portal, want)


def test_a_keyword_export_is_requested_and_fetched(pages: Pages, sandbox: SandboxServer) -> None:
    page, portal = pages.open("datarova", "northwind_na", "US")
    want = wanted(portal, report="keywords")
    page.check(portal)
    page.request(portal, want)
    (report,) = page.reports(portal, want)
    assert report.status is ProcessingStatus.IN_PROGRESS
    sandbox.clock(jump_seconds=600)
    (ready,) = page.reports(portal, want)
    (file,) = page.download(portal, want, ready)
    assert b"Keyword" in file.path.read_bytes()
    sandbox.faults(
        "portal_page_drift",
        operation="datarova",
        options={"text": "Create download", "becomes": "New export"},
    )
    with pytest.raises(PageChanged, match="Create download"):
        page.check(portal)
