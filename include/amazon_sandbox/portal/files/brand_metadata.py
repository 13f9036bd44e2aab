"""The names of Brand Analytics files, and their first row, which states the brand (or ASIN) and the period.

As CSV the row has three public forms: with raw inner quotes, as CSV quotes them, and padded with empty cells
to the width of the table. As a workbook it has a cell per item.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from amazon_sandbox.portal.files.layouts import label
from amazon_sandbox.portal.files.models import CSV, XLSX, FileRequest, PortalFile
from amazon_sandbox.portal.files.workbook import Cell, Sheet, workbook_bytes
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation.report_types.periods import AnalyticsScope, analytics_request
from amazon_sandbox.simulation.report_types.request import ReportRequest

QUOTINGS = ("raw", "doubled", "padded")
_RANGES = {"WEEK": "Weekly", "MONTH": "Monthly", "QUARTER": "Quarterly"}


class Table(NamedTuple):
    """A view's table: its name in the file's name, what row 1 begins with (key and value, or nothing), the
    header, and the rows.
    """

    name: str
    subject: tuple[str, str] | None
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def scope_of(request: FileRequest) -> AnalyticsScope:
    """The requested period, checked: weeks from Sunday to Saturday, whole months, whole quarters, not before
    their publication. Raises ValueError for any other.
    """
    first, last = request.days
    options = {"reportPeriod": request.options.get("period", "WEEK")}
    asked = ReportRequest(request.seller, (request.storefront,), first, last, options, request.now)
    return analytics_request("Brand Analytics", asked, tuple(_RANGES))


def written(request: FileRequest, table: Table) -> PortalFile:
    """The file of a table, in the requested `format` and `quoting`."""
    kind = request.options.get("period", "WEEK")
    first, last = request.days
    quoting = request.options.get("quoting", "raw")
    if quoting not in QUOTINGS:
        raise ValueError(f"quoting must be one of {', '.join(QUOTINGS)}; got {quoting}")
    items = [
        f'{key}=["{value}"]' for key, value in _items(request, table.subject, kind, first, last, quoting)
    ]
    name = f"{request.marketplace.country}_{table.name}_{kind.title()}_{last:%Y_%m_%d}"
    if request.options.get("format", "csv") == "xlsx":
        content = workbook_bytes([Sheet(table.name[:31], [items, table.header, *table.rows])])
        return PortalFile(f"{name}.xlsx", XLSX, content)
    padded = [*items, *[""] * (len(table.header) - len(items))]
    row = {"raw": ",".join(items) + "\n", "doubled": _quoted(items), "padded": _quoted(padded)}[quoting]
    rows = [["" if cell is None else cell for cell in line] for line in (table.header, *table.rows)]
    return PortalFile(f"{name}.csv", CSV, row.encode() + csv_bytes(rows, quote_all=True))


def _quoted(items: Sequence[str]) -> str:
    return csv_bytes([items]).decode()


def _items(
    request: FileRequest, subject: tuple[str, str] | None, kind: str, first: date, last: date, quoting: str
) -> list[tuple[str, str]]:
    language = request.language
    items = [(label(subject[0], language), subject[1])] if subject else []
    items.append((label("Reporting Range", language), label(_RANGES[kind], language)))
    span = f"{first} - {last} {last.year}"
    if kind == "WEEK":
        # The number is that of the ISO week of the Saturday: Week 28 is 2026-07-05 - 2026-07-11.
        week = f"{label('Week', language)} {last.isocalendar().week}"
        return [*items, (label("Select week", language), f"{week} | {span}")]
    if kind == "QUARTER":
        return [*items, (label("Select quarter", language), f"Q{(last.month + 2) // 3} | {span}")]
    month = label("long months", language).split()[first.month - 1]
    if quoting == "doubled":  # the other public form of monthly files
        year = (label("Select year", language), str(first.year))
        return [*items, year, (label("Select month", language), month)]
    return [*items, (label("Select month", language), f"{month} | {span}")]
