"""Inventory > Listing reports: snapshots of the shown store's listings."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amazon_sandbox.portal import layout, list_view
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_PATH, _REQUEST_PATH, _FILE_PATH = "/listing/reports", "/listing/reports/request", "/listing/reports/download"
_KIND = "listing_reports.ALL_LISTINGS"
_COLUMNS = ("report_type", "batch", "state", "action")


async def show(call: PortalCall) -> Response:
    """The page."""
    return await _page(call, None)


async def request(call: PortalCall) -> Response:
    """Take a request for all listings; this portal does not make the report of active ones."""
    try:
        if call.form.get("type") == "ALL":
            call.sandbox.state(ReportLists).request(call, _KIND, None)
    except TooEarly as early:
        return await _page(call, early)
    return RedirectResponse(_PATH, 303)


async def download(call: PortalCall) -> Response:
    """The file of a row."""
    row = call.sandbox.state(ReportLists).ready(call, call.query.get("reportId", ""))
    if row is None:
        return HTMLResponse("<h1>Page not found</h1>", 404)
    return await file_answer(call, row.kind, None, None, country=row.country, now=row.made)


async def _page(call: PortalCall, early: TooEarly | None) -> Response:
    title = call.say("Listing reports", "Angebotsberichte", "出品レポート")
    kind = call.say("All Listings Report", "Bericht zu allen Angeboten", "全出品商品レポート")
    active = call.say("Active Listings Report", "Bericht zu aktiven Angeboten", "出品中商品レポート")
    label = call.say("Select Report Type", "Berichtstyp auswählen", "レポートの種類を選択")
    rows = await call.sandbox.state(ReportLists).listed(call, _KIND)
    body = (
        f'{list_view.STYLE}<h1>{escape(title)}</h1><form method="post" action="{_REQUEST_PATH}">'
        f'<kat-dropdown label="{escape(label)}" name="type">'
        f'<kat-option value="ACTIVE">{escape(active)}</kat-option>'
        f'<kat-option value="ALL">{escape(kind)}</kat-option></kat-dropdown>'
        f"{list_view.button(list_view.say(call, 'request_report'), type='submit')}</form>"
        f"{list_view.table(call, rows, lambda row: kind, _download, columns=_COLUMNS)}"
        f'<div id="dialogs">{list_view.dialog(call, early)}</div>'
    )
    return layout.page(call, title, body, script=list_view.SCRIPT)


def _download(call: PortalCall, row: ListedFile) -> str:
    if row.status(call.sandbox.clock.now()) != "ready":
        return ""
    return list_view.button(list_view.say(call, "download"), href=f"{_FILE_PATH}?reportId={row.report_id}")


pages = (
    PortalPage("listingReports", _PATH, show),
    PortalPage("listingReports", _REQUEST_PATH, request, methods=("POST",)),
    PortalPage("listingReports", _FILE_PATH, download),
)
