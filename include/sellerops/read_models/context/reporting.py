"""The currency in which each account reports."""

from __future__ import annotations

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select


class ReportingCurrency(BaseModel):
    """An account's setting ``reporting_currency``, as the marts used it."""

    account_id: str
    currency: str


def read_reporting_currencies(connection: Connection) -> dict[str, str]:
    """Currencies by account."""
    return {each.account_id: each.currency for each in select(connection, __file__, ReportingCurrency, {})}
