"""One SKU: its demand with the masked days, its stored forecasts, and their grades."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select

HISTORY_DAYS = 182
_KEPT_DAYS = 120
_COMPARED = (
    "p50", "p90", "daily_units", "demand_class", "model", "horizon_days", "lead_time_days", "review_days",
    "wape", "masked_days", "event_days", "data_quality", "seasonality", "drift", "status",
)  # fmt: skip


class DemandDay(BaseModel):
    """A day of the SKU in all marketplaces of its stock pool. ``units`` is None if orders are not known.

    ``is_masked``: demand could not be seen, for ``mask_reasons``; such a day is left out, not counted as
    zero.
    """

    day: date
    units: int | None
    available: int | None
    is_masked: bool
    mask_reasons: list[str]
    events: list[str]
    status: str


class KeptForecast(BaseModel):
    """A row of mart ``forecast``: quantiles of the total demand over ``horizon_days`` after ``day``."""

    day: date
    demand_class: str | None
    model: str | None
    horizon_days: int | None
    lead_time_days: Decimal | None
    review_days: int | None
    p10: Decimal | None
    p50: Decimal | None
    p80: Decimal | None
    p90: Decimal | None
    p95: Decimal | None
    daily_units: Decimal | None
    seasonal_naive: Decimal | None
    in_stock_mean: Decimal | None
    amazon_units: Decimal | None
    origins: int | None
    wape: Decimal | None
    mase: Decimal | None
    poisson_floor: Decimal | None
    baseline_wape: Decimal | None
    coverage_80: Decimal | None
    bias: Decimal | None
    seasonality: str | None
    history_days: int | None
    masked_days: int | None
    event_days: int | None
    drift: bool | None
    data_quality: Decimal | None
    status: str
    missing: list[str]


class SkuGrade(BaseModel):
    """The forecast and the recommendation of a day, compared with the demand that followed until ``*_until``.

    ``amazon_*``: Amazon's recommendation of the same day. ``over_units``: known once the period is over.
    """

    day: date
    forecast_until: date | None
    observed_days: int | None
    forecast_demand: Decimal | None
    forecast: Decimal | None
    p10: Decimal | None
    p90: Decimal | None
    is_in_band: bool | None
    absolute_error: Decimal | None
    seasonal_naive_absolute_error: Decimal | None
    is_forecast_final: bool | None
    order_until: date | None
    order_quantity: int | None
    amazon_quantity: int | None
    order_demand: Decimal | None
    position: int | None
    short_units: Decimal | None
    over_units: Decimal | None
    amazon_short_units: Decimal | None
    amazon_over_units: Decimal | None
    stock_out_days: int | None
    is_order_final: bool | None


class Difference(BaseModel):
    """A figure of the newest forecast that differs from the one before it."""

    name: str
    before: str | None
    after: str | None


class SkuHistory(BaseModel):
    """``forecasts``: stored ones, newest first. ``changes``: differences between the two newest."""

    days: list[DemandDay]
    forecasts: list[KeptForecast]
    changes: list[Difference]
    grades: list[SkuGrade]


def read_sku_history(
    connection: Connection,
    *,
    account_id: str,
    marketplace_id: str,
    sku: str,
    places: Sequence[str],
    end: date,
) -> SkuHistory:
    """Demand of half a year, and forecasts and grades of four months, up to ``end``.

    :param places: ids of all marketplaces of the stock pool, of which ``marketplace_id`` is the first.
    """
    values = {
        "account_id": account_id,
        "marketplace_id": marketplace_id,
        "sku": sku,
        "places": list(places),
        "end": end,
    }
    demand = {**values, "start": end - timedelta(days=HISTORY_DAYS - 1)}
    kept = {**values, "start": end - timedelta(days=_KEPT_DAYS)}
    forecasts = _rows(connection, "sku_forecasts", KeptForecast, kept)
    return SkuHistory(
        days=_rows(connection, "sku_days", DemandDay, demand),
        forecasts=forecasts,
        changes=differences(forecasts[1], forecasts[0]) if len(forecasts) > 1 else [],
        grades=_rows(connection, "sku_grades", SkuGrade, kept),
    )


def differences(before: KeptForecast, after: KeptForecast) -> list[Difference]:
    """What differs between two forecasts, by column."""
    found = []
    for name in _COMPARED:
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            found.append(Difference(name=name, before=_text(old), after=_text(new)))
    return found


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _rows(connection: Connection, name: str, row: type[Any], values: dict[str, Any]) -> list[Any]:
    return select(connection, str(Path(__file__).with_name(name)), row, values)
