"""The pages of Amazon Warehousing and Distribution: fee reports, inbound shipments, inventory. AWD has one
store per account, so its files are those of the whole account.
"""

from __future__ import annotations

from html import escape

from starlette.responses import HTMLResponse, RedirectResponse, Response

from amazon_sandbox.portal import layout, list_view, period_view
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files import NoData
from amazon_sandbox.portal.report_lists import ListedFile, ReportLists, TooEarly
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_REPORTS, _FEE, _FEE_REQUEST = "/awd/reports", "/awd/reports/{fee}", "/awd/reports/{fee}/request"
_INBOUND, _INBOUND_REQUEST = "/awd/inbound-shipments", "/awd/inbound-shipments/request"
_INVENTORY, _INVENTORY_FILE = "/awd/inventory", "/awd/inventory/download"
_FILE = "/awd/download"
_INBOUND_KIND = "awd_inbound_shipments"
_COLUMNS = ("report_type", "period", "requested", "format", "status")

FEES = {
    "storage": (
        "AWD Monthly Storage Fee Report",
        "AWD: Bericht über monatliche Lagergebühren",
        "AWD月次保管手数料レポート",
    ),
    "processing": (
        "AWD Monthly Processing Fee Report",
        "AWD: Bericht über monatliche Bearbeitungsgebühren",
        "AWD月次処理手数料レポート",
    ),
    "transportation": (
        "AWD Monthly Transportation Fee Report",
        "AWD: Bericht über monatliche Transportgebühren",
        "AWD月次輸送手数料レポート",
    ),
}


async def reports(call: PortalCall) -> Response:
    """The three links to the fee reports."""
    title = call.say("AWD reports", "AWD-Berichte", "AWDレポート")
    links = "".join(
        f'<li><kat-link label="{escape(call.say(*texts))}" href="{_FEE.format(fee=fee)}"></kat-link></li>'
        for fee, texts in FEES.items()
    )
    return layout.page(call, title, f"<h1>{escape(title)}</h1><ul>{links}</ul>")


async def fee_report(call: PortalCall) -> Response:
    """One fee report."""
    return await _fee_page(call, None)


async def request_fees(call: PortalCall) -> Response:
    """Take a request for a month."""
    fee = call.request.path_params["fee"]
    try:
        call.sandbox.state(ReportLists).request(
            call, f"awd_fees.{fee}", period_view.chosen_month(call), is_month=True
        )
    except TooEarly as early:
        return await _fee_page(call, early)
    return RedirectResponse(_FEE.format(fee=fee), 303)


async def inbound(call: PortalCall) -> Response:
    """Inbound shipments."""
    return await _inbound_page(call, None)


async def request_inbound(call: PortalCall) -> Response:
    """Take a request for a range."""
    try:
        call.sandbox.state(ReportLists).request(call, _INBOUND_KIND, period_view.chosen_days(call))
    except TooEarly as early:
        return await _inbound_page(call, early)
    return RedirectResponse(_INBOUND, 303)


async def download(call: PortalCall) -> Response:
    """The file of a row, in a new tab."""
    row = call.sandbox.state(ReportLists).ready(call, call.query.get("reportId", ""))
    if row is None or row.days is None:
        return HTMLResponse("<h1>Page not found</h1>", 404)
    try:
        return await file_answer(call, row.kind, *row.days, row.options, country="", now=row.made)
    except NoData:
        return HTMLResponse("<h1>Page not found</h1>", 404)


async def inventory(call: PortalCall) -> Response:
    """Today's stock: a menu with two downloads."""
    title = call.say("AWD inventory", "AWD-Bestand", "AWD在庫")
    entries = "".join(
        f'<button type="button" role="menuitem" data-action="{action}">'
        f"{escape(list_view.say(call, name))}</button>"
        for action, name in (
            ("DOWNLOAD_TEMPLATE", "inventory_template"),
            ("DOWNLOAD_INVENTORY_DATA", "inventory_data"),
        )
    )
    body = (
        f'<h1>{escape(title)}</h1><div id="downloadDropdown"><div class="button-group-header">'
        f'<button type="button" class="indicator" aria-haspopup="menu">'
        f"{escape(list_view.say(call, 'inventory_menu'))}</button></div>"
        f'<div role="menu" hidden>{entries}</div></div>'
    )
    return layout.page(call, title, body, script=_MENU_SCRIPT)


async def inventory_file(call: PortalCall) -> Response:
    """The stock as a file."""
    return await file_answer(call, "awd_inventory", None, None, country="")


async def _fee_page(call: PortalCall, early: TooEarly | None) -> Response:
    fee = call.request.path_params["fee"]
    if fee not in FEES:
        return layout.page(call, "Page not found", "<h1>Page not found</h1>", status=404)
    title = call.say(*FEES[fee])
    rows = await call.sandbox.state(ReportLists).listed(call, f"awd_fees.{fee}")
    return _list_page(
        call,
        title,
        _FEE_REQUEST.format(fee=fee),
        period_view.month_controls(call),
        list_view.say(call, "request_download"),
        list_view.table(call, rows, lambda row: title, _download, columns=_COLUMNS),
        early,
    )


async def _inbound_page(call: PortalCall, early: TooEarly | None) -> Response:
    title = call.say("Inbound shipments", "Eingehende Sendungen", "納品")
    rows = await call.sandbox.state(ReportLists).listed(call, _INBOUND_KIND)
    return _list_page(
        call,
        title,
        _INBOUND_REQUEST,
        period_view.days_controls(call),
        list_view.say(call, "request_csv"),
        list_view.table(call, rows, lambda row: title, _download_shipments, columns=_COLUMNS),
        early,
    )


def _list_page(
    call: PortalCall,
    title: str,
    action: str,
    controls: str,
    request_label: str,
    table: str,
    early: TooEarly | None,
) -> Response:
    in_place = " data-in-place" if call.version == 2 else ""
    body = (
        f'{list_view.STYLE}<h1>{escape(title)}</h1><form method="post" action="{action}"{in_place}>'
        f"{controls}{list_view.button(request_label, type='submit')}</form>{table}"
        f'<div id="dialogs">{list_view.dialog(call, early)}</div>{list_view.tour(call)}'
    )
    return layout.page(call, title, body, script=list_view.SCRIPT)


def _download(call: PortalCall, row: ListedFile, no_data: str = "no_data") -> str:
    label, href = escape(list_view.say(call, "download")), f"{_FILE}?reportId={row.report_id}"
    link = f'<kat-link label="{label}" href="{href}" target="_blank"></kat-link>'
    return list_view.status_and(call, row, link, no_data=no_data)


def _download_shipments(call: PortalCall, row: ListedFile) -> str:
    return _download(call, row, "no_shipment")


_MENU_SCRIPT = f"""
const menu = document.querySelector('[role=menu]');
document.querySelector('.indicator').addEventListener('click', () => {{ menu.hidden = !menu.hidden; }});
for (const entry of menu.children) entry.addEventListener('click', () => {{
  if (entry.dataset.action === 'DOWNLOAD_INVENTORY_DATA') location.href = '{_INVENTORY_FILE}';
}});
"""

pages = (
    PortalPage("awdFees", _REPORTS, reports),
    PortalPage("awdFees", _FEE, fee_report),
    PortalPage("awdFees", _FEE_REQUEST, request_fees, methods=("POST",)),
    PortalPage("awdInboundShipments", _INBOUND, inbound),
    PortalPage("awdInboundShipments", _INBOUND_REQUEST, request_inbound, methods=("POST",)),
    PortalPage("awdFees", _FILE, download),
    PortalPage("awdInventory", _INVENTORY, inventory),
    PortalPage("awdInventory", _INVENTORY_FILE, inventory_file),
)
