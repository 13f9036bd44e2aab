"""Advertising spend for which no SKU is known."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class UnallocatedSpend(BaseModel):
    """A marketplace's ad spend in profit, and its part without a SKU; both positive, None if unknown."""

    account_id: str
    marketplace_id: str
    currency: str
    unallocated: Decimal | None
    spend: Decimal | None


def read_unallocated(connection: Connection, scope: Scope) -> list[UnallocatedSpend]:
    """Unallocated spend of each marketplace of the scope."""
    return select(connection, __file__, UnallocatedSpend, scope.values())
