"""Reads one SKU: what it is, where it is sold, its figures by day, and what changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from sellerops.read_models.products.figures import (
    ProductChange,
    ProductDay,
    ProductDemand,
    ProductFee,
    ProductForecast,
    ProductHead,
    ProductMarketplace,
    ProductShipment,
    ProductTotal,
)
from sellerops.read_models.queries import Connection, select
from sellerops.read_models.scope import Scope

_Row = TypeVar("_Row", bound=BaseModel)
_HERE = Path(__file__).parent
# Days: older forecasts and recommendations are ignored.
_NEWEST = 13


class Product:
    """Reads one SKU's figures within a scope, ignoring its accounts: the SKU belongs to ``account_id``.

    ``only_profit``: ``days`` have only units and money, which is all that totals of compared days need.
    """

    def __init__(
        self,
        connection: Connection,
        scope: Scope,
        account_id: str,
        sku: str,
        *,
        only_profit: bool = False,
    ) -> None:
        self._connection = connection
        # Days and marketplaces are listed one by one, so that the marts' indexes find each with the SKU.
        self._values = {
            **scope.values(),
            "account": account_id,
            "sku": sku,
            "only_profit": only_profit,
            "days": _days(scope.start, scope.end),
            "newest_days": _days(scope.end - timedelta(days=_NEWEST), scope.end + timedelta(days=1)),
        }

    def head(self) -> ProductHead | None:
        """The SKU; None if no report names it."""
        found = self._rows("head", ProductHead)
        return found[0] if found else None

    @cached_property
    def marketplaces(self) -> list[ProductMarketplace]:
        """The SKU's marketplaces."""
        return self._rows("marketplaces", ProductMarketplace)

    @cached_property
    def days(self) -> list[ProductDay]:
        """The SKU's figures by day, oldest first; every day of the scope has a row."""
        return self._rows("days", ProductDay)

    def fees(self) -> list[ProductFee]:
        return self._rows("fees", ProductFee)

    def forecasts(self) -> list[ProductForecast]:
        return self._rows("forecasts", ProductForecast)

    def demand(self) -> list[ProductDemand]:
        """The demand to compare forecasts with; days without an order, stock or visit have no row."""
        return self._rows("demand", ProductDemand)

    def shipments(self) -> list[ProductShipment]:
        """Open shipments, and those received since the scope began."""
        return self._rows("shipments", ProductShipment)

    def changes(self, alerts_without_costs: Collection[str]) -> list[ProductChange]:
        """What changed in the scope, newest first. Prices and texts only if listings are collected.

        :param alerts_without_costs: names of the alerts whose text may be included.
        """
        found = self._rows("changes", ProductChange, alerts_without_costs=list(alerts_without_costs))
        listed = self._connection.execute("SELECT to_regclass('amazon_sp.listings_all')").fetchone()
        if listed and listed[0] is not None:
            found += self._rows("listing_changes", ProductChange)
        return sorted(found, key=lambda each: each.day, reverse=True)

    def _rows(self, name: str, row: type[_Row], **values: Any) -> list[_Row]:
        """The rows of a ``.sql`` file beside this module, of the SKU's marketplaces."""
        if name not in ("head", "marketplaces"):
            values["marketplaces"] = [marketplace.marketplace_id for marketplace in self.marketplaces]
        return select(self._connection, str(_HERE / f"{name}.py"), row, {**self._values, **values})


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def totals_of(days: Iterable[ProductDay], before: Iterable[ProductDay]) -> list[ProductTotal]:
    """Sums of ``days`` by currency, with those of ``before``, the days to compare with."""
    compared = {each.currency: each for each in _sums(before)}
    return [
        total.model_copy(
            update={
                f"{name}_before": getattr(compared[total.currency], name)
                for name in _SUMMED
                if total.currency in compared
            }
        )
        for total in _sums(days)
    ]


_SUMMED = ("units", "product_sales", "ads", "cm2")
_WORST = ("complete", "estimated", "incomplete")


def _sums(days: Iterable[ProductDay]) -> list[ProductTotal]:
    groups: dict[str, list[ProductDay]] = {}
    for each in days:
        if each.currency is not None:
            groups.setdefault(each.currency, []).append(each)
    return [
        ProductTotal(
            currency=currency,
            units=sum(each.units or 0 for each in group),
            product_sales=_sum(each.product_sales for each in group),
            ads=_sum(each.ads for each in group),
            cm2=_sum(each.cm2 for each in group),
            status=max((each.status for each in group), key=_WORST.index),
            missing=sorted({word for each in group for word in each.missing}),
        )
        for currency, group in sorted(groups.items())
    ]


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    found = list(values)
    known = [each for each in found if each is not None]
    return sum(known, Decimal()) if len(known) == len(found) else None
