"""Dates and ranges that pages show, in the languages and orders of their stores."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sellerops.sources.seller_portal.shown_dates import find_days, find_instant, find_range

NOV_1, NOV_7 = date(2026, 11, 1), date(2026, 11, 7)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("11/1/2026 - 11/7/2026", "mdy"),
        ("01/11/2026 – 07/11/2026", "dmy"),
        ("11/1/26 - 11/7/26", "mdy"),
        ("Nov 1, 2026 - Nov 7, 2026", "mdy"),
        ("November 1, 2026 to November 7, 2026", "dmy"),
        ("1 Nov 2026 – 7 Nov 2026", "dmy"),
        ("01.11.2026 - 07.11.2026", "dmy"),
        # An English store read in German: dots put the day first whatever the store's order is.
        ("01.11.2026 bis 07.11.2026", "mdy"),
        ("1. November 2026 – 7. Nov. 2026", "dmy"),
        ("2026/11/01 - 2026/11/07", "ymd"),
        ("2026年11月1日 ～ 2026年11月7日", "ymd"),
        ("２０２６/１１/０１ - ２０２６/１１/０７", "ymd"),
        ("Week 45 | 2026-11-01 - 2026-11-07 2026", "mdy"),
        ("Woche 45 | 2026-11-01 - 2026-11-07 2026", "dmy"),
    ],
)
def test_a_shown_range_is_read_in_the_order_of_its_store(text: str, order: str) -> None:
    assert find_range(text, order) == (NOV_1, NOV_7)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("3. März 2026", date(2026, 3, 3)),
        ("3. Mrz. 2026", date(2026, 3, 3)),
        ("5. Mai 2026", date(2026, 5, 5)),
        ("5. Okt. 2026", date(2026, 10, 5)),
        ("31. Dezember 2026", date(2026, 12, 31)),
        ("May 5, 2026", date(2026, 5, 5)),
    ],
)
def test_names_of_months_are_read_in_german_and_english(text: str, day: date) -> None:
    assert find_range(text, "mdy") == (day, day)


@pytest.mark.parametrize(
    "text",
    ["", "Last 30 days", "31/31/2026", "Week 7, 2026", "11/7/2026 - 11/1/2026", "1/1/26 1/2/26 1/3/26"],
)
def test_what_is_no_range_is_not_read_as_one(text: str) -> None:
    assert find_range(text, "mdy") is None


def test_the_same_digits_are_another_day_in_another_store() -> None:
    assert find_days("3/4/2026", "mdy") == (date(2026, 3, 4),)
    assert find_days("3/4/2026", "dmy") == (date(2026, 4, 3),)


@pytest.mark.parametrize(
    ("text", "order", "hour", "minute"),
    [
        ("11/01/2026 - 11/07/2026 11/21/2026 2:31 PM PST In Progress", "mdy", 14, 31),
        ("Nov 1, 2026 – Nov 7, 2026 Nov 21, 2026 12:05 AM", "mdy", 0, 5),
        ("01.11.2026 – 07.11.2026 21.11.2026, 14:31 Herunterladen", "dmy", 14, 31),
        ("2026年11月1日 – 2026年11月7日 2026年11月21日 14:31", "ymd", 14, 31),
    ],
)
def test_the_moment_of_a_request_is_the_date_with_a_time_behind_it(
    text: str, order: str, hour: int, minute: int
) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    assert find_instant(text, order, zone) == datetime(2026, 11, 21, hour, minute, tzinfo=zone)
    assert find_instant("11/01/2026 - 11/07/2026", order, zone) is None
