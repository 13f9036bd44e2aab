"""One amount of a settlement, as the settlement file writes it and as transactions name it."""

from __future__ import annotations

from typing import NamedTuple

BASE_FEE = "Base fee"
TAX_ON_FEE = "Tax on fee"
DISCOUNT_ON_FEE = "Discount on Fee"
OTHER = "other-transaction"


class Line(NamedTuple):
    """One amount of a settlement, in minor units; `posted` is UTC epoch seconds.

    `leaf`: what transactions call the amount; `group`: the node of their tree that contains it.
    """

    transaction_type: str
    amount_type: str
    amount_description: str
    amount: int
    posted: int
    marketplace_name: str = ""
    order_id: str = ""
    merchant_order_id: str = ""
    adjustment_id: str = ""
    shipment_id: str = ""
    fulfillment_id: str = ""
    item_code: str = ""
    sku: str = ""
    quantity: str = ""
    promotion_id: str = ""
    leaf: str = ""
    group: str = ""


def fee_name(line: Line) -> str:
    """What a line is for: the amount's type under newer names, its description under older ones."""
    return line.amount_type if line.amount_description in _PARTS else line.amount_description


_PARTS = (BASE_FEE, TAX_ON_FEE, DISCOUNT_ON_FEE, "Base charge", "TransactionTotalAmount")
