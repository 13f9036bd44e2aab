"""The mart ``restock``: one row per SKU and day, kept as it was recommended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from sellerops.demand.arrivals import position_of
from sellerops.demand.demand_path import DemandPath
from sellerops.demand.forecast_mart import check_in_days
from sellerops.demand.lead_times import Days
from sellerops.demand.metrics import QUANTILES
from sellerops.demand.order_money import UnitCost, fit_budget, unit_cost, unit_margin
from sellerops.demand.order_quantity import Quantity, fit_capacity
from sellerops.demand.overrides import overrides_on
from sellerops.demand.reading import pools_of
from sellerops.demand.restock_line import BASE_LEVEL, Line
from sellerops.demand.restock_reading import Place, RestockFacts, read_facts
from sellerops.demand.restock_row import row_of
from sellerops.demand.service_levels import NEWSVENDOR, abc_classes, level_of_class, newsvendor_level
from sellerops.demand.settings import DemandSettings, load_demand_settings
from sellerops.demand.suppliers import PRICE_BREAKS, SUPPLIERS, Suppliers
from sellerops.destinations.mart_store import Span
from sellerops.marts.computed import Row, Work
from sellerops.settings.marketplaces import Marketplace, all_marketplaces


class RestockMart:
    """Recommendations for today (UTC) for each account. Those of earlier days stay as they were made."""

    def due(self, work: Work) -> Iterable[Span]:
        """Nothing is due by time: stock is collected several times a day."""
        return ()

    def compute(self, work: Work, spans: Sequence[Span]) -> Iterator[tuple[Span, Iterable[Row]]]:
        day = work.ledger.clock().now().date()
        for account_id in sorted({span.account_id for span in spans}):
            yield Span(account_id, None, day, day), restock_rows(work, account_id, day)


def restock_rows(work: Work, account_id: str, day: date) -> list[dict[str, Any]]:
    """The rows of a day."""
    settings = load_demand_settings(account_id)
    facts = read_facts(work, account_id, day)
    span = Span(account_id, None, day, day)
    with work.ledger.connection() as connection:
        overrides = overrides_on(connection, account_id, day)
    suppliers = Suppliers(work.rows(SUPPLIERS, span), work.rows(PRICE_BREAKS, span), settings)
    check_ins = check_in_days(work, span, settings)
    places = {place.id: place for place in all_marketplaces().values()}
    lines = _lines(facts, suppliers, check_ins, pools_of(account_id), day, settings)
    for line in lines:
        line.override = overrides.get(line.place)
        _price(line, facts, places)
    _classify(lines)
    for line in lines:
        _propose(line, facts, settings)
    _fit(lines, settings, places)
    budget = _budgets(lines, facts, places)
    return [
        {
            **row_of(line, facts, places.get(line.place[0]), day),
            "account_id": account_id,
            "day": day,
            "fits_budget": fits,
        }
        for line, fits in zip(lines, budget, strict=True)
    ]


def _lines(
    facts: RestockFacts,
    suppliers: Suppliers,
    check_ins: Mapping[str, Days],
    pools: Mapping[str, tuple[str, str]],
    day: date,
    settings: DemandSettings,
) -> list[Line]:
    shared = _place_of_shared(facts)
    pool_of = dict(pools.values())
    found = []
    for place in sorted({*facts.forecasts, *facts.stock}):
        home, sku = place
        supply = suppliers.supply_of(sku)
        lead = supply.lead_time(check_ins.get(home, settings.check_in))
        is_home = shared.get(sku) == place
        stock, elsewhere = facts.stock.get(place), facts.elsewhere.get(sku) if is_home else None
        position = None
        if stock is not None:
            position = position_of(
                stock,
                elsewhere,
                facts.own.get(sku, ()) if is_home else (),
                facts.shipments.get(place, ()),
                day=day,
                lead=lead,
                settings=settings,
            )
        has_old_stock = any(row is not None and row["is_lacking"] for row in (stock, elsewhere))
        pool, demand = pool_of.get(home, home), _demand(facts, place)
        found.append(Line(place, pool, supply, lead, position, demand, has_old_stock))
    return found


def _place_of_shared(facts: RestockFacts) -> dict[str, Place]:
    """Where stock without a marketplace (AWD, own warehouse, open orders) is counted: where most is sold."""
    found: dict[str, tuple[float, Place]] = {}
    for place in sorted({*facts.forecasts, *facts.stock}):
        sold = float((facts.forecasts.get(place) or {}).get("daily_units") or 0)
        if place[1] not in found or sold > found[place[1]][0]:
            found[place[1]] = sold, place
    return {sku: place for sku, (_, place) in found.items()}


def _demand(facts: RestockFacts, place: Place) -> DemandPath | None:
    row = facts.forecasts.get(place)
    if row is None or row["p50"] is None:
        return None
    values = np.array([float(row[f"p{round(q * 100)}"]) for q in QUANTILES])
    return DemandPath(values, int(row["horizon_days"]))


def _price(line: Line, facts: RestockFacts, places: Mapping[str, Marketplace]) -> None:
    home, sku = line.place
    currency = places[home].currency if home in places else ""
    line.cost = unit_cost(facts.costs.get(sku, ()), line.supply, home, currency, facts.rates)
    line.margin = unit_margin(facts.margins.get(line.place))


def _classify(lines: Sequence[Line]) -> None:
    for home in {line.place[0] for line in lines}:
        ours = [line for line in lines if line.place[0] == home]
        units = np.array([line.demand.daily if line.demand else 0.0 for line in ours])
        for line, abc in zip(ours, abc_classes(units), strict=True):
            line.abc = abc


def _propose(line: Line, facts: RestockFacts, settings: DemandSettings) -> None:
    base = float(facts.account.get("service_level") or BASE_LEVEL)
    line.level = level_of_class(base, line.abc, settings.service_level_shift)
    total = line.lead.total
    by_margin = settings.service_level_by == NEWSVENDOR and line.margin is not None
    if by_margin and line.margin is not None and isinstance(line.cost, UnitCost):
        days = total.mean + line.supply.review_days
        line.level_from = NEWSVENDOR
        line.level = newsvendor_level(line.margin, line.cost.landed, settings.holding_rate, days)
    line.propose(settings)
    if line.override is not None:
        line.quantity = Quantity(line.override.quantity, ("override",))


def _fit(lines: Sequence[Line], settings: DemandSettings, places: Mapping[str, Marketplace]) -> None:
    """Cut the orders of marketplaces that have a capacity, except those that a person set."""
    for home in {line.place[0] for line in lines}:
        room = settings.capacity.get(places[home].code) if home in places else None
        ours = [line for line in lines if line.place[0] == home and line.override is None]
        cut = fit_capacity(
            [line.quantity for line in ours],
            [line.supply.case_pack for line in ours],
            [line.urgency for line in ours],
            room,
        )
        for line, quantity in zip(ours, cut, strict=True):
            line.quantity = quantity


def _budgets(
    lines: Sequence[Line], facts: RestockFacts, places: Mapping[str, Marketplace]
) -> list[bool | None]:
    """Whether the account's budget, in its reporting currency, covers each order and all more urgent ones."""
    budget, wanted = facts.account.get("order_budget"), str(facts.account.get("reporting_currency") or "")
    costs: list[float | None] = []
    for line in lines:
        landed = line.landed
        money = places[line.place[0]].currency if line.place[0] in places else ""
        rate = 1.0 if money == wanted else facts.rates.get((money, wanted))
        costs.append(None if landed is None or rate is None else landed * line.quantity.units * rate)
    return fit_budget(costs, [line.urgency for line in lines], None if budget is None else float(budget))
