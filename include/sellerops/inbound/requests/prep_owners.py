"""Who may prep and label an item, from Amazon's prep details.

Source: Amazon's model (constraints; AMAZON is refused in the US), and what createInboundPlan accepts: NONE
for an item without prep, anybody else for an item that needs it.
"""

from __future__ import annotations

from dataclasses import replace

from sellerops.inbound.models import InboundRequest, Item, Owner
from sellerops.inbound.requests.request_facts import NO_PREP, Facts, PrepDetails

_LABELING, _NOTHING = "ITEM_LABELING", "ITEM_NO_PREP"


def prep_of(item: Item, facts: Facts) -> PrepDetails | None:
    """Amazon's classification of an item, or the one that will be set for it; None if there is neither."""
    known = (facts.prep or {}).get(item.sku)
    if known and known.is_classified:
        return known
    category, types = wanted_prep(item, facts)
    # Amazon adds labelling by itself.
    return PrepDetails(category, (*types, _LABELING)) if category else None


def wanted_prep(item: Item, facts: Facts) -> tuple[str | None, tuple[str, ...]]:
    """Category and types to set if Amazon has none: the item's own, or else those of the settings."""
    settings = facts.settings.sku(item.sku)
    category = item.prep_category or settings.prep_category
    if category == NO_PREP:
        return category, (_NOTHING,)
    types = item.prep_types or (() if item.prep_category else settings.prep_types)
    return category, types


def prep_owners(details: PrepDetails, marketplace: str) -> tuple[Owner, ...]:
    """Who may prep the item, the usual one first; empty if nobody may."""
    if details.prep_owner:
        owners: tuple[Owner, ...] = (details.prep_owner.owner,)
    else:
        owners = (Owner.SELLER, Owner.AMAZON) if details.needs_prep else (Owner.NONE,)
    return _without_amazon(owners, marketplace)


def label_owners(details: PrepDetails, marketplace: str) -> tuple[Owner, ...]:
    """Who may label the item, the usual one first; empty if nobody may."""
    if details.label_owner:
        owners: tuple[Owner, ...] = (details.label_owner.owner,)
    elif _LABELING in details.types:
        owners = (Owner.SELLER, Owner.AMAZON)
    else:
        owners = (Owner.NONE, Owner.SELLER, Owner.AMAZON)
    return _without_amazon(owners, marketplace)


def _without_amazon(owners: tuple[Owner, ...], marketplace: str) -> tuple[Owner, ...]:
    return tuple(each for each in owners if not (each is Owner.AMAZON and marketplace == "US"))


def with_owners(request: InboundRequest, facts: Facts) -> InboundRequest:
    """The request with every owner filled in: the given one, else the first that Amazon's prep details allow.

    SKUs without a classification also get the prep category and types that are set for them.
    """
    return replace(request, items=tuple(_with_owners(item, request, facts) for item in request.items))


def _with_owners(item: Item, request: InboundRequest, facts: Facts) -> Item:
    details = prep_of(item, facts) or PrepDetails(NO_PREP)
    known = (facts.prep or {}).get(item.sku)
    category, types = (None, ()) if known and known.is_classified else wanted_prep(item, facts)
    prep = _first(item.prep_owner, prep_owners(details, request.marketplace))
    labels = label_owners(details, request.marketplace)
    if details.owners_must_match and prep in labels:
        labels = (prep,)
    label = _first(item.label_owner, labels)
    return replace(item, prep_owner=prep, label_owner=label, prep_category=category, prep_types=types)


def _first(given: Owner | None, allowed: tuple[Owner, ...]) -> Owner:
    return given or next(iter(allowed), Owner.NONE)
