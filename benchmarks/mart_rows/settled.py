"""Settlements and transactions of the same orders, refunds, ads, storage and reimbursements."""

from __future__ import annotations

from mart_rows.demand import REFUNDED_AFTER
from mart_rows.tables import (
    AD_COST,
    AGED,
    AGED_FEE,
    DAYS,
    ONE,
    ORDER_ID,
    REFUNDED,
    REFUNDED_BY_NOW,
    SHIPPED,
    UNITS,
    TableRows,
    money,
)

# Amazon closes a currency's books every two weeks; 2020-01-06 is such a Monday for all currencies.
_EPOCH = "date '2020-01-06'"
NEXT_MONTH = "(date_trunc('month', d.day) + interval '1 month 9 days')::date"


def _settlement(day: str) -> dict[str, str]:
    return {
        "settlement_id": f"'9{{books}}' || lpad((({day} - {_EPOCH}) / 14)::text, 6, '0')",
        "marketplace_name": "'{channel}'",
        "posted_date": day,
    }


# Where prices include tax, the principal does not, and nothing is withheld.
_ORDER_LINES = """
    CROSS JOIN LATERAL (VALUES
        ('ItemPrice', 'Principal', d.price - {inside} * d.tax), ('ItemPrice', 'Tax', d.tax),
        ('ItemWithheldTax', 'MarketplaceFacilitatorTax-Principal', ({inside} - 1) * d.tax),
        ('ItemFees', 'Commission', -d.commission),
        ('ItemFees', 'FBAPerUnitFulfillmentFee', -d.fulfilment)) AS line (kind, description, cents)
"""
_REFUND_LINES = """
    CROSS JOIN LATERAL (VALUES
        ('ItemPrice', 'Principal', {inside} * d.tax - d.price), ('ItemPrice', 'Tax', -d.tax),
        ('ItemWithheldTax', 'MarketplaceFacilitatorTax-Principal', (1 - {inside}) * d.tax),
        ('ItemFees', 'Commission', d.commission),
        ('ItemFees', 'RefundCommission', -(d.commission / 5))) AS line (kind, description, cents)
"""
_LEAVES = {
    "Principal": "OurPricePrincipal",
    "Tax": "OurPriceTax",
}
_LEAF = "CASE line.description {cases} ELSE line.description END".format(
    cases=" ".join(f"WHEN '{old}' THEN '{new}'" for old, new in _LEAVES.items())
)
_LINE = {"amount_type": "line.kind", "amount_description": "line.description", "amount": money("line.cents")}
_ITEM = {"order_id": ORDER_ID, "merchant_order_id": ORDER_ID, "sku": "s.sku", "fulfillment_id": "'AFN'"}
_SOME = "line.cents <> 0"


def _closed(day: str) -> str:
    """SQL: whether the books of a day are closed by ``{until}``; a settlement is published only then."""
    return f"{_EPOCH} + (({day} - {_EPOCH}) / 14 + 1) * 14 <= date '{{until}}'"


_AGED_DAY = "(d.day + 3)"
_REFUND_DAY = f"(d.day + {REFUNDED_AFTER})"
_ORDER_TOTAL = "d.price - d.commission - d.fulfilment"
_REFUND_TOTAL = "-d.price + d.commission - d.commission / 5"


def _transaction(kind: str, moment: str) -> dict[str, str]:
    return {
        "transaction_id": f"'{kind}-' || {ORDER_ID}",
        "transaction_type": f"'{kind}'",
        "transaction_status": "'RELEASED'",
        "posted_date": moment,
    }


def _total(kind: str, moment: str, cents: str) -> dict[str, str]:
    return {
        **_transaction(kind, moment),
        "total_amount": money(cents),
        "total_amount_currency_code": "'{currency}'",
        "order_id": ORDER_ID,
        "marketplace_details_marketplace_id": "'{marketplace_id}'",
        "breakdowns": "'[]'",
    }


def _amounts(kind: str, moment: str) -> dict[str, str]:
    return {
        **_transaction(kind, moment),
        "marketplace_details_marketplace_id": "'{marketplace_id}'",
        "breakdown_path": f"'{kind}/' || line.kind || '/' || {_LEAF}",
        "breakdown_type": _LEAF,
        "amount": money("line.cents"),
        "currency_code": "'{currency}'",
        "line_hash": f"md5('{kind}' || line.description || {ORDER_ID})",
    }


def _item_amounts(kind: str, moment: str) -> dict[str, str]:
    return {**_amounts(kind, moment), "sku": "s.sku", "asin": "s.asin", "quantity_shipped": "1"}


SETTLED = (
    TableRows(
        "settlements", "settlements",
        {
            **_settlement("d.day"), **_ITEM, **_LINE, "transaction_type": "'Order'",
            "posted_date_time": SHIPPED,
            "quantity_purchased": "CASE line.description WHEN 'Principal' THEN 1 END",
        },
        UNITS + _ORDER_LINES, f"{_SOME} AND {_closed('d.day')}",
    ),
    TableRows(
        "settlements", "settlements",
        {
            **_settlement(_REFUND_DAY), **_ITEM, **_LINE, "transaction_type": "'Refund'",
            "posted_date_time": REFUNDED,
        },
        f"{DAYS} {ONE} {_REFUND_LINES}", f"d.refunded > 0 AND {_SOME} AND {_closed(_REFUND_DAY)}",
        REFUNDED_AFTER,
    ),
    TableRows(
        "settlements", "settlements",
        {
            **_settlement("d.day"), "transaction_type": "'other-transaction'",
            "amount_type": "'FBA Inventory Reimbursement'", "amount_description": "'WAREHOUSE_LOST'",
            "amount": money("d.price * 6 / 10"), "sku": "s.sku",
            "posted_date_time": "(d.day + time '10:00') AT TIME ZONE '{zone}'",
        },
        where=f"d.luck > 0.998 AND {_closed('d.day')}",
    ),
    TableRows(
        "settlements", "settlements",
        {
            **_settlement("d.day"), "transaction_type": "'ServiceFee'",
            "amount_type": "'Cost of Advertising'",
            "amount_description": "'TransactionTotalAmount'",
            "amount": money(f"-sum({AD_COST})"),
            "posted_date_time": "(d.day + time '22:00') AT TIME ZONE '{zone}'",
        },
        where=f"d.clicks > 0 AND {_closed('d.day')}", tail="GROUP BY d.day",
    ),
    TableRows(
        "settlements", "settlements",
        {
            **_settlement(NEXT_MONTH), "transaction_type": "'FBAFees'",
            "amount_type": "'FBA Inventory Storage Fee'",
            "amount_description": "'Base fee'",
            # The stored fees have four decimals; the bill is their sum in cents.
            "amount": "-round(sum(round(d.average * d.cubic_feet * 0.78, 4)), 2)",
            "posted_date_time": f"({NEXT_MONTH} + time '09:00') AT TIME ZONE '{{zone}}'",
        },
        """(SELECT s.n, min(d.day) AS day, avg(d.stock) AS average, s.cubic_feet
            FROM bench.day_{marketplace} AS d JOIN bench.sku AS s USING (n)
            WHERE d.day BETWEEN '{first}' AND '{last}' GROUP BY s.n, s.cubic_feet) AS d""",
        where=_closed(NEXT_MONTH), tail="GROUP BY d.day", days_later=39,
    ),
    TableRows(
        "settlements", "settlements",
        {
            **_settlement(_AGED_DAY), "transaction_type": "'FBAFees'",
            "amount_type": "'FBA Long Term Storage Fee'", "amount_description": "'Base fee'",
            "amount": f"-{AGED_FEE}", "sku": "s.sku",
            "posted_date_time": f"({_AGED_DAY} + time '09:00') AT TIME ZONE '{{zone}}'",
        },
        where=f"{AGED} AND {_closed(_AGED_DAY)}", days_later=3,
    ),
    TableRows("transactions", "transactions", _total("Shipment", SHIPPED, _ORDER_TOTAL), UNITS),
    TableRows(
        "transactions", "transactions", _total("Refund", REFUNDED, _REFUND_TOTAL), f"{DAYS} {ONE}",
        REFUNDED_BY_NOW, REFUNDED_AFTER,
    ),
    *(
        rows
        for table, amounts in (("transaction_amounts", _amounts), ("transaction_item_amounts", _item_amounts))
        for rows in (
            TableRows("transactions", table, amounts("Shipment", SHIPPED), UNITS + _ORDER_LINES, _SOME),
            TableRows(
                "transactions", table, amounts("Refund", REFUNDED), f"{DAYS} {ONE} {_REFUND_LINES}",
                f"{REFUNDED_BY_NOW} AND {_SOME}", REFUNDED_AFTER,
            ),
        )
    ),
)  # fmt: skip

# The header of each settlement is the only row with a currency; its total is the sum of the lines.
HEADERS = f"""
    INSERT INTO amazon_sp.settlements (account_id, marketplace_id, region, settlement_id,
        settlement_start_date, settlement_end_date, deposit_date, total_amount, currency, source_line,
        load_id, reported_at)
    SELECT account_id, NULL, min(region), settlement_id, ({_EPOCH} + period * 14)::timestamp,
           ({_EPOCH} + period * 14 + 14)::timestamp, ({_EPOCH} + period * 14 + 16)::timestamp, sum(amount),
           %(currency)s, 0, min(load_id), min(reported_at)
    FROM (SELECT *, right(settlement_id, 6)::int AS period FROM amazon_sp.settlements
          WHERE settlement_id LIKE %(books)s) AS line
    GROUP BY account_id, settlement_id, period
"""
