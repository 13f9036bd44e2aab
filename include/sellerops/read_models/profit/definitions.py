"""The closed list of P&L lines: their names and meanings, and which figures reveal costs of goods."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProfitView(StrEnum):
    """``ORDER``: amounts on the day of the order; ``PAYMENT``: on the day Amazon posted them."""

    ORDER = "order"
    PAYMENT = "payment"


class Level(StrEnum):
    """The group of a line. ``BESIDE``: money that moves but is never profit."""

    CM1 = "CM1"
    CM2 = "CM2"
    OVERHEAD = "OVERHEAD"
    BESIDE = "BESIDE"


@dataclass(frozen=True)
class Line:
    """A column of marts profit_day and cash_day. ``is_sum``: the lines above it added up."""

    name: str
    label: str
    level: Level
    meaning: str
    is_sum: bool = False


_ORDER_ONLY = {"cogs_returned", "profit"}
_PAYMENT_ONLY = {"total", "unsettled"}
# What a partner does not see unless the owner allows it: costs, and every figure that contains them.
COST_LINES = frozenset({"cogs", "cogs_returned", "cm1", "cm2", "profit"})

_LINES = (
    Line("product_sales", "Product sales", Level.CM1, "Prices of products without tax, before promotions."),
    Line("shipping_income", "Shipping income", Level.CM1, "Shipping that buyers paid, without tax."),
    Line("gift_wrap_income", "Gift wrap income", Level.CM1, "Gift wrap that buyers paid, without tax."),
    Line("other_income", "Other income", Level.CM1, "Other income from orders."),
    Line("refunds", "Refunds", Level.CM1, "What buyers got back, without tax."),
    Line("promotions", "Promotions", Level.CM1, "Your discounts on products and shipping, and points."),
    Line("referral_fees", "Referral fees", Level.CM1, "Amazon's commission."),
    Line("closing_fees", "Closing fees", Level.CM1, "Amazon's closing fees."),
    Line(
        "digital_services_fees",
        "Digital services fees",
        Level.CM1,
        "Charged in countries with a digital services tax.",
    ),
    Line(
        "fulfilment_fees",
        "FBA fulfilment",
        Level.CM1,
        "Includes low-inventory-level fee, fuel surcharge and peak fee; settlements do not separate them.",
    ),
    Line("return_fees", "Returns processing", Level.CM1, "FBA returns processing fees."),
    Line(
        "refund_admin_fees",
        "Refund administration",
        Level.CM1,
        "What Amazon keeps of the commission on refunds.",
    ),
    Line(
        "chargebacks",
        "Chargebacks",
        Level.CM1,
        "Shipping and gift wrap of FBA orders that Amazon takes back.",
    ),
    Line("merchant_shipping", "Merchant shipping", Level.CM1, "Postage that you bought from Amazon."),
    Line("other_cm1", "Other (CM1)", Level.CM1, "Every other line of level CM1."),
    Line(
        "cogs", "Cost of goods", Level.CM1, "Manufacturing, freight, duty, prep and other cost of the units."
    ),
    Line(
        "cogs_returned",
        "Cost of sellable returns",
        Level.CM1,
        "Cost of units that came back sellable, added back.",
    ),
    Line("cm1", "Contribution margin 1", Level.CM1, "All lines above.", is_sum=True),
    Line("ads", "Advertising", Level.CM2, "By order: spend of the day. By payment: what Amazon deducted."),
    Line("promotion_fees", "Coupon, deal and Vine fees", Level.CM2, "Fees of promotions, not the discounts."),
    Line("storage", "Storage", Level.CM2, "Monthly, utilization, aged, overage, AWD, reservation."),
    Line("inbound", "Inbound", Level.CM2, "Placement, transport, AWD, defects, prep."),
    Line("removals", "Removals", Level.CM2, "Removals and disposals, less what liquidations brought."),
    Line("reimbursements", "Reimbursements", Level.CM2, "What Amazon paid for lost and damaged units."),
    Line("clawbacks", "Clawbacks", Level.CM2, "Reimbursements that Amazon took back."),
    Line("other_cm2", "Other (CM2)", Level.CM2, "Every other line of level CM2."),
    Line(
        "tax_on_fees", "VAT on fees", Level.CM2, "Only if the account setting vat_on_fees is NON_RECOVERABLE."
    ),
    Line("cm2", "Contribution margin 2", Level.CM2, "CM1 and the lines after it.", is_sum=True),
    Line(
        "cm2_without_cogs",
        "CM2 without cost of goods",
        Level.CM2,
        "CM2 without cost of goods and sellable returns: known even where a cost is not.",
        is_sum=True,
    ),
    Line(
        "overhead", "Overhead", Level.OVERHEAD, "Subscription, services, EPR, fee adjustments. Never spread."
    ),
    Line("profit", "Profit", Level.OVERHEAD, "CM2 and overhead.", is_sum=True),
    Line(
        "tax", "Tax", Level.BESIDE, "Collected and withheld, and tax on fees that you recover. Never profit."
    ),
    Line("balance", "Balance", Level.BESIDE, "Reserves, debts, loans and transfers. Never profit."),
    Line("unmapped", "Unmapped", Level.BESIDE, "Amounts that no rule maps. They are in no other line."),
    Line(
        "total",
        "Total",
        Level.BESIDE,
        "CM2 without cost of goods, overhead, tax, balance and unmapped: what Amazon settles.",
        is_sum=True,
    ),
    Line("unsettled", "Of which not settled yet", Level.BESIDE, "Released, but not in any settlement yet."),
)


def lines_of(view: ProfitView) -> tuple[Line, ...]:
    """The lines of a view, in the order of the definition of profit (docs/figures.md)."""
    left_out = _PAYMENT_ONLY if view is ProfitView.ORDER else _ORDER_ONLY
    return tuple(line for line in _LINES if line.name not in left_out)
