"""Checks the items of a request: their SKUs, quantities, expiration dates and preparation."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from datetime import timedelta

from sellerops.inbound.models import InboundRequest, Item, Owner, Problem
from sellerops.inbound.problems import quoted
from sellerops.inbound.requests.form_fields import ITEMS, place_of
from sellerops.inbound.requests.prep_owners import label_owners, prep_of, prep_owners, wanted_prep
from sellerops.inbound.requests.request_facts import NO_PREP, SENT_BY_AMAZON, UNCLASSIFIED, Facts, PrepDetails

# Limits of Amazon's model: items of a plan, units of an item, characters of a SKU and of a lot.
MOST_ITEMS, MOST_UNITS = 2_000, 500_000
_LONGEST_SKU, _LONGEST_LOT = 255, 256
# How many unknown SKUs get suggestions, and by how many characters these may be longer or shorter.
_MOST_SEARCHES, _LONGER = 5, 4


def check_items(request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    """Problems of the items, in their order."""
    if not request.items:
        yield Problem(place_of(ITEMS), "there are no items.", "Add a packing list, or fill in Items.")
    if len(request.items) > MOST_ITEMS:
        yield Problem(
            place_of(ITEMS),
            f"{len(request.items):,} items; Amazon accepts at most {MOST_ITEMS:,} per plan.",
            "Split the shipment.",
        )
    names = _Names(facts.listed or ())
    seen: dict[str, Item] = {}
    for item in request.items:
        yield from _check_quantity(item)
        if is_known := list(_check_sku(item, facts, names)):
            yield from is_known
        else:
            yield from _check_preparation(item, request.marketplace, facts)
        yield from _check_expiration(item, request, facts)
        yield from _check_twice(item, seen)
        if item.lot and len(item.lot) > _LONGEST_LOT:
            yield Problem(
                place_of_item(item), f"the lot has more than {_LONGEST_LOT} characters.", "Shorten it."
            )


def place_of_item(item: Item) -> str:
    return item.place or f"{place_of(ITEMS)}, SKU {item.sku}"


class _Names:
    """The listed SKUs. Finding one by similarity takes up to a second among 100,000."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._listed = list(listed)
        self._plain = {_plain(sku): sku for sku in self._listed}
        self._searches = 0

    def nearest(self, sku: str) -> str:
        """A remedy that names the listed SKUs nearest to an unknown one."""
        if same := self._plain.get(_plain(sku)):
            return f"Did you mean {quoted(same)}? Spaces and upper and lower case matter."
        close = self._alike(sku)
        if close:
            return f"Did you mean {' or '.join(quoted(each) for each in close)}?"
        return "Correct it. New listings are known after the next run of the report listings_all."

    def _alike(self, sku: str) -> list[str]:
        self._searches += 1
        if self._searches > _MOST_SEARCHES:
            return []
        near = [each for each in self._listed if abs(len(each) - len(sku)) <= _LONGER]
        return difflib.get_close_matches(sku, near, n=3, cutoff=0.75)


def _plain(sku: str) -> str:
    return "".join(sku.split()).casefold()


def _check_quantity(item: Item) -> Iterator[Problem]:
    if not 1 <= item.quantity <= MOST_UNITS:
        yield Problem(
            place_of_item(item),
            f"{quoted(item.sku)} has the quantity {item.quantity:,}.",
            f"Enter 1 to {MOST_UNITS:,} units.",
        )


def _check_sku(item: Item, facts: Facts, names: _Names) -> Iterator[Problem]:
    place = place_of_item(item)
    if len(item.sku) > _LONGEST_SKU:
        yield Problem(place, f"a SKU has more than {_LONGEST_SKU} characters.", "Correct it.")
    elif facts.listed is None:
        return
    elif item.sku not in facts.listed:
        yield Problem(place, f"unknown SKU {quoted(item.sku)}.", names.nearest(item.sku))
    elif not facts.listed[item.sku]:
        yield Problem(
            place,
            f"{quoted(item.sku)} is fulfilled by you, not by Amazon.",
            "Change its offer to Fulfilled by Amazon in Seller Central, or use the SKU of the FBA offer.",
        )


def _check_twice(item: Item, seen: dict[str, Item]) -> Iterator[Problem]:
    """Items of one SKU have been added up already; those that are left contradict each other."""
    other = seen.setdefault(item.sku, item)
    if other is item:
        return
    names = {
        "expiration": "expiration dates", "lot": "lots", "prep_owner": "prep owners",
        "label_owner": "label owners", "prep_category": "prep categories", "prep_types": "prep types",
    }  # fmt: skip
    pairs = ((text, getattr(other, name), getattr(item, name)) for name, text in names.items())
    differing = [text for text, one, another in pairs if one != another]
    yield Problem(
        place_of_item(item),
        f"{quoted(item.sku)} has two {' and two '.join(differing) or 'lines'} (see {place_of_item(other)}).",
        "Amazon accepts one per SKU and plan: correct one line, or ship them in a plan of their own.",
    )


def _check_expiration(item: Item, request: InboundRequest, facts: Facts) -> Iterator[Problem]:
    place = place_of_item(item)
    if item.expiration is None:
        if facts.settings.sku(item.sku).needs_expiration:
            yield Problem(
                place,
                f"{quoted(item.sku)} needs an expiration date.",
                "Add it in the column expiration, as YYYY-MM-DD.",
            )
        return
    today, days = facts.now.date(), facts.settings.shelf_life_days
    if item.expiration <= today:
        yield Problem(
            place, f"{quoted(item.sku)} expired on {item.expiration}.", "Correct the date, or do not send it."
        )
    elif item.expiration < request.ready_at.date() + timedelta(days=days):
        yield Problem(
            place,
            f"{quoted(item.sku)} expires on {item.expiration}, less than {days} days after the ready date.",
            "Amazon would not sell it: send newer units, or lower `shelf_life_days` in config/inbound.yaml.",
        )


def _check_preparation(item: Item, marketplace: str, facts: Facts) -> Iterator[Problem]:
    if facts.prep is None:
        yield from _check_owner_in_us(item, marketplace)
        return
    known = facts.prep.get(item.sku, PrepDetails(UNCLASSIFIED))
    category, types = wanted_prep(item, facts)
    place = place_of_item(item)
    if known.category == SENT_BY_AMAZON:
        yield Problem(
            place, f"{quoted(item.sku)} is provided by Amazon itself and cannot be sent.", "Remove it."
        )
        return
    if not known.is_classified:
        problem = _problem_of_category(item, category, types)
        if problem:
            yield problem
            return
    details = prep_of(item, facts)
    if details:
        yield from _check_owners(item, details, marketplace)


def _problem_of_category(item: Item, category: str | None, types: tuple[str, ...]) -> Problem | None:
    place, sku = place_of_item(item), quoted(item.sku)
    if category is None:
        return Problem(
            place,
            f"Amazon does not know how {sku} has to be prepared (FBA_INB_0182).",
            "Add the columns prep category and prep types (NONE if it needs none), add it to `skus` in "
            "config/inbound.yaml, or set it in Seller Central.",
        )
    if category in (UNCLASSIFIED, SENT_BY_AMAZON):
        return Problem(
            place, f"the prep category {category} cannot be set.", "Use another; NONE for no prep."
        )
    if category != NO_PREP and (not types or "ITEM_NO_PREP" in types):
        return Problem(
            place,
            f"{sku} has the prep category {category}, but no prep types.",
            "Add the column prep types, such as ITEM_POLYBAGGING, or use the category NONE.",
        )
    return None


def _check_owner_in_us(item: Item, marketplace: str) -> Iterator[Problem]:
    for role, owner in (("prep", item.prep_owner), ("label", item.label_owner)):
        if owner is Owner.AMAZON and marketplace == "US":
            yield Problem(
                place_of_item(item),
                f"the {role} owner of {quoted(item.sku)} is AMAZON, which Amazon refuses in the US.",
                "Use SELLER, NONE if nothing is to be done, or leave it blank.",
            )


def _check_owners(item: Item, details: PrepDetails, marketplace: str) -> Iterator[Problem]:
    roles = (
        ("prep", item.prep_owner, prep_owners(details, marketplace)),
        ("label", item.label_owner, label_owners(details, marketplace)),
    )
    refused = False
    for role, owner, accepted in roles:
        if not accepted:
            refused = True
            yield Problem(
                place_of_item(item),
                f"only Amazon may {role} {quoted(item.sku)}, and Amazon does not do so in {marketplace}.",
                "Remove it, or ask Amazon's seller support.",
            )
        elif owner and owner not in accepted:
            refused = True
            in_us = (
                ", and Amazon itself refuses to in the US"
                if owner is Owner.AMAZON and marketplace == "US"
                else ""
            )
            yield Problem(
                place_of_item(item),
                f"{quoted(item.sku)} does not allow the {role} owner {owner}{in_us}.",
                f"Use {' or '.join(accepted)}, or leave it blank.",
            )
    owners = {item.prep_owner, item.label_owner} - {None}
    if details.owners_must_match and not refused and len(owners) > 1:
        yield Problem(
            place_of_item(item),
            f"{quoted(item.sku)} must be prepped and labelled by the same owner.",
            "Use one owner for both, or leave them blank.",
        )
