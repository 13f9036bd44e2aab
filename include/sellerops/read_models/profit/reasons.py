"""The reasons why profit differs from Seller Central, and where the amount of each comes from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sellerops.read_models.profit.bridge import Bridge
from sellerops.read_models.profit.lines import ProfitLines

# Account and marketplace.
Place = tuple[str, str]
_CENT = Decimal("0.01")


@dataclass(frozen=True)
class Sources:
    """What the reasons are computed from; ``zones`` is None if the orders are not collected."""

    bridge: Bridge
    ordered: ProfitLines
    paid: ProfitLines
    zones: Mapping[Place, tuple[Decimal | None, int]] | None

    def step(self, name: str, place: Place) -> Decimal | None:
        """A step of the bridge."""
        (row,) = (row for row in self.bridge.steps if row.name == name)
        for column, amount in zip(self.bridge.columns, row.amounts, strict=True):
            if (column.account_id, column.marketplace_id) == place:
                return amount
        return None

    def line(self, name: str, place: Place, of: ProfitLines | None = None) -> Decimal | None:
        """A P&L line rounded to cents, by order unless ``of`` says otherwise."""
        lines = of or self.ordered
        (row,) = (row for row in lines.rows if row.name == name)
        for column, cell in zip(lines.columns, row.cells, strict=True):
            if (column.account_id, column.marketplace_id) == place:
                return cents(cell.value)
        return None

    def timing(self, name: str, place: Place) -> Decimal | None:
        """A P&L line by payment minus the same line by order."""
        return _minus(self.line(name, place, self.paid), self.line(name, place))


@dataclass(frozen=True)
class Reason:
    """A reason; see model ``Difference``."""

    name: str
    label: str
    meaning: str
    amount: Callable[[Sources, Place], Decimal | None]
    is_step: bool = False
    is_sum: bool = False
    count: Callable[[Sources], int | None] = lambda _: None
    counted: str = ""


def cents(amount: Decimal | None) -> Decimal | None:
    """Rounded to cents."""
    return None if amount is None else amount.quantize(_CENT)


def _minus(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one - other


def _plus(*amounts: Decimal | None) -> Decimal | None:
    known = [amount for amount in amounts if amount is not None]
    return sum(known, Decimal()) if len(known) == len(amounts) else None


_STEPS = ("ordered", "orders_difference", "cancelled", "tax_included", "price_difference")


def _rest(sources: Sources, place: Place) -> Decimal | None:
    so_far = _plus(*(sources.step(name, place) for name in _STEPS))
    return _minus(sources.line("product_sales", place), so_far)


def _income(sources: Sources, place: Place) -> Decimal | None:
    return _plus(sources.line("shipping_income", place), sources.line("gift_wrap_income", place))


def _zone(sources: Sources, place: Place) -> Decimal | None:
    return None if sources.zones is None else sources.zones.get(place, (Decimal(), 0))[0]


def _unstable(sources: Sources, place: Place) -> Decimal | None:
    for column in sources.bridge.columns:
        if (column.account_id, column.marketplace_id) == place:
            return cents(column.open_ordered)
    return None


def _fees(sources: Sources, place: Place) -> Decimal | None:
    for column in sources.ordered.columns:
        if (column.account_id, column.marketplace_id) == place:
            return cents(column.fee_difference)
    return None


def _of_bridge(name: str) -> Callable[[Sources, Place], Decimal | None]:
    return lambda sources, place: sources.step(name, place)


def _worth(name: str) -> Callable[[Sources, Place], Decimal | None]:
    """What a step takes away, as a positive amount."""
    return lambda sources, place: _minus(Decimal(), sources.step(name, place))


def _of_lines(name: str) -> Callable[[Sources, Place], Decimal | None]:
    return lambda sources, place: sources.line(name, place)


def _timing(name: str) -> Callable[[Sources, Place], Decimal | None]:
    return lambda sources, place: sources.timing(name, place)


REASONS = (
    Reason(
        "ordered",
        "Ordered product sales in Seller Central",
        "As Sales and Traffic shows them, cancelled and pending orders included, with VAT in Europe.",
        _of_bridge("ordered"),
        is_step=True,
        is_sum=True,
    ),
    Reason(
        "orders_difference",
        "Report against orders",
        "Seller Central's report is one to three days late; the orders are newer.",
        _of_bridge("orders_difference"),
        is_step=True,
    ),
    Reason(
        "cancelled",
        "Cancelled",
        "Orders that were cancelled count in Seller Central until its report is corrected, never here.",
        _of_bridge("cancelled"),
        is_step=True,
    ),
    Reason(
        "tax_included",
        "Tax in prices",
        "Prices of shipped orders contain tax where list prices do; product sales here never do.",
        _of_bridge("tax_included"),
        is_step=True,
    ),
    Reason(
        "price_difference",
        "Price differences",
        "Amazon posted a different amount than was ordered, for example after a price match.",
        _of_bridge("price_difference"),
        is_step=True,
    ),
    Reason(
        "rest",
        "Tax of open orders, and sales without an order",
        "Tax in prices of orders that are not shipped yet, and sales posted for orders we do not have: "
        "from before collection began, or posted more than 120 days later.",
        _rest,
        is_step=True,
    ),
    Reason(
        "product_sales",
        "Product sales on this page",
        "Order view, without tax, before promotions.",
        _of_lines("product_sales"),
        is_step=True,
        is_sum=True,
    ),
    Reason(
        "pending",
        "Pending orders",
        "Seller Central shows no price for them. Here they count at the SKU's last price until then.",
        _worth("pending"),
    ),
    Reason(
        "not_shipped",
        "Ordered, not shipped yet",
        "Reports by shipment or settlement do not have them yet. Here they count on the day of the order.",
        _worth("not_shipped"),
    ),
    Reason(
        "promotions",
        "Promotions",
        "Discounts are a line of their own here; ordered product sales do not subtract them.",
        _of_lines("promotions"),
    ),
    Reason(
        "shipping_income",
        "Shipping and gift wrap income",
        "Lines of their own here; some reports of Seller Central add them to sales.",
        _income,
    ),
    Reason(
        "refunds",
        "Refunds",
        "On the day of the refund here (account setting refund_day); Seller Central's pages differ.",
        _of_lines("refunds"),
    ),
    Reason(
        "tax", "Tax", "Collected, withheld and on fees: shown beside profit, never in it.", _of_lines("tax")
    ),
    Reason(
        "time_zone",
        "Time zone",
        "Days here are those of the marketplace. In UTC, the same days would show this much more.",
        _zone,
        count=lambda sources: None if sources.zones is None else sum(n for _, n in sources.zones.values()),
        counted="orders",
    ),
    Reason(
        "unstable_days",
        "Days that still change",
        "Ordered product sales of days with open orders or missing reports: orders change for one to "
        "three days, fees for up to four weeks.",
        _unstable,
        count=lambda sources: sum(column.open_days for column in sources.bridge.columns),
        counted="marketplace days",
    ),
    Reason(
        "fees",
        "Fees: posted less expected",
        "Fee Preview shows estimates. Where Amazon has posted fees, they count here.",
        _fees,
        count=lambda sources: sum(column.open_units for column in sources.ordered.columns),
        counted="units still at expected fees",
    ),
    Reason(
        "ads_timing",
        "Advertising: invoiced less spent",
        "Here it counts on the day of the click. Amazon deducts it days later, and never if you pay by card.",
        _timing("ads"),
    ),
    Reason(
        "storage_timing",
        "Storage: posted less spread",
        "Here a month's storage is spread over its days. Amazon charges it in the month after.",
        _timing("storage"),
    ),
)
