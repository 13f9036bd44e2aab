"""Periods and moments in lists: three languages, and day and month in the store's order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from sellerops.sources.seller_portal.shown_times import find_moment, find_period

LOS_ANGELES, BERLIN, TOKYO = (
    ZoneInfo(name) for name in ("America/Los_Angeles", "Europe/Berlin", "Asia/Tokyo")
)
NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))


@pytest.mark.parametrize(
    ("text", "order", "period"),
    [
        ("11/01/2026 - 11/30/2026", "mdy", NOVEMBER),
        ("01/11/2026 - 30/11/2026", "dmy", NOVEMBER),
        ("01.11.2026 - 30.11.2026", "dmy", NOVEMBER),
        ("2026/11/01 - 2026/11/30", "ymd", NOVEMBER),
        ("Nov 1, 2026 \u2013 Nov 30, 2026", "dmy", NOVEMBER),
        ("1. Nov. 2026 \u2013 30. Nov. 2026", "dmy", NOVEMBER),
        ("2026年11月1日～2026年11月30日", "ymd", NOVEMBER),
        ("November 2026", "mdy", NOVEMBER),
        ("2026年11月", "ymd", NOVEMBER),
        ("11/2026", "dmy", NOVEMBER),
        ("Februar 2028", "dmy", (date(2028, 2, 1), date(2028, 2, 29))),
        ("März 2026", "dmy", (date(2026, 3, 1), date(2026, 3, 31))),
        ("02/03/2026", "mdy", (date(2026, 2, 3), date(2026, 2, 3))),
        ("02/03/2026", "dmy", (date(2026, 3, 2), date(2026, 3, 2))),
        ("-", "mdy", None),
        ("Report 2026", "mdy", None),
    ],
)
def test_a_period_is_read_in_the_order_of_its_store(
    text: str, order: str, period: tuple[date, date] | None
) -> None:
    assert find_period(text, order) == period


@pytest.mark.parametrize(
    ("text", "order", "zone", "moment"),
    [
        ("11/21/2026 9:05 AM PST", "mdy", BERLIN, datetime(2026, 11, 21, 17, 5, 59, tzinfo=UTC)),
        ("11/21/2026 12:05 AM", "mdy", LOS_ANGELES, datetime(2026, 11, 21, 8, 5, 59, tzinfo=UTC)),
        ("21.11.2026 09:05", "dmy", BERLIN, datetime(2026, 11, 21, 8, 5, 59, tzinfo=UTC)),
        ("21. Nov. 2026 09:05:07 MEZ", "dmy", TOKYO, datetime(2026, 11, 21, 8, 5, 7, tzinfo=UTC)),
        ("2026年11月21日 18:05", "ymd", TOKYO, datetime(2026, 11, 21, 9, 5, 59, tzinfo=UTC)),
        ("29 June 2026 5:39:32 pm GMT+9", "dmy", BERLIN, datetime(2026, 6, 29, 8, 39, 32, tzinfo=UTC)),
        ("02/06/2026", "dmy", BERLIN, datetime(2026, 6, 1, 22, 0, tzinfo=UTC)),
        ("just now", "mdy", BERLIN, None),
    ],
)
def test_a_moment_is_read_in_its_own_zone_or_the_stores(
    text: str, order: str, zone: ZoneInfo, moment: datetime | None
) -> None:
    assert find_moment(text, order, zone) == moment
