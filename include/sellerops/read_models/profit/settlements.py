"""Settlements, and what the next ones will pay."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import BaseModel

from sellerops.read_models.profit.told import MissingWords
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging, Table, select_table

_PAYOUTS = __file__.replace("settlements.py", "payouts.py")


class Settlement(BaseModel):
    """A settlement, with amounts in its ``currency``.

    ``shown_total``: its total in ``shown_currency``, at the rate of the day on which its period ended.
    ``difference``: its total minus its lines, 0 unless lines are missing.
    """

    account_id: str
    settlement_id: str
    day: date | None
    starts_at: datetime | None
    ends_at: datetime | None
    deposit_at: datetime | None
    currency: str
    total: Decimal | None
    cm1: Decimal | None
    cm2_only: Decimal | None
    overhead: Decimal | None
    tax: Decimal | None
    balance: Decimal | None
    unmapped: Decimal | None
    difference: Decimal | None
    lines: int
    unmapped_lines: int
    shown_currency: str
    shown_total: Decimal | None
    status: str
    missing: MissingWords


class Payout(BaseModel):
    """A payout as it was expected at the end of ``day``: the sum of its parts without ``deferred_later``.

    ``is_next``: it is not paid yet. ``paid`` and ``difference`` are None until the settlement comes.
    """

    account_id: str
    currency: str
    day: date
    closes_on: date | None
    pays_on: date | None
    released: Decimal | None
    deferred_due: Decimal | None
    deferred_later: Decimal | None
    expected_sales: Decimal | None
    expected_fees: Decimal | None
    reserve_back: Decimal | None
    reserve_held: Decimal | None
    carried: Decimal | None
    forecast: Decimal | None
    paid: Decimal | None
    difference: Decimal | None
    is_next: bool
    reporting_currency: str
    in_reporting: Decimal | None
    status: str
    missing: MissingWords


def read_settlements(connection: Connection, scope: Scope, paging: Paging) -> Table[Settlement]:
    """Settlements whose period ended on a day of the scope. A search matches part of a settlement id."""
    return select_table(connection, __file__, Settlement, scope.values(), paging, sort="day")


def read_payouts(connection: Connection, scope: Scope) -> list[Payout]:
    """The next payout of each account and currency, then those of the 92 days before the scope ends."""
    return select(connection, _PAYOUTS, Payout, scope.values())
