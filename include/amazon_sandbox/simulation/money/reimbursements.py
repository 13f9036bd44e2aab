"""Payments for lost and damaged units, and their reversals, by the reasons of the reimbursements report.

Amounts name the SKU; about half of the rows name no marketplace.
"""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.money.events import Event, Item
from amazon_sandbox.simulation.reimbursements import Reimbursement, reimbursements_between
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import pick, uniforms

# Reasons of the report -> descriptions of settlements; where several fit, one is drawn.
DESCRIPTIONS = {
    "CustomerReturn": (
        "FREE_REPLACEMENT_REFUND_ITEMS",
        "Customer Return",
        "CS_ERROR_ITEMS",
        "CRETURN_WRONG_ITEM",
    ),
    "Lost_Warehouse": ("WAREHOUSE_LOST", "WAREHOUSE_LOST", "WAREHOUSE_LOST_MANUAL"),
    "Damaged_Warehouse": ("WAREHOUSE_DAMAGE", "WAREHOUSE_DAMAGE", "WAREHOUSE_DAMAGE_EXCEPTION"),
    "Lost_Inbound": ("MISSING_FROM_INBOUND",),
    "Fee_Correction": ("INCORRECT_FEES_ITEMS",),
}
REVERSED = "Reimbursement_Reversal"
_INBOUND_REVERSED = ("MISSING_FROM_INBOUND_CLAWBACK",)
_REVERSALS = ("COMPENSATED_CLAWBACK", "COMPENSATED_CLAWBACK", "REVERSAL_REIMBURSEMENT")
_NAMELESS_SHARE = 0.5


def payments(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The cash reimbursements approved in [start, end); those in kind move no money."""
    for one in reimbursements_between(storefront, start, end):
        amount = one.per_unit * one.cash
        if amount:
            u = uniforms(*storefront.key, one.reimbursement_id, "reimbursement")
            yield Event(
                "reimbursement",
                one.at,
                storefront,
                one.reimbursement_id,
                (Item(one.listing, one.cash, amount),),
                text=pick(u[0], _descriptions(one)),
                order_id=one.order_id,
                shows_sku=True,
                shows_marketplace=u[1] >= _NAMELESS_SHARE,
                variant="reversed" if amount < 0 else "",
            )


def _descriptions(one: Reimbursement) -> tuple[str, ...]:
    if one.reason == REVERSED:
        return _INBOUND_REVERSED if one.original_type == "Lost_Inbound" else _REVERSALS
    return DESCRIPTIONS[one.reason]
