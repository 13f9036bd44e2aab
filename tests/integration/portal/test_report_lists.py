"""Pages that list requested files: page objects in a real browser against the local portal."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from support.portal import EnterPortal
from support.sandbox import SandboxServer

from sellerops.base.errors import AmazonUnavailable, PageChanged, Throttled
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal import controls
from sellerops.sources.seller_portal.pages.registry import page_object
from sellerops.sources.seller_portal.portal import Portal

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 15)
PREPARED_S = 301
LISTS = (
    "report_central",
    "payments_reports",
    "awd_fees",
    "awd_inbound_shipments",
    "awd_inventory",
    "listing_reports",
)
# page, a text of its HTML, what it becomes, the control that is missing then
DRIFT = (
    ("report_central", "Request ", "Order ", "button 'Request Report'"),
    ("report_central", "Date Requested", "Ordered", "column 'Date Requested'"),
    ("report_central", "kat-table", "kat-grid", "table"),
    ("awd_fees", "AWD Monthly Storage Fee Report", "Bills", "link 'AWD Monthly Storage Fee Report'"),
    ("payments_reports", 'label="Report Type"', 'label="Kind"', "drop-down 'Report Type'"),
    ("awd_inventory", "downloadDropdown", "menu7", "menu 'Download'"),
)


def wanted(portal: Portal, days: tuple[date, date] | None, **options: str) -> WantedFile:
    first, last = days or (None, None)
    return WantedFile(portal.account, portal.marketplace, first, last, options)


def statuses(reports: Sequence[Report]) -> list[ProcessingStatus]:
    return [report.status for report in reports]


def collect(sandbox: SandboxServer, portal: Portal, file: WantedFile) -> DownloadedFile:
    """Request a file, wait for it on the sandbox's clock, and download it."""
    page = page_object(portal.page_name)
    assert page.reports(portal, file) == [], "another range's rows must not fit"
    page.request(portal, file)
    (report,) = page.reports(portal, file)
    assert report.status is ProcessingStatus.IN_PROGRESS
    sandbox.clock(jump_seconds=PREPARED_S)
    (ready,) = page.reports(portal, file)
    assert (ready.report_id, ready.status) == (report.report_id, ProcessingStatus.DONE)
    (downloaded,) = page.download(portal, file, ready)
    return downloaded


def rows_of(file: DownloadedFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.path.read_text("utf-8-sig"))))


@pytest.mark.parametrize(
    ("country", "version", "language"),
    [("US", 1, "en_US"), ("CA", 2, "ja_JP"), ("GB", 2, "en_US"), ("DE", 1, "de_DE"), ("FR", 2, "de_DE")],
)
def test_customer_returns_of_every_kind_of_store(
    enter_portal: EnterPortal, sandbox: SandboxServer, country: str, version: int, language: str
) -> None:
    """Other widgets, dates and words in each store; a tour lies over version 2, whose rows have no ids."""
    sandbox.control("POST", "/portal", json={"version": version, "language": language})
    account = "northwind_na" if country in ("US", "CA") else "northwind_eu"
    with enter_portal(country, account=account, page_name="report_central") as portal:
        file = wanted(portal, (FIRST, LAST), report="CUSTOMER_RETURNS")
        downloaded = collect(sandbox, portal, file)
        facts = downloaded.facts
        assert (facts["first_day"], facts["last_day"]) == ("2026-11-01", "2026-11-15")
        assert facts.get("marketplace", country) == country
        header, *rows = rows_of(downloaded)
        assert header[:2] == ["return-date", "order-id"]
        days = {row[0][:10] for row in rows}
        assert days and min(days) >= "2026-10-31" and max(days) <= "2026-11-16"
        with pytest.raises(Throttled) as early:
            page_object("report_central").request(portal, file)
        assert 0 < early.value.details["virtual_seconds"] <= 30 * 60


def test_an_old_snapshot_is_listed_and_a_new_one_requested(
    enter_portal: EnterPortal, sandbox: SandboxServer
) -> None:
    """Which one is fresh enough is the caller's to judge."""
    with enter_portal(page_name="report_central") as portal:
        page = page_object("report_central")
        snapshot = wanted(portal, None, report="FBA_MYI_UNSUPPRESSED_INVENTORY")
        (old, *_) = page.reports(portal, snapshot)
        assert old.status is ProcessingStatus.DONE
        page.request(portal, snapshot)
        newest = page.reports(portal, snapshot)[0]
        assert newest.created_at - old.created_at > timedelta(hours=20)
        sandbox.clock(jump_seconds=PREPARED_S)
        (inventory,) = page.download(portal, snapshot, newest)
        assert rows_of(inventory)[0][0] == "sku"


def test_a_file_of_the_account_is_found_whatever_store_is_shown(
    enter_portal: EnterPortal, sandbox: SandboxServer
) -> None:
    """A job of another store comes in between and leaves that store in the session."""
    page = page_object("awd_inbound_shipments")
    with enter_portal(None, page_name=page.name) as portal:
        file = wanted(portal, (FIRST, LAST))
        page.request(portal, file)
        (requested,) = page.reports(portal, file)
        assert portal.store == "United States"
    with enter_portal("CA"):
        pass
    sandbox.clock(jump_seconds=PREPARED_S)
    with enter_portal(None, page_name=page.name) as portal:
        (ready,) = page.reports(portal, file)
        assert (portal.store, ready.report_id) == ("Canada", requested.report_id)
        assert rows_of(page.download(portal, file, ready)[0])


def test_endings_refusals_and_ignored_ranges(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    page = page_object("report_central")
    with enter_portal(page_name="report_central") as portal:
        file = wanted(portal, (FIRST, LAST), report="REIMBURSEMENTS")
        options = {"status": "Canceled"}
        sandbox.faults("portal_failed_file", operation="reportCentral", times=1, options=options)
        page.request(portal, file)
        sandbox.clock(jump_seconds=PREPARED_S)
        (canceled,) = page.reports(portal, file)
        assert (canceled.status, "Canceled" in canceled.reason) == (ProcessingStatus.FATAL, True)
        sandbox.faults("portal_no_data", operation="reportCentral", times=1)
        page.request(portal, file)
        sandbox.clock(jump_seconds=PREPARED_S)
        empty = page.reports(portal, file)[0]
        assert empty.status is ProcessingStatus.CANCELLED
        assert page.download(portal, file, empty) == ()
        sandbox.faults("portal_no_page_data", operation="reportCentral", times=1)
        with pytest.raises(AmazonUnavailable):
            page.reports(portal, file)

        # The field shows what was typed; the new row shows that today was requested.
        portal.page.add_init_script(
            "addEventListener('submit', event => event.target.querySelectorAll('[name$=Date]')"
            ".forEach(field => { field.value = ''; }), true)"
        )
        returns = wanted(portal, (FIRST, LAST), report="CUSTOMER_RETURNS")
        with pytest.raises(PageChanged) as caught:
            page.request(portal, returns)
        assert "2026-11-21" in caught.value.details["control"]


@pytest.mark.parametrize(("version", "language"), [(1, "de_DE"), (2, "ja_JP")])
def test_the_canary_finds_every_control_and_requests_nothing(
    enter_portal: EnterPortal, sandbox: SandboxServer, version: int, language: str
) -> None:
    sandbox.control("POST", "/portal", json={"version": version, "language": language})
    with enter_portal() as portal:
        for name in LISTS:
            portal.page_name = name
            page_object(name).check(portal)
    assert sandbox.calls(operation="reportCentral")
    assert sandbox.control("GET", "/portal")["requested"] == []


def test_a_control_that_is_gone_is_named(
    enter_portal: EnterPortal, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(controls, "CONTROL_MS", 4_000.0)
    with enter_portal() as portal:
        for page, text, becomes, control in DRIFT:
            sandbox.clear_faults()
            sandbox.faults("portal_page_drift", options={"text": text, "becomes": becomes})
            portal.page_name = page
            with pytest.raises(PageChanged) as caught:
                page_object(page).check(portal)
            assert (caught.value.details["page"], caught.value.details["control"]) == (page, control)
