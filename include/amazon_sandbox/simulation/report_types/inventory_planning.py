"""GET_FBA_INVENTORY_PLANNING_DATA: stock, its age, sales, and what Amazon derives from them, by SKU."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from amazon_sandbox.simulation.documents import Document, charset_of, flat_file
from amazon_sandbox.simulation.low_inventory import Supply, supply_in_week
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.report_types.stock_outlook import (
    COVER_DAYS,
    MOST_DAYS,
    PERIODS,
    Outlook,
    outlooks,
)
from amazon_sandbox.simulation.stock_ages import surcharge, tiers_on, unit_volume, units_in
from amazon_sandbox.simulation.storage import storage_rate
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import number

REPORT_TYPE = "GET_FBA_INVENTORY_PLANNING_DATA"

# Age ranges in days, as the header groups them; every group covers the same units.
_AGES = {
    "inv-age-0-to-90-days": (0, 90), "inv-age-91-to-180-days": (91, 180),
    "inv-age-181-to-270-days": (181, 270), "inv-age-271-to-365-days": (271, 365),
    "inv-age-366-to-455-days": (366, 455), "inv-age-456-plus-days": (456, 100_000),
    "inv-age-0-to-30-days": (0, 30), "inv-age-31-to-60-days": (31, 60), "inv-age-61-to-90-days": (61, 90),
    "inv-age-181-to-330-days": (181, 330), "inv-age-331-to-365-days": (331, 365),
}  # fmt: skip
_TIERS_SINCE = date(2026, 1, 16)  # the header named these tiers even before
_SURCHARGES = (  # age ranges that the surcharge distinguishes
    "181-210-days", "211-240-days", "241-270-days", "271-300-days", "301-330-days", "331-365-days",
    "366-455-days", "456-plus-days",
)  # fmt: skip

HEADER = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "available", "fc-transfer",
    "pending-removal-quantity", *tuple(_AGES)[:6], "currency", "units-shipped-t7", "units-shipped-t30",
    "units-shipped-t60", "units-shipped-t90", "alert", "your-price", "sales-price",
    "lowest-price-new-plus-shipping", "lowest-price-used", "recommended-action",
    "DEPRECATED healthy-inventory-level", "recommended-sales-price", "recommended-sale-duration-days",
    "recommended-removal-quantity", "estimated-cost-savings-of-recommended-actions", "sell-through",
    "item-volume", "volume-unit-measurement", "storage-type", "storage-volume", "marketplace",
    "product-group", "sales-rank", "days-of-supply", "estimated-excess-quantity", "weeks-of-cover-t30",
    "weeks-of-cover-t90", "featuredoffer-price", "sales-shipped-last-7-days", "sales-shipped-last-30-days",
    "sales-shipped-last-60-days", "sales-shipped-last-90-days", *tuple(_AGES)[6:],
    "estimated-storage-cost-next-month", "inbound-quantity", "inbound-working", "inbound-shipped",
    "inbound-received", "no-sale-last-6-months", "Total Reserved Quantity", "unfulfillable-quantity",
    *(
        f"{what}-ais-{ages}"
        for ages in _SURCHARGES
        for what in ("quantity-to-be-charged", "estimated")
    ),
    "historical-days-of-supply", "fba-minimum-inventory-level", "fba-inventory-level-health-status",
    "Recommended ship-in quantity", "Recommended ship-in date",
    "Last updated date for Historical Days of Supply", "Exempted from Low-Inventory-Level fee?",
    "Low-Inventory-Level fee applied in current week?", "Short term historical days of supply",
    "Long term historical days of supply", "Inventory age snapshot date", "Inventory Supply at FBA",
    "Reserved FC Processing", "Reserved Customer Order", "Reserved Staging",
    "Total Days of Supply (including units from open shipments)", "supplier", "is-seasonal-in-next-3-months",
    "season-name", "season-start-date", "season-end-date", "Fulfillment Service and Programs",
)  # fmt: skip


def write(request: ReportRequest) -> Document | None:
    """The first marketplace's SKUs at `as_of`, or None for a seller without FBA stock records."""
    storefront = request.storefronts[0]
    rows = []
    for outlook in outlooks(storefront, request.now):
        values = dict.fromkeys(HEADER, "")
        values |= (
            _item(storefront, outlook)
            | _stock(outlook)
            | _ages(storefront, outlook, request.now)
            | _sales(storefront, outlook)
        )
        values |= _advice(storefront, outlook)
        rows.append(tuple(values[name] for name in HEADER))
    return flat_file(HEADER, rows, charset_of([storefront.marketplace])) if rows else None


def _item(storefront: Storefront, outlook: Outlook) -> dict[str, str]:
    listing, marketplace = outlook.listing, storefront.marketplace
    price = marketplace.money(storefront.unit_price(listing, outlook.today))
    cubic_feet = unit_volume(listing)
    return {
        "snapshot-date": date.fromordinal(outlook.today).isoformat(),
        "sku": listing.sku,
        "fnsku": listing.fnsku,
        "asin": listing.asin,
        "product-name": listing.title(marketplace.language),
        "condition": "New",
        "currency": marketplace.currency,
        "your-price": price,
        "sales-price": price,
        "lowest-price-new-plus-shipping": price,
        "featuredoffer-price": "" if not outlook.stock.fulfillable else price,
        "item-volume": f"{cubic_feet:.4f}",
        "volume-unit-measurement": "cubic feet",
        "storage-type": "Standard-size",
        "storage-volume": f"{cubic_feet * outlook.stock.warehouse:.4f}",
        "marketplace": marketplace.country,
        "product-group": f"gl_{listing.category}",
        "sales-rank": str(500 + number(*storefront.key, listing.sku, outlook.today, "rank") % 90_000),
        "Fulfillment Service and Programs": "FBA",
    }


def _stock(outlook: Outlook) -> dict[str, str]:
    stock = outlook.stock
    return {
        "available": str(stock.fulfillable),
        "fc-transfer": "0",
        "pending-removal-quantity": "0",
        "inbound-quantity": str(outlook.inbound),
        "inbound-working": str(stock.inbound_working),
        "inbound-shipped": str(stock.inbound_shipped),
        "inbound-received": str(stock.inbound_receiving),
        "Total Reserved Quantity": str(stock.reserved),
        "unfulfillable-quantity": str(stock.unsellable),
        "Inventory Supply at FBA": str(stock.fulfillable + stock.reserved + outlook.inbound),
        "Reserved FC Processing": "0",
        "Reserved Customer Order": str(stock.reserved),
        "Reserved Staging": "0",
    }


def _ages(storefront: Storefront, outlook: Outlook, now: int) -> dict[str, str]:
    ages = outlook.ages(storefront, now)

    def units(youngest: int, oldest: int) -> int:
        return sum(count for age, count in ages.items() if youngest <= age <= oldest)

    values = {name: str(units(*bounds)) for name, bounds in _AGES.items()}
    for name, tier in zip(_SURCHARGES, tiers_on(_TIERS_SINCE), strict=True):
        charged = units_in(tier, ages)
        fee = surcharge(storefront, outlook.listing, tier, charged)
        values[f"quantity-to-be-charged-ais-{name}"] = str(charged)
        values[f"estimated-ais-{name}"] = _money(storefront, fee)
    values["estimated-storage-cost-next-month"] = _storage(storefront, outlook, outlook.stock.warehouse)
    yesterday = date.fromordinal(outlook.today) - timedelta(days=1)
    return values | {"Inventory age snapshot date": yesterday.isoformat()}


def _storage(storefront: Storefront, outlook: Outlook, units: int) -> str:
    """Cost of storing `units` for the next month, at that month's rate."""
    month = (date.fromordinal(outlook.today).replace(day=1) + timedelta(days=32)).replace(day=1)
    return _money(storefront, units * unit_volume(outlook.listing) * storage_rate(storefront, month))


def _money(storefront: Storefront, amount: Decimal) -> str:
    marketplace = storefront.marketplace
    return marketplace.money(int((amount * 10**marketplace.decimals).quantize(Decimal(1), ROUND_HALF_UP)))


def _sales(storefront: Storefront, outlook: Outlook) -> dict[str, str]:
    values = {}
    for days in PERIODS:
        values[f"units-shipped-t{days}"] = str(outlook.shipped[days].units)
        values[f"sales-shipped-last-{days}-days"] = storefront.marketplace.money(outlook.shipped[days].sales)
    on_hand = outlook.stock.fulfillable
    shipped = outlook.shipped[90].units
    return values | {
        "sell-through": f"{shipped / max(1, on_hand):.2f}",
        "weeks-of-cover-t30": _weeks(on_hand, outlook.shipped[30].units / 30),
        "weeks-of-cover-t90": _weeks(on_hand, shipped / 90),
        "no-sale-last-6-months": "0" if shipped else str(on_hand),
    }


def _weeks(units: int, daily: float) -> str:
    return f"{min(units / daily, MOST_DAYS) / 7:.1f}" if daily else ""


def _supply(days: int) -> str:
    """Days of supply as text, capped at a year as Amazon does."""
    return f"{MOST_DAYS}+" if days >= MOST_DAYS else str(days)


def _days(supply: float | None) -> str:
    return "" if supply is None else f"{supply:.1f}"


def _advice(storefront: Storefront, outlook: Outlook) -> dict[str, str]:
    excess = max(0, outlook.stock.fulfillable - round(outlook.daily_units * 2 * COVER_DAYS))
    ship_date = outlook.ship_date
    monday = date.fromordinal(outlook.today) - timedelta(days=date.fromordinal(outlook.today).weekday())
    supply = supply_in_week(storefront, outlook.today).get(outlook.listing.sku, Supply())
    return {
        "alert": outlook.alert,
        "recommended-action": "Create shipping plan"
        if ship_date
        else "Create sale"
        if excess
        else "No action required",
        "recommended-removal-quantity": "0",
        "estimated-cost-savings-of-recommended-actions": _storage(storefront, outlook, excess),
        "days-of-supply": _supply(outlook.days_of_supply),
        "estimated-excess-quantity": str(excess),
        "historical-days-of-supply": _days(supply.larger),
        "fba-minimum-inventory-level": str(round(outlook.daily_units * 28)),
        "fba-inventory-level-health-status": "Low" if supply.is_thin else "Excess" if excess else "Healthy",
        "Recommended ship-in quantity": str(outlook.ship_in),
        "Recommended ship-in date": ship_date.isoformat() if ship_date else "",
        "Last updated date for Historical Days of Supply": monday.isoformat(),
        "Exempted from Low-Inventory-Level fee?": "Yes" if supply.exemption else "No",
        "Low-Inventory-Level fee applied in current week?": "Yes" if supply.fee else "No",
        "Short term historical days of supply": _days(supply.short),
        "Long term historical days of supply": _days(supply.long),
        "Total Days of Supply (including units from open shipments)": _supply(outlook.total_days_of_supply),
        "supplier": "unassigned",
        "is-seasonal-in-next-3-months": "No",
    }
