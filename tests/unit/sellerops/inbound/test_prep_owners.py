"""Owners that nobody gave follow from Amazon's prep details."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.inbound_requests import NO_PREP, TEXTILE, facts, request, with_prep

from sellerops.inbound.models import Item, Owner
from sellerops.inbound.requests.request_facts import OwnerConstraint, PrepDetails
from sellerops.inbound.requests.validation import with_owners

SET = PrepDetails("SET", ("ITEM_SETSTK", "ITEM_LABELING"), owners_must_match=True)


def owners(details: PrepDetails | None, item: Item | None = None) -> tuple[Owner | None, Owner | None]:
    known = facts(prep=None) if details is None else with_prep({"A": details})
    (made,) = with_owners(request(items=(item or Item("A", 1),)), known).items
    return made.prep_owner, made.label_owner


@pytest.mark.parametrize(
    ("details", "prep", "label"),
    [
        (NO_PREP, Owner.NONE, Owner.SELLER),
        (PrepDetails("NONE", ("ITEM_NO_PREP",)), Owner.NONE, Owner.NONE),
        (PrepDetails("NONE"), Owner.NONE, Owner.NONE),
        (TEXTILE, Owner.SELLER, Owner.SELLER),
        (PrepDetails("TEXTILE", ("ITEM_LABELING",)), Owner.NONE, Owner.SELLER),
        (SET, Owner.SELLER, Owner.SELLER),
        (replace(TEXTILE, prep_owner=OwnerConstraint.NONE_ONLY), Owner.NONE, Owner.SELLER),
        (replace(NO_PREP, label_owner=OwnerConstraint.NONE_ONLY), Owner.NONE, Owner.NONE),
        (replace(NO_PREP, prep_owner=OwnerConstraint.SELLER_ONLY), Owner.SELLER, Owner.SELLER),
        (PrepDetails("UNKNOWN"), Owner.NONE, Owner.NONE),
        (None, Owner.NONE, Owner.NONE),
    ],
)
def test_owners_follow_from_constraints_first_and_else_from_what_is_to_be_done(
    details: PrepDetails | None, prep: Owner, label: Owner
) -> None:
    assert owners(details) == (prep, label)


def test_a_given_owner_stays() -> None:
    assert owners(NO_PREP, Item("A", 1, label_owner=Owner.AMAZON)) == (Owner.NONE, Owner.AMAZON)


def test_the_label_owner_follows_the_prep_owner_where_both_must_match() -> None:
    known = with_prep({"A": SET})
    made = request(marketplace="DE", items=(Item("A", 1, prep_owner=Owner.AMAZON),))
    (item,) = with_owners(made, known).items
    assert (item.prep_owner, item.label_owner) == (Owner.AMAZON, Owner.AMAZON)


def test_only_skus_without_a_classification_get_one_to_be_set() -> None:
    unknown = with_prep({"A": PrepDetails("UNKNOWN")})
    made = request(items=(Item("A", 1, prep_category="TEXTILE", prep_types=("ITEM_BOXING",)),))
    (item,) = with_owners(made, unknown).items
    assert (item.prep_category, item.prep_types) == ("TEXTILE", ("ITEM_BOXING",))
    assert (item.prep_owner, item.label_owner) == (Owner.SELLER, Owner.SELLER)
    (item,) = with_owners(made, facts()).items
    assert (item.prep_category, item.prep_types) == (None, ())


def test_the_settings_classify_a_sku_that_the_list_does_not() -> None:
    known = facts(prep={"NW-HOS-762-30M": PrepDetails("UNKNOWN")})
    (item,) = with_owners(request(items=(Item("NW-HOS-762-30M", 1),)), known).items
    assert (item.prep_category, item.prep_types) == ("NONE", ("ITEM_NO_PREP",))
    assert (item.prep_owner, item.label_owner) == (Owner.NONE, Owner.SELLER)
