"""Report Central: ``/reportcentral/<NAME>/1``, a request form and the list of one fulfilment report."""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amazon_sandbox.portal import layout, list_view, period_view
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files import KINDS, NoData
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_PATH, _REQUEST_PATH = "/reportcentral/{name}/1", "/reportcentral/{name}/request"
_DOWNLOAD_PATH = "/reportcentral/api/v1/downloadFile"

# name: English, German and Japanese title. Reports that are not here are named by their address.
TITLES = {
    "AFNShipmentReport": (
        "Amazon Fulfilled Shipments",
        "Versand durch Amazon: Sendungen",
        "Amazon配送センターからの出荷",
    ),
    "CUSTOMER_RETURNS": ("FBA customer returns", "FBA-Kundenrücksendungen", "FBA返品レポート"),
    "FBA_MYI_UNSUPPRESSED_INVENTORY": ("Manage FBA Inventory", "FBA-Lagerbestand verwalten", "FBA在庫管理"),
    "LONG_TERM_STORAGE_FEE_CHARGES": (
        "Aged Inventory Surcharge report",
        "Zuschlag für überalterten Lagerbestand",
        "長期在庫追加手数料レポート",
    ),
    "MANAGE_INVENTORY_HEALTH": ("FBA Inventory", "FBA-Lagerbestand", "FBA在庫"),
    "REIMBURSEMENTS": ("Reimbursements", "Erstattungen", "払い戻し"),
    "REMOVAL_ORDER_DETAIL": (
        "Removal Order Detail",
        "Details zu Remissionsaufträgen",
        "返送/所有権の放棄依頼の詳細",
    ),
    "REMOVAL_SHIPMENT_DETAIL": (
        "Removal Shipment Detail",
        "Details zu Remissionssendungen",
        "返送商品の出荷詳細",
    ),
    "REPLACEMENT": ("Replacements", "Ersatzlieferungen", "交換"),
    "SHIPMENT_PROMOTION": ("Promotions", "Aktionen", "プロモーション"),
    "STORAGE_FEE_CHARGES": ("Monthly Storage Fees", "Monatliche Lagergebühren", "月次在庫保管手数料"),
}
_SNAPSHOTS = ("FBA_MYI_UNSUPPRESSED_INVENTORY", "MANAGE_INVENTORY_HEALTH")
_MONTHLY = ("STORAGE_FEE_CHARGES", "LONG_TERM_STORAGE_FEE_CHARGES")


async def show(call: PortalCall) -> Response:
    """The page of one report."""
    return await _page(call, None)


async def request(call: PortalCall) -> Response:
    """Take a request; the page with the dialog when it is too early."""
    name = call.request.path_params["name"]
    days, is_month = None, name in _MONTHLY
    if is_month:
        days = period_view.chosen_month(call)
    elif name not in _SNAPSHOTS:
        days = period_view.chosen_days(call)
    try:
        call.sandbox.state(ReportLists).request(call, f"report_central.{name}", days, is_month=is_month)
    except TooEarly as early:
        return await _page(call, early)
    return RedirectResponse(_PATH.format(name=name), 303)


async def download(call: PortalCall) -> Response:
    """The file of a row: by GET in version 1, by POST in version 2."""
    report_id = call.form.get("reference") or call.query.get("reportId", "")
    row = call.sandbox.state(ReportLists).ready(call, report_id)
    if row is None:
        return HTMLResponse("<h1>Page not found</h1>", 404)
    first, last = row.days or (None, None)
    try:
        return await file_answer(
            call,
            row.kind,
            first,
            last,
            row.options,
            country=row.country,
            name=f"{row.report_id}.csv",
            now=row.made,
        )
    except NoData:
        return HTMLResponse("<h1>Page not found</h1>", 404)


async def _page(call: PortalCall, early: TooEarly | None) -> Response:
    name = call.request.path_params["name"]
    kind = f"report_central.{name}"
    if kind not in KINDS:
        return layout.page(call, "Page not found", "<h1>Page not found</h1>", status=404)
    rows = await call.sandbox.state(ReportLists).listed(call, kind, all_stores=call.version == 2)
    title = title_of(call, name)
    in_place = " data-in-place" if call.version == 2 else ""
    body = (
        f'{list_view.STYLE}<h1>{escape(title)}</h1><a id="reportpage_download_tab" href="#">Download</a>'
        f'<form method="post" action="{_REQUEST_PATH.format(name=name)}"{in_place}>'
        f'<div id="report-page-kat-box">{_controls(call, name)}{_buttons(call, name)}</div></form>'
        f"{list_view.table(call, rows, lambda row: title, _download)}"
        f'<div id="dialogs">{list_view.dialog(call, early)}</div>{list_view.tour(call)}'
    )
    return layout.page(call, title, body, script=list_view.SCRIPT)


def title_of(call: PortalCall, name: str) -> str:
    """A report's title in the page's language."""
    english, german, japanese = TITLES.get(name, (name.replace("_", " ").title(),) * 3)
    return call.say(english, german, japanese)


def _controls(call: PortalCall, name: str) -> str:
    if name in _SNAPSHOTS:
        return ""
    return period_view.month_controls(call) if name in _MONTHLY else period_view.days_controls(call)


def _buttons(call: PortalCall, name: str) -> str:
    """With a preset there is only the button for text files; the one for CSV comes with exact dates."""
    primary = "download-report-page-kat-button-primary"
    if name in _SNAPSHOTS or name in _MONTHLY:
        label = list_view.say(call, "request_download" if call.version == 1 else "request_report")
        return list_view.button(label, type="submit", **{"class": primary})
    csv = list_view.button(list_view.say(call, "request_csv"), type="submit", **{"class": primary})
    txt = list_view.button(list_view.say(call, "request_txt"))
    return f'<span data-format="csv">{csv}</span> {txt}'


def _download(call: PortalCall, row: ListedFile) -> str:
    label = list_view.say(call, "download")
    if call.version == 1:
        made = list_view.button(label, href=f"{_DOWNLOAD_PATH}?reportId={row.report_id}")
    else:
        made = (
            f'<form method="post" action="{_DOWNLOAD_PATH}">'
            f'<input type="hidden" name="reference" value="{row.report_id}">'
            f"{list_view.button(label, type='submit')}</form>"
        )
    return list_view.status_and(call, row, made)


pages = (
    PortalPage("reportCentral", _PATH, show),
    PortalPage("reportCentral", _REQUEST_PATH, request, methods=("POST",)),
    PortalPage("reportCentral", _DOWNLOAD_PATH, download, methods=("GET", "POST")),
)
