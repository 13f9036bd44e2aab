"""Declares the reference tables that people fill, by CSV or the API."""

from __future__ import annotations

from sellerops.reference.table import Column, Origin, ReferenceTable
from sellerops.settings.specs import ColumnType

_ACCOUNT = Column(ColumnType.TEXT, "Account of config/accounts.yaml.", required=True)
_SKU = Column(ColumnType.TEXT, "Your SKU, spelled as at Amazon.", required=True)
_FROM = Column(ColumnType.DATE, "First day on which the row holds.", required=True)
_TO = Column(
    ColumnType.DATE,
    "Last day on which the row holds; 9999-12-31: until another replaces it.",
    default="9999-12-31",
)
_CURRENCY = Column(ColumnType.TEXT, "Currency of the amounts, an ISO code such as EUR.", required=True)
_NOTE = Column(ColumnType.TEXT, "Your remark.")


def _amount(description: str) -> Column:
    return Column(ColumnType.DECIMAL, description, least=0)


def _count(description: str, least: int = 0) -> Column:
    return Column(ColumnType.INTEGER, description, least=least)


PRODUCT_MAPPING = ReferenceTable(
    "product_mapping",
    "What you say about a SKU; it takes precedence over what Amazon's reports say.",
    Origin.GIVEN,
    {
        "account_id": _ACCOUNT,
        "sku": _SKU,
        "own_id": Column(ColumnType.TEXT, "Your own product number. SKUs that share it are one product."),
        "asin": Column(ColumnType.TEXT, "Corrects the ASIN."),
        "fnsku": Column(ColumnType.TEXT, "Corrects the FNSKU."),
        "title": Column(ColumnType.TEXT, "Your name of the product."),
        "brand": Column(ColumnType.TEXT, "Corrects the brand."),
        "size_tier": Column(ColumnType.TEXT, "Corrects the size tier."),
        "product_group": Column(
            ColumnType.TEXT, "Your group of similar products, for forecasts of new ones."
        ),
        "note": _NOTE,
    },
    key=("account_id", "sku"),
)

COST = ReferenceTable(
    "cost",
    "What one unit costs you. Marts that read it declare `{since: valid_from, marketplace: false}`.",
    Origin.GIVEN,
    {
        "account_id": _ACCOUNT,
        "marketplace_id": Column(
            ColumnType.TEXT,
            "Amazon's id of the marketplace; empty: all that have no row of their own. Files may say US.",
            default="",
        ),
        "sku": _SKU,
        "valid_from": _FROM,
        "valid_to": _TO,
        "manufacturing": Column(
            ColumnType.DECIMAL, "Purchase price of a unit; Amazon reimburses lost units at it.", True, least=0
        ),
        "freight": _amount(
            "Freight of a unit to Amazon's warehouse. Empty: unknown or included, counts as 0."
        ),
        "duty": _amount("Import duty of a unit."),
        "prep": _amount("Labelling and packing of a unit."),
        "other": _amount("Any other cost of a unit."),
        "currency": _CURRENCY,
        "note": _NOTE,
    },
    key=("account_id", "marketplace_id", "sku", "valid_from"),
    day="valid_from",
)

SUPPLIER = ReferenceTable(
    "supplier",
    "How a SKU is bought. A row without SKU is the default of its supplier, one without both of the account.",
    Origin.GIVEN,
    {
        "account_id": _ACCOUNT,
        "supplier": Column(ColumnType.TEXT, "Your name of the supplier; empty: any.", default=""),
        "sku": Column(ColumnType.TEXT, "Your SKU; empty: every SKU of the supplier.", default=""),
        "route": Column(
            ColumnType.TEXT, "Your name of the way of transport, such as sea or air.", default=""
        ),
        "priority": Column(
            ColumnType.INTEGER, "1: the usual way to buy; 2, 3: alternatives.", default=1, least=1
        ),
        "production_days": _amount("Days from the order until the goods leave the supplier."),
        "production_sd_days": _amount("Standard deviation of that."),
        "transit_days": _amount("Days from the supplier until the goods reach Amazon's warehouse."),
        "transit_sd_days": _amount("Standard deviation of that."),
        "review_days": _amount("Days between two orders."),
        "minimum_order_quantity": _count("Fewest units of a SKU that the supplier sells.", 1),
        "case_pack": _count("Units in a carton; orders are whole cartons.", 1),
        "carton_length_cm": _amount("Length of a carton."),
        "carton_width_cm": _amount("Width of a carton."),
        "carton_height_cm": _amount("Height of a carton."),
        "carton_weight_kg": _amount("Weight of a full carton."),
        "freight_per_unit": _amount("Freight of a unit on this route."),
        "currency": Column(ColumnType.TEXT, "Currency of freight_per_unit, an ISO code such as USD."),
        "deposit_percent": _amount("Percentage of an order's value paid when it is placed."),
        "balance_days": _amount("Days from the order until the rest is paid."),
        "note": _NOTE,
    },
    key=("account_id", "supplier", "sku", "route"),
)

PRICE_BREAK = ReferenceTable(
    "price_break",
    "Unit prices of a supplier by quantity. Without a row, a unit costs `manufacturing` of table cost.",
    Origin.GIVEN,
    {
        "account_id": _ACCOUNT,
        "supplier": Column(ColumnType.TEXT, "Your name of the supplier; empty: any.", default=""),
        "sku": _SKU,
        "minimum_quantity": Column(ColumnType.INTEGER, "Fewest units at this price.", True, least=1),
        "unit_price": Column(ColumnType.DECIMAL, "Price of a unit.", True, least=0),
        "currency": _CURRENCY,
    },
    key=("account_id", "supplier", "sku", "minimum_quantity"),
)

STOCK_ELSEWHERE = ReferenceTable(
    "stock_elsewhere",
    "Units that Amazon does not know of: in your warehouses and in open purchase orders.",
    Origin.GIVEN,
    {
        "account_id": _ACCOUNT,
        "sku": _SKU,
        "kind": Column(
            ColumnType.TEXT, "Where the units are.", True, choices=("warehouse", "purchase_order")
        ),
        "reference": Column(ColumnType.TEXT, "Name of the warehouse or number of the order.", default=""),
        "valid_from": Column(ColumnType.DATE, "Day of the count, or first day of the order.", required=True),
        "valid_to": _TO,
        "quantity": Column(ColumnType.INTEGER, "Units; of an order: not yet received.", True, least=0),
        "expected_date": Column(
            ColumnType.DATE, "Day on which an order reaches Amazon; of a warehouse: empty, can be sent today."
        ),
        "supplier": Column(ColumnType.TEXT, "Your name of the supplier."),
        "note": _NOTE,
    },
    key=("account_id", "sku", "kind", "reference", "valid_from"),
    day="valid_from",
)

FX_GIVEN = ReferenceTable(
    "fx_given",
    "Exchange rates that you give; they take precedence over the European Central Bank's.",
    Origin.GIVEN,
    {
        "day": Column(
            ColumnType.DATE, "First day of the rate; it holds up to 30 days if no later one is given.", True
        ),
        "from_currency": Column(ColumnType.TEXT, "ISO code of the currency to convert.", True),
        "to_currency": Column(ColumnType.TEXT, "ISO code of the currency of the result.", True),
        "rate": Column(ColumnType.DECIMAL, "One unit of from_currency in to_currency.", True, least=0),
        "note": _NOTE,
    },
    key=("day", "from_currency", "to_currency"),
    day="day",
)

GIVEN_TABLES = (PRODUCT_MAPPING, COST, SUPPLIER, PRICE_BREAK, STOCK_ELSEWHERE, FX_GIVEN)
