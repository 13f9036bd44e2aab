"""Advertising by day and ad product, with the day on which its sales are final."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.profit.told import MissingWords
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class AdsDay(BaseModel):
    """Advertising of one day and ad product.

    ``final_on``: the day from which a report has final sales: 10 days later for Sponsored Products, 17 days
    later for Sponsored Brands and Sponsored Display. ``status`` is ``estimated`` until such a report has
    arrived.
    """

    day: date
    ad_product: str
    currency: str
    clicks: int
    spend: Decimal | None
    sales: Decimal | None
    final_on: date
    status: str
    missing: MissingWords


def read_ads_days(connection: Connection, scope: Scope) -> list[AdsDay]:
    """The days of the scope with advertising, oldest first."""
    return select(connection, __file__, AdsDay, scope.values())
