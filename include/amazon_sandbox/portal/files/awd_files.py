"""Files of Amazon Warehousing and Distribution: the three fee workbooks, inventory and inbound shipments.

The workbooks' texts are not public, so headers, sheets and titles are inferred: storage has a merged title
row and a sheet per programme, processing has its header in row 1 and an empty sheet after it, transportation
an empty sheet before it. Amounts are the charges that settlements and transactions sum up (`awd_charges`).
The month of charge is the month in which units were stored, received or delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from amazon_sandbox.portal.files.layouts import columns
from amazon_sandbox.portal.files.models import CSV, XLSX, FileRequest, NoData, PortalFile
from amazon_sandbox.portal.files.workbook import Cell, Sheet, column_name, workbook_bytes
from amazon_sandbox.portal.files.writing import csv_bytes
from amazon_sandbox.simulation.awd import Shipment, shipments_seen, stock_at
from amazon_sandbox.simulation.awd_charges import Charge, Fee, Program, first_of, month_of, monthly_charges
from amazon_sandbox.simulation.documents import iso_utc
from amazon_sandbox.simulation.marketplaces import Marketplace

Row = dict[str, Cell]
VOLUME_UNIT = "cubic feet"
_PROGRAMS = {Program.BASE: "Base", Program.SMART: "Smart", Program.MANAGED: "Amazon managed"}
_FEE_TYPES = {**{program.value: name for program, name in _PROGRAMS.items()}, "inbound": "inbound",
              "outbound": "outbound"}  # fmt: skip


def write_fees(fee: Fee, request: FileRequest) -> PortalFile:
    """The bill for the month of the first day. Raises NoData while nothing of it has been charged."""
    request = request.of_account
    month = month_of(request.days[0])
    charges = [one for one in monthly_charges(request.storefront, month) if one.fee is fee]
    charges = [one for one in charges if one.at <= request.seconds]
    if not charges:
        raise NoData(fee)
    name = f"AWD_Monthly_{fee.value.title()}_Fee_Report_{first_of(month):%Y-%m}.xlsx"
    return PortalFile(name, XLSX, workbook_bytes(_SHEETS[fee](request.marketplace, month, charges)))


def _storage(marketplace: Marketplace, month: int, charges: Sequence[Charge]) -> list[Sheet]:
    title = f"AWD Monthly Storage Fee Report {first_of(month):%B %Y}"
    return [
        _sheet(
            f"{name} storage",
            Fee.STORAGE,
            marketplace,
            month,
            [one for one in charges if one.kind == program],
            title,
        )
        for program, name in _PROGRAMS.items()
    ]


def _processing(marketplace: Marketplace, month: int, charges: Sequence[Charge]) -> list[Sheet]:
    return [_sheet("Processing Fee", Fee.PROCESSING, marketplace, month, charges), Sheet("Sheet2")]


def _transportation(marketplace: Marketplace, month: int, charges: Sequence[Charge]) -> list[Sheet]:
    return [Sheet("Sheet1"), _sheet("Transportation Fee", Fee.TRANSPORTATION, marketplace, month, charges)]


_SHEETS = {Fee.STORAGE: _storage, Fee.PROCESSING: _processing, Fee.TRANSPORTATION: _transportation}


def _sheet(
    name: str, fee: Fee, marketplace: Marketplace, month: int, charges: Iterable[Charge], title: str = ""
) -> Sheet:
    shown = columns(f"awd_{fee.value}")
    rows: list[Sequence[Cell]] = [[column.header for column in shown]]
    for charge in charges:
        row = _charge(marketplace, month, charge)
        rows.append([row.get(column.field) for column in shown])
    if len(rows) == 1:
        return Sheet(name)
    if title:
        return Sheet(name, [[title], *rows], [f"A1:{column_name(len(shown) - 1)}1"])
    return Sheet(name, rows)


def _charge(marketplace: Marketplace, month: int, charge: Charge) -> Row:
    listing = charge.sku.listing
    total = marketplace.amount(charge.amount)
    return {
        "month_of_charge": first_of(month),
        "sku": listing.sku,
        "fnsku": listing.fnsku,
        "asin": listing.asin,
        "inventory_country": marketplace.country,
        "volume": charge.quantity,
        "volume_unit": VOLUME_UNIT,
        "storage_rate": charge.rate.normalize(),
        "fee_type": _FEE_TYPES[charge.kind],
        "shipment_or_order_id": charge.reference,
        "order_id": charge.reference,
        "box_qty": int(charge.quantity),
        "rate_per_box": charge.rate.normalize(),
        "fee_amount": total,
        "currency": marketplace.currency,
        "total_charged_amount": total,
    }


def write_inventory(request: FileRequest) -> PortalFile:
    """Bulk stock now, below two or three lines about the file; some accounts have a column per country."""
    request = request.of_account
    is_by_country = request.options.get("layout", "usual") == "by_country"
    shown = columns("awd_inventory_by_country" if is_by_country else "awd_inventory", request.language)
    rows = []
    for stock in stock_at(request.storefront, request.seconds):
        listing = stock.sku.listing
        row = {
            "product_name": listing.title(request.marketplace.language),
            "sku": listing.sku,
            "fnsku": listing.fnsku,
            "asin": listing.asin,
            "inbound_to_awd_units": stock.inbound,
            "available_in_awd_units": stock.available,
            "available_us": stock.available,
            "available_cn": 0,
            "reserved_in_awd_units": stock.reserved,
            "researching_units": 0,
            "outbound_to_fba_units": stock.replenishing,
        }
        rows.append([row[column.field] for column in shown])
    above: list[Sequence[object]] = [
        ["Timestamp", _instant(request.now)],
        ["Merchant ID", request.seller.seller_id],
    ]
    if not is_by_country:
        above.append([""])
    lines = [*above, [column.header for column in shown], *rows]
    return PortalFile(f"AWD_Inventory_{request.now:%Y%m%d}.csv", CSV, csv_bytes(lines))


def write_inbound(request: FileRequest) -> PortalFile:
    """Inbound shipments by SKU: all, or those last updated on the chosen days. Raises NoData where the page
    says "No Shipment Found".
    """
    request = request.of_account
    shown = columns("awd_inbound_shipments", request.language)
    rows = []
    for shipment in shipments_seen(request.storefront, request.seconds):
        if not _is_chosen(request, shipment):
            continue
        arrived = request.seconds >= shipment.received_at
        for line in shipment.lines:
            row = {
                "shipment_id": shipment.shipment_id,
                "shipment_name": shipment.reference,
                "status": shipment.status(request.seconds).value,
                "sku": line.sku.listing.sku,
                "units_expected": line.expected * line.sku.case_size,
                "units_received": line.received * line.sku.case_size if arrived else 0,
                "created": iso_utc(shipment.changes[0]),
                "last_updated": iso_utc(shipment.updated_at(request.seconds)),
            }
            rows.append([row[column.field] for column in shown])
    if not rows:
        raise NoData("No Shipment Found")
    content = csv_bytes([[column.header for column in shown], *rows])
    return PortalFile(f"AWD_Inbound_Shipments_{request.now:%Y%m%d}.csv", CSV, content)


def _is_chosen(request: FileRequest, shipment: Shipment) -> bool:
    if request.first_day is None or request.last_day is None:
        return True
    day = request.marketplace.day_of_epoch(shipment.updated_at(request.seconds))
    return request.first_day.toordinal() <= day <= request.last_day.toordinal()


def _instant(now: datetime) -> str:
    return f"{now:%Y-%m-%d %H:%M:%S} UTC"
