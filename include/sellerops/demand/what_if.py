"""Computes a SKU's order under other assumptions, with the code of the mart ``restock``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import psycopg

from sellerops.base.errors import ConfigurationError
from sellerops.demand.arrivals import position_of
from sellerops.demand.demand_path import DemandPath
from sellerops.demand.lead_times import Days, LeadTime
from sellerops.demand.metrics import QUANTILES
from sellerops.demand.order_money import UnitCost, unit_cost
from sellerops.demand.position import Position
from sellerops.demand.restock import Proposal
from sellerops.demand.restock_line import Line
from sellerops.demand.restock_row import money_columns, proposal_columns
from sellerops.demand.service_levels import NEWSVENDOR, bounded, newsvendor_level
from sellerops.demand.settings import DemandSettings, load_demand_settings
from sellerops.demand.suppliers import Suppliers
from sellerops.demand.what_if_reading import SkuRows, read_sku_rows
from sellerops.settings.marketplaces import Marketplace, all_marketplaces

Connection = psycopg.Connection[Any]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What to assume instead of the stored values; None keeps a stored value.

    :param lead_time: days from this order to sellable. Units already on their way are not affected.
    :param extra_units: additional units that are sellable at Amazon today.
    """

    service_level: float | None = None
    lead_time: float | None = None
    lead_time_sd: float | None = None
    review_days: int | None = None
    demand_factor: float = 1.0
    extra_units: int = 0


@dataclass(frozen=True)
class SkuOrder:
    """A row of the mart ``restock`` with the inputs of its order, read once for many changes."""

    row: Row
    rows: SkuRows
    settings: DemandSettings

    def under(self, change: Change) -> Line:
        """Compute the mart's line under a change. Ignores a quantity set by a person, and ``capacity``, which
        depends on all SKUs.

        Raises ConfigurationError if the row has no forecast or no stock.
        """
        row, settings, given = self.row, self.settings, self.rows.forecast
        if given is None or given["p50"] is None or row["position"] is None:
            raise ConfigurationError(
                f"the order cannot be calculated: {row['missing']} missing.",
                where=f"{row['account_id']}, SKU {row['sku']}",
                remedy="See `sellerops marts show restock` for what each word means.",
            )
        supply = Suppliers(self.rows.suppliers, self.rows.prices, settings).supply_of(row["sku"])
        review = row["review_days"] if change.review_days is None else change.review_days
        supply = replace(
            supply, case_pack=int(row["case_pack"]), minimum=int(row["moq"]), review_days=int(review)
        )
        check_in = Days(float(row["check_in_days"]), settings.check_in.sd)
        line = Line(
            place=(row["marketplace_id"], row["sku"]),
            pool=row["stock_pool"],
            supply=supply,
            lead=supply.lead_time(check_in),
            position=self._position(supply.lead_time(check_in), change.extra_units),
            demand=_path(given, change.demand_factor),
            abc=row["abc_class"],
            level=float(row["service_level"]),
            level_from=row["service_level_from"],
            margin=None if row["unit_margin"] is None else float(row["unit_margin"]),
        )
        place = self.place
        currency = place.currency if place else ""
        line.cost = unit_cost(self.rows.costs, supply, row["marketplace_id"], currency, self.rows.rates)
        lead = Days(
            _or(change.lead_time, row["lead_time_days"]), _or(change.lead_time_sd, row["lead_time_sd_days"])
        )
        line.order_lead = lead
        line.level = self._level(line, change)
        line.propose(settings)
        return line

    @property
    def place(self) -> Marketplace | None:
        """The marketplace of the row."""
        return next(
            (each for each in all_marketplaces().values() if each.id == self.row["marketplace_id"]), None
        )

    def columns(self, line: Line) -> dict[str, Any]:
        """The columns of the mart ``restock`` that a change may affect."""
        day = self.row["day"]
        return {**proposal_columns(line, day), **money_columns(line, self.place, day)}

    def _level(self, line: Line, change: Change) -> float:
        if change.service_level is not None:
            return bounded(change.service_level)
        if line.level_from != NEWSVENDOR or line.margin is None or not isinstance(line.cost, UnitCost):
            return line.level
        return newsvendor_level(line.margin, line.cost.landed, self.settings.holding_rate, line.protection)

    def _position(self, lead: LeadTime, extra: int) -> Position:
        row = self.row
        stock = {**row, "available": int(row["available"] or 0) + extra}
        own = self.rows.own if row["own_warehouse"] or row["open_orders"] else ()
        return position_of(
            stock, row, own, self.rows.shipments, day=row["day"], lead=lead, settings=self.settings
        )


def read_sku_order(connection: Connection, row: Row) -> SkuOrder:
    """Read all inputs of the order in a row of the mart ``restock``."""
    return SkuOrder(row, read_sku_rows(connection, row), load_demand_settings(row["account_id"]))


def what_if(connection: Connection, row: Row, change: Change) -> Proposal:
    """Compute the recommendation of a stored row under other assumptions. Nothing is stored.

    Raises ConfigurationError if the row has no forecast or no stock.
    """
    proposal = read_sku_order(connection, row).under(change).proposal
    assert proposal is not None
    return proposal


@dataclass(frozen=True)
class Outlook:
    """Cumulative demand up to the end of a day (10, 50 and 90 percent quantiles), and the units that will
    have been sellable by then. Where demand exceeds supply, stock runs out.
    """

    in_days: int
    p10: float
    p50: float
    p90: float
    supply: float


def outlook(line: Line, days: int) -> list[Outlook]:
    """The outlook for the next ``days`` days of a line; empty if it has no forecast or no position."""
    if line.demand is None or line.position is None:
        return []
    ahead = np.arange(1, days + 1, dtype=float)
    low, high = (line.demand.quantiles_until(level, ahead) for level in (0.1, 0.9))
    middle, supply = line.demand.daily * ahead, line.position.supply(days)
    columns = zip(low.tolist(), middle.tolist(), high.tolist(), supply.tolist(), strict=True)
    return [Outlook(n, *values) for n, values in enumerate(columns)]


def _path(forecast: Row, factor: float) -> DemandPath:
    values = np.array([float(forecast[f"p{round(q * 100)}"]) for q in QUANTILES])
    return DemandPath(values * factor, int(forecast["horizon_days"]))


def _or(given: float | None, stored: Any) -> float:
    return float(stored) if given is None else given
