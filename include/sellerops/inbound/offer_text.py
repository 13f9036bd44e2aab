"""What a person reads before approving: the combinations of an offer with all their numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sellerops.inbound.amount_text import count, money, unit_price
from sellerops.inbound.models import Combination, InboundRequest, Leg, Offer
from sellerops.inbound.offers import PARTNERED
from sellerops.inbound.setting_models import DeliveryWindows

REJECT = "Reject"
_COLUMNS = (
    "",
    "option",
    "shipments",
    "warehouses",
    "carrier",
    "shipped as",
    "placement",
    "packing",
    "transport",
    "**total**",
    "per unit",
    "later fee discount",
    "delivery",
    "valid until (UTC)",
)
_RARE = ("packing", "later fee discount")
_MODES = {
    "GROUND_SMALL_PARCEL": "parcels",
    "FREIGHT_LTL": "pallets (LTL)",
    "FREIGHT_FTL_PALLET": "full truck, pallets (FTL)",
    "FREIGHT_FTL_NONPALLET": "full truck, loose boxes (FTL)",
    "OCEAN_LCL": "sea freight (LCL)",
    "OCEAN_FCL": "sea freight, full container (FCL)",
    "AIR_SMALL_PARCEL": "air parcels",
    "AIR_SMALL_PARCEL_EXPRESS": "express air parcels",
}


def option_label(combination: Combination) -> str:
    """The button of a combination, with the numbers it approves: ``A1: 2 shipments, $31.20, recommended``."""
    parts = [count(len(combination.legs), "shipment"), _price(combination)]
    if combination.is_recommended:
        parts.append("recommended")
    return f"{combination.key}: {', '.join(parts)}"


def option_labels(offer: Offer) -> list[str]:
    """The buttons of the form: one per combination, and *Reject*."""
    return [*(option_label(each) for each in offer.combinations), REJECT]


def chosen(offer: Offer, label: str) -> Combination | None:
    """The combination of a button; None when the offer no longer has it with the same numbers."""
    found = offer.combination(label.partition(":")[0])
    return found if found and option_label(found) == label else None


def describe_offer(offer: Offer, request: InboundRequest, name: str, *, reason: str = "") -> str:
    """The body of the approval form, as Markdown.

    :param name: the plan's name at Amazon. :param reason: why the question is asked again, if it is.
    """
    boxes = sum(box.count for box in request.boxes)
    lines = [
        f"**{name}**: {request.units:,} units of {count(len(request.items), 'SKU')}"
        + (f" in {count(boxes, 'box')}" if boxes else "")
        + f", from *{request.source_address}* to {request.marketplace}, ready on "
        f"{request.ready_at:%a %d %b %Y}.",
        "",
        *([f"**{reason}**", ""] if reason else []),
        "Amazon offers these ways to send it. Nothing is confirmed or charged until you choose one.",
        "",
        *_table(offer.combinations),
        "",
        *_reasons(offer),
        *(["Good to know:", "", *(f"- {note}" for note in offer.notes), ""] if offer.notes else []),
        "*Placement* is Amazon's fee for this way of splitting the plan, less its discounts.",
        "",
        "Choose an option below, then respond. It is then confirmed at Amazon, which cannot be undone. "
        f"*{REJECT}* cancels the plan at no cost.",
    ]
    return "\n".join(lines)


def window_note(offer: Offer, limits: DeliveryWindows, ready_at: datetime) -> str:
    """What an approval leaves open about delivery windows; empty if no option needs one."""
    if not any(leg.needs_delivery_window for each in offer.combinations for leg in each.legs):
        return ""
    kind = "" if limits.allow_congested else ", and none that Amazon marks as congested"
    return (
        "Delivery windows are chosen later, after the placement: the first that Amazon offers, ending at the "
        f"latest on {limits.latest(ready_at):%a %d %b %Y}{kind}."
    )


def leg_lines(legs: Sequence[Leg]) -> list[str]:
    """The shipments of a combination, one line each."""
    return [
        f"{count(leg.units, 'unit')} to {leg.warehouse_id} with "
        f"{_carrier(leg)}, {_mode(leg)}, {money(leg.cost)}"
        for leg in legs
    ]


def offer_lines(offer: Offer) -> list[str]:
    """The combinations in one line each, for notices."""
    return [
        f"{option_label(each)} ({', '.join(each.warehouses)}; {_carriers(each)})"
        f"{'; valid until ' + _moment(each.expires_at) if each.expires_at else ''}"
        for each in offer.combinations
    ]


def _reasons(offer: Offer) -> list[str]:
    best = next((each for each in offer.combinations if each.is_recommended), None)
    if best is None:
        return []
    why = f" ({best.why.rstrip('.')})" if best.why else ""
    return [f"Recommended: **{best.key}**{why}.", "", *(f"- {each}" for each in leg_lines(best.legs)), ""]


def _table(combinations: Sequence[Combination]) -> Iterator[str]:
    """A row per combination; columns about packing and later fees only where Amazon names such amounts."""
    rows = [_cells(each) for each in combinations]
    names = [name for name in _COLUMNS if name not in _RARE or any(row[name] for row in rows)]
    yield f"| {' | '.join(names)} |"
    yield "|---" * len(names) + "|"
    for row in rows:
        yield f"| {' | '.join(row[name].replace('|', '/') for name in names)} |"


def _cells(each: Combination) -> dict[str, str]:
    cells = [
        "★" if each.is_recommended else "",
        f"**{each.key}**",
        str(len(each.legs)),
        f"{len(each.warehouses)}: {', '.join(each.warehouses)}",
        _carriers(each),
        _listed(_mode(leg) for leg in each.legs),
        money(each.placement_fees),
        money(each.packing_fees) if each.packing_fees else "",
        money(each.transportation_fees),
        f"**{money(each.total)}**",
        unit_price(each.per_unit),
        money(each.later_discount) if each.later_discount else "",
        _delivery(each),
        _moment(each.expires_at),
    ]
    return dict(zip(_COLUMNS, cells, strict=True))


def _delivery(each: Combination) -> str:
    """When it arrives; Amazon says so only for delivery windows, which are chosen after the placement."""
    return "window, chosen later" if any(leg.needs_delivery_window for leg in each.legs) else "set by carrier"


def _price(combination: Combination) -> str:
    if combination.total is not None:
        return money(combination.total)
    return f"{money(combination.known_fees)} plus your carrier"


def _carriers(combination: Combination) -> str:
    return _listed(_carrier(leg) for leg in combination.legs)


def _carrier(leg: Leg) -> str:
    kind = "Amazon's partner" if leg.solution == PARTNERED else "your own"
    return f"{leg.carrier} ({kind})" if leg.carrier else f"{kind} carrier"


def _mode(leg: Leg) -> str:
    return _MODES.get(leg.mode, leg.mode.replace("_", " ").lower())


def _listed(names: Iterable[str]) -> str:
    """Names in order, each once, with its count if it is not the only one."""
    counts = Counter(names)
    if len(counts) == 1:
        return next(iter(counts))
    return ", ".join(f"{count} × {name}" for name, count in counts.items())


def _moment(moment: datetime | None) -> str:
    return f"{moment:%d %b %H:%M}" if moment else "-"
