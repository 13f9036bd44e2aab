"""The controls of page objects at the local portal's kat elements, in a real Chromium."""

from __future__ import annotations

from datetime import date

import pytest
from support.portal import EnterPortal
from support.sandbox import SandboxServer

from sellerops.base.errors import PageChanged
from sellerops.sources.seller_portal.portal import Portal

_PAGE = """<!DOCTYPE html><html lang="{lang}"><head><meta name="anti-csrftoken-a2z" content="x"></head><body>
<form id="f" method="get" action="/home">
<kat-date-range-picker></kat-date-range-picker>
<label>Format <select name="format"><option value="0">CSV</option><option value="1">Text</option></select>
</label>
<kat-dropdown label="Month" name="month"><kat-option value="0">January</kat-option>
<kat-option value="9">October</kat-option></kat-dropdown>
<kat-button label="Request .csv Download" onclick="this.dataset.pressed = 'yes'"></kat-button>
<kat-link label="Export" href="#export"></kat-link>
<label>Plain <input type="text" name="plain"></label>
</form>
<kat-table><kat-table-head><kat-table-row><kat-table-cell>Report</kat-table-cell>
<kat-table-cell>Status</kat-table-cell></kat-table-row></kat-table-head><kat-table-body>
<kat-table-row><kat-table-cell>Second</kat-table-cell>
<kat-table-cell><kat-badge label="In Progress"></kat-badge></kat-table-cell></kat-table-row>
<kat-table-row><kat-table-cell>First</kat-table-cell><kat-table-cell>
<kat-button label="Download" onclick="document.title = 'downloaded first'"></kat-button></kat-table-cell>
</kat-table-row></kat-table-body></kat-table>
<kat-modal visible="{visible}"><p>It is too early to request this report again.</p></kat-modal>
<script src="{base}/portal-assets/kat.js?v={version}"></script></body></html>"""


def _show(portal: Portal, *, lang: str = "en-US", version: int = 1, visible: str = "false") -> None:
    """A page of the portal's site with every kind of control."""
    html = _PAGE.format(base=portal.base, lang=lang, version=version, visible=visible)
    address = portal.url("/every-control")
    portal.page.unroute_all()
    portal.page.route(
        address, lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8")
    )
    portal.session.goto(address)


def test_controls(enter_portal: EnterPortal, sandbox: SandboxServer) -> None:
    """All kinds, in both versions of the elements and in the date formats of three languages."""
    first, last = date(2026, 11, 1), date(2026, 11, 9)
    with enter_portal() as portal:
        controls, page = portal.controls, portal.page
        for version, lang, shown in (
            (1, "en-US", "11/01/2026"),
            (2, "de-DE", "01.11.2026"),
            (2, "ja-JP", "2026/11/01"),
        ):
            _show(portal, lang=lang, version=version)
            controls.set_dates(first, last)
            assert page.locator("kat-date-range-picker input").first.input_value() == shown
            assert controls.dates() == (first, last)
            # What the form submits is what was typed, in both versions.
            submitted = "input => input.value"
            assert page.locator("input[name=startDate]").evaluate(submitted) == "2026-11-01"
            assert page.locator("input[name=endDate]").evaluate(submitted) == "2026-11-09"
        controls.choose("Month", option=("Oktober", "October"))
        assert controls.chosen("Month") == "October"
        assert page.locator("input[name=month]").evaluate("input => input.value") == "9"
        controls.choose("Month", value="0")
        assert controls.chosen("Month") == "January"
        controls.choose("Format", option=("Text",))
        assert controls.chosen("Format") == "Text"
        controls.press("Request .csv Download", "CSV anfordern")
        assert page.locator('kat-button[data-pressed="yes"]').count() == 1
        controls.follow("Export")
        assert page.url.endswith("#export")
        controls.field("Plain").fill("text")
        assert page.locator("input[name=plain]").input_value() == "text"

        rows = controls.rows()
        assert [dict(row.cells) for row in rows] == [
            {"Report": "Second", "Status": "In Progress"},
            {"Report": "First", "Status": "Download"},
        ]
        controls.press("Download", within=rows[1].locator)
        assert page.title() == "downloaded first"

        assert controls.modal() is None
        _show(portal, visible="true")
        modal = controls.modal()
        assert modal and "too early" in modal.text
        modal.close()
        assert controls.modal() is None


def test_a_range_set_by_attribute_counts_only_in_version_1(
    enter_portal: EnterPortal, sandbox: SandboxServer
) -> None:
    """Which is why ranges are typed: what is shown is no proof."""
    with enter_portal() as portal:
        for version, submitted in ((1, "2026-11-01"), (2, "")):
            _show(portal, version=version)
            picker = portal.page.locator("kat-date-range-picker")
            picker.evaluate("(element, day) => element.setAttribute('start-value', day)", "2026-11-01")
            assert picker.locator("input").first.input_value() == "11/01/2026"
            found = portal.page.locator("input[name=startDate]").evaluate("input => input.value")
            assert found == submitted


def test_a_missing_control_is_named_with_its_page(
    enter_portal: EnterPortal, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sellerops.sources.seller_portal.controls.CONTROL_MS", 300.0)
    with enter_portal(page_name="report_central") as portal:
        _show(portal)
        controls = portal.controls
        for look, control in (
            (lambda: controls.button("Create", "Erstellen"), "button 'Create'"),
            (lambda: controls.link("Create"), "link 'Create'"),
            (lambda: controls.choose("Week", option=("1",)), "drop-down 'Week'"),
            (lambda: controls.choose("Format", option=("PDF",)), "option 'PDF' of 'Format'"),
            (lambda: controls.choose("Month", option=("May",)), "option 'May' of 'Month'"),
            (lambda: controls.field("Name"), "field 'Name'"),
        ):
            with pytest.raises(PageChanged) as caught:
                look()
            assert caught.value.details == {"page": "report_central", "control": control}
