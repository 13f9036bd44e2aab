"""Why profit differs from what Seller Central shows: each reason with its amount, by marketplace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel

from sellerops.read_models.profit.bridge import Bridge, read_bridge
from sellerops.read_models.profit.definitions import ProfitView
from sellerops.read_models.profit.lines import ProfitLines, read_lines
from sellerops.read_models.queries import Connection, select_mappings
from sellerops.read_models.scope import Comparison, Scope

_CENT = Decimal("0.01")
_Place = tuple[str, str]


class DifferencePlace(BaseModel):
    """A marketplace."""

    account_id: str
    marketplace_id: str
    currency: str


class Difference(BaseModel):
    """A reason, and its amount by marketplace and in total; None: our tables do not know it.

    ``is_step``: one of the steps that lead from Seller Central's figure to ours and add up; ``is_sum``: where they
    begin and end. Other amounts stand for themselves. ``count``: orders, units or days that it concerns.
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
    """``currency``: that of the totals, None with several."""

    currency: str | None
    places: list[DifferencePlace]
    rows: list[Difference]


@dataclass(frozen=True)
class _Sources:
    """What the reasons are computed from; ``zones`` None: the orders are not collected."""

    bridge: Bridge
    ordered: ProfitLines
    paid: ProfitLines
    zones: Mapping[_Place, tuple[Decimal | None, int]] | None

    def step(self, name: str, place: _Place) -> Decimal | None:
        """A step of the bridge."""
        (row,) = (row for row in self.bridge.steps if row.name == name)
        for column, amount in zip(self.bridge.columns, row.amounts, strict=True):
            if (column.account_id, column.marketplace_id) == place:
                return amount
        return None

    def line(self, name: str, place: _Place, of: ProfitLines | None = None) -> Decimal | None:
        """A P&L line in cents, by order unless ``of`` says otherwise."""
        lines = of or self.ordered
        (row,) = (row for row in lines.rows if row.name == name)
        for column, cell in zip(lines.columns, row.cells, strict=True):
            if (column.account_id, column.marketplace_id) == place:
                return _cents(cell.value)
        return None

    def timing(self, name: str, place: _Place) -> Decimal | None:
        """A P&L line by payment less the same by order."""
        return _minus(self.line(name, place, self.paid), self.line(name, place))


def read_differences(connection: Connection, scope: Scope) -> Differences:
    """The reasons, over the days of the scope."""
    alone = scope.model_copy(update={"compare": Comparison.NONE})
    sources = _Sources(
        bridge=read_bridge(connection, alone),
        ordered=read_lines(connection, alone, ProfitView.ORDER),
        paid=read_lines(connection, alone, ProfitView.PAYMENT),
        zones=_zones(connection, alone),
    )
    places = [
        DifferencePlace(account_id=each.account_id, marketplace_id=each.marketplace_id, currency=each.currency)
        for each in sources.bridge.columns
    ]
    return Differences(
        currency=sources.bridge.currency,
        places=places,
        rows=[_row(reason, sources, places) for reason in _REASONS],
    )


@dataclass(frozen=True)
class _Reason:
    name: str
    label: str
    meaning: str
    amount: Callable[[_Sources, _Place], Decimal | None]
    is_step: bool = False
    is_sum: bool = False
    count: Callable[[_Sources], int | None] = lambda _: None
    counted: str = ""


def _row(reason: _Reason, sources: _Sources, places: list[DifferencePlace]) -> Difference:
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


def _zones(connection: Connection, scope: Scope) -> dict[_Place, tuple[Decimal | None, int]] | None:
    row = connection.execute("SELECT to_regclass('amazon_sp.all_orders') IS NOT NULL").fetchone()
    if not (row and _first(row)):
        return None
    found = select_mappings(connection, __file__, "time_zone.sql", scope.values())
    return {(row["account_id"], row["marketplace_id"]): (_cents(row["amount"]), row["orders"]) for row in found}


def _first(row: Any) -> Any:
    return next(iter(row.values())) if isinstance(row, dict) else row[0]


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else amount.quantize(_CENT)


def _minus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _plus(*amounts: Decimal | None) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if len(known) == len(amounts) else None


_STEPS = ("ordered", "orders_difference", "cancelled", "tax_included", "price_difference")


def _rest(sources: _Sources, place: _Place) -> Decimal | None:
    so_far = _plus(*(sources.step(name, place) for name in _STEPS))
    return _minus(sources.line("product_sales", place), so_far)


def _income(sources: _Sources, place: _Place) -> Decimal | None:
    return _plus(sources.line("shipping_income", place), sources.line("gift_wrap_income", place))


def _zone(sources: _Sources, place: _Place) -> Decimal | None:
    return None if sources.zones is None else sources.zones.get(place, (Decimal(), 0))[0]


def _unstable(sources: _Sources, place: _Place) -> Decimal | None:
    for column in sources.bridge.columns:
        if (column.account_id, column.marketplace_id) == place:
            return _cents(column.open_ordered)
    return None


def _fees(sources: _Sources, place: _Place) -> Decimal | None:
    for column in sources.ordered.columns:
        if (column.account_id, column.marketplace_id) == place:
            return _cents(column.fee_difference)
    return None


def _of_bridge(name: str) -> Callable[[_Sources, _Place], Decimal | None]:
    return lambda sources, place: sources.step(name, place)


def _of_lines(name: str) -> Callable[[_Sources, _Place], Decimal | None]:
    return lambda sources, place: sources.line(name, place)


def _timing(name: str) -> Callable[[_Sources, _Place], Decimal | None]:
    return lambda sources, place: sources.timing(name, place)


_REASONS = (
    _Reason(
        "ordered",
        "Ordered product sales in Seller Central",
        "As Sales and Traffic shows them, cancelled and pending orders included, with VAT in Europe.",
        _of_bridge("ordered"),
        is_step=True,
        is_sum=True,
    ),
    _Reason(
        "orders_difference",
        "Report against orders",
        "Seller Central's report is one to three days late; the orders are newer.",
        _of_bridge("orders_difference"),
        is_step=True,
    ),
    _Reason(
        "cancelled",
        "Cancelled",
        "Orders that were cancelled count in Seller Central until its report is corrected, never here.",
        _of_bridge("cancelled"),
        is_step=True,
    ),
    _Reason(
        "tax_included",
        "Tax in prices",
        "Prices of shipped orders contain tax where list prices do; product sales here never do.",
        _of_bridge("tax_included"),
        is_step=True,
    ),
    _Reason(
        "price_difference",
        "Price differences",
        "Amazon posted another amount than was ordered, for example after a price match.",
        _of_bridge("price_difference"),
        is_step=True,
    ),
    _Reason(
        "rest",
        "Tax of open orders, and sales without an order",
        "Tax in prices of orders that are not shipped yet, and sales that Amazon posted for orders we do not have: "
        "before collection began, or posted more than 120 days later.",
        _rest,
        is_step=True,
    ),
    _Reason(
        "product_sales",
        "Product sales on this page",
        "Order view, without tax, before promotions.",
        _of_lines("product_sales"),
        is_step=True,
        is_sum=True,
    ),
    _Reason(
        "pending",
        "Pending orders",
        "Seller Central shows no price for them. Here they count with the SKU's last price, until Amazon names one.",
        _of_bridge("pending"),
    ),
    _Reason(
        "not_shipped",
        "Ordered, not shipped yet",
        "Pages and reports by shipment or settlement do not have them yet. Here they count on the day of the order.",
        _of_bridge("not_shipped"),
    ),
    _Reason(
        "promotions",
        "Promotions",
        "Discounts are a line of their own here; Seller Central's ordered product sales do not subtract them.",
        _of_lines("promotions"),
    ),
    _Reason(
        "shipping_income",
        "Shipping and gift wrap income",
        "Lines of their own here; some reports of Seller Central add them to sales.",
        _income,
    ),
    _Reason(
        "refunds",
        "Refunds",
        "On the day of the refund here (account setting refund_day); Seller Central's pages differ.",
        _of_lines("refunds"),
    ),
    _Reason("tax", "Tax", "Collected, withheld and on fees: shown beside profit, never in it.", _of_lines("tax")),
    _Reason(
        "time_zone",
        "Time zone",
        "Files are in UTC; days here are those of the marketplace. By so much more the same days would show in UTC.",
        _zone,
        count=lambda sources: None if sources.zones is None else sum(n for _, n in sources.zones.values()),
        counted="orders",
    ),
    _Reason(
        "unstable_days",
        "Days that still change",
        "Ordered product sales of days with open orders or missing reports: orders change for one to three days, "
        "fees for up to four weeks.",
        _unstable,
        count=lambda sources: sum(column.open_days for column in sources.bridge.columns),
        counted="marketplace days",
    ),
    _Reason(
        "fees",
        "Fees: posted less expected",
        "Fee Preview shows estimates. Where Amazon has posted fees, they count here.",
        _fees,
        count=lambda sources: sum(column.open_units for column in sources.ordered.columns),
        counted="units still at expected fees",
    ),
    _Reason(
        "ads_timing",
        "Advertising: invoiced less spent",
        "Here it counts on the day of the click. Amazon deducts invoices days later, and nothing if you pay by card.",
        _timing("ads"),
    ),
    _Reason(
        "storage_timing",
        "Storage: posted less spread",
        "Here a month's storage is spread over its days. Amazon charges it in the month after.",
        _timing("storage"),
    ),
)
