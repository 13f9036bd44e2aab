"""What a page shows of a file before its download, and days in addresses."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Mapping
from datetime import date, timedelta
from html import escape
from zoneinfo import ZoneInfo

from amazon_sandbox.portal.files import FileRequest, file_of
from amazon_sandbox.portal.routes import PortalCall

_SHOWN_COLUMNS = 6


def day_of(text: str | None) -> date | None:
    """A day in an address; None when there is none or it is invalid."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def today(call: PortalCall) -> date:
    """The store's business day."""
    return call.now.astimezone(ZoneInfo(call.marketplace.timezone)).date()


def usual_days(call: PortalCall) -> tuple[date, date]:
    """What pages show first: the 30 days up to yesterday."""
    yesterday = today(call) - timedelta(days=1)
    return yesterday - timedelta(days=29), yesterday


def file_request(
    call: PortalCall,
    first_day: date | None,
    last_day: date | None,
    options: Mapping[str, str] | None = None,
    *,
    country: str | None = None,
) -> FileRequest:
    """A file of the shown store; ``country``: "" for one of the whole account."""
    shown = call.session.country if country is None else country
    return FileRequest(
        simulation=call.sandbox.simulation,
        seller=call.seller,
        country=shown or None,
        first_day=first_day,
        last_day=last_day,
        language=call.language,
        now=call.now,
        options=dict(options or {}),
    )


async def first_rows(kind: str, wanted: FileRequest, count: int) -> list[list[str]]:
    """The header and the first rows of a CSV file."""
    made = await asyncio.to_thread(file_of, kind, wanted)
    lines = csv.reader(io.StringIO(made.content.decode("utf-8-sig")))
    return [line for line, _ in zip(lines, range(count + 1), strict=False)]


def kat_table(lines: list[list[str]]) -> str:
    """A ``kat-table`` of texts; the first line is its header."""
    header, *rows = [line[:_SHOWN_COLUMNS] for line in lines] or [[]]
    return (
        f"<kat-table><kat-table-head>{_kat_row(header)}</kat-table-head>"
        f"<kat-table-body>{''.join(map(_kat_row, rows))}</kat-table-body></kat-table>"
    )


def _kat_row(cells: list[str]) -> str:
    inner = "".join(f"<kat-table-cell>{escape(cell)}</kat-table-cell>" for cell in cells)
    return f'<kat-table-row role="row">{inner}</kat-table-row>'


def tour(call: PortalCall) -> str:
    """The second version covers itself with a tour of what is new until it is closed."""
    if call.version != 2:
        return ""
    text = call.say("See what is new on this page", "Neu auf dieser Seite", "このページの新機能")
    skip = call.say("Skip tour", "Überspringen", "スキップ")
    return (
        '<kat-popover style="position:fixed;inset:0;background:#fffc;z-index:8;padding:10rem">'
        f'<p>{text}</p><button type="button" onclick="this.closest(\'kat-popover\').remove()">{skip}</button>'
        "</kat-popover>"
    )
