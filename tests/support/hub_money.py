"""Money of two marketplaces over 25 days, whose marts agree with each other, for the pages that show it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from support.hub import ACCOUNT, US, Hub

CA = "A2EUQ1WTGCTBG2"
FIRST, LAST = date(2026, 10, 26), date(2026, 11, 19)
RATES = {"USD": Decimal("0.913131"), "CAD": Decimal("0.6517"), "EUR": Decimal(1)}
CM1 = [
    "product_sales",
    "shipping_income",
    "gift_wrap_income",
    "other_income",
    "refunds",
    "promotions",
    "referral_fees",
    "closing_fees",
    "digital_services_fees",
    "fulfilment_fees",
    "return_fees",
    "refund_admin_fees",
    "chargebacks",
    "merchant_shipping",
    "other_cm1",
]
CM2 = [
    "ads",
    "promotion_fees",
    "storage",
    "inbound",
    "removals",
    "reimbursements",
    "clawbacks",
    "other_cm2",
    "tax_on_fees",
]
BESIDE = ("overhead", "tax", "balance", "unmapped")
STEPS = [
    "ordered",
    "orders_difference",
    "cancelled",
    "pending",
    "not_shipped",
    "tax_included",
    "not_posted",
    "price_difference",
    "deferred",
]


def money_amounts(seed: int, currency: str) -> dict[str, Any]:
    """A row that adds up, other for each seed."""
    row: dict[str, Any] = {
        name: Decimal(seed * 37 % 101 + place * 7 % 11) * (-1 if name.endswith("fees") else 1) / 100
        for place, name in enumerate([*CM1, *CM2, *BESIDE])
    }
    row["product_sales"] += 100
    row["ads"] = -row["ads"] - 1
    row["cogs"], row["cogs_returned"] = Decimal(-20 - seed % 3), Decimal("0.10")
    row["cm1"] = sum(row[name] for name in CM1) + row["cogs"] + row["cogs_returned"]
    row["cm2"] = row["cm1"] + sum(row[name] for name in CM2)
    row["cm2_without_cogs"] = row["cm2"] - row["cogs"] - row["cogs_returned"]
    row["profit"] = row["cm2"] + row["overhead"]
    for name in ("product_sales", "cogs", "cm1", "ads", "cm2", "profit"):
        row[f"{name}_reporting"] = round(row[name] * RATES[currency], 6)
    return row


def all_days() -> Iterator[tuple[int, date]]:
    """The days with figures, each with its number."""
    yield from enumerate(FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1))


def fill_money(hub: Hub) -> None:
    """Rows of all marts and tables behind the pages of profit and advertising."""
    hub.add_to(
        "sellerops_reference.account_setting",
        {
            "account_id": ACCOUNT,
            "vat_on_fees": "RECOVERABLE",
            "ads_paid_by": "balance",
            "reporting_currency": "EUR",
            "sb_attribution": "purchases",
            "refund_day": "refund",
            "service_level": 0.95,
            "margin_floor": 0.1,
        },
    )
    hub.add_to(
        "sellerops_reference.fx_rate",
        *(
            {
                "day": day,
                "from_currency": currency,
                "to_currency": "EUR",
                "rate": rate,
                "source": "given",
                "age_days": 0,
            }
            for _, day in all_days()
            for currency, rate in RATES.items()
        ),
    )
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, day in all_days():
        for currency, marketplace, seed in (("USD", US, number), ("CAD", CA, number + 50)):
            _add_day(rows, day, seed, currency, marketplace)
    for mart, of_mart in rows.items():
        hub.add(mart, *of_mart)
    _add_settlements(hub)
    hub.derive("ads_total_day")
    hub.make("order_money", "product")


def _add_day(
    rows: dict[str, list[dict[str, Any]]], day: date, seed: int, currency: str, marketplace: str
) -> None:
    """A day of every mart by marketplace; that of two SKUs and of none adds up to it."""
    place = {"day": day, "marketplace_id": marketplace, "currency": currency}
    told = {"status": "complete", "missing": ""}
    reported = {**place, **told, "reporting_currency": "EUR"}
    skus = [
        {**money_amounts(seed + n, currency), "sku": sku, "units": n}
        for n, sku in enumerate(("", "A-1", "=B-2"))
    ]
    for each in skus:
        own = {name: value for name, value in each.items() if not name.startswith("profit")}
        rows["profit_sku_day"].append({**reported, **own, "returned_units": 0})
    total = {name: sum(each[name] for each in skus) for name in skus[0] if name != "sku"}
    rows["profit_day"].append({**reported, **total, "open_units": 1})
    cash = {name: value for name, value in total.items() if not name.startswith(("profit", "cogs_returned"))}
    cash["cm1"] -= total["cogs_returned"]
    cash["total"] = cash["cm2_without_cogs"] + sum(cash[name] for name in BESIDE)
    rows["cash_day"].append({**reported, **cash, "unsettled": Decimal("1.25")})
    steps = {name: Decimal(seed * 31 % 97 + n) / 100 * (-1 if n else 1) for n, name in enumerate(STEPS)}
    steps["ordered"] += 300
    paid = sum(steps.values())
    net = {"promotions_and_fees": Decimal("-9.99"), "paid_net": paid - Decimal("9.99"), "bridge_error": 0}
    # Console spend is what profit has as advertising, the other way round.
    for n, (product, window) in enumerate((("SP", 7), ("SB", 14))):
        rows["ads_campaign_day"].append(
            {
                **place,
                **told,
                "ad_product": product,
                "campaign_id": f"{product.lower()}-{seed % 2}",
                "impressions": 1000 + seed,
                "clicks": 10 + n,
                "spend": -total["ads"] if n else 2 * -total["ads"],
                "sales": Decimal(50 + seed) if seed % 3 else Decimal(0),
                "orders": 2,
                "units": 3,
                "window_days": window,
                "status": "complete" if day < date(2026, 11, 11) - timedelta(days=window) else "estimated",
            }
        )
    rows["bridge_day"].append({**place, **told, **steps, **net, "paid": paid, "orders": 2, "units": 3})


def _add_settlements(hub: Hub) -> None:
    ended = datetime.fromisoformat("2026-11-14T05:00:00+00:00")
    hub.add(
        "settlement",
        *(
            {
                "settlement_id": name,
                "day": date(2026, 11, 14),
                "ends_at": ended,
                "currency": currency,
                "total": total,
                "lines": 3,
                "unmapped_lines": 0,
                "difference": 0,
                "status": "complete",
                "missing": "",
            }
            for name, currency, total in (("111", "USD", 90), ("222", "CAD", 40))
        ),
    )
    hub.add(
        "payout_forecast",
        {
            "day": date(2026, 11, 19),
            "currency": "USD",
            "period_starts_at": ended,
            "pays_on": date(2026, 12, 1),
            "forecast": 70,
            "status": "estimated",
            "missing": "",
        },
        {
            "day": date(2026, 11, 13),
            "currency": "USD",
            "period_starts_at": ended - timedelta(days=14),
            "pays_on": date(2026, 11, 16),
            "forecast": 88,
            "paid": 90,
            "difference": 2,
            "status": "complete",
            "missing": "",
        },
    )
    line = {"day": date(2026, 11, 12), "settlement_id": "111", "currency": "USD"}
    hub.add("settlement_day", {**line, "level": "UNMAPPED", "lines": 1})
    hub.add(
        "settlement_line",
        {
            **line,
            "source_line": 7,
            "transaction_type": "New Fee",
            "amount_type": "Odd, fee",
            "amount_description": "Base",
            "amount": Decimal("-3.10"),
            "level": "UNMAPPED",
        },
        {
            **line,
            "source_line": 8,
            "transaction_type": "Order",
            "amount_type": "ItemPrice",
            "amount_description": "Principal",
            "amount": 5,
            "level": "CM1",
        },
    )
    hub.make("transaction_line", "posted_order", "posted_refund")
