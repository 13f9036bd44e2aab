"""Bad input is named with all its problems, and nothing of it reaches Amazon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from integration.inbound.walks import Harbour, go, request

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.models import InboundRequest, Item, Owner
from sellerops.inbound.setting_models import SkuDefaults


def first_item(wanted: InboundRequest, **changes: object) -> InboundRequest:
    (first, *others) = wanted.items
    return replace(wanted, items=(replace(first, **changes), *others))


def unknown_sku(wanted: InboundRequest) -> InboundRequest:
    return replace(wanted, items=(*wanted.items, Item("NW-NOBODY-KNOWS", 1)))


def heavy_box(wanted: InboundRequest) -> InboundRequest:
    (first, *others) = wanted.boxes
    return replace(wanted, boxes=(replace(first, weight=Decimal(500)), *others))


def too_many_units(wanted: InboundRequest) -> InboundRequest:
    return first_item(wanted, quantity=wanted.items[0].quantity + 1)


def owner_in_the_us(wanted: InboundRequest) -> InboundRequest:
    return first_item(wanted, prep_owner=Owner.AMAZON)


MISTAKES: dict[str, Callable[[InboundRequest], InboundRequest]] = {
    "unknown SKU": unknown_sku,
    "the limit is": heavy_box,
    "are planned, but the boxes hold": too_many_units,
    "does not allow the prep owner AMAZON": owner_in_the_us,
    "has no phone number": lambda wanted: wanted,
    "needs an expiration date": lambda wanted: wanted,
}


def test_each_mistake_is_named_and_nothing_is_created(harbour: Harbour) -> None:
    usual, account = harbour.settings, "northwind_na"
    dallas = usual.addresses["dallas"].model_copy(update={"phone": None})
    sku = request().items[0].sku
    other = {
        "has no phone number": {"addresses": {**usual.addresses, "dallas": dallas}},
        "needs an expiration date": {"skus": {**usual.skus, sku: SkuDefaults(needs_expiration=True)}},
    }
    everything = request()
    for words, make in MISTAKES.items():
        everything = make(everything)
        harbour.settings = usual.model_copy(update=other.get(words, {}))
        wanted = make(request())
        with pytest.raises(InvalidRequest, match=words):
            go(harbour.validate(wanted, harbour.services(account)))
        assert harbour.store.run_of("fba_inbound", wanted.name) is None
    harbour.settings = usual.model_copy(
        update={key: value for each in other.values() for key, value in each.items()}
    )
    with pytest.raises(InvalidRequest) as refused:
        go(harbour.validate(everything, harbour.services(account)))
    assert not [words for words in MISTAKES if words not in str(refused.value)], "all at once"
    assert harbour.effects("createInboundPlan") == harbour.effects("setPrepDetails") == 0
    harbour.settings = usual
    go(harbour.validate(request(), harbour.services(account)))
