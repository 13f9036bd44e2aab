"""Economics of the local Amazon: components, ads and previews agree with charges, ads and demand; and what
Amazon has got wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from support.catalogue import simulation

from amazon_sandbox.data_kiosk import economics_faults as faults
from amazon_sandbox.data_kiosk.economics import rows
from amazon_sandbox.simulation import FatalReport, Simulation
from amazon_sandbox.simulation.ads_traffic import ad_day, seen
from amazon_sandbox.simulation.fulfilment_fees import fulfilment_fee
from amazon_sandbox.simulation.low_inventory import expected_units, supply_in_week
from amazon_sandbox.simulation.marketplaces import by_country
from amazon_sandbox.simulation.storefront import Storefront

NOW = datetime(2026, 11, 18, 14, tzinfo=UTC)
DAY = date(2026, 11, 9)
BOTH = ("FBA_FULFILLMENT_FEE", "FBA_STORAGE_FEE")


@cache
def storefront_in(country: str) -> Storefront:
    world = Simulation(7, "world") if country == "AE" else simulation()
    account = next(
        each for each in world.sellers if by_country(country).marketplace_id in each.marketplace_ids
    )
    return world.storefront(account, by_country(country).marketplace_id)


def economics(
    country: str, day: date = DAY, parts: Collection[str] = BOTH, wrong: Collection[str] = ()
) -> list[dict[str, Any]]:
    storefront = storefront_in(country)
    arguments = {"startDate": day, "endDate": day, "includeComponentsForFeeTypes": list(parts)}
    marketplaces = {storefront.marketplace.marketplace_id: storefront}
    return list(rows("economics", marketplaces, arguments, int(NOW.timestamp()), wrong))


def cents(detail: dict[str, Any], name: str = "totalAmount") -> int:
    return round(detail[name]["amount"] * 100)


def charges(found: list[dict[str, Any]], fee: str) -> list[tuple[str, dict[str, Any]]]:
    return [
        (row["msku"], each["charges"][0])
        for row in found
        for each in row["fees"]
        if each["feeTypeName"] == fee
    ]


@pytest.mark.parametrize(
    ("country", "day", "expected"),
    [
        ("US", DAY, {"BaseFbaFulfilmentFee", "FuelSurcharge", "LowInventoryLevelFee"}),
        ("US", date(2026, 4, 16), {"BaseFbaFulfilmentFee", "LowInventoryLevelFee"}),
        ("GB", DAY, {"BaseFbaFulfilmentFee", "FuelSurcharge"}),
        ("AE", DAY, {"BaseFbaFulfilmentFee"}),
    ],
)
def test_the_fulfilment_fee_has_the_components_of_its_country_and_day(
    country: str, day: date, expected: set[str]
) -> None:
    found = charges(economics(country, day), "FbaFulfilmentFee")
    named = set()
    for _, charge in found:
        parts = {part["name"]: part["aggregatedDetail"] for part in charge["components"]}
        assert sum(map(cents, parts.values())) == cents(charge["aggregatedDetail"])
        named |= parts.keys()
    assert named == expected


def test_the_low_inventory_fee_is_charged_when_planning_says_so() -> None:
    supplies = supply_in_week(storefront_in("US"), DAY.toordinal())
    charged = {sku: charge["components"] for sku, charge in charges(economics("US"), "FbaFulfilmentFee")}
    for sku, parts in charged.items():
        named = {part["name"]: part["aggregatedDetail"] for part in parts}
        assert ("LowInventoryLevelFee" in named) == bool(supplies[sku].fee)
        if supplies[sku].fee:
            fee = named["LowInventoryLevelFee"]
            assert cents(fee) == supplies[sku].fee * fee["quantity"]
            assert supplies[sku].is_thin and supplies[sku].week >= 20 and not supplies[sku].exemption


def test_components_are_null_unless_asked_for_and_a_total_is_amount_promotion_and_tax() -> None:
    asked = {"FBA_FULFILLMENT_FEE": "FbaFulfilmentFee", "FBA_STORAGE_FEE": "FbaStorageFee"}
    # On this day the storage of October was charged in Germany, with VAT.
    charged_on = next(
        day
        for day in (date(2026, 11, 6) + timedelta(days=n) for n in range(11))
        if charges(economics("DE", day, ()), "FbaStorageFee")
    )
    for wanted, name in asked.items():
        found = economics("DE", charged_on, [wanted])
        for row in found:
            for fee in row["fees"]:
                detail = fee["charges"][0]["aggregatedDetail"]
                assert cents(detail) == cents(detail, "amount") - cents(detail, "promotionAmount") + cents(
                    detail, "taxAmount"
                )
                assert (fee["charges"][0]["components"] is not None) == (fee["feeTypeName"] == name)
        taxed = [cents(charge["aggregatedDetail"], "taxAmount") for _, charge in charges(found, name)]
        assert any(taxed) == (name == "FbaStorageFee")


def test_ads_are_those_of_the_ads_reports_and_net_proceeds_add_up() -> None:
    storefront = storefront_in("DE")
    found = economics("DE")
    spent: dict[str, int] = {}
    for part in ad_day(storefront, DAY.toordinal()).parts:
        known = seen(storefront, DAY.toordinal(), part, int(NOW.timestamp()))
        if known:
            product = part.ad.group.campaign.product.replace("_", " ").title()
            spent[f"{product} charge"] = spent.get(f"{product} charge", 0) + known.cost
    told: dict[str, int] = {}
    for row in found:
        for ad in row["ads"]:
            told[ad["adTypeName"]] = told.get(ad["adTypeName"], 0) + cents(ad["charge"])
        costs = row["cost"]
        each = [costs["costOfGoodsSold"], costs["fbaCost"]["shippingToAmazonCost"],
                costs["mfnCost"]["fulfillmentCost"]]  # fmt: skip
        own = sum(round(one["amount"] * 100) for one in each if one) * row["sales"]["netUnitsSold"]
        paid = sum(cents(fee["charges"][0]["aggregatedDetail"]) for fee in row["fees"])
        ads = sum(cents(ad["charge"]) for ad in row["ads"])
        net = cents(row["sales"], "netProductSales")
        assert cents(row["netProceeds"], "total") == net - paid - ads - own
    assert told == spent and len(told) == 3


def test_a_preview_charges_expected_units_at_the_rates_of_their_days() -> None:
    storefront = storefront_in("US")
    monday = date(2026, 11, 23)
    days = range(monday.toordinal(), monday.toordinal() + 7)
    wanted = ["LOW_INVENTORY_LEVEL_FEE", "BASE_FBA_FULFILLMENT_FEE", "REFERRAL_FEES"]
    found = preview(monday, monday + timedelta(days=6), wanted)
    assert {fee["feeTypeName"] for row in found for fee in row["fees"]} == {
        "LowInventoryLevelFee", "BaseFbaFulfilmentFee", "ReferralFee",
    }  # fmt: skip
    listings = {listing.sku: listing for listing in storefront.listings}
    low = {sku: cents(charge["aggregatedDetail"]) for sku, charge in charges(found, "LowInventoryLevelFee")}
    for sku, supply in supply_in_week(storefront, days[0]).items():
        units = sum(expected_units(storefront, day).get(sku, 0.0) for day in days)
        assert low.get(sku, 0) == round(units * supply.fee)
    for sku, charge in charges(found, "BaseFbaFulfilmentFee"):
        base = sum(
            expected_units(storefront, day).get(sku, 0.0)
            * fulfilment_fee(storefront, listings[sku], day).base
            for day in days
        )
        assert cents(charge["aggregatedDetail"]) == round(base)


def preview(first: date, last: date, wanted: list[str]) -> list[dict[str, Any]]:
    storefront = storefront_in("US")
    marketplaces = {storefront.marketplace.marketplace_id: storefront}
    arguments = {"startDate": first, "endDate": last, "feeTypes": wanted}
    return list(rows("economicsPreview", marketplaces, arguments, int(NOW.timestamp())))


@pytest.mark.parametrize(
    ("first", "last", "word"),
    [(-1, 5, "earlier than today"), (5, 4, "before startDate"), (0, 121, "120 days")],
)
def test_what_cannot_be_previewed_ends_fatal(first: int, last: int, word: str) -> None:
    today = NOW.date()
    with pytest.raises(FatalReport, match=word):
        preview(today + timedelta(days=first), today + timedelta(days=last), ["REFERRAL_FEES"])


def test_silent_faults() -> None:
    def sums(*wrong: str) -> tuple[int, int, int, int]:
        found = economics("US", wrong=wrong)
        units = sum(row["sales"]["unitsOrdered"] for row in found)
        fees = {
            name: sum(cents(charge["aggregatedDetail"]) for _, charge in charges(found, name))
            for name in ("ReferralFee", "FbaFulfilmentFee")
        }
        ads = sum(cents(ad["charge"]) for row in found for ad in row["ads"])
        return units, fees["ReferralFee"], fees["FbaFulfilmentFee"], ads

    units, referral, fulfilment, ads = sums()
    assert min(units, referral, fulfilment, ads) > 0
    assert sums(faults.NO_SALES) == (0, referral, fulfilment, ads)
    assert sums(faults.ALL_ZERO) == (0, 0, 0, 0)
    assert sums(faults.BASE_IS_FUEL) == (units, referral, 0, ads)
    for _, charge in charges(economics("US", wrong=[faults.BASE_IS_FUEL]), "FbaFulfilmentFee"):
        base, *others = (cents(part["aggregatedDetail"]) for part in charge["components"])
        assert base == -sum(others) and charge["aggregatedDetail"]["quantity"]
    yesterday = NOW.date() - timedelta(days=1)
    assert economics("US", yesterday) and not economics("US", yesterday, wrong=[faults.LATE])
