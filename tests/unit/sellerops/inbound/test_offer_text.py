"""What an approver reads: every number of every option; a button names the numbers it approves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from sellerops.inbound.amount_text import money, unit_price
from sellerops.inbound.models import Combination, InboundRequest, Item, Leg, Money, Offer
from sellerops.inbound.offer_text import (
    chosen,
    describe_offer,
    offer_lines,
    option_labels,
)
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.rows.decision_rows import offer_from, offer_values

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
REQUEST = InboundRequest("a", "US", "dallas", (Item("A", 1200),), NOON, "Spring")


def usd(amount: str) -> Money:
    return Money(Decimal(amount), "USD")


def leg(warehouse: str, solution: str = PARTNERED, cost: Money | None = None) -> Leg:
    return Leg("sh", warehouse, "to", "GROUND_SMALL_PARCEL", solution, "UPS", cost, 600)


BEST = Combination(
    "A1", "pl-a", (leg("ONT8", cost=usd("10")), leg("ONT8", cost=usd("9.5"))), usd("-1.20"), usd("19.50"),
    usd("18.30"), usd("0.0153"), NOON, is_recommended=True, why="the lowest total cost.",
)  # fmt: skip
OWN_CARRIER = Combination("B1", "pl-b", (leg("FTW1", OWN),), usd("2"), None, None, None, None)
OFFER = Offer((BEST, OWN_CARRIER), NOON, ("One placement is left out.",))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (usd("31.2"), "$31.20"),
        (usd("-1234.5"), "-$1,234.50"),
        (Money(Decimal("310"), "JPY"), "310 JPY"),
        (Money(Decimal("4"), "SEK"), "4.00 SEK"),
        (Money(Decimal("4"), "EUR"), "€4.00"),
        (None, "not known"),
    ],
)
def test_amounts_are_written_as_people_write_them(value: Money | None, text: str) -> None:
    assert money(value) == text


def test_prices_per_unit_show_what_cents_would_hide() -> None:
    assert [unit_price(usd(each)) for each in ("0.0153", "0.25", "3.456")] == ["$0.015", "$0.25", "$3.46"]


def test_buttons_name_the_numbers_and_change_with_them() -> None:
    assert option_labels(OFFER) == [
        "A1: 2 shipments, $18.30, recommended",
        "B1: 1 shipment, $2.00 plus your carrier",
        "Reject",
    ]
    assert chosen(OFFER, "A1: 2 shipments, $18.30, recommended") is BEST
    dearer = replace(OFFER, combinations=(replace(BEST, total=usd("18.31")), OWN_CARRIER))
    assert chosen(dearer, "A1: 2 shipments, $18.30, recommended") is None
    assert chosen(OFFER, "C1: 2 shipments, $18.30") is None


def test_the_table_has_every_number_of_every_option() -> None:
    text = describe_offer(OFFER, REQUEST, "Spring #17", reason="The price has changed.")
    for words in (
        "**Spring #17**: 1,200 units of 1 SKU, from *dallas* to US, ready on Tue 01 Dec 2026.",
        "**The price has changed.**",
        "| ★ | **A1** | 2 | 1: ONT8 | UPS (Amazon's partner) | parcels | -$1.20 | $19.50 | **$18.30** |",
        "|  | **B1** | 1 | 1: FTW1 | UPS (your own) | parcels | $2.00 | not known | **not known** |",
        "01 Dec 12:00",
        "Recommended: **A1** (the lowest total cost).",
        "- One placement is left out.",
        "*Reject* cancels the plan",
    ):
        assert words in text, words
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in rows}) == 1


def test_a_name_from_amazon_cannot_break_the_table() -> None:
    evil = replace(BEST, legs=(replace(BEST.legs[0], carrier="A|B"), BEST.legs[1]))
    rows = [
        line
        for line in describe_offer(Offer((evil,), NOON), REQUEST, "x").splitlines()
        if line.startswith("|")
    ]
    assert len({line.count("|") for line in rows}) == 1


def test_notices_have_a_line_per_option() -> None:
    assert offer_lines(OFFER) == [
        "A1: 2 shipments, $18.30, recommended (ONT8; UPS (Amazon's partner)); valid until 01 Dec 12:00",
        "B1: 1 shipment, $2.00 plus your carrier (FTW1; UPS (your own))",
    ]


def test_packing_fees_and_later_discounts_have_columns_where_there_are_any() -> None:
    packed = replace(OWN_CARRIER, packing_fees=usd("3.50"), later_discount=usd("6"))
    offer = Offer((replace(BEST, packing_fees=usd("3.50")), packed), NOON)
    rows = [line for line in describe_offer(offer, REQUEST, "x").splitlines() if line.startswith("|")]
    assert "| placement | packing | transport | **total** | per unit | later fee discount |" in rows[0]
    assert "| -$1.20 | $3.50 | $19.50 | **$18.30** | $0.015 |  |" in rows[2]
    assert "| $2.00 | $3.50 | not known | **not known** | not known | $6.00 |" in rows[3]
    assert len({line.count("|") for line in rows}) == 1
    assert option_labels(offer)[1] == "B1: 1 shipment, $5.50 plus your carrier"
    usual = describe_offer(OFFER, REQUEST, "x")
    assert "packing" not in usual and "later fee" not in usual


def test_a_decision_keeps_packing_fees_and_later_discounts() -> None:
    offer = Offer((replace(BEST, packing_fees=usd("3.50"), later_discount=usd("6")),), NOON)
    assert offer_from(offer_values(offer)) == offer
    assert offer_values(offer)["combinations"][0]["packing_fees"] == {"amount": "3.50", "currency": "USD"}
