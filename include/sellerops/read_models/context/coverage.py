"""The days with figures, by account and marketplace."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class Coverage(BaseModel):
    """The first and last day in mart ``profit_day``, in the marketplace's time zone."""

    account_id: str
    marketplace_id: str
    first_day: date
    last_day: date


def read_coverage(connection: Connection) -> list[Coverage]:
    """The days of each account and marketplace that has figures."""
    return select(connection, __file__, Coverage, {})
