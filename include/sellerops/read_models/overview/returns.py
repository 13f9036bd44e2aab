"""SKUs whose return rate is close to, or above, the threshold of Amazon's returns processing fee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging

# A rate is close to the threshold from this share of it.
CLOSE = Decimal("0.8")


class CloseReturns(BaseModel):
    """A SKU and month of shipment, as in mart ``return_rate_month``.

    ``units_left``: units that may still come back before the fee applies; negative if it already does.
    """

    account_id: str
    marketplace_id: str
    month: date | None
    sku: str
    title: str | None
    category: str | None
    units_shipped: int | None
    units_returned: int | None
    return_rate: Decimal | None
    threshold: Decimal | None
    units_above_threshold: Decimal | None
    units_left: Decimal | None
    is_above: bool | None
    status: str
    missing: list[str]


class ReturnsTotal(BaseModel):
    """Totals of the rows.

    ``above``: how many are above the threshold; ``units_above_threshold``: units that bear the fee.
    """

    currency: str
    row_count: int
    above: int
    units_above_threshold: Decimal


Returns = Listing[CloseReturns, ReturnsTotal]
_ORDER = ("units_above_threshold", Direction.DESCENDING)


def read_returns(connection: Connection, scope: Scope, paging: Paging) -> Returns:
    """The month in which the scope ends and the two before it: their returns still count for the fee."""
    return select_listing(
        connection,
        __file__,
        Returns,
        {**scope.values(), "share": CLOSE},
        paging,
        _ORDER,
    )
