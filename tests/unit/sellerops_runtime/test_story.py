"""The demo's last part."""

from __future__ import annotations

from datetime import date

from sellerops_runtime.story import last_unknown


def test_the_day_that_fails_is_one_that_nobody_collected() -> None:
    """Seven days from the 21st are there; a day later the day before the last seven is one of them."""
    collected = [date(2026, 11, 21 + each) for each in range(7)]
    assert last_unknown(date(2026, 11, 20), collected) == date(2026, 11, 20)
    assert last_unknown(date(2026, 11, 21), collected) == date(2026, 11, 20)
