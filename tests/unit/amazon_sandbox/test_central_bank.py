"""The central bank's file, as the product reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from starlette.testclient import TestClient

from amazon_sandbox.sinks.central_bank.data import rates_file
from sellerops.reference.published_rates import rates_of_zip


def test_it_has_working_days_up_to_the_last_publication() -> None:
    sunday = rates_of_zip(
        rates_file(datetime(2026, 11, 29, 9, tzinfo=UTC)), {"USD", "JPY"}, date(2026, 11, 1)
    )
    assert max(sunday["USD"]) == date(2026, 11, 27)
    assert len(sunday["USD"]) == 20
    morning, evening = (
        rates_of_zip(rates_file(datetime(2026, 11, 27, hour, tzinfo=UTC)), {"USD"}, date(2026, 11, 1))
        for hour in (14, 15)
    )
    assert (max(morning["USD"]), max(evening["USD"])) == (date(2026, 11, 26), date(2026, 11, 27))
    # A published rate never changes.
    assert all(sunday["USD"][day] == rate for day, rate in morning["USD"].items())
    assert all(Decimal("0.9") < rate < Decimal("1.4") for rate in sunday["USD"].values())
    assert all(100 < rate < 250 for rate in sunday["JPY"].values())


def test_it_is_served(http: TestClient) -> None:
    answer = http.get("/central-bank/eurofxref-hist.zip")
    assert answer.status_code == 200
    assert rates_of_zip(answer.content, {"USD"}, date(2020, 1, 1))["USD"]
