"""How profit is computed: the account settings that change it."""

from __future__ import annotations

from pydantic import BaseModel

from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope


class AccountMethods(BaseModel):
    """Settings of ``config/account_settings.yaml``; ``reporting_currency`` is empty if there is none."""

    account_id: str
    refund_day: str
    sb_attribution: str
    vat_on_fees: str
    ads_paid_by: str
    reporting_currency: str


def read_methods(connection: Connection, scope: Scope) -> list[AccountMethods]:
    """The settings of the accounts of the scope."""
    return select(connection, __file__, AccountMethods, scope.values())
