"""The next payout of each account and currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.listings import Listing, select_listing
from sellerops.read_models.queries import Connection, Direction
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging


class NextPayout(BaseModel):
    """An expected payout, as in mart ``payout_forecast`` at the end of ``day``.

    ``paid_amount``: in ``paid_currency``, the currency it is paid in; ``forecast``: the same in ``currency``.
    ``deferred_later``: what Amazon holds back beyond this payout. None: unknown.
    """

    account_id: str
    day: date | None
    paid_currency: str
    paid_amount: Decimal | None
    pays_on: date | None
    closes_on: date | None
    currency: str
    forecast: Decimal | None
    deferred_later: Decimal | None
    status: str
    missing: list[str]


class PayoutTotal(BaseModel):
    """Sums of one currency. ``next_on``: day of the earliest payout."""

    currency: str
    row_count: int
    forecast: Decimal | None
    deferred_later: Decimal | None
    without_forecast: int
    next_on: date | None


Payouts = Listing[NextPayout, PayoutTotal]
_ORDER = ("pays_on", Direction.ASCENDING)


def read_payouts(connection: Connection, scope: Scope, paging: Paging) -> Payouts:
    """The newest forecast of each account and currency from the four weeks before the end of the scope."""
    return select_listing(connection, __file__, Payouts, scope.values(), paging, _ORDER)
