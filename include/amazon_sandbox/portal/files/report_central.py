"""The reports of `/reportcentral/<NAME>/1`: the documents of the Reports API, comma-separated.

Their headers are the API's (public parsers read both alike), except for Amazon Fulfilled Shipments, whose web
file has names in title case and in the session's language. A file's name is the number of the report.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from amazon_sandbox.portal.files.layouts import ENGLISH, own_columns
from amazon_sandbox.portal.files.models import CSV, FileRequest, NoData, PortalFile
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation.streams import number

# The name in the page's address, and the report of the API with the same rows. Names without public evidence:
# SHIPMENT_PROMOTION, STORAGE_FEE_CHARGES, LONG_TERM_STORAGE_FEE_CHARGES, REMOVAL_SHIPMENT_DETAIL.
REPORTS = {
    "FBA_MYI_UNSUPPRESSED_INVENTORY": "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA",
    "MANAGE_INVENTORY_HEALTH": "GET_FBA_INVENTORY_PLANNING_DATA",
    "REPLACEMENT": "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA",
    "AFNShipmentReport": "GET_AMAZON_FULFILLED_SHIPMENTS_DATA_GENERAL",
    "REIMBURSEMENTS": "GET_FBA_REIMBURSEMENTS_DATA",
    "LONG_TERM_STORAGE_FEE_CHARGES": "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA",
    "STORAGE_FEE_CHARGES": "GET_FBA_STORAGE_FEE_CHARGES_DATA",
    "REMOVAL_SHIPMENT_DETAIL": "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA",
    "REMOVAL_ORDER_DETAIL": "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA",
    "SHIPMENT_PROMOTION": "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA",
    "CUSTOMER_RETURNS": "GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA",
}
_TITLE_CASE = "AFNShipmentReport"
# Reports of calendar months, which are the same in every store; the others have the store's days.
_MONTHLY = frozenset((REPORTS["STORAGE_FEE_CHARGES"], REPORTS["LONG_TERM_STORAGE_FEE_CHARGES"]))


def write(name: str, request: FileRequest) -> PortalFile:
    """The file of one report. Raises NoData where the API's report would end CANCELLED."""
    rows = document_rows(REPORTS[name], request)
    if name == _TITLE_CASE:
        rows[0] = _titled(rows[0], request.language)
    days = (str(request.first_day), str(request.last_day))
    report = number(request.seller.account, name, request.country or "", *days, request.seconds)
    return PortalFile(f"{report % 10**12 + 10**12}.csv", CSV, csv_bytes(rows, newline="\r\n"))


def document_rows(report_type: str, request: FileRequest) -> list[list[str]]:
    """The header and the rows of a flat file of the Reports API for the same store and days."""
    start, end = _window(report_type, request)
    document = request.simulation.document(
        report_type, request.seller, [request.marketplace.marketplace_id], start, end, None, request.now
    )
    if document is None:
        raise NoData(report_type)
    charset = document.content_type.partition("charset=")[2]
    codec = {"windows-31j": "cp932"}.get(charset, charset)
    lines = document.read().decode(codec).split("\r\n")
    return [_cells(line) for line in lines if line]


def _titled(header: Sequence[str], language: str) -> list[str]:
    """The web file's names of the API's columns: those that are known in the language, else the API's words
    in title case (inferred).
    """
    known = {
        column.field: column.header
        for each in (ENGLISH, language)
        for column in own_columns("fulfilled_shipments", each)
    }
    return [known.get(name) or name.replace("-", " ").title() for name in header]


def _cells(line: str) -> list[str]:
    """The fields of a line of a flat file; in some types each is in quotes."""
    if line.startswith('"') and line.endswith('"'):
        return next(csv.reader([line], delimiter="\t"))
    return line.split("\t")


def _window(report_type: str, request: FileRequest) -> tuple[datetime, datetime] | tuple[None, None]:
    """The chosen days from midnight to midnight in the store (monthly reports: UTC), the end excluded."""
    if request.first_day is None or request.last_day is None:
        return None, None
    zone = ZoneInfo("UTC" if report_type in _MONTHLY else request.marketplace.timezone)
    ends = (request.first_day, request.last_day + timedelta(days=1))
    start, end = (_midnight(day, zone) for day in ends)
    return start, end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
