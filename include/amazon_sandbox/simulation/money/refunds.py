"""What refunds take back, and what Amazon keeps: 20 % of the referral fee, at most 5 dollars."""

from __future__ import annotations

from collections.abc import Iterator

from amazon_sandbox.simulation.money.lines import Line
from amazon_sandbox.simulation.money.orders import (
    COMMISSION,
    Amount,
    charges,
    commission,
    digital_fee_credit,
    line_template,
    lines_of,
    on_delivery,
    promotions,
)
from amazon_sandbox.simulation.refunds import FIRST_LAG, LAST_LAG, Refund, refund_lags, refunds_of_purchases
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.simulation.streams import uniforms

ADMINISTRATION, MOST_ADMINISTRATION = 0.2, 5.0  # share of the referral fee; dollars
_RESTOCKED_SHARE, _GOODWILL_SHARE = 0.02, 0.04


def lines_posted(storefront: Storefront, start: int, end: int) -> Iterator[Line]:
    """The lines of refunds posted in [start, end), UTC epoch seconds."""
    first, last = storefront.marketplace.day_of_epoch(start), storefront.marketplace.day_of_epoch(end)
    for day in range(first - LAST_LAG, last - FIRST_LAG + 1):
        if any(first <= day + lag <= last for lag in refund_lags(storefront, day)):
            for refund in refunds_of_purchases(storefront, day):
                if start <= refund.at < end:
                    yield from refund_lines(storefront, refund)


def refund_lines(storefront: Storefront, refund: Refund) -> Iterator[Line]:
    """What a refund took back, and its fees."""
    item, order = refund.item, refund.order
    referral = commission(item)
    fees = [
        ("ItemFees", "Commission", referral),
        ("ItemFees", "RefundCommission", -administration_fee(storefront, referral)),
        *digital_fee_credit(storefront, order, item),
    ]
    if order.is_merchant:
        fees.append(("ItemFees", "ShippingHB", round(item.shipping * COMMISSION)))
    else:
        fees.append(("ItemFees", "ShippingChargeback", item.shipping))
        fees.append(("ItemFees", "GiftwrapChargeback", item.gift_wrap))
    charged = [(kind, name, -amount) for kind, name, amount in charges(storefront, order, item)]
    charged += [
        (kind, name, -amount) for kind, name, amount in on_delivery(storefront, order, item) if amount > 0
    ]
    promoted = [(kind, name, -amount) for kind, name, amount in promotions(storefront, item)]
    name = "A-to-z Guarantee Refund" if refund.is_claim else "Refund"
    template = line_template(name, storefront, order, item, refund.at)._replace(
        adjustment_id=refund.adjustment_id
    )
    yield from lines_of(template, [*charged, *_gestures(storefront, refund), *fees, *promoted])


def administration_fee(storefront: Storefront, referral: int) -> int:
    """What Amazon keeps of a referral fee that it refunds, in minor units."""
    marketplace = storefront.marketplace
    most = MOST_ADMINISTRATION * marketplace.usd_rate * float(10**marketplace.decimals)
    return round(min(referral * ADMINISTRATION, most))


def _gestures(storefront: Storefront, refund: Refund) -> list[Amount]:
    """What the seller kept as a restocking fee, or gave beyond the price as goodwill."""
    u = uniforms(*storefront.key, refund.item.item_id, "refund gesture")
    if u[0] < _RESTOCKED_SHARE:
        return [("ItemPrice", "RestockingFee", round(refund.item.price * 0.2))]
    if u[0] < _RESTOCKED_SHARE + _GOODWILL_SHARE:
        return [("ItemPrice", "Goodwill", -round(refund.item.price * 0.05))]
    return []
