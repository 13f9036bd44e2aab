"""The shipment queue: shipments of a range, 25 per page; "Export" exports the page that is shown."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from amazon_sandbox.portal import layout, previews
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files import NoData, page_count
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_KIND = "shipment_queue"
_OLD_PATH = "/gp/ssof/shipping-queue.html/"
_PATH = "/amazonsell/shipments"
_PER_PAGE = 25


async def old_address(call: PortalCall) -> Response:
    """Redirect the old address, which people have bookmarked, to the new list."""
    return RedirectResponse(_PATH, 302)


async def show(call: PortalCall) -> Response:
    """One page of the list."""
    first, last = _days(call)
    number = int(call.query.get("page", "1"))
    wanted = previews.file_request(call, first, last, {"page": str(number)})
    title = call.say("Shipments", "Sendungen", "納品一覧")
    body = f"<h1>{title}</h1>{_filters(call, first, last)}"
    try:
        count = page_count(_KIND, wanted)
        lines = await previews.first_rows(_KIND, wanted, _PER_PAGE)
    except NoData:
        count, lines = 1, []
    if len(lines) < 2:
        empty = call.say("No shipments found", "Keine Sendungen gefunden", "納品が見つかりません")
        return layout.page(call, title, f"{body}<p>{empty}</p>{previews.tour(call)}")
    query = {"startDate": first, "endDate": last}
    body += _export(call, f"{_PATH}/export?{urlencode({**query, 'page': number})}")
    body += previews.kat_table(lines)
    body += _next(call, f"{_PATH}?{urlencode(query)}", number, count)
    return layout.page(call, title, body + previews.tour(call))


async def export(call: PortalCall) -> Response:
    """The file of one page."""
    first, last = _days(call)
    return await file_answer(call, _KIND, first, last, {"page": call.query.get("page", "1")})


def _days(call: PortalCall) -> tuple[date, date]:
    first, last = previews.usual_days(call)
    chosen = previews.day_of(call.query.get("startDate")), previews.day_of(call.query.get("endDate"))
    return chosen[0] or first, chosen[1] or last


def _filters(call: PortalCall, first: date, last: date) -> str:
    """The page has the date fields twice; the first ones belong to a closed panel."""
    apply = call.say("Apply", "Anwenden", "適用")
    from_label, to_label = call.say("From Date", "Von", "開始日"), call.say("To Date", "Bis", "終了日")
    picker = (
        f'<kat-date-range-picker start-label="{from_label}" end-label="{to_label}" '
        f'start-value="{first}" end-value="{last}"></kat-date-range-picker>'
    )
    styled = 'class="date-range-apply-button"' if call.version == 1 else ""
    return (
        f'<div hidden>{picker}</div><form action="{_PATH}">{picker}'
        f'<kat-button {styled} label="{apply}" type="submit"></kat-button></form>'
    )


def _export(call: PortalCall, address: str) -> str:
    label = call.say("Export", "Exportieren", "エクスポート")
    if call.version == 1:
        return f'<kat-link class="export-table-link" label="{label}" href="{address}"></kat-link>'
    return f'<kat-button label="{label}" href="{address}"></kat-button>'


def _next(call: PortalCall, address: str, number: int, count: int) -> str:
    label = call.say("Next", "Weiter", "次へ")
    if call.version == 2:
        return (
            f'<kat-pagination total-items="{count * _PER_PAGE}" items-per-page="{_PER_PAGE}" page="{number}" '
            f'href="{address}&amp;page={{page}}" next-label="{label}"></kat-pagination>'
        )
    if number >= count:
        return f'<a class="disabled" aria-disabled="true">{label}</a>'
    return f'<a href="{address}&amp;page={number + 1}">{label}</a>'


pages = (
    PortalPage("shipmentQueue", _OLD_PATH, old_address),
    PortalPage("shipmentQueue", _PATH, show),
    PortalPage("shipmentQueue", f"{_PATH}/export", export),
)
