"""Money that Amazon owes, and the days left to claim it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging


class OwedUnits(BaseModel):
    """Units to be reimbursed, as in mart ``owed``, whose last day to claim has not passed.

    ``days_left``: from today to ``claim_until``. ``value``: of all open units; None if unknown.
    """

    account_id: str
    marketplace_id: str
    day: date | None
    kind: str
    reference: str
    sku: str
    units: int
    claim_from: date | None
    claim_until: date | None
    days_left: int
    can_claim: bool | None
    value_basis: str
    currency: str
    value: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


class OwedTotal(BaseModel):
    """Sums of one currency.

    ``value_claimable``: what you can claim today; ``days_left``: until the first claim expires.
    """

    currency: str
    row_count: int
    units: int
    value: Annotated[Decimal | None, COST]
    value_claimable: Annotated[Decimal | None, COST]
    without_value: int
    days_left: int | None


Owed = Listing[OwedUnits, OwedTotal]
_ORDER = ("days_left", Direction.ASCENDING)


def read_owed(connection: Connection, scope: Scope, today: date, paging: Paging) -> Owed:
    """Everything that can still be claimed today or later. Values are at today's exchange rate."""
    return select_listing(
        connection,
        __file__,
        Owed,
        {**scope.values(), "today": today},
        paging,
        _ORDER,
    )
