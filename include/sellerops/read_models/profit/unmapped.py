"""Amounts that no rule maps to a P&L line, by Amazon's names."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class UnmappedName(BaseModel):
    """Lines with the same name.

    In a settlement, the name is transaction type, amount type and amount description; in a transaction, its
    type and the name of the amount (``third_name`` is empty). ``first_day``, ``last_day``: days of posting.
    """

    source: Literal["settlement", "transaction"]
    account_id: str
    marketplace_id: str
    name: str
    second_name: str
    third_name: str
    currency: str | None
    lines: int
    amount: Decimal
    first_day: date
    last_day: date


def read_unmapped(connection: Connection, scope: Scope) -> list[UnmappedName]:
    """Names without a P&L line, posted on the days of the scope, or later for an order of these days."""
    return select(connection, __file__, UnmappedName, scope.values())
