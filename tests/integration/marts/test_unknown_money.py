"""What profit and cash say while reports are missing, on rows written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.built_marts import US, MartRows

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
NOON = datetime(2026, 10, 1, 19, tzinfo=UTC)  # noon in Los Angeles
DAY = NOON.date()


@pytest.fixture
def rows(ledger: Ledger) -> MartRows:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    made = MartRows(ledger)
    for sku in ("A", "B"):
        made.add(
            "reference.cost",
            {
                "marketplace_id": "", "sku": sku, "manufacturing": Decimal(5), "currency": "USD",
                "valid_from": date(2026, 1, 1), "valid_to": date(9999, 12, 31),
            },
        )  # fmt: skip
    return made


def _order(order_id: str, at: datetime, sku: str = "A", quantity: int = 1) -> dict[str, Any]:
    return {
        "amazon_order_id": order_id, "purchase_date": at, "order_status": "Shipped", "sku": sku,
        "asin": "B0EXAMPLE1", "ordinal": 1, "quantity": quantity, "item_price": Decimal(20 * quantity),
        "fulfillment_channel": "Amazon", "item_status": "Shipped", "reported_at": NOW,
    }  # fmt: skip


def _posted(
    rows: MartRows, name: str, kind: str, at: datetime, leaves: Mapping[str, int], sku: str | None = None
) -> None:
    """A released transaction; with a SKU the shipment of one unit of the order of that name."""
    common = {
        "transaction_id": f"{kind} {name}", "transaction_type": kind, "transaction_status": "RELEASED",
        "posted_date": at,
    }  # fmt: skip
    rows.add("amazon_sp.transactions", {**common, "order_id": name if sku else None, "description": kind})
    for n, (leaf, amount) in enumerate(leaves.items()):
        cells = {
            **common, "breakdown_path": leaf, "breakdown_type": leaf, "amount": Decimal(amount),
            "currency_code": "USD", "ordinal": n,
        }  # fmt: skip
        rows.add("amazon_sp.transaction_amounts", cells)
        if sku:
            item = {"sku": sku, "asin": "B0EXAMPLE1", "quantity_shipped": 1}
            rows.add("amazon_sp.transaction_item_amounts", {**cells, **item})


def _preview(rows: MartRows, sku: str, at: datetime, fulfilment: Decimal | None) -> None:
    rows.add(
        "amazon_sp.fee_preview",
        {
            "snapshot_at": at, "sku": sku, "currency": "USD", "estimated_referral_fee_per_unit": Decimal(3),
            "expected_fulfillment_fee_per_unit": fulfilment,
        },
    )  # fmt: skip


def test_storage_of_a_month_is_spread_over_all_its_days(rows: MartRows) -> None:
    """October is reported. For September only what Amazon posted is known; November costs as October did."""
    november = datetime(2026, 11, 9, 19, tzinfo=UTC)
    rows.add("amazon_sp.all_orders", _order("one", NOON), _order("two", november))
    country = {"marketplace_id": None, "currency": "USD", "sku": "A"}
    rows.add(
        "amazon_sp.storage_fees",
        {
            **country, "month": date(2026, 10, 1), "country_code": "US",
            "estimated_monthly_storage_fee": Decimal(10),
        },
    )  # fmt: skip
    rows.add(
        "amazon_sp.long_term_storage_fees",
        {**country, "snapshot_date": date(2026, 10, 15), "country": "US", "amount_charged": Decimal(7)},
    )
    september, aged = NOON + timedelta(days=8), NOON + timedelta(days=18)
    _posted(rows, "september", "ServiceFee", september, {"FBAStorageFee": -50})
    _posted(rows, "aged", "ServiceFee", aged, {"FBALongTermStorageFee": -7})
    _posted(rows, "october", "ServiceFee", november, {"FBAStorageFee": -10})

    found = rows.built("profit_sku_day")
    october = [row for row in found if row["day"].month == 10 and row["sku"] == "A"]
    assert len(october) == 31
    assert sum(row["storage"] for row in october) == -17
    assert {round(row["storage"], 3) for row in october} == {Decimal("-0.548")}
    assert not [row for row in october if "storage" in row["missing"]]
    others = {(row["day"], row["sku"]): row for row in found if row not in october}
    amounts = {key: (row["storage"], row["missing"]) for key, row in others.items() if row["storage"]}
    assert amounts == {
        (september.date(), ""): (-50, "storage"),
        (november.date(), "A"): (Decimal("-0.322581"), "fees, storage"),
    }
    assert others[september.date(), ""]["status"] == "estimated"


def test_what_is_unknown_is_told(rows: MartRows) -> None:
    """No storage report, no fulfilment rate of one SKU, no advertising on the second day."""
    later = NOON + timedelta(days=1)
    rows.add("amazon_sp.all_orders", _order("known", NOON, "B"))
    rows.add("amazon_sp.all_orders", _order("both", later, "A", 2), _order("rated", later, "B"))
    sold = {"OurPricePrincipal": 20, "Commission": -3, "FBAPerUnitFulfillmentFee": -4}
    _posted(rows, "both", "Shipment", later, sold, "A")
    _posted(rows, "rated", "Shipment", later, sold, "B")
    _posted(rows, "storage", "ServiceFee", later, {"FBAStorageFee": -50})
    _preview(rows, "A", later, None)
    _preview(rows, "B", NOON, Decimal("4.50"))
    _preview(rows, "B", later, Decimal("4.50"))
    ad = {"date": DAY, "currency_code": "USD", "cost": Decimal(9), "campaign_id": "c", "reported_at": NOW}
    rows.add("amazon_ads.sp_campaigns", ad)
    rows.add(
        "amazon_ads.sp_advertised_products", {**ad, "advertised_sku": "B", "advertised_asin": "B0EXAMPLE1"}
    )

    first, second = rows.built("profit_day")
    found = {
        (row["day"], row["sku"]): row for row in rows.rows("SELECT * FROM sellerops_marts.profit_sku_day")
    }
    advertised = found[DAY, "B"]
    assert (advertised["ads"], advertised["fulfilment_fees"]) == (-9, Decimal("-4.50"))
    assert (advertised["status"], advertised["missing"]) == ("incomplete", "storage")
    unrated = found[later.date(), "A"]
    assert (unrated["open_units"], unrated["referral_fees"], unrated["fulfilment_fees"]) == (1, -6, None)
    assert (unrated["cm1"], unrated["estimated_fees"], unrated["fee_difference"]) == (None, None, None)
    assert (unrated["status"], unrated["missing"]) == ("incomplete", "ads, fees, storage")
    rated = found[later.date(), "B"]
    assert (rated["estimated_fees"], rated["fee_difference"], rated["missing"]) == (
        Decimal("-7.50"), Decimal("0.50"), "ads, storage",
    )  # fmt: skip
    assert found[later.date(), ""]["storage"] == -50

    # Of the day, a sum stands only if every SKU's amount is known.
    assert (first["estimated_fees"], first["fee_difference"]) == (Decimal("-7.50"), 0)
    assert (second["estimated_fees"], second["fee_difference"], second["storage"]) == (None, None, -50)
    assert (second["status"], second["missing"]) == ("incomplete", "ads, fees, storage")


def test_cash_lacks_advertising_that_is_paid_by_card(rows: MartRows) -> None:
    _posted(rows, "fee", "ServiceFee", NOON, {"FBAStorageFee": -50})
    (deducted,) = rows.built("cash_day")
    assert (deducted["status"], deducted["missing"]) == ("estimated", "")
    assert rows.rows(
        "UPDATE sellerops_reference.account_setting SET ads_paid_by = 'card' RETURNING account_id"
    )
    (by_card,) = rows.built("cash_day")
    assert (by_card["status"], by_card["missing"], by_card["total"]) == ("incomplete", "ads", -50)
    assert by_card["marketplace_id"] == US
