"""Builds a row of the mart ``restock``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from sellerops.demand.fee_projection import rules_of, supply_and_weeks
from sellerops.demand.forecast_mart import number
from sellerops.demand.low_inventory_fee import expected_fee
from sellerops.demand.order_money import cash_of
from sellerops.demand.position import Stock
from sellerops.demand.restock import OrderStatus
from sellerops.demand.restock_line import Line
from sellerops.demand.restock_reading import RestockFacts
from sellerops.settings.marketplaces import Marketplace

_INBOUND = ("inbound_working", "inbound_shipped", "inbound_receiving")
_LONGEST_SUPPLY = 9999.0  # days of supply of a SKU that ships next to nothing


def row_of(line: Line, facts: RestockFacts, place: Marketplace | None, day: date) -> dict[str, Any]:
    """All columns except account, day and budget. Unknown figures are null; ``missing`` says why."""
    home, sku = line.place
    fee, lacks_rate = _fee(line, facts, day)
    missing = _missing(line, facts, lacks_rate)
    forecast, product = facts.forecasts.get(line.place) or {}, facts.products.get(sku) or {}
    is_known = line.proposal is not None
    return {
        "marketplace_id": home,
        "stock_pool": line.pool,
        "sku": sku,
        "fnsku": (facts.stock.get(line.place) or {}).get("fnsku") or product.get("fnsku"),
        "supplier": line.supply.supplier,
        "route": line.supply.route,
        **_position(line, facts, day),
        "lead_time_days": number(line.lead.total.mean),
        "lead_time_sd_days": number(line.lead.total.sd),
        "check_in_days": number(line.lead.check_in.mean),
        "review_days": line.supply.review_days,
        "protection_days": round(line.protection),
        **proposal_columns(line, day),
        **money_columns(line, place, day),
        **fee,
        **_amazon(line, facts),
        "override_quantity": line.override.quantity if line.override else None,
        "override_reason": line.override.reason if line.override else None,
        "override_by": line.override.author if line.override else None,
        "override_until": line.override.last_day if line.override else None,
        "forecast_day": forecast.get("day"),
        "status": "incomplete" if not is_known else "estimated" if _is_estimated(line, facts) else "complete",
        "missing": ", ".join(missing),
    }


def _position(line: Line, facts: RestockFacts, day: date) -> dict[str, Any]:
    position = line.position
    stock = position.stock if position else None
    parts = asdict(stock) if stock else dict.fromkeys(asdict(Stock()))
    arrivals = position.arrivals if position else ()
    within = position.within(line.protection) if position else None
    inbound = stock.inbound_working + stock.inbound_shipped + stock.inbound_receiving if stock else 0
    dated = [row["expected_on"] for row in facts.shipments.get(line.place, ()) if row["expected_on"]]
    ordered = [
        row["expected_date"]
        for row in facts.own.get(line.place[1], ())
        if row["kind"] == "purchase_order" and row["expected_date"]
    ]
    return {
        **parts,
        "customer_orders": (facts.stock.get(line.place) or {}).get("reserved_customer_orders"),
        "inbound_expected_on": max(dated, default=None) if inbound else None,
        "open_orders_expected_on": max(ordered, default=None) if stock and stock.open_orders else None,
        "later_units": None if stock is None or within is None else round(stock.total - within),
        "position": None if within is None else round(within),
        "sellable_position": stock.at_amazon if stock else None,
        "next_arrival_on": day + timedelta(days=arrivals[0].in_days) if arrivals else None,
    }


def proposal_columns(line: Line, day: date) -> dict[str, Any]:
    """The columns with demand, reorder point, quantity and days of a line."""
    made, demand, period = line.proposal, line.demand, line.protection
    daily = demand.daily if demand else None
    return {
        "service_level": number(line.level),
        "service_level_from": line.level_from,
        "abc_class": line.abc,
        "demand_p50": number(demand.median(period)) if demand else None,
        "demand_p90": number(demand.quantile(0.9, period)) if demand else None,
        "daily_units": number(daily) if daily is not None else None,
        "reorder_point": number(made.reorder_point) if made else None,
        "safety_stock": number(made.safety_stock) if made else None,
        "safety_stock_formula": number(made.safety_stock_formula) if made else None,
        "target": number(made.target) if made else None,
        "needed": number(made.needed) if made else None,
        "order_quantity": line.quantity.units if made or line.override else None,
        "order_quantity_reason": ", ".join(line.quantity.reasons),
        "case_pack": line.supply.case_pack,
        "moq": line.supply.minimum,
        "cover_days": number(made.position / daily) if made and daily else None,
        "stock_out_on": _day(day, made.stock_out if made else None),
        "stock_out_early_on": _day(day, made.stock_out_early if made else None),
        "order_by": _day(day, made.order_by if made else None),
        "order_status": (made.status if made else OrderStatus.UNKNOWN).value,
        "lost_units": number(made.lost_units) if made else None,
    }


def money_columns(line: Line, place: Marketplace | None, day: date) -> dict[str, Any]:
    """The columns with what a line's order costs, and what running out would cost."""
    landed, lost = line.landed, line.proposal.lost_units if line.proposal else None
    ordered_on = day + timedelta(days=max(0, line.proposal.order_by or 0)) if line.proposal else day
    cash = cash_of(line.quantity.units, landed, line.supply, ordered_on) if landed is not None else None
    return {
        "currency": place.currency if place else None,
        "unit_cost": None if landed is None else number(landed),
        "unit_margin": None if line.margin is None else number(line.margin),
        "lost_margin": None if line.margin is None or lost is None else number(line.margin * lost),
        "cash_needed": number(cash.total) if cash else None,
        "cash_deposit": number(cash.deposit) if cash else None,
        "cash_balance": number(cash.balance) if cash else None,
        "cash_balance_on": cash.balance_on if cash and line.quantity.units else None,
    }


def _fee(line: Line, facts: RestockFacts, day: date) -> tuple[dict[str, Any], bool]:
    """Columns of the low-inventory-level fee, and whether its rate is missing."""
    product = facts.products.get(line.place[1]) or {}
    rules = rules_of(facts.fee_rules, line.place[0], product.get("size_tier"))
    previewed = facts.previewed_fees.get(line.place)
    found: dict[str, Any] = dict.fromkeys(
        ("fee_weeks", "fee_expected", "fee_first_week", "days_of_supply_30", "days_of_supply_90")
    )
    found["fee_amazon_expects"] = None if previewed is None else number(previewed)
    if rules is None or line.position is None or line.demand is None:
        return found, False
    levels, shipped = facts.levels.get(line.place) or {}, facts.shipped.get(line.place) or {}
    short, long, weeks = supply_and_weeks(levels, shipped, line.position, line.demand, day, rules)
    if str((facts.planning.get(line.place) or {}).get("exempted") or "").lower() in ("yes", "true"):
        weeks = []
    fee = expected_fee(weeks)
    found.update(
        fee_weeks=len(weeks),
        fee_expected=None if fee is None else number(fee),
        fee_first_week=weeks[0].monday if weeks else None,
        days_of_supply_30=number(min(short, _LONGEST_SUPPLY)),
        days_of_supply_90=number(min(long, _LONGEST_SUPPLY)),
    )
    return found, fee is None


def _amazon(line: Line, facts: RestockFacts) -> dict[str, Any]:
    said, planned = facts.amazon.get(line.place) or {}, facts.planning.get(line.place) or {}
    quantity = said.get("quantity") if said else planned.get("quantity")
    return {
        "amazon_quantity": quantity,
        "amazon_ship_by": said.get("ship_by") if said else planned.get("ship_by"),
        "amazon_minimum_level": planned.get("minimum"),
    }


def _missing(line: Line, facts: RestockFacts, lacks_rate: bool) -> list[str]:
    words = {
        "cost" if line.cost == "cost" else "",
        "fx_rate" if line.cost == "fx_rate" else "",
        "fee_rule" if lacks_rate else "",
        "forecast" if line.demand is None else "",
        "margin" if line.margin is None else "",
        "stock" if line.position is None or line.has_old_stock else "",
        "supplier" if line.supply.is_default else "",
    }
    return sorted(words - {""})


def _is_estimated(line: Line, facts: RestockFacts) -> bool:
    """Whether a default lead time, an estimated forecast, or an estimated or old stock level was used."""
    forecast, stock = facts.forecasts.get(line.place) or {}, facts.stock.get(line.place) or {}
    is_fallback = line.supply.is_default or line.has_old_stock
    return is_fallback or "estimated" in (forecast.get("status"), stock.get("status"))


def _day(today: date, days: int | None) -> date | None:
    return None if days is None else today + timedelta(days=days)
