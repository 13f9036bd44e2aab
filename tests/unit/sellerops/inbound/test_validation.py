"""Every kind of bad request has its message: place, cause and remedy. A right one has none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from support.inbound_requests import TEXTILE, box, facts, problems, request, with_prep

from sellerops.base.errors import InvalidRequest
from sellerops.inbound.models import Box, BoxContent, Carrier, Item, Owner, Pallet, Problem, Shipping
from sellerops.inbound.requests.request_facts import OwnerConstraint, PrepDetails
from sellerops.inbound.requests.validation import find_notes, find_problems, raise_problems

PALLET = Pallet(Decimal(48), Decimal(40), Decimal(60), Decimal(600), "IN", "LB", 2)
FREIGHT: dict[str, Any] = {
    "shipping": Shipping.LTL, "pallets": (PALLET,), "freight_class": "FC_70", "contact": "dallas_dock",
}  # fmt: skip
GERMAN: dict[str, Any] = {
    "account_id": "northwind_eu", "marketplace": "DE", "source_address": "leipzig", "contact": "leipzig_dock",
}  # fmt: skip


def one_box(**changes: Any) -> tuple[Box, ...]:
    return (replace(box(A=10, B=5), **changes),)


def items(**changes: Any) -> tuple[Item, ...]:
    """A with the changes, and B."""
    return (replace(Item("A", 10), **changes), Item("B", 5))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"boxes": (), "pack_later": True},
        FREIGHT,
        FREIGHT | {"shipping": Shipping.FTL, "carrier": Carrier.OWN, "freight_class": None},
        GERMAN,
        {"carrier": Carrier.PARTNERED, "items": items(prep_owner=Owner.NONE, label_owner=Owner.SELLER)},
        {"ready_at": datetime(2026, 11, 30, tzinfo=UTC)},
        {"items": items(expiration=date(2027, 3, 15))},
        {"name": "x" * 30},
    ],
)
def test_a_right_request_has_no_problem(changes: dict[str, Any]) -> None:
    assert problems(request(**changes)) == []


def test_nothing_is_said_about_skus_while_listings_and_prep_details_are_not_known() -> None:
    made = request(items=(Item("X", 10),), boxes=(box(X=10),))
    assert problems(made, facts(listed=None, prep=None)) == []


@pytest.mark.parametrize(
    ("changes", "place", "cause", "remedy"),
    [
        ({"account_id": "northwind"}, "Account", "unknown account 'northwind'", "Did you mean northwind_"),
        (
            {"account_id": "acme"},
            "Account",
            "unknown account 'acme'",
            "Choose from northwind_na, northwind_eu",
        ),
        ({"marketplace": "UK"}, "Marketplace", "unknown marketplace 'UK'", "Choose from US, CA, MX"),
        ({"marketplace": "DE"}, "Marketplace", "northwind_na does not sell in DE", "Choose from US, CA, MX"),
        ({"source_address": "dalas"}, "Ships from", "unknown address 'dalas'", "Did you mean dallas?"),
        (
            {"source_address": "leipzig"},
            "Ships from",
            "northwind_na may not ship from leipzig",
            "Choose from dallas",
        ),
        (
            {"marketplace": "CA", "carrier": Carrier.PARTNERED},
            "Carrier",
            "Amazon's partnered carriers do not ship from US to CA",
            "Choose your own carrier",
        ),
        ({"name": "x" * 31}, "Name", "31 characters", "Shorten it to 30"),
        ({"name": "a\u200bb"}, "Name", "invisible characters", "Type it again"),
        (
            {"ready_at": datetime(2026, 11, 29, tzinfo=UTC)},
            "Ready to ship on",
            "2026-11-29 00:00 is in the past",
            "",
        ),
        (
            {"ready_at": datetime(2027, 2, 1, tzinfo=UTC)},
            "Ready to ship on",
            "more than 45 days ahead",
            "earlier",
        ),
        ({"contact": "dock"}, "Contact", "unknown contact 'dock'", "dallas_dock"),
        ({"contact": "leipzig_dock"}, "Contact", "may not use the contact", "Choose from dallas_dock"),
        (FREIGHT | {"contact": None}, "Contact", "LTL needs a contact", "Choose from dallas_dock"),
        (GERMAN | {"contact": None}, "Contact", "shipments to DE need a contact", "Choose from leipzig_dock"),
        (
            {"pallets": (PALLET,)},
            "Pallets",
            "parcels (SPD) have no pallets",
            "Choose LTL or FTL under Shipping",
        ),
        (
            {"freight_class": "FC_70"},
            "Freight class",
            "parcels (SPD) have no freight class",
            "Leave it empty",
        ),
        (FREIGHT | {"pallets": ()}, "Pallets", "LTL needs pallets", "add a sheet Pallets"),
        (FREIGHT | {"freight_class": "FC_71"}, "Freight class", "unknown freight class 'FC_71'", "FC_77_5"),
        (FREIGHT | {"freight_class": None}, "Freight class", "only with a freight class", "your own carrier"),
        (FREIGHT | {"declared_value": Decimal(0)}, "Declared value", "not above zero", "value of the goods"),
        (
            FREIGHT | {"pallets": (replace(PALLET, count=0),)},
            "Pallets, entry 1",
            "0 is not a number of",
            "1 to",
        ),
        (
            FREIGHT | {"pallets": (replace(PALLET, weight=Decimal(0)),)},
            "Pallets, entry 1",
            "not above zero",
            "",
        ),
        (
            FREIGHT | {"pallets": (replace(PALLET, weight=Decimal(1501)),)},
            "Pallets, entry 1",
            "1500 LB",
            "more",
        ),
        (FREIGHT | {"pallets": (replace(PALLET, height=Decimal(73)),)}, "Pallets, entry 1", "72 IN", "more"),
        ({"boxes": ()}, "Packing", "you chose to pack now, but there are no boxes", "choose to pack later"),
        (
            {"boxes": one_box(weight=Decimal("50.5"))},
            "box 1",
            "weighs 50.5 LB; the limit is 50 LB",
            "Pack less",
        ),
        (
            {"boxes": one_box(weight=Decimal(23), weight_unit="KG", dimension_unit="CM", length=Decimal(64))},
            "box 1",
            "weighs 50.71 LB; the limit is 50 LB",
            "single oversize unit",
        ),
        (
            {"boxes": one_box(length=Decimal("25.1"))},
            "box 1",
            "25.1 IN; the limit is 25 IN",
            "Use a smaller box",
        ),
        (
            {"boxes": one_box(width=Decimal(0))},
            "box 1",
            "the width of box '1' must be above zero",
            "Measure it",
        ),
        ({"boxes": one_box(weight_unit="KG", weight=Decimal(9))}, "box 1", "in IN and KG", "IN with LB"),
        (
            {"boxes": (box(A=10), replace(box("2", B=5), dimension_unit="CM", weight_unit="KG"))},
            "box 2",
            "measured in CM and KG, the others in IN and LB",
            "the same units",
        ),
        (
            {"boxes": (box(A=9, B=5),)},
            "SKU A",
            "10 units of 'A' are planned, but the boxes hold 9",
            "Correct",
        ),
        (
            {"boxes": (box(count=2, A=10, B=5),)},
            "SKU A",
            "10 units of 'A' are planned, but the boxes hold 20",
            "",
        ),
        ({"boxes": (box(A=10, B=5, C=1),)}, "box 1", "has 'C', which is not among the items", "Add it"),
        ({"boxes": (box(A=10, B=5), box("2"))}, "box 2", "box '2' is empty", "remove it"),
        ({"boxes": (box(A=10, B=5), box("2", 0, A=1))}, "box 2", "counts as 0 boxes", "Enter 1 to 10,000"),
        ({"boxes": (box(A=10, B=5), box("2", 1, A=0))}, "box 2", "has 0 units of 'A'", "at least 1"),
        ({"items": ()}, "Items", "there are no items", "Add a packing list"),
        ({"items": items(quantity=0)}, "SKU A", "'A' has the quantity 0", "Enter 1 to 500,000"),
        ({"items": items(quantity=500_001)}, "SKU A", "'A' has the quantity 500,001", "Enter 1 to 500,000"),
        ({"items": items(lot="L" * 257)}, "SKU A", "the lot has more than 256 characters", "Shorten it"),
        ({"items": items(expiration=date(2026, 11, 29))}, "SKU A", "'A' expired on 2026-11-29", "Correct"),
        (
            {"items": items(expiration=date(2027, 3, 1))},
            "SKU A",
            "less than 90 days after the ready",
            "newer",
        ),
        (
            {"items": items(prep_owner=Owner.SELLER)},
            "SKU A",
            "does not allow the prep owner SELLER",
            "Use NONE",
        ),
        (
            {"items": items(label_owner=Owner.NONE)},
            "SKU A",
            "does not allow the label owner NONE",
            "Use SELLER",
        ),
        (
            {"items": items(label_owner=Owner.AMAZON)},
            "SKU A",
            "does not allow the label owner AMAZON, and Amazon itself refuses to in the US",
            "Use SELLER",
        ),
    ],
)
def test_each_problem_names_place_cause_and_remedy(
    changes: dict[str, Any], place: str, cause: str, remedy: str
) -> None:
    found = problems(request(**changes))
    fitting = [
        each for each in found if place in each.partition(": ")[0] and cause in each and remedy in each
    ]
    assert len(fitting) == 1, found


@pytest.mark.parametrize(
    "changes", [{"account_id": "x"}, {"boxes": ()}, {"items": items(quantity=0), "boxes": ()}]
)
def test_one_cause_is_one_problem_for_most(changes: dict[str, Any]) -> None:
    assert len(problems(request(**changes))) == len(set(problems(request(**changes))))


def test_a_marketplace_without_the_inbound_api_is_named() -> None:
    accounts = facts().accounts
    account = replace(accounts["northwind_eu"], marketplaces=(facts().marketplaces["BE"],))
    made = request(**GERMAN | {"marketplace": "BE"})
    found = problems(made, facts(accounts={**accounts, "northwind_eu": account}))
    assert (
        "Marketplace: Amazon's API cannot create shipments to BE. Create this one in Seller Central." in found
    )


def test_an_address_without_a_phone_number_is_refused() -> None:
    settings = facts().settings
    address = settings.addresses["dallas"].model_copy(update={"phone": None})
    known = facts(settings=settings.model_copy(update={"addresses": {"dallas": address}}))
    assert problems(request(), known) == [
        "Ships from: the address dallas has no phone number, and Amazon requires one. Add `phone` to "
        "addresses.dallas in config/inbound.yaml."
    ]


@pytest.mark.parametrize(
    ("sku", "remedy"),
    [
        ("nw-a-1", "Did you mean 'NW-A-1'? Spaces and upper and lower case matter."),
        ("NW-A- 1", "Did you mean 'NW-A-1'? Spaces and upper and lower case matter."),
        ("NW-A-2", "Did you mean 'NW-A-1'?"),
        ("zzz", "Correct it. New listings are known after the next run of the report listings_all."),
    ],
)
def test_an_unknown_sku_comes_with_the_nearest_ones(sku: str, remedy: str) -> None:
    made = request(items=(Item(sku, 1, place="a.csv, line 2"),), boxes=(box(**{sku: 1}),))
    (problem,) = problems(made, facts(listed={"NW-A-1": True, "NW-B-1": True}))
    assert problem.startswith(f"a.csv, line 2: unknown SKU '{sku}'. {remedy}")


def test_a_sku_of_the_sellers_own_warehouse_is_refused() -> None:
    (problem,) = problems(request(items=(Item("M", 1),), boxes=(box(M=1),)))
    assert "'M' is fulfilled by you, not by Amazon" in problem
    assert "Fulfilled by Amazon in Seller Central" in problem


def test_more_items_or_boxes_than_a_plan_takes_are_refused() -> None:
    many = tuple(Item(f"S{n}", 1) for n in range(2_001))
    made = request(items=many, boxes=(), pack_later=True)
    assert problems(made, facts(listed=None, prep=None)) == [
        "Items: 2,001 items; Amazon accepts at most 2,000 per plan. Split the shipment."
    ]
    boxes = (box(count=5_000, A=1), box("2", A=1))
    assert problems(request(items=(Item("A", 5_001),), boxes=boxes)) == [
        "Boxes: 5,001 boxes; Amazon accepts at most 5,000. Split the shipment."
    ]


def test_a_box_with_a_single_oversize_unit_may_exceed_the_usual_limits_but_not_those_of_carriers() -> None:
    single = replace(box(A=1), weight=Decimal(120), length=Decimal(80))
    assert problems(request(items=(Item("A", 1),), boxes=(single,))) == []
    heavier = replace(single, weight=Decimal(151), length=Decimal(109))
    found = problems(request(items=(Item("A", 1),), boxes=(heavier,)))
    assert [each for each in found if "the limit is 150 LB" in each or "the limit is 108 IN" in each] == found
    assert len(found) == 2


def test_limits_are_those_of_the_region() -> None:
    one = Box("1", (BoxContent("A", 10), BoxContent("B", 5)), *map(Decimal, (60, 40, 30, 23)))
    assert problems(request(**GERMAN, boxes=(one,))) == []
    found = problems(
        request(**GERMAN, boxes=(replace(one, weight=Decimal("23.01"), length=Decimal("63.6")),))
    )
    assert ["the limit is 23 KG" in found[0], "the limit is 63.5 CM" in found[1], len(found)] == [
        True,
        True,
        2,
    ]


def test_a_sku_that_needs_an_expiration_date_must_have_one() -> None:
    made = request(items=(Item("NW-CND-509-BLK", 1),), boxes=(box(**{"NW-CND-509-BLK": 1}),))
    (problem,) = problems(made, facts(listed=None, prep=None))
    assert "needs an expiration date. Add it in the column expiration" in problem


def test_two_expiration_dates_of_a_sku_are_refused_with_both_places() -> None:
    pair = (
        Item("A", 5, expiration=date(2028, 1, 1), place="a.csv, line 2"),
        Item("A", 5, expiration=date(2028, 2, 1), place="a.csv, line 3"),
    )
    (problem,) = problems(request(items=pair, boxes=(box(A=10),)))
    assert problem.startswith(
        "a.csv, line 3: 'A' has two expiration dates (see a.csv, line 2). Amazon accepts one"
    )


@pytest.mark.parametrize(
    ("details", "changes", "cause", "remedy"),
    [
        (
            PrepDetails("UNKNOWN"),
            {},
            "does not know how 'A' has to be prepared (FBA_INB_0182)",
            "prep category",
        ),
        (
            PrepDetails("UNKNOWN"),
            {"prep_category": "TEXTILE"},
            "TEXTILE, but no prep types",
            "ITEM_POLYBAGGING",
        ),
        (PrepDetails("UNKNOWN"), {"prep_category": "FC_PROVIDED"}, "FC_PROVIDED cannot be set", "NONE"),
        (PrepDetails("FC_PROVIDED"), {}, "provided by Amazon itself and cannot be sent", "Remove it"),
        (TEXTILE, {"prep_owner": Owner.NONE}, "does not allow the prep owner NONE", "Use SELLER"),
        (TEXTILE, {"prep_owner": Owner.AMAZON}, "Amazon itself refuses to in the US", "Use SELLER"),
        (
            replace(TEXTILE, prep_owner=OwnerConstraint.AMAZON_ONLY),
            {},
            "only Amazon may prep 'A', and Amazon does not do so in US",
            "Remove it",
        ),
    ],
)
def test_problems_of_preparation(
    details: PrepDetails, changes: dict[str, Any], cause: str, remedy: str
) -> None:
    (problem,) = problems(request(items=items(**changes)), with_prep({"A": details}))
    assert problem.startswith("Items, SKU A: ")
    assert cause in problem
    assert remedy in problem


def test_a_sku_without_classification_may_bring_its_own() -> None:
    known = with_prep({"A": PrepDetails("UNKNOWN")})
    for changes in ({"prep_category": "NONE"}, {"prep_category": "TEXTILE", "prep_types": ("ITEM_BOXING",)}):
        assert problems(request(items=items(**changes)), known) == []


def test_owners_that_must_match_are_compared_outside_the_us() -> None:
    details = PrepDetails("SET", ("ITEM_SETSTK", "ITEM_LABELING"), owners_must_match=True)
    differing = items(prep_owner=Owner.AMAZON, label_owner=Owner.SELLER)
    (problem,) = problems(request(**GERMAN, items=differing), with_prep({"A": details}))
    assert "prepped and labelled by the same owner" in problem
    same = items(prep_owner=Owner.AMAZON, label_owner=Owner.AMAZON)
    assert problems(request(**GERMAN, items=same), with_prep({"A": details})) == []


def test_the_owner_amazon_is_refused_in_the_us_even_before_amazon_was_asked() -> None:
    made = request(items=items(prep_owner=Owner.AMAZON))
    (problem,) = problems(made, facts(prep=None))
    assert "the prep owner of 'A' is AMAZON, which Amazon refuses in the US" in problem


def test_all_problems_are_found_at_once_in_the_order_of_the_form() -> None:
    made = request(
        source_address="leipzig",
        name="x" * 40,
        contact="dock",
        items=items(quantity=0),
        boxes=one_box(weight=Decimal(60)),
    )
    found = [each.place for each in find_problems(made, facts())]
    assert found == ["Ships from", "Name", "Contact", "Items, SKU A", "Boxes, box 1", "Items, SKU A"]


def test_the_error_lists_all_problems_and_keeps_each_for_programs() -> None:
    many = [Problem(f"line {n}", f"cause {n}.", "Remedy.") for n in range(1, 26)]
    with pytest.raises(InvalidRequest) as caught:
        raise_problems(many)
    text = str(caught.value)
    assert text.startswith(
        "inbound request: 25 problems; nothing was created at Amazon.\n1. line 1: cause 1. Remedy.\n"
    )
    assert "20. line 20" in text and "line 21" not in text and "… and 5 more." in text
    assert len(caught.value.details["problems"]) == 25
    assert caught.value.details["problems"][24] == {
        "place": "line 25",
        "cause": "cause 25.",
        "remedy": "Remedy.",
    }
    raise_problems([])


def test_a_single_problem_is_an_error_of_its_own() -> None:
    with pytest.raises(InvalidRequest) as caught:
        raise_problems([Problem("Name", "is empty.", "Write a name.")])
    assert str(caught.value) == "Name: is empty. Next: Write a name."


def test_notes_name_heavy_boxes_an_open_run_of_the_same_name_another_country_and_what_was_assumed() -> None:
    single = replace(box("7", A=1), weight=Decimal(60))
    made = request(items=(Item("A", 1),), boxes=(single,), marketplace="CA", notes=("Assumed.",))
    notes = find_notes(made, facts(open_runs={"December": 12}))
    assert notes[0] == "Assumed."
    assert "Run 12 with the name 'December' is still open" in notes[1]
    assert notes[2] == "Mark as heavy (above 50 LB): box 7."
    assert "from US for CA" in notes[3]
    assert find_notes(request(), facts()) == []
