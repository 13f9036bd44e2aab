"""What the last day of the scope earned, compared with the same weekday before."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.orders_loaded import open_values, read_orders_loaded
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging


class MarketplaceDay(BaseModel):
    """One marketplace of an account on the day. Amounts: income positive, cost negative; None: unknown.

    ``missing``: the words of mart ``profit_day``, and two more. ``day``: the day has no figures at all,
    though the marketplace had some in the four weeks before. ``orders``: orders of the rest of the day are
    not loaded yet, so there is no comparison.
    """

    account_id: str
    marketplace_id: str
    currency: str
    units: int | None
    product_sales: Decimal | None
    ads: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    profit: Annotated[Decimal | None, COST]
    units_before: int | None
    product_sales_before: Decimal | None
    profit_before: Annotated[Decimal | None, COST]
    status: str
    missing: list[str]


class DayTotal(BaseModel):
    """Sums of one currency over the marketplaces whose figure is known.

    ``without_profit``: marketplaces whose profit is unknown and therefore not part of ``profit``.
    ``profit_before`` is None unless it is known for all of them. ``without_orders``: marketplaces whose
    orders of the day are not all loaded; if there are any, nothing is compared.
    """

    currency: str
    row_count: int
    units: int | None
    product_sales: Decimal | None
    ads: Decimal | None
    cm2: Annotated[Decimal | None, COST]
    profit: Annotated[Decimal | None, COST]
    without_profit: int
    without_orders: int
    units_before: int | None
    product_sales_before: Decimal | None
    profit_before: Annotated[Decimal | None, COST]


Yesterday = Listing[MarketplaceDay, DayTotal]
_ORDER = ("product_sales", Direction.DESCENDING)


def read_yesterday(connection: Connection, scope: Scope, paging: Paging) -> Yesterday:
    """The last day of the scope by marketplace. ``*_before``: the compared day; None without a comparison."""
    compared = scope.model_copy(update={"start": scope.end}).compared()
    values = {
        **scope.values(),
        **open_values(read_orders_loaded(connection, scope)),
        "compared_end": compared.end if compared else None,
    }
    return select_listing(connection, __file__, Yesterday, values, paging, _ORDER)
