"""The order of combinations: which one is recommended, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from sellerops.inbound.amount_text import count, money
from sellerops.inbound.models import Combination, InboundRequest, Money


def rank_of(request: InboundRequest, each: Combination) -> tuple[object, ...]:
    """Preferred carriers first, then the lowest known total, else the lowest fees; at the same price the
    larger later discount, then fewer shipments.
    """
    return (
        max((preference_of(request, leg.carrier, None) for leg in each.legs), default=0),
        each.total is None,
        (each.total or each.placement_fees).amount,
        -each.later_discount.amount if each.later_discount else Decimal(0),
        len(each.legs),
        len(each.warehouses),
        tuple(sorted((leg.warehouse_id, leg.mode, leg.solution, leg.carrier) for leg in each.legs)),
        each.placement_option_id,
    )


def with_keys(ranked: Sequence[Combination]) -> list[Combination]:
    """Keys such as ``A1``: a letter for the placement, a number for the transport, in the order of rank."""
    letters: dict[str, str] = {}
    counts: dict[str, int] = {}
    keyed = []
    for each in ranked:
        letter = letters.setdefault(each.placement_option_id, _letter(len(letters)))
        counts[letter] = counts.get(letter, 0) + 1
        keyed.append(replace(each, key=f"{letter}{counts[letter]}"))
    return keyed


def _letter(number: int) -> str:
    return chr(ord("A") + number) if number < 26 else f"P{number + 1}-"


def reason_for(request: InboundRequest, shown: Sequence[Combination]) -> str:
    best = shown[0]
    preferred = max((preference_of(request, leg.carrier, None) for leg in best.legs), default=0)
    with_carrier = ""
    if request.preferred_carriers and preferred < len(request.preferred_carriers):
        with_carrier = f"among those with {' and '.join(sorted({leg.carrier for leg in best.legs}))}, "
        with_carrier += "which you prefer: "
    if best.total is None:
        return (
            f"{with_carrier}the lowest placement fee ({money(best.placement_fees)}) and "
            f"{count(len(best.legs), 'shipment')}."
        )
    others = [each for each in shown[1:] if each.total and each.total.amount > best.total.amount]
    margin = ""
    if others:
        next_best = min(each.total.amount for each in others if each.total) - best.total.amount
        margin = f", {money(Money(next_best, best.total.currency))} less than the next"
    return f"{with_carrier}the lowest total cost{margin}."


def preference_of(request: InboundRequest, carrier: str, code: str | None) -> int:
    """A carrier's position among the request's preferred carriers; their number if it is none of them."""
    wanted = [name.casefold() for name in request.preferred_carriers]
    names = {carrier.casefold(), (code or carrier).casefold()}
    return next((place for place, name in enumerate(wanted) if name in names), len(wanted))
