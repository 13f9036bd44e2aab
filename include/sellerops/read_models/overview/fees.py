"""Fees that changed recently or will change."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.overview.fee_previews import read_fee_previews
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging

_PAST_DAYS = 30
_COMING_DAYS = 120


class FeeChange(BaseModel):
    """One change of a fee, past or expected.

    ``kind``: ``size_tier`` (Amazon measured a SKU anew), ``rule`` (a rate of ``config/fee_rules.csv`` begins
    to apply) or ``preview`` (Amazon expects the fee). ``money_per_day``: the additional cost per day, for a
    size tier. ``expected``: the cost from ``starts_on`` to ``ends_on``, for a preview. Both are positive
    costs; None if unknown.
    """

    kind: str
    account_id: str
    marketplace_id: str
    sku: str
    fee: str
    summary: str
    starts_on: date | None
    ends_on: date | None
    skus: int | None
    currency: str
    money_per_day: Decimal | None
    expected: Decimal | None
    status: str
    missing: list[str]


class FeeTotal(BaseModel):
    """Sums of one currency; changes of rates have no amount, and their currency is ``""``."""

    currency: str
    row_count: int
    rules: int
    size_tiers: int
    money_per_day: Decimal | None
    expected: Decimal | None


Fees = Listing[FeeChange, FeeTotal]
_ORDER = ("starts_on", Direction.ASCENDING)


def read_fees(connection: Connection, scope: Scope, today: date, paging: Paging) -> Fees:
    """Open changes of size tiers, rates that change from 30 days ago to 120 days ahead, and fee previews."""
    values = {**scope.values(), "today": today}
    previews = [each.model_dump(mode="json") for each in read_fee_previews(connection, values)]
    values |= {"previews": json.dumps(previews), "past_days": _PAST_DAYS, "coming_days": _COMING_DAYS}
    return select_listing(connection, __file__, Fees, values, paging, _ORDER)
