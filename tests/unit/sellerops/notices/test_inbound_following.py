"""What people read about confirmed FBA shipments."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from sellerops.notices.inbound_following import deadline_notice, difference_notice
from sellerops.read_models.inbound_deadlines import Deadline, DeadlineKind
from sellerops.read_models.inbound_differences import Difference, OfRun, UnitDifference
from sellerops.settings.marketplaces import marketplace
from sellerops.settings.seller_central import SELLER_CENTRAL

AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
RUN = OfRun(17, "northwind_eu", marketplace("DE").id, "Winter <stock> #17", ("fba_inbound", "manual__1"))


def difference(*units: UnitDifference) -> Difference:
    return Difference(RUN, "sh1", "FBA15", "CLOSED", "LEJ1", AT, units)


def test_a_long_list_is_cut_and_says_where_the_rest_is() -> None:
    units = [UnitDifference(f"S{number:02d}", None, 10, 9) for number in range(23)]
    notice = difference_notice(difference(*units), "https://x")
    assert notice.headline == "FBA shipment FBA15 (Winter <stock> #17): 23 units not received, 23 SKUs"
    lines = notice.text.splitlines()
    assert len([line for line in lines if line.startswith("- `S")]) == 20
    assert any(
        line.startswith("... and 3 more; `") and "inbound show 17` lists them." in line for line in lines
    )
    assert "northwind_eu, DE: delivered at LEJ1 by 2026-11-20, now CLOSED." in lines


def test_only_more_than_shipped() -> None:
    notice = difference_notice(difference(UnitDifference("S", "X1", 10, 12)), "https://x")
    assert notice.headline.endswith("2 units more received than shipped, 1 SKU")
    assert "tell Amazon what you shipped: units of another SKU may have been counted here" in notice.text
    assert "investigation" not in notice.text


def test_never_counted() -> None:
    notice = difference_notice(difference(UnitDifference("S", None, 1_000, None)), "https://x")
    assert "- `S`: shipped 1,000, Amazon has counted none: *1,000 missing*" in notice.text


def test_the_same_skus_are_one_notice_and_others_another() -> None:
    one, two = UnitDifference("S", None, 4, 3), UnitDifference("T", None, 4, 3)
    same = difference_notice(difference(UnitDifference("S", None, 4, 2)), "").key
    assert difference_notice(difference(one), "").key == same
    assert difference_notice(difference(one, two), "").key != same


@pytest.mark.parametrize("kind", DeadlineKind)
def test_every_deadline_says_until_when_and_what_to_do(kind: DeadlineKind) -> None:
    window = (AT + timedelta(days=10), AT + timedelta(days=17))
    deadline = Deadline(
        kind, RUN, AT, timedelta(minutes=90), ("FBA15", "FBA16"), Decimal("1148.2"), "EUR", window
    )
    notice = deadline_notice(deadline, "https://x")
    assert notice.headline.startswith("Winter <stock> #17: ")
    if kind is not DeadlineKind.UNKNOWN_NUMBERS:
        assert "2026-11-20 19:00 Europe/Berlin" in notice.text
    assert "Next: " in notice.text and "<https://x|" in notice.text
    if kind is DeadlineKind.VOID:
        assert "charges 1,148.20 EUR; free cancellation ends in 1 h 30 min" in notice.headline


@pytest.mark.parametrize(
    ("code", "page"),
    [
        ("US", "https://sellercentral.amazon.com/fba/inbound-shipment/summary/FBA%2F15/contents"),
        ("DE", "https://sellercentral-europe.amazon.com/fba/inbound-shipment/summary/FBA%2F15/contents"),
    ],
)
def test_the_page_of_a_shipment_is_in_its_marketplaces_seller_central(code: str, page: str) -> None:
    assert SELLER_CENTRAL.load().shipment_page(code, "FBA/15") == page
    assert SELLER_CENTRAL.load().shipment_page(code, None).endswith("/gp/ssof/shipping-queue.html")
