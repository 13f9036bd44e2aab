"""What the demo gives its sellers: samples into empty tables only, and the local Amazon's exchange rates."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from amazon_sandbox.sinks.central_bank.data import rates_file
from sellerops.ledger import Ledger
from sellerops.reference import filling
from sellerops.reference.edits import tuples
from sellerops.reference.published_rates import rates_of_zip
from sellerops_runtime.sample_reference import give_samples

ADDRESS = "http://127.0.0.1:9/central-bank/eurofxref-hist.zip"


def test_samples_fill_empty_tables_once(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(address: str, newest: date) -> Any:
        asked.append(address)
        return rates_of_zip(rates_file(datetime.now(UTC)), None, date(2020, 1, 1))

    monkeypatch.setattr(filling, "fetch_rates", fetch)
    conninfo = ledger.database.conninfo
    given = give_samples(conninfo, ADDRESS)
    assert [text.split(" of ")[1] for text in given] == ["cost", "supplier"]
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("DELETE FROM sellerops_reference.cost WHERE account_id = 'northwind_eu'")
        left = tuples(connection, "SELECT count(*) FROM sellerops_reference.cost")
        assert give_samples(conninfo, ADDRESS) == [], "what a person changed stays as it is"
        assert tuples(connection, "SELECT count(*) FROM sellerops_reference.cost") == left
        newest = tuples(
            connection,
            "SELECT max(age_days) FROM sellerops_reference.fx_rate "
            "WHERE day = (SELECT max(day) FROM sellerops_reference.fx_rate)",
        )
    assert newest[0][0] <= 4
    assert asked == [ADDRESS, ADDRESS]
