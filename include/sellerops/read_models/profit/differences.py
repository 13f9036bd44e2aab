"""Why profit differs from what Seller Central shows: each reason with its amount, by marketplace."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.profit.bridge import read_bridge
from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.lines import read_lines
from sellerops.read_models.profit.reasons import REASONS, Place, Reason, Sources, cents
from sellerops.read_models.queries import Connection, select_mappings
from sellerops.read_models.scope import Comparison, Scope


class DifferencePlace(BaseModel):
    """A marketplace."""

    account_id: str
    marketplace_id: str
    currency: str


class Difference(BaseModel):
    """A reason, with its amount by marketplace and in total; None if our tables do not know it.

    ``is_step``: one of the steps that lead from Seller Central's figure to ours and add up; ``is_sum``: the
    figure at which they begin or end. Other amounts are not added up. ``count``: the orders, units or days
    that the reason concerns.
    """

    name: str
    label: str
    meaning: str
    is_step: bool = False
    is_sum: bool = False
    amounts: list[Decimal | None]
    total: Decimal | None
    count: int | None = None
    counted: str = ""


class Differences(BaseModel):
    """``currency``: the currency of the totals; None if there are several."""

    currency: str | None
    places: list[DifferencePlace]
    rows: list[Difference]


def read_differences(connection: Connection, scope: Scope) -> Differences:
    """The reasons, over the days of the scope."""
    alone = scope.model_copy(update={"compare": Comparison.NONE})
    sources = Sources(
        bridge=read_bridge(connection, alone),
        ordered=read_lines(connection, alone, ProfitView.ORDER),
        paid=read_lines(connection, alone, ProfitView.PAYMENT),
        zones=_zones(connection, alone),
    )
    places = [
        DifferencePlace(
            account_id=each.account_id, marketplace_id=each.marketplace_id, currency=each.currency
        )
        for each in sources.bridge.columns
    ]
    return Differences(
        currency=sources.bridge.currency,
        places=places,
        rows=[_row(reason, sources, places) for reason in REASONS],
    )


def _row(reason: Reason, sources: Sources, places: list[DifferencePlace]) -> Difference:
    amounts = [reason.amount(sources, (each.account_id, each.marketplace_id)) for each in places]
    known = [amount for amount in amounts if amount is not None]
    is_whole = sources.bridge.currency is not None and len(known) == len(amounts)
    return Difference(
        name=reason.name,
        label=reason.label,
        meaning=reason.meaning,
        is_step=reason.is_step,
        is_sum=reason.is_sum,
        amounts=amounts,
        total=sum(known, Decimal()) if is_whole else None,
        count=reason.count(sources),
        counted=reason.counted,
    )


def _zones(connection: Connection, scope: Scope) -> dict[Place, tuple[Decimal | None, int]] | None:
    row = connection.execute("SELECT to_regclass('amazon_sp.all_orders') IS NOT NULL").fetchone()
    if not (row and _first(row)):
        return None
    found = select_mappings(connection, __file__, "time_zone.sql", scope.values())
    return {
        (row["account_id"], row["marketplace_id"]): (cents(row["amount"]), row["orders"]) for row in found
    }


def _first(row: Any) -> Any:
    return next(iter(row.values())) if isinstance(row, dict) else row[0]
