"""The marts ``forecast_grade`` and ``restock_grade``: grade the first day of each week until it is final."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np

from sellerops.demand.demand_path import DemandPath
from sellerops.demand.forecast_mart import newest_day, number
from sellerops.demand.grading import (
    Observed,
    has_drifted,
    loss,
    observe,
    recent_wape,
    shortage,
    surplus,
)
from sellerops.demand.metrics import QUANTILES
from sellerops.demand.reading import Demand, read_demand
from sellerops.demand.series import Bools, Floats
from sellerops.destinations.mart_store import Span
from sellerops.marts.computed import Row, Work

LONGEST = 365
RESTATED = 30  # days after the horizon during which changed demand still changes a grade

_FORECASTS = """SELECT f.marketplace_id, f.stock_pool, f.sku, f.day, f.model, f.horizon_days, f.p10, f.p50,
       f.p80, f.p90, f.p95, f.wape, f.seasonal_naive
FROM {{ ref('forecast') }} AS f WHERE f.p50 IS NOT NULL"""
_RESTOCK = """SELECT r.marketplace_id, r.stock_pool, r.sku, r.day, r.protection_days, r.position,
       r.order_status, r.order_quantity, r.amazon_quantity
FROM {{ ref('restock') }} AS r WHERE r.position IS NOT NULL"""
_EMPTY = """SELECT d.marketplace_id, d.sku, d.day
FROM {{ ref('demand_day') }} AS d WHERE d.mask_reason = 'stock_out'"""
_RECEIVED = """SELECT i.stock_pool, i.sku, i.day, SUM(i.ledger_received) AS units
FROM {{ ref('inventory_day') }} AS i WHERE i.ledger_received > 0 GROUP BY i.stock_pool, i.sku, i.day"""


class ForecastGradeMart:
    """Grades of forecasts that are not final yet, or became final only recently."""

    def due(self, work: Work) -> Iterable[Span]:
        """Nothing is due by time: grades follow demand."""
        return ()

    def compute(self, work: Work, spans: Sequence[Span]) -> Iterator[tuple[Span, Iterable[Row]]]:
        for account_id in sorted({span.account_id for span in spans}):
            known = _known(work, account_id)
            if known is None:
                continue
            demand, span = known
            for day, rows in _weekly(work.rows(_FORECASTS, span), "horizon_days", demand.last_day):
                graded = [_forecast_grade(row, demand) for row in rows]
                yield (
                    Span(account_id, None, day, day),
                    [{"account_id": account_id, **each} for each in graded],
                )


class RestockGradeMart:
    """Grades of recommendations, beside those of Amazon's recommendations for the same day."""

    def due(self, work: Work) -> Iterable[Span]:
        """Nothing is due by time: grades follow demand."""
        return ()

    def compute(self, work: Work, spans: Sequence[Span]) -> Iterator[tuple[Span, Iterable[Row]]]:
        for account_id in sorted({span.account_id for span in spans}):
            known = _known(work, account_id)
            if known is None:
                continue
            demand, span = known
            empty = _days(work.rows(_EMPTY, span), "marketplace_id")
            received = _units(work.rows(_RECEIVED, span))
            for day, rows in _weekly(work.rows(_RESTOCK, span), "protection_days", demand.last_day):
                graded = [_restock_grade(row, demand, empty, received) for row in rows]
                yield (
                    Span(account_id, None, day, day),
                    [{"account_id": account_id, **each} for each in graded],
                )


def _known(work: Work, account_id: str) -> tuple[Demand, Span] | None:
    last = newest_day(work, account_id)
    if last is None:
        return None
    span = Span(account_id, None, last - timedelta(days=LONGEST + RESTATED), last)
    demand = read_demand(work, account_id, last, {}, LONGEST + RESTATED, span=span, with_deals=False)
    return None if demand is None else (demand, span)


def _weekly(
    rows: Iterable[Mapping[str, Any]], length: str, last: date
) -> Iterator[tuple[date, list[Mapping[str, Any]]]]:
    """The rows of the first day of each week, oldest first, if a day with known demand has followed it.

    Rows whose period ended more than ``RESTATED`` days ago keep their grade.
    """
    by_day: dict[date, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row["day"] < last:
            by_day.setdefault(row["day"], []).append(row)
    weeks: set[tuple[int, int]] = set()
    for day in sorted(by_day):
        week = day.isocalendar()[:2]
        if week in weeks:
            continue
        weeks.add(week)
        ends = max(day + timedelta(days=int(row[length] or 0)) for row in by_day[day])
        if ends + timedelta(days=RESTATED) >= last:
            yield day, by_day[day]


def _since(row: Mapping[str, Any], demand: Demand, days: int) -> tuple[Floats, Bools]:
    """Units and seen days of up to ``days`` days after the row's day; empty for a SKU without demand."""
    number_of = demand.numbers.get((row["marketplace_id"], row["sku"]))
    begin = max(0, demand.column(row["day"]) + 1)
    if number_of is None:
        return np.zeros(0), np.zeros(0, bool)
    return (
        demand.panel.units[number_of, begin : begin + days],
        ~demand.panel.masked[number_of, begin : begin + days],
    )


def _forecast_grade(row: Mapping[str, Any], demand: Demand) -> dict[str, Any]:
    horizon = int(row["horizon_days"])
    units, seen = _since(row, demand, horizon)
    found = observe(units, seen)
    path = DemandPath(np.array([float(row[f"p{round(q * 100)}"]) for q in QUANTILES]), horizon)
    days, actual, is_final = found.days, found.demand, found.days == horizon
    forecast, low, high = path.median(days), path.quantile(0.1, days), path.quantile(0.9, days)
    naive = float(row["seasonal_naive"] or 0) * days / horizon
    recent = recent_wape(units, seen, path)
    is_known = not math.isnan(actual)
    losses = {
        f"pinball_{round(q * 100)}": loss(actual, path.quantile(q, days), q) for q in (0.5, 0.8, 0.9, 0.95)
    }
    return {
        **_place(row, found),
        "model": row["model"],
        "horizon_days": horizon,
        "observed_days": found.seen,
        "demand": number(actual),
        "forecast": number(forecast),
        "p10": number(low),
        "p90": number(high),
        "error": number(forecast - actual),
        "absolute_error": number(abs(forecast - actual)),
        **{name: number(value if is_known else math.nan) for name, value in losses.items()},
        "is_in_band": low <= actual <= high if is_known else None,
        "seasonal_naive": number(naive),
        "seasonal_naive_absolute_error": number(abs(naive - actual)),
        "wape_14": None if recent is None else number(recent),
        "drift": has_drifted(recent, units, None if row["wape"] is None else float(row["wape"])),
        "is_final": is_final,
        **_status(is_known, is_final),
    }


def _restock_grade(
    row: Mapping[str, Any],
    demand: Demand,
    empty: Mapping[tuple[str, str], set[date]],
    received: Mapping[tuple[str, str], Mapping[date, float]],
) -> dict[str, Any]:
    period = int(row["protection_days"])
    found = observe(*_since(row, demand, period))
    is_final, is_known = found.days == period, not math.isnan(found.demand)
    until = row["day"] + timedelta(days=found.days)
    ours = float(row["position"] + (row["order_quantity"] or 0))
    amazon = None if row["amazon_quantity"] is None else float(row["position"] + row["amazon_quantity"])
    days_empty = empty.get((row["marketplace_id"], row["sku"]), set())
    arrived = received.get((row["stock_pool"], row["sku"]), {})
    return {
        **_place(row, found),
        "is_final": is_final,
        "order_status": row["order_status"],
        "order_quantity": row["order_quantity"],
        "amazon_quantity": row["amazon_quantity"],
        "demand": number(found.demand),
        "position": row["position"],
        "short_units": number(shortage(found.demand, ours)) if is_known else None,
        "over_units": number(surplus(found.demand, ours, found.days)) if is_known and is_final else None,
        "amazon_short_units": number(shortage(found.demand, amazon))
        if is_known and amazon is not None
        else None,
        "amazon_over_units": number(surplus(found.demand, amazon, found.days))
        if is_known and is_final and amazon is not None
        else None,
        "stock_out_days": sum(row["day"] < day <= until for day in days_empty),
        "received_units": round(sum(units for day, units in arrived.items() if row["day"] < day <= until)),
        **_status(is_known, is_final),
    }


def _place(row: Mapping[str, Any], found: Observed) -> dict[str, Any]:
    return {
        "marketplace_id": row["marketplace_id"],
        "day": row["day"],
        "sku": row["sku"],
        "stock_pool": row["stock_pool"],
        "graded_until": row["day"] + timedelta(days=found.days),
    }


def _status(is_known: bool, is_final: bool) -> dict[str, str]:
    if not is_known:
        return {"status": "incomplete", "missing": "demand"}
    return {"status": "complete" if is_final else "estimated", "missing": ""}


def _days(rows: Iterable[Mapping[str, Any]], place: str) -> dict[tuple[str, str], set[date]]:
    found: dict[tuple[str, str], set[date]] = {}
    for row in rows:
        found.setdefault((row[place], row["sku"]), set()).add(row["day"])
    return found


def _units(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], dict[date, float]]:
    found: dict[tuple[str, str], dict[date, float]] = {}
    for row in rows:
        found.setdefault((row["stock_pool"], row["sku"]), {})[row["day"]] = float(row["units"])
    return found
