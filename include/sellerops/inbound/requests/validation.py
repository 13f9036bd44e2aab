"""Validates a request before anything is created at Amazon: all problems at once, with their remedies."""

from __future__ import annotations

from collections.abc import Iterator

from sellerops.inbound.models import InboundRequest, Problem
from sellerops.inbound.problems import quoted, raise_problems
from sellerops.inbound.requests.box_checks import check_boxes, limit_of
from sellerops.inbound.requests.form_checks import check_form
from sellerops.inbound.requests.item_checks import check_items
from sellerops.inbound.requests.prep_owners import with_owners
from sellerops.inbound.requests.request_facts import Facts, OwnerConstraint, PrepDetails


def find_problems(request: InboundRequest, facts: Facts) -> list[Problem]:
    """Everything that is wrong with a request, in the order of the form; empty if it can be sent."""
    found = [*check_form(request, facts), *check_items(request, facts), *check_boxes(request, facts)]
    return list(dict.fromkeys(found))


def find_notes(request: InboundRequest, facts: Facts) -> list[str]:
    """What a person should know although nothing is wrong: what was assumed, which boxes to mark as heavy."""
    return [
        *request.notes,
        *_same_name(request, facts),
        *_heavy_boxes(request, facts),
        *_other_country(request, facts),
    ]


def _same_name(request: InboundRequest, facts: Facts) -> Iterator[str]:
    if request.name in facts.open_runs:
        yield (
            f"Run {facts.open_runs[request.name]} with the name {quoted(request.name)} is still open. If "
            "this is the same shipment, reject it when you are asked."
        )


def _heavy_boxes(request: InboundRequest, facts: Facts) -> Iterator[str]:
    limit = limit_of(request, facts)
    if limit is None:
        return
    heavy = [
        box.name for box in request.boxes if limit.weight_of(box.weight, box.weight_unit) > limit.heavy_over
    ]
    if heavy:
        yield (
            f"Mark as heavy (above {limit.heavy_over} {limit.weight_unit}): box {', '.join(heavy[:20])}"
            f"{' and others' if len(heavy) > 20 else ''}."
        )


def _other_country(request: InboundRequest, facts: Facts) -> Iterator[str]:
    address = facts.settings.addresses.get(request.source_address)
    if address and address.country != request.marketplace:
        yield (
            f"The boxes leave from {address.country} for {request.marketplace}: expect offers for your own "
            "carrier only, and customs between some countries."
        )


__all__ = [
    "Facts",
    "OwnerConstraint",
    "PrepDetails",
    "find_notes",
    "find_problems",
    "raise_problems",
    "with_owners",
]
