"""The case log of Seller Support: ten cases per page, exported page by page as Excel files."""

from __future__ import annotations

import asyncio
import io

from starlette.responses import Response

from amazon_sandbox.portal import layout, previews
from amazon_sandbox.portal.file_answers import file_answer
from amazon_sandbox.portal.files import FileRequest, NoData, file_of, page_count
from amazon_sandbox.portal.routes import PortalCall, PortalPage

_KIND = "support_cases"
_PATH = "/cu/case-lobby"
_PER_PAGE = 10


async def show(call: PortalCall) -> Response:
    """One page of the list, last updated first."""
    number = int(call.query.get("page", "1"))
    wanted = previews.file_request(call, None, None, {"page": str(number)}, country="")
    title = call.say("Manage your cases", "Fälle verwalten", "ケースの管理")
    try:
        count, lines = page_count(_KIND, wanted), await asyncio.to_thread(_lines, wanted)
    except NoData:
        count, lines = 1, []
    if len(lines) < 2:
        empty = call.say("No cases found", "Keine Fälle gefunden", "ケースが見つかりません")
        return layout.page(call, title, f"<h1>{title}</h1><p>{empty}</p>")
    label = call.say("Export", "Exportieren", "エクスポート")
    styled = 'class="export-report-button"' if call.version == 1 else ""
    pagination = (
        f'<kat-pagination total-items="{count * _PER_PAGE}" items-per-page="{_PER_PAGE}" page="{number}" '
        f'href="{_PATH}?page={{page}}"></kat-pagination>'
    )
    body = (
        f"<h1>{title}</h1>{pagination}"
        f'<kat-button {styled} label="{label}" href="{_PATH}/export?page={number}"></kat-button>'
        f"{previews.kat_table(lines)}{pagination}{previews.tour(call)}"
    )
    return layout.page(call, title, body)


async def export(call: PortalCall) -> Response:
    """The file of one page."""
    return await file_answer(call, _KIND, None, None, {"page": call.query.get("page", "1")}, country="")


def _lines(wanted: FileRequest) -> list[list[str]]:
    from openpyxl import load_workbook

    sheet = load_workbook(io.BytesIO(file_of(_KIND, wanted).content), read_only=True).worksheets[0]
    return [["" if cell is None else str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


pages = (PortalPage("supportCases", _PATH, show), PortalPage("supportCases", f"{_PATH}/export", export))
