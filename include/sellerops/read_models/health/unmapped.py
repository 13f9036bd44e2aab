"""SKUs without a known ASIN or own number."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class UnmappedSku(BaseModel):
    """``reason``: ``asin`` (no report names one) or ``own_id`` (your product mapping lacks it).

    ``known_since``, ``last_seen``: first and last day on which any report names the SKU.
    """

    account_id: str
    sku: str
    asin: str | None
    reason: str
    known_since: date
    last_seen: date
    title: str | None


def read_unmapped(connection: Connection, scope: Scope) -> list[UnmappedSku]:
    """Unmapped SKUs of the scope's accounts, whatever its days; last seen first, at most 10,000."""
    return select(connection, __file__, UnmappedSku, scope.values())
