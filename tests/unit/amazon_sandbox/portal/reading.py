"""Asks for the portal's files, and reads them without any of their code."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from openpyxl import load_workbook

from amazon_sandbox.portal.files import FileRequest, PortalFile, file_of
from amazon_sandbox.simulation import Simulation

_FORMS = {
    "PDT": (-7, "%b %d, %Y %I:%M:%S %p"),
    "PST": (-8, "%b %d, %Y %I:%M:%S %p"),
    "UTC": (0, "%d %b %Y %I:%M:%S %p"),
    "JST": (9, "%Y/%m/%d %H:%M:%S"),
}
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
WEEK = date(2026, 11, 1), date(2026, 11, 7)
ACCOUNTS = {
    **dict.fromkeys(("US", "CA", "MX"), "northwind_na"),
    **dict.fromkeys(("GB", "DE", "FR", "IT", "ES", "NL", "SE", "PL", "BE", "IE"), "northwind_eu"),
    "JP": "northwind_jp", "AU": "northwind_au", "AE": "northwind_ae", "SA": "northwind_ae",
}  # fmt: skip


def request(
    simulation: Simulation,
    country: str = "US",
    days: tuple[date | None, date | None] = OCTOBER,
    language: str = "en_US",
    now: datetime = NOW,
    **options: str,
) -> FileRequest:
    seller = simulation.seller(ACCOUNTS[country])
    return FileRequest(simulation, seller, country, *days, language, now, options)


def download(simulation: Simulation, kind: str, *args: Any, **named: Any) -> PortalFile:
    return file_of(kind, request(simulation, *args, **named))


def lines_of(file: PortalFile) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"), newline="")))


def rows_of(file: PortalFile, header_line: int = 1) -> list[dict[str, str]]:
    """The rows below the header, which is on a line counted from 1; every row is as wide as the header."""
    header, *rows = lines_of(file)[header_line - 1 :]
    assert all(len(row) == len(header) for row in rows)
    return [dict(zip(header, row, strict=True)) for row in rows]


def sheets_of(file: PortalFile) -> dict[str, list[tuple[Any, ...]]]:
    """Rows by sheet."""
    book = load_workbook(io.BytesIO(file.content))
    return {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book if sheet.max_row}


def instant(text: str) -> datetime:
    """A time of a payments file of the US, the UK or Japan."""
    zone, form = _FORMS[text.rsplit(" ", 1)[1]]
    local = datetime.strptime(text.rsplit(" ", 1)[0], form).replace(tzinfo=timezone(timedelta(hours=zone)))
    return local.astimezone(UTC)


def number(text: str, comma: bool = False) -> Decimal:
    """A number of text; with `comma`, the decimals' sign."""
    digits = "".join(each for each in text if each.isdigit() or each in "-.,")
    digits = digits.replace(".", "").replace(",", ".") if comma else digits.replace(",", "")
    return Decimal(digits)
