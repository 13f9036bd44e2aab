"""The tiles of the Ads page: sums of its marketplaces, and ratios of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel

from sellerops.read_models.ads.groups import AdsBy, AdsRow, read_ads
from sellerops.read_models.ads.unallocated import UnallocatedSpend, read_unallocated
from sellerops.read_models.costs import COST
from sellerops.read_models.profit.told import words, worst
from sellerops.read_models.queries import Connection
from sellerops.read_models.scope import Scope
from sellerops.read_models.tables import Paging


class AdsFigures(BaseModel):
    """Sums over all marketplaces of a currency; None if one of them is unknown.

    ``total_sales`` covers the marketplaces that advertised. ``unallocated``: spend for which no SKU is known.
    """

    spend: Decimal | None
    sales: Decimal | None
    orders: int
    clicks: int
    impressions: int
    total_sales: Decimal | None
    unallocated: Decimal | None
    acos: Decimal | None
    tacos: Decimal | None
    roas: Decimal | None
    break_even_acos: Annotated[Decimal | None, COST]


class AdsSummary(BaseModel):
    """The tiles of one currency.

    ``compared`` is None without a comparison, or if a marketplace has fewer days with figures to compare
    with. ``open_days``: days whose attributed sales still grow.
    """

    currency: str
    figures: AdsFigures
    compared: AdsFigures | None
    compared_from: date | None
    compared_to: date | None
    open_days: int
    status: str
    missing: list[str]


def read_ads_summary(connection: Connection, scope: Scope) -> list[AdsSummary]:
    """The tiles of each currency of the scope."""
    rows, loose = _read(connection, scope)
    other = scope.compared()
    compared_rows, compared_loose = _read(connection, other) if other else ([], [])
    return [
        AdsSummary(
            currency=currency,
            figures=_figures(rows, loose, currency),
            compared=_figures(compared_rows, compared_loose, currency)
            if _covers(compared_rows, rows, currency)
            else None,
            compared_from=other.start if other else None,
            compared_to=other.end if other else None,
            open_days=max(row.open_days for row in rows if row.currency == currency),
            status=worst(row.status for row in rows if row.currency == currency),
            missing=words(row.missing for row in rows if row.currency == currency),
        )
        for currency in sorted({row.currency for row in rows})
    ]


def _read(connection: Connection, scope: Scope) -> tuple[list[AdsRow], list[UnallocatedSpend]]:
    table = read_ads(connection, scope, Paging(limit=None), AdsBy.MARKETPLACE)
    return table.rows, read_unallocated(connection, scope)


def _covers(compared: Sequence[AdsRow], rows: Sequence[AdsRow], currency: str) -> bool:
    """Whether each marketplace that advertises has at least as many days with figures to compare with."""
    days = {(row.account_id, row.marketplace_id): row.days for row in compared if row.currency == currency}
    return all(
        days.get((row.account_id, row.marketplace_id), 0) >= row.days
        for row in rows
        if row.currency == currency
    )


def _figures(rows: Sequence[AdsRow], loose: Sequence[UnallocatedSpend], currency: str) -> AdsFigures:
    own = [row for row in rows if row.currency == currency]

    def total(amount: Callable[[AdsRow], Decimal | None]) -> Decimal | None:
        return _total([amount(row) for row in own])

    spend, sales, total_sales = (
        total(lambda row: row.spend),
        total(lambda row: row.sales),
        total(lambda row: row.total_sales),
    )
    return AdsFigures(
        spend=spend,
        sales=sales,
        orders=sum(row.orders for row in own),
        clicks=sum(row.clicks for row in own),
        impressions=sum(row.impressions for row in own),
        total_sales=total_sales,
        unallocated=_total([each.unallocated for each in loose if each.currency == currency]),
        acos=_ratio(spend, sales),
        tacos=_ratio(spend, total_sales),
        roas=_ratio(sales, spend),
        break_even_acos=_ratio(total(lambda row: row.before_ads), total(lambda row: row.margin_sales)),
    )


def _total(amounts: Sequence[Decimal | None]) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if known and len(known) == len(amounts) else None


def _ratio(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    return None if part is None or not whole else round(part / whole, 6)
