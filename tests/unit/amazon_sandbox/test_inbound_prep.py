"""Prep classifications: owners that differ by country, and MSKUs in a query."""

from __future__ import annotations

import pytest
from starlette.datastructures import QueryParams
from support.inbound_api import DE, Inbound
from support.sandbox_app import Api

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.inbound.prep import read_mskus
from amazon_sandbox.inbound.prep_store import PrepStore


@pytest.mark.parametrize(
    ("query", "mskus"),
    [
        ("mskus=a&mskus=b", ("a", "b")),
        ("mskus=a%2Cb", ("a", "b")),
        ("mskus=a%252Cb", ("a,b",)),
        ("mskus=test%2525msku&mskus=1%252B1", ("test%msku", "1+1")),
        ("mskus=a&mskus=a", ("a",)),
    ],
)
def test_mskus_are_decoded_twice(query: str, mskus: tuple[str, ...]) -> None:
    """So that a comma may be a part of one: the model asks for double percent-encoding."""
    assert read_mskus(QueryParams(query)) == mskus


@pytest.mark.parametrize("query", ["", "mskus=", "&".join(["mskus=x"] * 101), f"mskus={'x' * 256}"])
def test_wrong_lists_of_mskus_are_refused(query: str) -> None:
    with pytest.raises(ApiError):
        read_mskus(QueryParams(query))


def test_amazon_may_prep_and_label_in_germany(eu: Api) -> None:
    """But not one without the other for a set."""
    germany = Inbound(eu, DE)
    storefront = eu.sandbox.simulation.storefront(eu.seller, DE)
    of_category = {PrepStore().of(storefront, one).category: one for one in storefront.listings if one.fnsku}
    details = {
        each["prepCategory"]: each
        for each in germany.get(
            "/items/prepDetails", marketplaceId=DE, mskus=[one.sku for one in of_category.values()]
        )["mskuPrepDetails"]
    }
    assert details["SET"]["allOwnersConstraint"] == "MUST_MATCH"
    assert "prepOwnerConstraint" not in details["SHARP"]
    assert details["NONE"]["prepOwnerConstraint"] == "NONE_ONLY"
    germany.plan(germany.item(of_category["SHARP"], 3, prepOwner="AMAZON", labelOwner="SELLER"))
    mixed = {"prepOwner": "AMAZON", "labelOwner": "SELLER", "expiration": "2028-06-30"}
    body = germany.plan_body(germany.item(of_category["SET"], 3, **mixed))
    assert "must have the same prepOwner and labelOwner" in germany.refused("POST", "/inboundPlans", body)
    germany.plan(germany.item(of_category["SET"], 3, **{**mixed, "labelOwner": "AMAZON"}))
