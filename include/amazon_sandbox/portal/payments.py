"""Payments, Reports Repository: date range reports of the shown store."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amazon_sandbox.portal import layout, list_view, period_view
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files import NoData
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_PATH, _REQUEST_PATH = "/payments/reports-repository", "/payments/reports-repository/request"
_DOWNLOAD_PATH = "/payments/reports/api/download-report"
_KIND = "payments_reports.SELLER_TRANSACTION_DATE_RANGE"
_SUMMARY = "SELLER_SUMMARY_DATE_RANGE"


async def show(call: PortalCall) -> Response:
    """The page."""
    return await _page(call, None)


async def request(call: PortalCall) -> Response:
    """Take a request. The summary is a PDF, which this portal does not make."""
    if call.form.get("type") == _SUMMARY:
        return RedirectResponse(_PATH, 303)
    try:
        call.sandbox.state(ReportLists).request(call, _KIND, period_view.chosen_days(call))
    except TooEarly as early:
        return await _page(call, early)
    return RedirectResponse(_PATH, 303)


async def download(call: PortalCall) -> Response:
    """The file of a row, by its id."""
    row = call.sandbox.state(ReportLists).ready(call, call.query.get("reportId", ""))
    if row is None or row.days is None:
        return HTMLResponse("<h1>Page not found</h1>", 404)
    try:
        return await file_answer(call, row.kind, *row.days, row.options, country=row.country, now=row.made)
    except NoData:
        return HTMLResponse("<h1>Page not found</h1>", 404)


async def _page(call: PortalCall, early: TooEarly | None) -> Response:
    title = call.say("Reports Repository", "Berichtsverwaltung", "レポートリポジトリ")
    rows = await call.sandbox.state(ReportLists).listed(call, _KIND, all_stores=call.version == 2)
    in_place = " data-in-place" if call.version == 2 else ""
    types = (("SELLER_TRANSACTION_DATE_RANGE", "transaction"), (_SUMMARY, "summary"))
    options = "".join(
        f'<kat-option value="{value}">{escape(list_view.say(call, name))}</kat-option>'
        for value, name in reversed(types)
    )
    kind = escape(list_view.say(call, "report_type"))
    request_label = list_view.say(call, "request_report")
    body = (
        f"{list_view.STYLE}<h1>{escape(title)}</h1>"
        f'<form method="post" action="{_REQUEST_PATH}"{in_place}>'
        f'<kat-dropdown label="{kind}" name="type">{options}</kat-dropdown>'
        f'<div class="time-range-selection selection-filter">{period_view.date_fields(call)}</div>'
        f"{list_view.button(request_label, type='submit', id='filter-generate-button')}"
        f"</form>{list_view.table(call, rows, lambda row: list_view.say(call, 'transaction'), _control)}"
        f'<div id="dialogs">{list_view.dialog(call, early)}</div>{list_view.tour(call)}'
    )
    return layout.page(call, title, body, script=list_view.SCRIPT)


def _control(call: PortalCall, row: ListedFile) -> str:
    """A row that is not ready offers to refresh, one that failed to be requested again."""
    download = list_view.button(
        list_view.say(call, "download_csv"), href=f"{_DOWNLOAD_PATH}?reportId={row.report_id}"
    )
    ready = f'<kat-icon name="check_circle"></kat-icon> {escape(list_view.say(call, "ready"))} {download}'
    shown = list_view.status_and(call, row, ready)
    status = row.status(call.sandbox.clock.now())
    offers = {"in_progress": "refresh", "failed": "request_again", "canceled": "request_again"}
    if status in offers:
        shown += " " + list_view.button(list_view.say(call, offers[status]), href=_PATH)
    return f"<div>{shown}</div>"


pages = (
    PortalPage("paymentsReports", _PATH, show),
    PortalPage("paymentsReports", _REQUEST_PATH, request, methods=("POST",)),
    PortalPage("paymentsReports", _DOWNLOAD_PATH, download),
)
