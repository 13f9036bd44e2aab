"""Open alerts, ranked by the money they cost a day."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction, select
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging

ADS = ("ads_above_break_even", "ads_without_sales")
# Alerts that other points of the Overview cover; all others, your own included, are what broke.
ELSEWHERE = (
    *ADS,
    "fee_tier_changed",
    "inbound_short",
    "order_due",
    "order_passed",
    "order_soon",
    "owed_expiring",
    "payout_below_forecast",
    "returns_high",
)


class OpenAlert(BaseModel):
    """An alert that has not ended and is not snoozed. ``subject``: a SKU, a shipment, a table.

    ``summary_of_costs`` replaces ``summary`` if the text reveals costs or margins. ``money_per_day``: what
    the alert costs per day, positive; None if unknown.
    """

    id: int | None
    name: str
    account_id: str
    marketplace_id: str
    subject: str
    severity: str
    summary: str | None
    summary_of_costs: Annotated[str | None, COST]
    opened_at: datetime | None
    acknowledged_by: str | None
    currency: str
    money_per_day: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


class AlertTotal(BaseModel):
    """Sums of one currency.

    ``without_money``: alerts whose cost is unknown; ``without_rate``: those whose cost is known only in a
    currency that has no exchange rate.
    """

    currency: str
    row_count: int
    money_per_day: Annotated[Decimal | None, COST]
    without_money: int
    without_rate: int


Alerts = Listing[OpenAlert, AlertTotal]
_ORDER = ("money_per_day", Direction.DESCENDING)
# Sorting by a hidden amount would reveal which is larger.
_ORDER_WITHOUT_COSTS = ("opened_at", Direction.DESCENDING)


class Evaluations(BaseModel):
    """The last evaluations of the alerts of the scope.

    ``evaluated_at``: the oldest of them; None if there is none. ``failed``: names of the alerts that could
    not be evaluated then.
    """

    evaluated_at: datetime | None
    failed: list[str]


def read_alerts(
    connection: Connection,
    scope: Scope,
    paging: Paging,
    *,
    without_costs: Collection[str],
    names: Collection[str] | None = None,
    other_names: Collection[str] = (),
    sees_costs: bool = True,
) -> Alerts:
    """Open alerts with one of ``names`` (None: any) and none of ``other_names``.

    Those that cost most come first; without ``sees_costs``, the newest. ``without_costs``: names of alerts
    whose text everybody may read.

    The result is incomplete if an alert could not be evaluated (``missing``: its name) or none ever was
    (``missing``: ``alerts``).
    """
    values = {
        **scope.values(),
        "names": None if names is None else list(names),
        "other_names": list(other_names),
        "without_costs": list(without_costs),
    }
    order = _ORDER if sees_costs else _ORDER_WITHOUT_COSTS
    found = select_listing(connection, __file__, Alerts, values, paging, order)
    state = _evaluations(connection, values)
    missing = ["alerts"] if state.evaluated_at is None else state.failed
    return found.model_copy(update={"status": "incomplete", "missing": missing}) if missing else found


def _evaluations(connection: Connection, values: dict[str, object]) -> Evaluations:
    return select(connection, f"{__file__.removesuffix('alerts.py')}evaluations.py", Evaluations, values)[0]
