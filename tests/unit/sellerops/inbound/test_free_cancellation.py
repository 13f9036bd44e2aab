"""Until when a confirmed carrier can be cancelled free of charge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sellerops.inbound.models import Leg
from sellerops.inbound.offers import OWN, PARTNERED
from sellerops.inbound.steps.confirmation import free_until

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("mode", "solution", "quoted", "expected"),
    [
        ("GROUND_SMALL_PARCEL", PARTNERED, AT + 48 * HOUR, AT + 24 * HOUR),
        ("AIR_SMALL_PARCEL_EXPRESS", PARTNERED, AT + 20 * HOUR, AT + 20 * HOUR),
        ("GROUND_SMALL_PARCEL", PARTNERED, None, AT + 24 * HOUR),
        ("FREIGHT_LTL", PARTNERED, AT + 24 * HOUR, AT + HOUR),
        ("FREIGHT_FTL_PALLET", PARTNERED, None, AT + HOUR),
        ("GROUND_SMALL_PARCEL", OWN, None, None),
    ],
)
def test_the_earlier_of_the_quote_and_the_period_counts(
    mode: str, solution: str, quoted: datetime | None, expected: datetime | None
) -> None:
    leg = Leg("sh", "ABE2", "to", mode, solution, "UPS", None, 4, voidable_until=quoted)
    assert free_until(leg, AT) == expected
