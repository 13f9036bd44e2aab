"""Rates of every day: weekends, age limits, pegs and rates that people give."""

from __future__ import annotations

import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sellerops.base.errors import UnexpectedAnswer
from sellerops.reference.published_rates import packaged_rates, rates_of_zip
from sellerops.reference.rates import Given, Peg, filled_rates

FRIDAY = date(2026, 3, 6)
MONDAY = date(2026, 3, 9)
PUBLISHED = {
    "USD": {FRIDAY: Decimal("1.25"), MONDAY: Decimal("1.28")},
    "GBP": {FRIDAY: Decimal("0.8")},
}
Rates = dict[tuple[date, str, str], tuple[Decimal, str, int]]


def _rates(currencies: list[str], first: date, last: date, **options: object) -> Rates:
    rows = filled_rates(PUBLISHED, currencies, first, last, **options)  # type: ignore[arg-type]
    return {
        (row["day"], row["from_currency"], row["to_currency"]): (row["rate"], row["source"], row["age_days"])
        for row in rows
    }


def test_a_weekend_uses_the_rate_of_friday() -> None:
    found = _rates(["EUR", "USD"], FRIDAY, MONDAY)
    assert found[FRIDAY, "EUR", "USD"] == (Decimal("1.25"), "ecb", 0)
    assert found[FRIDAY + timedelta(days=2), "EUR", "USD"] == (Decimal("1.25"), "ecb", 2)
    assert found[MONDAY, "USD", "EUR"] == (Decimal("0.78125"), "ecb", 0)
    assert found[MONDAY, "USD", "USD"] == (Decimal(1), "same", 0)


def test_a_rate_over_the_euro_is_as_old_as_its_older_part() -> None:
    found = _rates(["GBP", "USD"], MONDAY, MONDAY)
    assert found[MONDAY, "GBP", "USD"] == (Decimal("1.6"), "ecb", 3)


def test_a_rate_older_than_the_limit_is_no_rate() -> None:
    last = FRIDAY + timedelta(days=31)
    found = _rates(["EUR", "GBP"], FRIDAY, last)
    assert (last - timedelta(days=1), "GBP", "EUR") in found
    assert (last, "GBP", "EUR") not in found
    assert (last, "EUR", "EUR") in found


def test_a_peg_follows_its_currency_and_its_age() -> None:
    peg = Peg("AED", "USD", Decimal("3.6725"), date(2026, 3, 7))
    found = _rates(["AED", "EUR"], FRIDAY, FRIDAY + timedelta(days=1), pegs=[peg])
    assert (FRIDAY, "EUR", "AED") not in found
    assert found[FRIDAY + timedelta(days=1), "EUR", "AED"] == (Decimal("4.590625"), "peg", 1)


def test_a_given_rate_takes_precedence_in_both_directions_until_a_later_one() -> None:
    given = [
        Given(FRIDAY, "USD", "EUR", Decimal("0.5")),
        Given(MONDAY, "EUR", "USD", Decimal("4")),
    ]
    found = _rates(["EUR", "USD"], FRIDAY, MONDAY, given=given)
    assert found[FRIDAY, "USD", "EUR"] == (Decimal("0.5"), "given", 0)
    assert found[FRIDAY, "EUR", "USD"] == (Decimal(2), "given", 0)
    assert found[MONDAY, "USD", "EUR"] == (Decimal("0.25"), "given", 0)


def test_one_given_rate_connects_a_currency_with_all_others() -> None:
    given = [Given(FRIDAY, "EGP", "USD", Decimal("0.02"))]
    found = _rates(["EGP", "EUR", "GBP"], FRIDAY, FRIDAY, given=given)
    assert found[FRIDAY, "EUR", "EGP"] == (Decimal("62.5"), "given", 0)
    assert found[FRIDAY, "GBP", "EGP"] == (Decimal("78.125"), "given", 0)


def test_the_installed_package_contains_known_rates() -> None:
    # As the European Central Bank published it for the last day of 2025.
    found = packaged_rates({"USD", "GBP"}, date(2025, 12, 1))
    assert found["USD"][date(2025, 12, 31)] == Decimal("1.175")
    assert min(found["GBP"]) >= date(2025, 12, 1)


def test_another_file_than_the_banks_is_refused() -> None:
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as archive:
        archive.writestr("page.csv", "<html>sign in</html>")
    for content in (b"<html></html>", page.getvalue()):
        with pytest.raises(UnexpectedAnswer, match="not the file of exchange rates"):
            rates_of_zip(content, None, date(2026, 1, 1))
