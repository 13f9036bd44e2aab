"""What to order: every rule on figures small enough to check by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from sellerops.demand.arrivals import position_of
from sellerops.demand.demand_path import DemandPath, textbook_safety_stock
from sellerops.demand.lead_times import Days, LeadTime, learn_check_in
from sellerops.demand.order_quantity import BuyingRules, Quantity, fit_capacity, order_quantity
from sellerops.demand.position import Arrival, Position, Stock
from sellerops.demand.restock import OrderStatus, Policy, propose
from sellerops.demand.service_levels import abc_classes, level_of_class, newsvendor_level
from sellerops.demand.settings import DemandSettings

DAY = date(2026, 11, 20)


def path(daily: float, spread: float = 0.0, horizon: int = 40) -> DemandPath:
    """A demand whose quantiles lie ``spread`` units apart."""
    return DemandPath(daily * horizon + spread * np.array([-1.0, 0.0, 0.6, 1.0, 1.3]), horizon)


def policy(**kwargs: object) -> Policy:
    given: dict[str, object] = {
        "lead": Days(33, 0),
        "review_days": 7,
        "service_level": 0.9,
        "rules": BuyingRules(),
    }
    return Policy(**{**given, "min_cover": 0, **kwargs})  # type: ignore[arg-type]


def test_an_order_covers_lead_time_and_review_at_the_service_level() -> None:
    """2 a day over 40 days: 80, at 90 percent 80 + 30 = 110; and 14 for the next review."""
    made = propose(Position(Stock(available=60)), path(2, 30), policy())
    assert made.reorder_point == pytest.approx(110)
    assert made.target == pytest.approx(124)
    assert made.quantity.units == 64
    assert made.status is OrderStatus.ORDER_NOW
    assert made.order_by == -25  # the 50 units below the reorder point sold in 25 days
    assert made.safety_stock == pytest.approx(30)


def test_uncertain_lead_times_need_more_stock() -> None:
    sure = propose(Position(Stock()), path(2, 30), policy())
    late = propose(Position(Stock()), path(2, 30), policy(lead=Days(33, 10)))
    assert late.reorder_point == pytest.approx(80 + np.hypot(30, 1.2816 * 20), abs=0.01)
    assert late.reorder_point > sure.reorder_point


def test_order_by_is_when_the_pessimistic_path_meets_the_reorder_point() -> None:
    made = propose(Position(Stock(available=134)), path(2), policy())
    assert made.order_by == 27  # (134 - 80) / 2
    assert made.status is OrderStatus.OK
    assert made.quantity.units == 0
    soon = propose(Position(Stock(available=92)), path(2), policy())
    assert (soon.order_by, soon.status) == (6, OrderStatus.SOON)
    assert soon.quantity.units == 14  # of the day it is due: 94 - (92 - 12)
    earlier = propose(Position(Stock(available=164)), path(2, 30), policy())
    assert earlier.order_by is not None
    assert earlier.order_by < 27


def test_too_much_stock_is_said() -> None:
    assert propose(Position(Stock(available=500)), path(2), policy()).status is OrderStatus.OVERSTOCK


def test_units_that_come_too_late_are_not_counted() -> None:
    stock = Stock(available=20, open_orders=100)
    early = propose(Position(stock, (Arrival(30, 100),)), path(2), policy())
    late = propose(Position(stock, (Arrival(60, 100),)), path(2), policy())
    assert (early.position, late.position) == (120, 20)
    assert late.stock_out == 10
    assert early.lost_units == pytest.approx(40)  # days 10 to 29
    assert late.lost_units == pytest.approx(46)  # days 10 to 32: until an order of today arrives


def test_cover_has_a_floor_and_a_ceiling() -> None:
    assert propose(Position(Stock()), path(2), policy(min_cover=35)).target == pytest.approx(2 * 68)
    assert propose(Position(Stock()), path(2), policy(min_cover=35)).limits == ("min_cover",)
    made = propose(Position(Stock()), path(2, 5), policy(max_cover=10))
    assert (made.target, made.limits) == (pytest.approx(2 * 43), ("max_cover",))


def test_quantities_are_what_can_be_bought() -> None:
    rules = BuyingRules(case_pack=12, minimum=30)

    def bought(needed: float, given: BuyingRules = rules) -> Quantity:
        return order_quantity(needed, given, most=10_000, daily=2, holding_rate=0.25)

    assert bought(0) == Quantity(0)
    assert bought(24) == Quantity(36, ("moq",))
    assert bought(37) == Quantity(48, ("case_pack",))
    assert bought(48) == Quantity(48)


def test_a_price_break_must_save_more_than_holding_costs() -> None:
    """From 100 units on 9 instead of 10: 100 for 90 saves 100; ten more units wait for 47.5 days."""
    rules = BuyingRules(prices=((1, 10.0), (100, 9.0)))
    cheap = order_quantity(90, rules, most=1_000, daily=2, holding_rate=0.25)
    assert cheap == Quantity(100, ("price_break",))
    assert order_quantity(90, rules, most=99, daily=2, holding_rate=0.25) == Quantity(90)
    assert order_quantity(20, rules, most=1_000, daily=0.1, holding_rate=0.5) == Quantity(20)


def test_capacity_goes_to_the_most_urgent_in_whole_cartons() -> None:
    wanted = [Quantity(60), Quantity(60)]
    assert fit_capacity(wanted, [12, 12], [9, 0], 100) == [Quantity(36, ("capacity",)), Quantity(60)]
    assert fit_capacity(wanted, [12, 12], [9, 0], None) == wanted


def test_service_levels() -> None:
    assert abc_classes(np.array([5.0, 80.0, 0.0, 15.0])) == ["C", "A", "C", "B"]
    assert level_of_class(0.95, "A", {"A": 0.02}) == pytest.approx(0.97)
    assert newsvendor_level(margin=5, unit_cost=10, holding_rate=0.365, days=100) == pytest.approx(5 / 6)
    assert newsvendor_level(margin=-1, unit_cost=10, holding_rate=0.25, days=100) == 0.5


def test_demand_spreads_by_chance_at_first_and_by_its_level_later() -> None:
    """Of Poisson's own spread (deviation 10 of 100) all is chance; ten times as much is mostly the level."""
    chance, level = path(2.5, 12.816), path(2.5, 128.16)
    assert chance.quantile(0.9, 10) - 25 == pytest.approx(12.816 * 0.5, rel=0.01)
    assert level.quantile(0.9, 10) - 25 == pytest.approx(128.16 * 0.25, rel=0.05)
    assert textbook_safety_stock(chance, 0.9, 40, 0) == pytest.approx(12.816, rel=0.01)


def test_check_in_is_learned_from_three_shipments_on() -> None:
    shipments = [(DAY, DAY + timedelta(days=n)) for n in (2, 4, 6)]
    assert learn_check_in(shipments[:2], Days(7, 4)) == Days(7, 4)
    assert learn_check_in(shipments, Days(7, 4)) == Days(5, 2)


def test_each_part_of_the_position_arrives_on_its_own_day() -> None:
    lead = LeadTime(Days(30, 0), Days(20, 0), Days(6, 0))
    stock = {
        "available": 10,
        "fc_transfer": 2,
        "inbound_receiving": 4,
        "inbound_shipped": 30,
        "inbound_working": 5,
    }
    shipments = [
        {"stage": "shipped", "expected_on": DAY + timedelta(days=9), "units_open": 20},
        {"stage": "shipped", "expected_on": DAY - timedelta(days=3), "units_open": 5},
    ]
    own = [
        {"kind": "warehouse", "quantity": 7, "expected_date": None},
        {"kind": "purchase_order", "quantity": 50, "expected_date": DAY + timedelta(days=40)},
    ]
    found = position_of(
        stock, {"awd_available": 8}, own, shipments, day=DAY, lead=lead, settings=DemandSettings()
    )
    assert found.stock.total == 10 + 2 + 4 + 30 + 5 + 7 + 50 + 8
    assert found.stock.at_amazon == 12
    days = [(each.in_days, each.units) for each in found.arrivals]
    assert days == [(3, 4), (6, 5), (11, 7), (15, 20), (16, 5), (20, 8), (26, 5), (46, 50)]
    assert found.within(20) == 12 + 4 + 5 + 7 + 20 + 5 + 8


@pytest.mark.parametrize(("inbound", "awd"), [(30, 5), (12, 5), (8, 9), (0, 17)])
def test_units_on_their_way_from_awd_are_counted_once(inbound: int, awd: int) -> None:
    """12 units are on their way: those that FBA does not show as inbound are counted with AWD's 5."""
    stock = {"inbound_shipped": inbound // 2, "inbound_receiving": inbound - inbound // 2}
    lead = LeadTime(Days(30, 0), Days(20, 0), Days(6, 0))
    bulk = {"awd_reserved": 5, "awd_replenishing": 12}
    found = position_of(stock, bulk, (), (), day=DAY, lead=lead, settings=DemandSettings())
    assert found.stock.awd_reserved == awd
    assert found.stock.total == max(inbound, 12) + 5
