"""Offers: every combination with its numbers, a recommendation, and a fingerprint of what was approved."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from unit.sellerops.inbound.offered import (
    LATER,
    NOW,
    PLACEMENTS,
    REQUEST,
    SHIPMENTS,
    WAYS,
    incentive,
    offer,
    placement,
    shipment,
    way,
)

from sellerops.base.errors import UnexpectedAnswer
from sellerops.inbound.answers import later_discount, net_fees
from sellerops.inbound.models import Carrier, Money, Pallet, Shipping
from sellerops.inbound.offers import OWN, find_same, fingerprint, has_wanted_carriers


def test_every_combination_has_its_total_and_its_cost_per_unit() -> None:
    found = {each.key: each for each in offer().combinations}
    assert {key: each.total and each.total.amount for key, each in found.items()} == {
        "A1": Decimal("70.00"),
        "B1": Decimal("80.00"),
        "A2": None,
        "B2": None,
    }
    assert found["A1"].per_unit == Money(Decimal("0.7000"), "USD")
    assert found["A1"].placement_fees == Money(Decimal("-5.0"), "USD")
    assert found["A1"].transportation_fees == Money(Decimal("75.00"), "USD")
    assert found["A1"].warehouses == ("ONT8", "PHX3")
    assert found["B1"].warehouses == ("ONT8",)
    assert found["A1"].expires_at == LATER


def test_the_cheapest_is_recommended_and_says_why() -> None:
    best, *others = offer().combinations
    assert best.is_recommended
    assert best.why == "the lowest total cost, $10.00 less than the next."
    assert not any(each.is_recommended or each.why for each in others)


def test_a_preferred_carrier_goes_before_the_price() -> None:
    best = offer(replace(REQUEST, preferred_carriers=("fedex",))).combinations[0]
    assert {leg.carrier for leg in best.legs} == {"FedEx"}
    assert best.why.startswith("among those with FedEx, which you prefer: the lowest placement fee (-$5.00)")
    assert all(leg.needs_delivery_window for leg in best.legs)


@pytest.mark.parametrize(
    ("carrier", "expected"),
    [(Carrier.PARTNERED, {"UPS"}), (Carrier.OWN, {"FedEx"}), (Carrier.CHEAPEST, {"UPS", "FedEx"})],
)
def test_only_the_wanted_kind_of_carrier_is_shown(carrier: Carrier, expected: set[str]) -> None:
    found = offer(replace(REQUEST, carrier=carrier))
    assert {leg.carrier for each in found.combinations for leg in each.legs} == expected


def test_without_the_wanted_kind_of_carrier_the_others_are_shown_with_a_note() -> None:
    found = offer(
        replace(REQUEST, carrier=Carrier.PARTNERED), transportation=[each for each in WAYS if not each.cost]
    )
    assert {leg.carrier for each in found.combinations for leg in each.legs} == {"FedEx"}
    assert found.notes[0] == "Amazon offers nothing for a partnered carrier; all other options are shown."


def test_pallets_and_parcels_are_not_mixed() -> None:
    freight = way("one", "s1", "20.00", "Estes", "FREIGHT_LTL")
    found = offer(replace(REQUEST, shipping=Shipping.LTL), transportation=[*WAYS, freight])
    assert [each.legs[0].mode for each in found.combinations] == ["FREIGHT_LTL"]
    assert any("2 shipments is left out" in note for note in found.notes)


def test_shipments_with_different_carriers_are_combined_once() -> None:
    ways = [
        way("two", "s2", "40.00", "UPS"),
        way("two", "s2", "39.00", "DHL"),
        way("two", "s3", "35.00", "UPS"),
        way("two", "s3", "30.00", "Estes"),
    ]
    found = offer(transportation=ways).combinations
    # UPS takes both; the best of each shipment is another combination; DHL and Estes take one only.
    assert [[leg.carrier for leg in each.legs] for each in found] == [["DHL", "Estes"], ["UPS", "UPS"]]


def test_what_has_expired_is_not_offered() -> None:
    assert offer(read_at=LATER).combinations == ()
    late = [replace(each, expires_at=NOW) if each.cost else each for each in WAYS]
    assert all(each.total is None for each in offer(transportation=late).combinations)


def test_an_accepted_placement_is_offered_even_after_its_expiry() -> None:
    accepted = [replace(PLACEMENTS[0], status="ACCEPTED", expires_at=NOW), PLACEMENTS[1]]
    found = offer(placements=accepted).combinations
    assert {each.placement_option_id for each in found} == {"pl-one", "pl-two"}
    voided = [replace(PLACEMENTS[0], status="EXPIRED")]
    assert offer(placements=voided).combinations == ()


def test_the_order_of_amazons_lists_changes_nothing() -> None:
    turned = offer(placements=PLACEMENTS[::-1], transportation=WAYS[::-1], shipments=SHIPMENTS[::-1])
    assert turned.combinations == offer().combinations


def test_a_long_offer_is_cut_with_a_note() -> None:
    placements = [placement(f"p{number}", f"s{number}", fee=f"{number}.00") for number in range(1, 31)]
    ways = [way(f"p{number}", f"s{number}", "10.00") for number in range(1, 31)]
    found = offer(placements=placements, transportation=ways, shipments=())
    assert len(found.combinations) == 24
    assert found.notes == ("6 more expensive combinations are not shown.",)
    assert len({each.key for each in found.combinations}) == 24


class TestFingerprint:
    def test_new_ids_and_times_with_the_same_numbers_are_the_same(self) -> None:
        before = offer().combinations[0]
        again = offer(
            placements=[
                replace(PLACEMENTS[1], placement_option_id="pl-two", expires_at=NOW.replace(hour=23))
            ],
            transportation=[
                replace(each, transportation_option_id=f"x{each.shipment_id}{each.carrier}") for each in WAYS
            ],
        )
        found = find_same(again, fingerprint(before))
        assert found is not None
        assert found.selections != before.selections

    @pytest.mark.parametrize(
        "changed",
        [
            {"transportation": [replace(each, cost=each.cost and each.cost + 1) for each in WAYS]},
            {"placements": [replace(each, fees=[incentive("FEE", "1.00")]) for each in PLACEMENTS]},
            {"shipments": [replace(each, warehouse_id="LAX9") for each in SHIPMENTS]},
            {"transportation": [replace(each, carrier="Other") for each in WAYS]},
            {
                "shipments": [
                    shipment("s1", "one", "ONT8", 99),
                    shipment("s2", "two", "ONT8", 61),
                    SHIPMENTS[2],
                ]
            },
        ],
        ids=["cost", "fee", "warehouse", "carrier", "units"],
    )
    def test_other_numbers_are_not(self, changed: dict[str, object]) -> None:
        for before in offer().combinations:
            if before.total is not None:
                assert find_same(offer(**changed), fingerprint(before)) is None

    def test_a_warehouse_that_was_unknown_may_become_known(self) -> None:
        unknown = offer(shipments=[replace(each, warehouse_id=None) for each in SHIPMENTS]).combinations
        assert find_same(offer(), fingerprint(unknown[0])) is not None
        assert fingerprint(unknown[0]) != fingerprint(unknown[1])

    def test_the_way_a_number_is_written_does_not_matter(self) -> None:
        before = offer().combinations[0]
        written = [replace(each, cost=each.cost and Decimal(f"{each.cost:.4f}")) for each in WAYS]
        assert find_same(offer(transportation=written), fingerprint(before)) is not None


def test_fees_and_discounts_may_be_in_either_list() -> None:
    both = [incentive("FEE", "30.00"), incentive("DISCOUNT", "10.00")]
    assert net_fees(both, []) == net_fees([], both) == Money(Decimal("20.0"), "USD")
    assert net_fees([], []) is None
    assert net_fees([], [incentive("DISCOUNT", "-10.00")]) == Money(Decimal("-10.0"), "USD")


def test_fees_in_two_currencies_cannot_be_added() -> None:
    with pytest.raises(UnexpectedAnswer, match="CAD, USD"):
        net_fees([incentive("FEE", "1.00"), incentive("FEE", "1.00", "CAD")], [])


def test_expired_options_are_not_offered_in_place_of_the_wanted_carrier() -> None:
    partnered = replace(REQUEST, carrier=Carrier.PARTNERED)
    own = [replace(each, expires_at=NOW) for each in WAYS if each.solution == OWN]
    assert offer(partnered, transportation=own).combinations == ()
    (best, *_) = offer(
        partnered, transportation=[replace(each, expires_at=None) for each in own]
    ).combinations
    assert not has_wanted_carriers(partnered, best)
    assert has_wanted_carriers(REQUEST, best)


def test_what_amazon_is_told_differently_is_noted() -> None:
    pallet = Pallet(Decimal(48), Decimal(40), Decimal(50), Decimal(500))
    ways = [replace(each, mode="FREIGHT_LTL") for each in WAYS]
    freight = replace(REQUEST, shipping=Shipping.LTL, pallets=(pallet,))
    assert "You have 1 pallet." in " ".join(offer(freight, transportation=ways).notes)
    enough = replace(freight, pallets=(replace(pallet, count=2),))
    assert "pallet" not in " ".join(offer(enough, transportation=ways).notes)
    late = replace(REQUEST, ready_at=NOW - timedelta(hours=1))
    assert "The ready date has passed" in " ".join(offer(late).notes)
    assert "ready date" not in " ".join(offer().notes)


def test_the_fees_of_the_packing_option_are_part_of_every_total_and_of_what_is_approved() -> None:
    before, found = offer().combinations, offer(packing=[incentive("FEE", "4.00")])
    for old, new in zip(before, found.combinations, strict=True):
        assert new.packing_fees == Money(Decimal("4.0"), "USD")
        assert new.known_fees.amount == old.placement_fees.amount + 4
        assert fingerprint(new) != fingerprint(old)
        if old.total and old.per_unit:
            assert new.total == Money(old.total.amount + 4, "USD")
            assert new.per_unit == Money(old.per_unit.amount + Decimal("0.04"), "USD")
    assert "Every total includes $4.00 for the packing option" in " ".join(found.notes)
    assert "packing" not in " ".join(offer().notes)


def test_a_discount_on_later_fees_is_in_no_total_and_decides_only_between_equals() -> None:
    later = {**incentive("DISCOUNT", "9.00"), "target": "Fulfillment Fee Discount"}
    plain = [placement("one", "s1"), placement("two", "s4")]
    ways = [way("one", "s1", "50.00"), way("two", "s4", "50.00")]
    granted = [plain[0], replace(plain[1], discounts=[later])]
    best, other = offer(placements=granted, transportation=ways).combinations
    assert best.placement_option_id == "pl-two"
    assert best.later_discount == Money(Decimal("9.0"), "USD")
    assert other.later_discount is None
    assert best.total == other.total == Money(Decimal("50.00"), "USD")
    assert best.placement_fees == Money(Decimal(0), "USD")
    (without, _) = offer(placements=plain, transportation=ways).combinations
    assert without.placement_option_id == "pl-one"
    assert net_fees([later], []) is None
    assert later_discount([later, incentive("DISCOUNT", "1.00")]) == Money(Decimal("9.0"), "USD")


def test_placements_with_more_shipments_than_pallets_are_not_offered() -> None:
    pallet = Pallet(Decimal(48), Decimal(40), Decimal(50), Decimal(500))
    ways = [replace(each, mode="FREIGHT_LTL") for each in WAYS]
    freight = replace(REQUEST, shipping=Shipping.LTL, pallets=(pallet,))
    found = offer(freight, transportation=ways)
    assert {each.placement_option_id for each in found.combinations} == {"pl-one"}
    assert found.notes[0] == (
        "A placement with 2 shipments is left out: every shipment needs a pallet of its own. "
        "You have 1 pallet."
    )
    enough = replace(freight, pallets=(replace(pallet, count=2),))
    assert len(offer(enough, transportation=ways).combinations) == 4
