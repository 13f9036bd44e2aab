"""Costs of a unit from several currencies, payment, and budget."""

from __future__ import annotations

from datetime import date

import pytest

from sellerops.demand.order_money import UnitCost, cash_of, fit_budget, unit_cost, unit_margin
from sellerops.demand.settings import DemandSettings
from sellerops.demand.suppliers import Suppliers

RATES = {("USD", "EUR"): 0.5}
COST = {
    "marketplace_id": "", "valid_from": date(2026, 1, 1), "manufacturing": 4, "freight": 1, "duty": 0.5,
    "prep": None, "other": 0, "currency": "EUR",
}  # fmt: skip
ROW = dict.fromkeys(
    (
        "production_days", "production_sd_days", "transit_days", "transit_sd_days", "review_days",
        "minimum_order_quantity", "case_pack", "freight_per_unit", "currency", "deposit_percent",
        "balance_days",
    )
)  # fmt: skip


def _suppliers(*rows: dict, prices: tuple[dict, ...] = ()) -> Suppliers:
    return Suppliers([{"priority": 1, "route": "", **ROW, **row} for row in rows], prices, DemandSettings())


def test_rows_of_a_supplier_complete_each_other() -> None:
    suppliers = _suppliers(
        {"supplier": "Acme", "sku": "A", "case_pack": 12},
        {"supplier": "Acme", "sku": "", "production_days": 20, "minimum_order_quantity": 100},
        {"supplier": "", "sku": "", "transit_days": 40, "production_days": 99},
    )
    supply = suppliers.supply_of("A")
    assert (supply.supplier, supply.case_pack, supply.minimum) == ("Acme", 12, 100)
    assert (supply.production.mean, supply.transit.mean, supply.production.sd) == (20, 40, 4)
    assert not supply.is_default
    assert _suppliers().supply_of("A").is_default


def test_costs_are_landed_and_converted() -> None:
    supply = _suppliers().supply_of("A")
    assert unit_cost([COST], supply, "DE", "EUR", RATES) == UnitCost(5.5, ((1, 5.5),))
    assert unit_cost([], supply, "DE", "EUR", RATES) == "cost"
    assert unit_cost([COST], supply, "US", "USD", RATES) == "fx_rate"


def test_price_breaks_and_freight_of_the_route_replace_parts() -> None:
    prices = (
        {"supplier": "Acme", "sku": "A", "minimum_quantity": 1, "unit_price": 6, "currency": "USD"},
        {"supplier": "Acme", "sku": "A", "minimum_quantity": 500, "unit_price": 5, "currency": "USD"},
    )
    row = {"supplier": "Acme", "sku": "A", "freight_per_unit": 4, "currency": "USD"}
    found = unit_cost([COST], _suppliers(row, prices=prices).supply_of("A"), "DE", "EUR", RATES)
    assert found == UnitCost(5.5, ((1, 5.5), (500, 5.0)))  # 3 or 2.50, freight 2, duty 0.50


def test_deposit_balance_and_budget() -> None:
    supply = _suppliers({"supplier": "", "sku": "", "deposit_percent": 30, "balance_days": 45}).supply_of("A")
    cash = cash_of(100, 5.0, supply, date(2026, 11, 20))
    assert (cash.total, cash.deposit, cash.balance) == (500, 150, 350)
    assert cash.balance_on == date(2027, 1, 4)
    assert fit_budget([100, None, 60], [5, 1, 0], 100) == [False, None, True]
    assert fit_budget([100], [0], None) == [None]


def test_a_margin_needs_units() -> None:
    assert unit_margin({"cm1": 30, "units": 10}) == pytest.approx(3)
    assert unit_margin(None) is None
