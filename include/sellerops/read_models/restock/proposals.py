"""What to order: how many of each SKU, by when, and every figure behind it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.costs import COST
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Direction, Paging, Table, select_table


class Proposal(BaseModel):
    """A row of the newest day of mart ``restock``, with its columns; amounts are in ``currency``.

    ``marketplace``: its code. In the row of totals, amounts are sums of what is known, ``order_by`` is the
    earliest, and what cannot be added is None.
    """

    account_id: str
    marketplace_id: str
    marketplace: str
    stock_pool: str
    sku: str
    title: str | None
    fnsku: str | None
    day: date | None
    order_status: str
    order_by: date | None
    order_quantity: int | None
    order_quantity_reason: list[str]
    needed: Decimal | None
    supplier: str
    route: str
    case_pack: int | None
    moq: int | None
    currency: str | None
    unit_cost: Annotated[Decimal | None, COST]
    cash_needed: Annotated[Decimal | None, COST]
    cash_deposit: Annotated[Decimal | None, COST]
    cash_balance: Annotated[Decimal | None, COST]
    cash_balance_on: date | None
    fits_budget: bool | None
    available: int | None
    fc_transfer: int | None
    fc_processing: int | None
    customer_orders: int | None
    inbound_working: int | None
    inbound_shipped: int | None
    inbound_receiving: int | None
    inbound_expected_on: date | None
    awd_available: int | None
    awd_reserved: int | None
    awd_inbound: int | None
    own_warehouse: int | None
    open_orders: int | None
    open_orders_expected_on: date | None
    later_units: int | None
    position: int | None
    next_arrival_on: date | None
    lead_time_days: Decimal | None
    lead_time_sd_days: Decimal | None
    check_in_days: Decimal | None
    review_days: int | None
    protection_days: int | None
    service_level: Decimal | None
    service_level_from: str
    abc_class: str
    demand_p50: Decimal | None
    demand_p90: Decimal | None
    daily_units: Decimal | None
    reorder_point: Decimal | None
    safety_stock: Decimal | None
    safety_stock_formula: Decimal | None
    target: Decimal | None
    cover_days: Decimal | None
    stock_out_on: date | None
    stock_out_early_on: date | None
    lost_units: Decimal | None
    unit_margin: Annotated[Decimal | None, COST]
    lost_margin: Annotated[Decimal | None, COST]
    fee_weeks: int | None
    fee_expected: Decimal | None
    fee_first_week: date | None
    fee_amazon_expects: Decimal | None
    days_of_supply_30: Decimal | None
    days_of_supply_90: Decimal | None
    amazon_quantity: int | None
    amazon_ship_by: date | None
    amazon_minimum_level: int | None
    override_quantity: int | None
    override_reason: str | None
    override_by: str | None
    override_until: date | None
    forecast_day: date | None
    status: str
    missing: list[str]
    demand_p10: Decimal | None

    @property
    def key(self) -> str:
        """What the row is about: account, marketplace and SKU, separated by ``|``."""
        return f"{self.account_id}|{self.marketplace_id}|{self.sku}"


def read_proposals(
    connection: Connection,
    scope: Scope,
    paging: Paging,
    *,
    is_due: bool = False,
    statuses: Sequence[str] = (),
    supplier: str | None = None,
    keys: Sequence[str] = (),
    sees_costs: bool = False,
) -> Table[Proposal]:
    """The newest recommendations of each account, the most urgent first.

    :param sees_costs: of those to be ordered on the same day, the ones that lose most margin come first.
    :param keys: only these, as in ``Proposal.key``.
    :param is_due: only what is due within a week, and quantities that a person set.
    """
    values = {
        **scope.values(),
        "is_due": is_due,
        "statuses": list(statuses) or None,
        "supplier": supplier,
        "keys": list(keys) or None,
        "sees_costs": sees_costs,
    }
    return select_table(
        connection, __file__, Proposal, values, paging, sort="order_by", direction=Direction.ASCENDING
    )
