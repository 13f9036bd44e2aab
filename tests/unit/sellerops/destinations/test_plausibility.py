"""What is quarantined: a sudden drop, and not an ordinary slow day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from amazon_sandbox.simulation import Simulation
from sellerops.destinations.plausibility import Figure, Total, describe, is_implausible, weekdays_before
from sellerops.settings.specs import QuarantineRules, load_spec

DAY = date(2026, 11, 20)
RULES = QuarantineRules(measure="units", below=0.25, minimum=20)


def figure(new: int | None, stored: int | None = None, weekdays: tuple[int, ...] = ()) -> Figure:
    def total(amount: int | None) -> Total:
        return Total() if amount is None else Total(1, Decimal(amount))

    return Figure("", DAY, total(new), total(stored), tuple(map(Decimal, weekdays)))


@pytest.mark.parametrize(
    ("quarantined", "looks"),
    [
        (True, figure(0, stored=1)),
        (True, figure(None, stored=5)),
        (True, figure(None, stored=0)),
        (False, figure(0, stored=0)),
        (False, figure(0)),
        (True, figure(0, weekdays=(20, 20, 20))),
        (False, figure(0, weekdays=(19, 19, 19))),
        (False, figure(0, weekdays=(900, 900))),
        (True, figure(24, weekdays=(100, 100, 1, 100))),
        (False, figure(25, weekdays=(100, 100, 1, 100))),
        (False, figure(9, stored=90, weekdays=(10, 10, 10))),
    ],
)
def test_what_is_quarantined(quarantined: bool, looks: Figure) -> None:
    assert is_implausible(RULES, looks) is quarantined


def test_without_zero_only_the_weekdays_judge() -> None:
    rules = RULES.model_copy(update={"zero": False})
    assert not is_implausible(rules, figure(0, stored=500))
    assert is_implausible(rules, figure(0, weekdays=(50, 50, 50)))


def test_words_say_the_figures() -> None:
    odd = [figure(0, stored=134, weekdays=(100, 140, 120)), figure(None)] * 4
    words = describe("units_ordered", odd, most=2)
    assert words == (
        "units_ordered on 2026-11-20: 0, stored 134 in 1 rows, usually 120 (median of 3 same weekdays); "
        "units_ordered on 2026-11-20: no rows; and 6 more days"
    )


def test_a_year_of_ordinary_days_holds_nobody() -> None:
    """Every storefront of the demo, each day as if seen for the first time: seasons, holidays, chance."""
    rules = load_spec("sales_and_traffic").tables["sales_daily"].quarantine
    assert rules is not None
    simulation, last = Simulation(seed=7, scenario="demo"), date(2026, 11, 19)
    judged, quarantined = 0, []
    for seller in simulation.sellers:
        for marketplace in seller.marketplace_ids:
            units = {
                day: Decimal(
                    simulation.expected_figures(seller, marketplace, day, datetime(2026, 11, 21, tzinfo=UTC))[
                        "units_ordered"
                    ]
                )
                for day in (last - timedelta(days=n) for n in range(365 + 7 * rules.weeks))
            }
            for day in (last - timedelta(days=n) for n in range(365)):
                before = tuple(units[each] for each in weekdays_before(day, rules.weeks))
                seen = Figure(marketplace, day, Total(1, units[day]), Total(), before)
                judged += seen.median is not None and seen.median >= Decimal(str(rules.minimum))
                quarantined += (
                    [(marketplace, day, units[day], seen.median)] if is_implausible(rules, seen) else []
                )
    assert judged > 1000
    assert quarantined == []
