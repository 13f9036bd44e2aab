"""Settlements: they balance, derive from orders and refunds, and use the local format."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.examples import examples
from unit.amazon_sandbox.simulation.reading import (
    DE,
    FR,
    GB,
    JP,
    ORDERS,
    US,
    Table,
    flat_file,
    read_flat_file,
)

from amazon_sandbox.simulation import Seller, SettlementRef, Simulation

AS_OF = datetime(2026, 11, 20, 12, tzinfo=UTC)
EURO_STYLE = "%d.%m.%Y %H:%M:%S UTC"
POINT_STYLE = "%Y-%m-%d %H:%M:%S UTC"
BEFORE_DEFERRALS = -22  # a settlement of January 2026: until March, orders were paid when they shipped
LONGEST_DEFERRAL = timedelta(days=11)


def settlement(
    simulation: Simulation, account: str, marketplace_id: str, index: int = -1
) -> tuple[SettlementRef, Table]:
    seller = simulation.seller(account)
    refs = [ref for ref in simulation.settlements(seller, AS_OF) if marketplace_id in ref.marketplace_ids]
    return refs[index], read_flat_file(simulation.settlement_document(seller, refs[index].settlement_id))


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


@settings(
    max_examples=examples(20),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_lines_sum_to_the_total(simulation: Simulation, data: st.DataObject) -> None:
    seller: Seller = data.draw(st.sampled_from(simulation.sellers), label="seller")
    ref = data.draw(st.sampled_from(simulation.settlements(seller, AS_OF)), label="settlement")
    head, *lines = read_flat_file(simulation.settlement_document(seller, ref.settlement_id)).rows
    assert len(lines) > 5
    assert amount(head["total-amount"]) == sum(amount(line["amount"]) for line in lines)
    assert head["transaction-type"] == head["amount"] == ""
    only_in_head = (
        "settlement-start-date",
        "settlement-end-date",
        "deposit-date",
        "total-amount",
        "currency",
    )
    assert all(head[name] for name in only_in_head)
    assert not any(line[name] for line in lines for name in only_in_head)
    assert {line["settlement-id"] for line in (head, *lines)} == {ref.settlement_id}


@pytest.mark.parametrize(
    ("account", "marketplace_id", "style", "comma"),
    [
        ("northwind_eu", DE, EURO_STYLE, True),
        ("northwind_eu", GB, POINT_STYLE, False),
        ("northwind_na", US, POINT_STYLE, False),
    ],
)
def test_local_formats(
    simulation: Simulation, account: str, marketplace_id: str, style: str, comma: bool
) -> None:
    ref, table = settlement(simulation, account, marketplace_id)
    head, *lines = table.rows
    assert datetime.strptime(head["settlement-start-date"], style).replace(tzinfo=UTC) == ref.start
    posted = [datetime.strptime(line["posted-date-time"], style).replace(tzinfo=UTC) for line in lines]
    assert all(ref.start <= moment < ref.end for moment in posted)
    assert all(line["posted-date-time"].startswith(line["posted-date"] + " ") for line in lines)
    assert all(("," in line["amount"]) == comma and ("." in line["amount"]) != comma for line in lines)


def test_yen_settle_without_decimals(simulation: Simulation) -> None:
    _, table = settlement(simulation, "northwind_jp", JP)
    assert table.codec == "cp932"
    assert all(line["amount"].lstrip("-").isdigit() for line in table.rows[1:])


def test_order_lines_derive_from_the_order_file(simulation: Simulation) -> None:
    """The settlement pays exactly what the period's shipped orders add up to, item by item."""
    seller = simulation.seller("northwind_eu")
    ref, table = settlement(simulation, "northwind_eu", DE, BEFORE_DEFERRALS)
    countries = list(ref.marketplace_ids)
    assert {DE, FR} <= set(countries)
    orders = flat_file(simulation, ORDERS, seller, countries, ref.start, ref.end, AS_OF).rows
    expected = {
        row["order-item-id"]: (Decimal(row["item-price"]), row["sku"], row["amazon-order-id"])
        for row in orders
        if row["order-status"] == "Shipped"
    }
    paid = paid_items(table)
    assert len(expected) > 300
    assert paid == expected


def paid_items(table: Table) -> dict[str, tuple[Decimal, str, str]]:
    """Price, SKU and order of each order item of a settlement."""
    paid: dict[str, Decimal] = defaultdict(Decimal)
    named = {}
    for line in table.rows[1:]:
        if line["transaction-type"] == "Order" and line["amount-description"] in ("Principal", "Tax"):
            if line["amount-type"] == "ItemPrice":
                paid[line["order-item-code"]] += amount(line["amount"])
            named[line["order-item-code"]] = (line["sku"], line["order-id"])
    return {code: (paid[code], *named[code]) for code in paid}


def test_orders_are_paid_a_week_after_delivery(simulation: Simulation) -> None:
    """Since March 2026: item by item what shipped before, and all that shipped 11 days before the end."""
    seller = simulation.seller("northwind_eu")
    ref, table = settlement(simulation, "northwind_eu", DE)
    since = ref.start - LONGEST_DEFERRAL
    orders = flat_file(simulation, ORDERS, seller, list(ref.marketplace_ids), since, ref.end, AS_OF).rows
    shipped = {
        row["order-item-id"]: (
            row["last-updated-date"],
            Decimal(row["item-price"]),
            row["sku"],
            row["amazon-order-id"],
        )
        for row in orders
        if row["order-status"] == "Shipped"
    }
    paid = paid_items(table)
    assert len(paid) > 300
    assert {code: shipped[code][1:] for code in paid} == paid
    first, last = ref.start.isoformat(), (ref.end - LONGEST_DEFERRAL).isoformat()
    due = {code for code, (at, *_) in shipped.items() if first <= at < last}
    assert len(due) > 100
    assert due <= set(paid)


def test_sales_tax_is_withheld_in_the_us(simulation: Simulation) -> None:
    """Item by item: the tax of the order file is paid in and withheld again; the seller keeps the prices."""
    seller = simulation.seller("northwind_na")
    ref, table = settlement(simulation, "northwind_na", US, BEFORE_DEFERRALS)
    orders = flat_file(simulation, ORDERS, seller, [US], ref.start, ref.end, AS_OF).rows
    taxes = {
        row["order-item-id"]: sum(
            Decimal(row[name] or 0) for name in ("item-tax", "shipping-tax", "gift-wrap-tax")
        )
        for row in orders
        if row["order-status"] == "Shipped"
    }
    paid: dict[str, Decimal] = dict.fromkeys(taxes, Decimal(0))
    withheld: dict[str, Decimal] = dict.fromkeys(taxes, Decimal(0))
    for line in table.rows[1:]:
        if line["transaction-type"] == "Order" and line["amount-type"] == "ItemWithheldTax":
            withheld[line["order-item-code"]] -= amount(line["amount"])
        elif line["transaction-type"] == "Order" and line["amount-description"].endswith("Tax"):
            paid[line["order-item-code"]] += amount(line["amount"])
    assert sum(taxes.values()) > 1_000
    assert paid == withheld == taxes


def test_refunds_give_back_what_was_paid(simulation: Simulation) -> None:
    """Each refund names an order item shipped before, and takes back its principal."""
    seller = simulation.seller("northwind_na")
    ref, table = settlement(simulation, "northwind_na", US)
    orders = flat_file(simulation, ORDERS, seller, [US], ref.start - timedelta(days=60), ref.end, AS_OF).rows
    prices = {row["order-item-id"]: row["item-price"] for row in orders if row["order-status"] == "Shipped"}
    principals = [
        line
        for line in table.rows[1:]
        if line["transaction-type"] in ("Refund", "A-to-z Guarantee Refund")
        and (line["amount-type"], line["amount-description"]) == ("ItemPrice", "Principal")
    ]
    assert len(principals) > 10
    assert all(line["adjustment-id"] for line in principals)
    assert all(-amount(line["amount"]) == Decimal(prices[line["order-item-code"]]) for line in principals)


def test_fortnights_follow_each_other(simulation: Simulation) -> None:
    seller = simulation.seller("northwind_na")
    refs = simulation.settlements(seller, AS_OF)
    ours = [ref for ref in refs if ref.marketplace_ids == (US,)]
    assert len(ours) >= 51
    assert all(later.start == earlier.end for earlier, later in pairwise(ours))
    assert all(ref.end - ref.start == timedelta(days=14) for ref in refs)
    assert all(ref.end < ref.created_at <= AS_OF for ref in refs)
    assert len({ref.settlement_id for ref in refs}) == len(refs)


def test_a_settlement_appears_once_and_never_changes(simulation: Simulation) -> None:
    seller = simulation.seller("northwind_eu")
    ref = simulation.settlements(seller, AS_OF)[-1]
    assert ref not in simulation.settlements(seller, ref.created_at - timedelta(seconds=1))
    assert ref in simulation.settlements(seller, ref.created_at)
    fresh = Simulation(7, "world")
    assert (
        fresh.settlement_document(seller, ref.settlement_id).read()
        == simulation.settlement_document(seller, ref.settlement_id).read()
    )


def test_reserve_is_carried_over(simulation: Simulation) -> None:
    held = []
    for index in (-2, -1):
        _, table = settlement(simulation, "northwind_eu", GB, index)
        held.append({line["amount-description"]: line["amount"] for line in table.rows[1:]})
    assert amount(held[0]["Current Reserve Amount"]) == -amount(held[1]["Previous Reserve Amount Balance"])


@pytest.mark.parametrize("settlement_id", ["", "nonsense", "7", "99999999999"])
def test_unknown_settlement(simulation: Simulation, settlement_id: str) -> None:
    with pytest.raises(KeyError, match="no settlement"):
        simulation.settlement_document(simulation.seller("northwind_na"), settlement_id)


def test_settlement_of_another_seller_is_unknown(simulation: Simulation) -> None:
    theirs = simulation.settlements(simulation.seller("northwind_eu"), AS_OF)[-1]
    with pytest.raises(KeyError):
        simulation.settlement_document(simulation.seller("northwind_na"), theirs.settlement_id)
