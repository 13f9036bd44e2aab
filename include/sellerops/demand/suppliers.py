"""How each SKU is bought: the rows of reference.supplier and reference.price_break, and the defaults."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sellerops.demand.lead_times import Days, LeadTime
from sellerops.demand.settings import DemandSettings

SUPPLIERS = """SELECT s.supplier, s.sku, s.route, s.priority, s.production_days, s.production_sd_days,
       s.transit_days, s.transit_sd_days, s.review_days, s.minimum_order_quantity, s.case_pack,
       s.freight_per_unit, s.currency, s.deposit_percent, s.balance_days
FROM {{ source('reference.supplier') }} AS s"""
PRICE_BREAKS = """SELECT p.supplier, p.sku, p.minimum_quantity, p.unit_price, p.currency
FROM {{ source('reference.price_break') }} AS p"""
_INHERITED = (
    "production_days", "production_sd_days", "transit_days", "transit_sd_days", "review_days",
    "minimum_order_quantity", "case_pack", "freight_per_unit", "currency", "deposit_percent", "balance_days",
)  # fmt: skip


@dataclass(frozen=True)
class Supply:
    """How a SKU is bought. ``prices``: (fewest units, price, currency), ascending.

    ``is_default``: no row says anything about its lead time.
    """

    supplier: str
    route: str
    production: Days
    transit: Days
    review_days: int
    minimum: int
    case_pack: int
    prices: tuple[tuple[int, float, str], ...]
    freight: tuple[float, str] | None
    deposit_percent: float
    balance_days: int
    is_default: bool

    def lead_time(self, check_in: Days) -> LeadTime:
        return LeadTime(self.production, self.transit, check_in)


class Suppliers:
    """Finds the supply of a SKU: its own row of the highest priority, completed by the rows for all SKUs of
    its supplier and of any supplier.
    """

    def __init__(
        self,
        rows: Iterable[Mapping[str, Any]],
        prices: Iterable[Mapping[str, Any]],
        settings: DemandSettings,
    ) -> None:
        self._settings = settings
        self._by_sku: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in sorted(rows, key=lambda one: (one["priority"] or 1, one["supplier"], one["route"])):
            self._by_sku[row["sku"]].append(row)
        self._prices: dict[tuple[str, str], list[tuple[int, float, str]]] = defaultdict(list)
        for row in prices:
            price = (row["minimum_quantity"], float(row["unit_price"]), row["currency"])
            self._prices[row["supplier"], row["sku"]].append(price)

    def supply_of(self, sku: str) -> Supply:
        own = next(iter(self._by_sku.get(sku, ())), None)
        row = self._completed(own)
        supplier, route = str(row.get("supplier") or ""), str(row.get("route") or "")
        given, settings = row.get, self._settings
        prices = self._prices.get((supplier, sku)) or self._prices.get(("", sku)) or []
        freight = given("freight_per_unit")
        return Supply(
            supplier=supplier,
            route=route,
            production=_days(given("production_days"), given("production_sd_days"), settings.production),
            transit=_days(given("transit_days"), given("transit_sd_days"), settings.transit),
            review_days=round(given("review_days") or settings.review_days),
            minimum=int(given("minimum_order_quantity") or 1),
            case_pack=int(given("case_pack") or 1),
            prices=tuple(sorted(prices)),
            freight=None if freight is None else (float(freight), str(given("currency") or "")),
            deposit_percent=float(given("deposit_percent") or 0),
            balance_days=round(given("balance_days") or 0),
            is_default=given("production_days") is None and given("transit_days") is None,
        )

    def _completed(self, own: Mapping[str, Any] | None) -> dict[str, Any]:
        supplier = own["supplier"] if own else ""
        route = own["route"] if own else None
        general = [row for row in self._by_sku.get("", ()) if row["supplier"] in (supplier, "")]
        general.sort(key=lambda row: (row["supplier"] != supplier, row["route"] != route))
        chain = [*([own] if own else []), *general]
        found: dict[str, Any] = {"supplier": supplier, "route": route or ""}
        for name in _INHERITED:
            found[name] = next((row[name] for row in chain if row[name] is not None), None)
        if not own and chain:
            found["supplier"], found["route"] = chain[0]["supplier"], chain[0]["route"]
        return found


def _days(mean: Any, sd: Any, default: Days) -> Days:
    if mean is None:
        return default
    return Days(float(mean), float(sd) if sd is not None else 0.2 * float(mean))
