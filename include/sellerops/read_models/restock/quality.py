"""How far forecasts can be trusted, and whose recommendations were better: ours or Amazon's."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope

_GRADED_DAYS = 200  # even a protection period of half a year is over by then


class ForecastQuality(BaseModel):
    """How good the newest forecasts of a demand class are.

    Ratios are the back-test's, weighted by forecast units; the coverage is that of the whole class.
    ``tree_skus``: SKUs for which the richer model was better.
    """

    demand_class: str
    skus: int
    forecast_skus: int
    refused_skus: int
    drifting_skus: int
    tree_skus: int
    wape: Decimal | None
    poisson_floor: Decimal | None
    baseline_wape: Decimal | None
    bias: Decimal | None
    coverage_80: Decimal | None


class Scores(BaseModel):
    """Recommendations of a day compared with the demand that followed: ours, and Amazon's of the same day.

    Demand and units cover only SKUs for which Amazon had a figure (``compared_skus``). ``over_units`` are
    known once the protection period is over (``is_final``).
    """

    day: date
    is_final: bool
    skus: int
    compared_skus: int
    demand: Decimal | None
    short_units: Decimal | None
    amazon_short_units: Decimal | None
    over_units: Decimal | None
    amazon_over_units: Decimal | None
    stock_out_days: int | None


def read_quality(connection: Connection, scope: Scope) -> list[ForecastQuality]:
    """A row per class, the largest first."""
    return select(connection, __file__, ForecastQuality, scope.values())


def read_scores(connection: Connection, scope: Scope) -> Scores | None:
    """The grades of the newest day whose period is over, or of the oldest open one; None without grades."""
    values = {**scope.values(), "since": scope.end - timedelta(days=_GRADED_DAYS)}
    found = select(connection, str(Path(__file__).with_name("scores")), Scores, values)
    return found[0] if found else None
