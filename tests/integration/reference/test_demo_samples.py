"""What the demo gives its sellers: samples into empty tables only, and the local Amazon's exchange rates."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from typing import Any

import psycopg
import pytest

from amazon_sandbox.sinks.central_bank.data import rates_file
from sellerops.demand.settings import DemandSettings
from sellerops.demand.suppliers import Suppliers
from sellerops.ledger import Ledger
from sellerops.reference import filling
from sellerops.reference.edits import tuples
from sellerops.reference.published_rates import rates_of_zip
from sellerops_runtime.sample_reference import SAMPLES, give_samples

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


def test_every_sample_sku_is_bought_from_someone() -> None:
    """With one long lead time for all, nearly every SKU of the demo would have to be ordered now."""
    days: dict[str, set[float]] = {}
    for account in ("northwind_na", "northwind_eu"):
        suppliers = Suppliers(_sample("suppliers.csv", account), (), DemandSettings())
        for sku in {row["sku"] for row in _sample("costs.csv", account)}:
            supply = suppliers.supply_of(sku)
            assert supply.supplier and not supply.is_default, sku
            assert supply.case_pack > 1 and supply.minimum > 1, sku
            days.setdefault(account, set()).add(supply.production.mean + supply.transit.mean)
    assert all(min(each) < 14 and max(each) > 50 for each in days.values()), days


def _sample(file: str, account: str) -> list[dict[str, Any]]:
    """The rows of a sample of an account, as they are stored."""
    texts = ("account", "supplier", "sku", "route", "currency", "note")
    with (SAMPLES / file).open(newline="", encoding="utf-8") as lines:
        return [
            {name: text if name in texts else _number(text) for name, text in row.items()}
            | {"freight_per_unit": None}
            for row in csv.DictReader(lines)
            if row["account"] == account
        ]


def _number(text: str) -> float | None:
    return float(text) if text.replace(".", "", 1).isdigit() else None
