"""Fees that Amazon expects in the next four months, by marketplace and kind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select

# Fees that depend on how you manage stock, unlike those of every sale (Data Kiosk's economicsPreview).
AVOIDABLE_FEES = (
    "AgedInventorySurcharge",
    "CustomerReturnHRRUnitFee",
    "FbaInboundConvenienceFee",
    "LongTermStorageFee",
    "LowInventoryLevelFee",
    "StorageUtilizationSurcharge",
)


class FeePreview(BaseModel):
    """One kind of fee that Amazon expects for a marketplace's SKUs; ``expected`` is a positive cost."""

    account_id: str
    marketplace_id: str
    fee: str
    starts_on: date
    ends_on: date
    skus: int
    currency: str
    expected: Decimal


def read_fee_previews(connection: Connection, values: dict[str, Any]) -> list[FeePreview]:
    """The newest previews, at most two weeks old; empty if Amazon's previews are not collected."""
    found = connection.execute("SELECT to_regclass('amazon_sp.economics_preview_fees')").fetchone()
    if found is None or found[0] is None:
        return []
    return select(connection, __file__, FeePreview, {**values, "fees": list(AVOIDABLE_FEES)})
