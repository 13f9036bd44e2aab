"""Money marts on rows written by hand: each rule with its smallest case."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from support.built_marts import US, MartRows, builder_of, needed_for

from sellerops.base.clock import Clock
from sellerops.ledger import Ledger
from sellerops.marts.lineage import figure_sources
from sellerops.settings.mart_tables import Span

NOW = datetime(2026, 10, 30, 12, tzinfo=UTC)
DE, FR = "A1PA6795UKMFR9", "A13V1IB3VIYZZH"
EU = "northwind_eu"
NOON = datetime(2026, 10, 1, 19, tzinfo=UTC)  # noon in Los Angeles
DAY = NOON.date()


@pytest.fixture
def rows(ledger: Ledger) -> MartRows:
    ledger.set_clock(Clock(NOW, NOW, 0.0))
    return MartRows(ledger)


def _money(text: str) -> Decimal:
    return Decimal(text)


class Settlements:
    """Lines of one settlement of the European account, numbered as they come."""

    def __init__(self, rows: MartRows, settlement_id: str) -> None:
        self._rows, self._id, self._line = rows, settlement_id, 1
        self.total = Decimal(0)

    def line(self, names: str, amount: str, **more: Any) -> None:
        self._line += 1
        self.total += Decimal(amount)
        first, second, third = names.split("|")
        self._add(
            transaction_type=first,
            amount_type=second,
            amount_description=third,
            amount=Decimal(amount),
            posted_date=DAY,
            posted_date_time=NOON,
            **more,
        )

    def header(self) -> None:
        start = NOON - timedelta(days=7)
        self._line = 1
        self._add(
            settlement_start_date=start,
            settlement_end_date=start + timedelta(days=14),
            deposit_date=start + timedelta(days=16),
            total_amount=self.total,
            currency="EUR",
        )

    def _add(self, **cells: Any) -> None:
        self._rows.add(
            "amazon_sp.settlements",
            {
                "account_id": EU,
                "marketplace_id": None,
                "settlement_id": self._id,
                "source_line": self._line,
                **cells,
            },
        )


def test_settlement_lines_find_marketplace_sku_and_place(rows: MartRows) -> None:
    lines = Settlements(rows, "9001")
    lines.line("Order|ItemPrice|Principal", "80.00", marketplace_id=DE, sku="A", quantity_purchased=2)
    lines.line("Order|ItemPrice|Principal", "30.00", marketplace_id=FR, sku="A", quantity_purchased=1)
    lines.line("other-transaction|FBA Inventory Reimbursement|WAREHOUSE_LOST", "11.00", sku="A")
    lines.line("other-transaction|other-transaction|Subscription Fee", "-39.00")
    name = "FBA Customer Returns Fee (Apparel and Shoes) B0EXAMPLE1 2026-06"
    lines.line(f"FBAFees|{name}|Base fee", "-4.00", marketplace_id=DE)
    lines.line("FBAFees|Hovercraft Fee|Base fee", "-1.50", marketplace_id=DE)
    lines.line("FBAFees|FBA Inventory Storage Fee|Tax on fee", "-2.00", marketplace_id=DE)
    lines.header()
    rows.add(
        "amazon_sp.sales_daily_by_sku",
        {"account_id": EU, "marketplace_id": DE, "date": DAY - timedelta(days=20), "sku": "A"}
        | {"child_asin": "B0EXAMPLE1"},
    )
    _transaction(rows, "t1", "FBAInventoryReimbursement", {"FBAInventoryReimbursement": "11.00"}, FR, EU)

    found = {row["source_line"]: row for row in rows.built("settlement_line", [Span(EU)])}
    places = {n: (row["pl_line"], row["marketplace_id"], row["marketplace_from"]) for n, row in found.items()}
    assert places == {
        2: ("revenue.product", DE, "row"),
        3: ("revenue.product", FR, "row"),
        4: ("reimbursement.income", FR, "transaction"),
        5: ("overhead.subscription", "", ""),  # the settlement has two marketplaces
        6: ("fee.fba_return", DE, "row"),
        7: ("UNMAPPED", DE, "row"),
        8: ("tax.on_fees", DE, "row"),
    }
    assert (found[6]["sku"], found[6]["asin"], found[6]["currency"]) == ("A", "B0EXAMPLE1", "EUR")
    assert (found[5]["currency"], found[5]["missing"]) == ("EUR", "marketplace")
    assert (found[7]["status"], found[7]["missing"]) == ("incomplete", "unmapped")

    (settlement,) = rows.built("settlement", [Span(EU)])
    assert settlement["total"] == settlement["lines_total"] == _money("74.50")
    assert (settlement["difference"], settlement["unmapped"], settlement["unmapped_lines"]) == (
        0,
        _money("-1.5"),
        1,
    )
    assert (settlement["status"], settlement["missing"]) == ("incomplete", "unmapped")

    # Both accounts recover VAT on fees, so that it is no cost; without a setting nobody knows.
    days = {row["marketplace_id"]: row for row in rows.built("cash_day", [Span(EU)])}
    assert days[DE]["total"] == _money("72.50")
    assert (days[DE]["tax"], days[DE]["tax_on_fees"], days[DE]["unmapped"]) == (-2, 0, _money("-1.5"))
    assert (days[DE]["cogs"], days[DE]["units_without_cost"], days[DE]["missing"]) == (
        None,
        2,
        "cost, unmapped",
    )
    assert days[""]["overhead"] == -39
    assert sum(day["total"] for day in days.values()) == settlement["total"]


def test_an_incomplete_settlement_is_told(rows: MartRows) -> None:
    lines = Settlements(rows, "9002")
    lines.line("Order|ItemPrice|Principal", "80.00", marketplace_id=DE)
    lines.total += 1
    lines.header()
    (settlement,) = rows.built("settlement", [Span(EU)])
    assert (settlement["difference"], settlement["status"], settlement["missing"]) == (
        1,
        "incomplete",
        "lines",
    )


def test_a_bridge_leads_from_ordered_to_paid(rows: MartRows) -> None:
    _world(rows)
    (bridge,) = (row for row in rows.built("bridge_day") if row["day"] == DAY)
    steps = {
        "ordered": "165", "orders_difference": "15", "cancelled": "-20", "pending": "-40",
        "not_shipped": "-20", "tax_included": "0", "shipped": "100", "not_posted": "-40",
        "price_difference": "1", "posted": "61", "deferred": "-20", "paid": "41", "bridge_error": "0",
    }  # fmt: skip
    assert {name: bridge[name] for name in steps} == {name: Decimal(text) for name, text in steps.items()}
    assert bridge["promotions_and_fees"] == _money("-12.20")
    assert (bridge["orders"], bridge["units"], bridge["status"], bridge["missing"]) == (6, 8, "estimated", "")


def test_profit_uses_estimates_until_money_is_posted(rows: MartRows) -> None:
    _world(rows)
    rows.add(
        "reference.cost",
        _cost("A", "", "2026-01-01", "2026-09-30", "9.00"),
        _cost("A", "", "2026-10-01", "9999-12-31", "5.00", freight=Decimal("1.00")),
        _cost("A", US, "2026-10-01", "9999-12-31", "4.00", freight=Decimal("0.50"), duty=Decimal("0.25")),
    )
    rows.add(
        "amazon_sp.fee_preview",
        {
            "snapshot_at": NOON, "sku": "A", "currency": "USD", "estimated_referral_fee_per_unit": Decimal(3),
            "expected_fulfillment_fee_per_unit": Decimal(4),
        },
    )  # fmt: skip
    rows.add(
        "amazon_sp.storage_fees",
        {
            "marketplace_id": None, "month": DAY, "country_code": "US", "sku": "B", "currency": "USD",
            "estimated_monthly_storage_fee": Decimal(31),
        },
    )  # fmt: skip
    found = {(row["day"], row["sku"]): row for row in rows.built("profit_sku_day")}
    day = found[DAY, "A"]
    assert (day["units"], day["open_units"]) == (8, 5)
    # Three units are posted. Five are open: two pending, one unshipped, one shipped, one of a second parcel.
    assert day["product_sales"] == _money("61") + 5 * 20
    assert day["referral_fees"] == _money("-9.30") - 5 * 3
    assert day["fulfilment_fees"] == _money("-9") - 5 * 4
    assert day["cogs"] == -8 * _money("4.75")
    assert day["cm1"] == 161 - _money("24.30") - 29 - 38
    assert (day["estimated_fees"], day["actual_fees"], day["fee_difference"]) == (
        -56,
        _money("-18.30"),
        _money("2.70"),
    )
    (rate,) = rows.rows(
        "SELECT rate FROM sellerops_reference.fx_rate WHERE day = '2026-10-01' AND from_currency = 'USD' "
        "AND to_currency = 'EUR'"
    )
    assert day["cm1_reporting"] == round(day["cm1"] * rate["rate"], 6)
    assert (day["status"], day["missing"]) == ("estimated", "")

    # A refund counts on the day on which it was posted, and what it cost Amazon keeps in part.
    refunded = found[DAY + timedelta(days=5), "A"]
    assert (refunded["refunds"], refunded["referral_fees"], refunded["refund_admin_fees"]) == (
        -20,
        3,
        _money("-0.60"),
    )
    assert (refunded["units"], refunded["returned_units"], refunded["cogs"]) == (0, 1, 0)
    assert refunded["cogs_returned"] == _money("4.75")
    assert refunded["cm1"] == _money("-17.60") + _money("4.75")

    assert _more_than_posted(rows) == 0

    # With the account setting, it counts on the day of the order instead.
    assert rows.rows(
        "UPDATE sellerops_reference.account_setting SET refund_day = 'order' RETURNING account_id"
    )
    moved = {(row["day"], row["sku"]): row for row in rows.built("profit_sku_day")}
    assert moved[DAY, "A"]["refunds"] == -20
    assert moved[DAY + timedelta(days=5), "A"]["refunds"] == 0
    assert moved[DAY, "A"]["cm1"] == day["cm1"] - _money("17.60")
    assert _more_than_posted(rows) == 0


def test_money_posted_late_or_without_a_marketplace_belongs_to_its_order(rows: MartRows) -> None:
    """Pay by invoice, a preorder or a late release: nothing is both posted and estimated."""
    long_ago = NOON - timedelta(days=100)
    rows.add("reference.cost", _cost("A", "", "2026-01-01", "9999-12-31", "5.00"))
    rows.add(
        "amazon_sp.all_orders",
        {**_order("late", "Shipped", 1, "20"), "purchase_date": long_ago},
        _order("nowhere", "Shipped", 1, "20"),
        _order("free", "Shipped", 1, "0"),
    )
    sold = {"OurPricePrincipal": "20.00", "Commission": "-3.00"}
    _transaction(rows, "late", "Shipment", sold)
    _transaction(rows, "late", "Refund", {"OurPricePrincipal": "-20.00"}, at=NOON + timedelta(days=5))
    _transaction(rows, "nowhere", "Shipment", sold, marketplace_id=None)
    _transaction(rows, "free", "Shipment", {"OurPricePrincipal": "0.00", "FBAPerUnitFulfillmentFee": "-4.00"})
    _transaction(rows, "unknown", "Shipment", {"OurPricePrincipal": "7.00"}, marketplace_id=None)
    rows.add(
        "amazon_sp.fba_customer_returns",
        {"marketplace_id": None, "return_date": NOON, "order_id": "late", "sku": "A", "quantity": 1}
        | {"detailed_disposition": "SELLABLE"},
    )
    columns = ("units", "open_units", "product_sales", "fulfilment_fees", "cogs", "cogs_returned", "refunds")

    def built() -> dict[tuple[str, date], tuple[Any, ...]]:
        found = rows.built("profit_sku_day")
        return {(row["marketplace_id"], row["day"]): tuple(row[name] for name in columns) for row in found}

    assert built() == {
        (US, long_ago.date()): (1, 0, 20, 0, -5, 0, 0),
        (US, DAY): (2, 0, 20, -4, -10, 5, 0),
        (US, DAY + timedelta(days=5)): (0, 0, 0, 0, 0, 0, -20),
        ("", DAY): (0, 0, 7, 0, 0, 0, 0),  # of no known order
    }
    assert _more_than_posted(rows) == 0
    rows.rows("UPDATE sellerops_reference.account_setting SET refund_day = 'order' RETURNING account_id")
    assert built()[US, long_ago.date()] == (1, 0, 20, 0, -5, 0, -20)
    assert _more_than_posted(rows) == 0


def test_a_late_posting_rebuilds_the_day_of_its_order_only(rows: MartRows, ledger: Ledger) -> None:
    for days in (0, 50, 100):
        at = NOON - timedelta(days=days)
        rows.add("amazon_sp.all_orders", {**_order(f"o{days}", "Shipped", 1, "20"), "purchase_date": at})
    # A build of all accounts with loads makes a mart anew, so that there must be another one.
    rows.rows(
        "INSERT INTO sellerops.load (report, account_id, table_name, destination, rows_in_file, stored, "
        "rejected, inserted, updated, unchanged, superseded, replaced, seconds, started_at) "
        "VALUES ('x', 'other', 'x', 'postgres', 0, 0, 0, 0, 0, 0, 0, 0, 0, now()) RETURNING id"
    )
    rows.built("order_money")
    _transaction(rows, "o100", "Shipment", {"OurPricePrincipal": "20.00"})
    builder = builder_of(ledger, needed_for("order_money"))
    marts = {mart.name: mart for mart in builder.marts}
    builder.queue(marts["transaction_line"], [Span("northwind_na", None, DAY, DAY)], cause="by hand")
    for name in ("transaction_line", "posting_order", "posted_order"):
        builder.build(marts[name])
    waiting = rows.rows("SELECT first_day, last_day FROM sellerops.mart_pending WHERE mart = 'order_money'")
    ordered = DAY - timedelta(days=100)
    assert [(row["first_day"], row["last_day"]) for row in waiting] == [(ordered, ordered)]
    with ledger.connection() as connection:
        found = figure_sources(
            builder, connection, marts["order_money"], Span("northwind_na", US, ordered, ordered)
        )
    posted = [each for each in found if each.table == "amazon_sp.transaction_amounts"]
    assert [(each.via, each.rows) for each in posted] == [(("posted_order", "transaction_line"), 1)]


def test_a_pending_order_takes_the_price_of_its_listing(rows: MartRows) -> None:
    """As sales_day does, less the tax that the day's other orders contain."""
    at = {"account_id": EU, "marketplace_id": DE}
    pending = {**at, **_order("p", "Pending", 2, None), "sku": "SLOW"}
    rows.add(
        "amazon_sp.all_orders",
        {**at, **_order("o", "Shipped", 1, "119"), "item_tax": Decimal(19)},
        pending,
        {**pending, "amazon_order_id": "q", "sku": "UNKNOWN"},
    )
    rows.add(
        "amazon_sp.listings_all",
        {**at, "snapshot_at": NOON - timedelta(days=1), "seller_sku": "SLOW", "price": Decimal(40)},
        {**at, "snapshot_at": NOON, "seller_sku": "SLOW", "price": Decimal(50)},
    )
    found = {row["sku"]: row for row in rows.built("order_money", [Span(EU)])}
    assert (found["SLOW"]["ordered"], found["SLOW"]["is_estimated"]) == (100, True)
    assert found["SLOW"]["open_sales"] == 100 - round(2 * 50 * Decimal("0.159664"), 2)
    assert (found["UNKNOWN"]["ordered"], found["UNKNOWN"]["missing"]) == (None, "price")
    sales = {row["sku"]: row["sales_ordered"] for row in rows.built("sales_day", [Span(EU)])}
    assert sales == {row["sku"]: row["ordered"] for row in found.values()}


def _more_than_posted(rows: MartRows) -> Decimal:
    """What profit has more than transactions; negative: what it lacks."""
    (profit,) = rows.rows("SELECT sum(posted) AS amount FROM sellerops_marts.profit_sku_day")
    (posted,) = rows.rows(
        "SELECT sum(amount) AS amount FROM sellerops_marts.transaction_line WHERE is_counted"
    )
    found: Decimal = profit["amount"] - posted["amount"]
    return found


def test_what_amazon_owes_and_until_when(rows: MartRows) -> None:
    rows.add("reference.cost", _cost("A", "", "2026-01-01", "9999-12-31", "5.00", freight=Decimal(1)))
    lost = {"marketplace_id": None, "event_type": "Adjustments", "msku": "A", "fnsku": "X1", "country": "US"}
    first, second = date(2026, 9, 1), date(2026, 9, 20)
    rows.add(
        "amazon_sp.inventory_ledger_detail",
        {**lost, "date": first, "reason": "M", "quantity": -3, "reconciled_quantity": 1, "ordinal": 1},
        {**lost, "date": second, "reason": "M", "quantity": -2, "reconciled_quantity": 0, "ordinal": 1},
        {**lost, "date": second, "reason": "F", "quantity": 4, "reconciled_quantity": 4, "ordinal": 2},
    )
    paid = {
        "marketplace_id": None,
        "sku": "A",
        "currency_unit": "USD",
        "reason": "Lost_Warehouse",
        "ordinal": 1,
    }
    rows.add(
        "amazon_sp.reimbursements",
        {**paid, "approval_date": NOON, "quantity_reimbursed_total": 3},
    )
    back = {"OurPricePrincipal": "-20.00", "Commission": "3.00", "RefundCommission": "-0.60"}
    item = {"sku": "A", "quantity_shipped": 1, "fulfillment_network": "AFN", "ordinal": 1}
    # A unit of the order `twice` was refunded on each of two days, and one of them came back.
    for order, day, number in (("kept", 1, ""), ("came", 1, ""), ("twice", 2, " 1"), ("twice", 9, " 2")):
        at = datetime(2026, 8, day, 19, tzinfo=UTC)
        _transaction(rows, order, "Refund", back, at=at, number=number)
        named = {"transaction_id": f"Refund {order}{number}", "posted_date": at}
        rows.add("amazon_sp.transaction_items", {**named, **item})
    came_back = {"marketplace_id": None, "return_date": NOON, "sku": "A", "quantity": 1}
    for order in ("came", "twice"):
        rows.add("amazon_sp.fba_customer_returns", {**came_back, "order_id": order})
    found = {(row["kind"], row["day"]): row for row in rows.built("owed")}
    # Two units of the first loss were not found and are paid, and one of the second: the oldest first.
    assert found.keys() == {
        ("lost", second),
        ("not_returned", date(2026, 8, 1)),
        ("not_returned", date(2026, 8, 9)),
    }
    assert found["not_returned", date(2026, 8, 9)]["open"] == 1
    loss = found["lost", second]
    assert (loss["quantity"], loss["reimbursed"], loss["open"]) == (2, 1, 1)
    assert (loss["value_basis"], loss["value"], loss["currency"]) == ("manufacturing_cost", 5, "USD")
    assert (loss["claim_until"], loss["as_of"], loss["days_left"]) == (date(2026, 11, 19), DAY, 49)
    assert loss["is_claimable"]
    kept = found["not_returned", date(2026, 8, 1)]
    assert (kept["reference"], kept["value"], kept["value_basis"]) == (
        "kept",
        _money("17.60"),
        "price_less_fees",
    )
    assert (kept["claim_from"], kept["claim_until"]) == (date(2026, 9, 16), date(2026, 11, 14))


def _world(rows: MartRows) -> None:
    """One day of orders of SKU A at 20.00, in all states, and what happened to them."""
    orders: list[Mapping[str, Any]] = [
        _order("cancelled", "Cancelled", 0, "20"),
        _order("pending", "Pending", 2, None),
        _order("unshipped", "Unshipped", 1, "20"),
        _order("shipped", "Shipped", 1, "20"),
        _order("deferred", "Shipped", 1, "20"),
        _order("paid", "Shipped", 1, "20"),
        _order("parcels", "Shipping", 2, "40") | {"item_status": "Shipped"},
    ]
    rows.add("amazon_sp.all_orders", *orders)
    rows.add(
        "amazon_sp.sales_daily_totals",
        {"date": DAY, "ordered_product_sales_amount": Decimal(165)},
    )
    sold = {"OurPricePrincipal": "20.00", "Commission": "-3.10", "FBAPerUnitFulfillmentFee": "-3.00"}
    _transaction(rows, "deferred", "Shipment", sold, status="DEFERRED")
    _transaction(rows, "paid", "Shipment", {**sold, "OurPricePrincipal": "21.00"})
    _transaction(rows, "parcels", "Shipment", sold)
    back = {"OurPricePrincipal": "-20.00", "Commission": "3.00", "RefundCommission": "-0.60"}
    _transaction(rows, "paid", "Refund", back, at=NOON + timedelta(days=5))
    rows.add(
        "amazon_sp.fba_customer_returns",
        {
            "marketplace_id": None, "return_date": NOON + timedelta(days=5), "order_id": "paid", "sku": "A",
            "quantity": 1, "detailed_disposition": "SELLABLE",
        },
    )  # fmt: skip


def _order(order_id: str, status: str, quantity: int, price: str | None) -> dict[str, Any]:
    return {
        "amazon_order_id": order_id, "purchase_date": NOON, "order_status": status, "sku": "A",
        "asin": "B0EXAMPLE1", "ordinal": 1, "quantity": quantity,
        "item_price": None if price is None else Decimal(price),
        "fulfillment_channel": "Amazon", "item_status": status, "reported_at": NOW,
    }  # fmt: skip


def _transaction(
    rows: MartRows,
    order_id: str,
    kind: str,
    leaves: Mapping[str, str],
    marketplace_id: str | None = US,
    account_id: str = "northwind_na",
    *,
    status: str = "RELEASED",
    at: datetime = NOON,
    number: str = "",
) -> None:
    """A transaction of one unit of SKU A, with its leaves in the tree of its item and in its own."""
    common = {
        "account_id": account_id, "marketplace_id": marketplace_id,
        "transaction_id": f"{kind} {order_id}{number}",
        "transaction_type": kind, "transaction_status": status, "posted_date": at,
    }  # fmt: skip
    is_order = kind in ("Shipment", "Refund")
    rows.add(
        "amazon_sp.transactions", {**common, "order_id": order_id if is_order else None, "description": kind}
    )
    for n, (name, amount) in enumerate(leaves.items()):
        currency = "USD" if account_id == "northwind_na" else "EUR"
        leaf = {
            "breakdown_path": name,
            "breakdown_type": name,
            "amount": Decimal(amount),
            "currency_code": currency,
        }
        rows.add("amazon_sp.transaction_amounts", {**common, **leaf, "ordinal": n})
        if is_order:
            item = {"sku": "A", "asin": "B0EXAMPLE1", "quantity_shipped": 1, "ordinal": n}
            rows.add("amazon_sp.transaction_item_amounts", {**common, **leaf, **item})


def _cost(
    sku: str, marketplace_id: str, first: str, last: str, price: str, **parts: Decimal
) -> dict[str, Any]:
    return {
        "marketplace_id": marketplace_id, "sku": sku, "valid_from": date.fromisoformat(first),
        "valid_to": date.fromisoformat(last), "manufacturing": Decimal(price), "currency": "USD", **parts,
    }  # fmt: skip
