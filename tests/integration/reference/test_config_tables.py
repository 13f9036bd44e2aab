"""Tables that repeat files and the clock are brought up to date, and marts learn what changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from sellerops.base.errors import InvalidRows
from sellerops.ledger import Ledger
from sellerops.reference.config_files import CONFIG, config_rows
from sellerops.reference.config_tables import synchronise
from sellerops.reference.edits import stored_rows, tuples
from sellerops.reference.tables import TABLES
from sellerops.settings.config_files import config_dir

Connection = psycopg.Connection[Any]


@pytest.fixture
def connection(ledger: Ledger) -> Iterator[Connection]:
    # Rows are mappings, as on the ledger's own connections.
    conninfo = ledger.database.conninfo
    with psycopg.Connection[Any].connect(conninfo, autocommit=True, row_factory=dict_row) as opened:
        yield opened


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copied = tmp_path / "config"
    copied.mkdir()
    for path in config_dir().iterdir():
        if path.is_file():
            shutil.copy(path, copied)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(copied))
    return copied


@pytest.mark.parametrize("name", sorted(CONFIG))
def test_the_files_of_the_project_are_valid(name: str) -> None:
    assert config_rows(name)


def test_rules_are_stored_by_marketplace_and_events_by_day(connection: Connection) -> None:
    assert (
        synchronise(connection, {"fee_rule", "calendar_event", "account_setting", "marketplace", "cost"})
        == []
    )
    lilf = [row for row in stored_rows(connection, TABLES["fee_rule"]) if row["rule"] == "low_inventory_days"]
    assert {row["marketplace_id"] for row in lilf} >= {"ATVPDKIKX0DER", "A1PA6795UKMFR9"}
    prime = [
        row["day"]
        for row in stored_rows(connection, TABLES["calendar_event"])
        if (row["event"], row["marketplace_id"], row["day"].year) == ("prime_day", "ATVPDKIKX0DER", 2026)
    ]
    assert prime == [date(2026, 6, day) for day in (23, 24, 25, 26)]
    accounts = [row["account_id"] for row in stored_rows(connection, TABLES["account_setting"])]
    assert accounts == ["northwind_eu", "northwind_na"]


def test_a_changed_line_is_noted_from_its_first_day_on_and_an_unchanged_file_is_not(
    connection: Connection, config: Path
) -> None:
    synchronise(connection, {"fee_rule"})
    connection.execute(
        "INSERT INTO sellerops.mart_input VALUES ('m', 'postgres', 'sellerops_reference.fee_rule')"
    )
    assert synchronise(connection, {"fee_rule"}) == []
    path = config / "fee_rules.csv"
    text = path.read_text()
    assert "per_unit,EUR,2024-10-15" in text
    path.write_text(text.replace("0.19,per_unit,EUR,2024-10-15", "0.18,per_unit,EUR,2024-10-15"))
    synchronise(connection, {"fee_rule"})
    noted = tuples(connection, "SELECT first_day, last_day FROM sellerops.table_change")
    assert noted == [(date(2024, 10, 15), date(2025, 1, 14))]


def test_an_invalid_file_leaves_its_table_and_the_others_are_updated(
    connection: Connection, config: Path
) -> None:
    synchronise(connection, {"fee_rule", "account_setting"})
    before = len(stored_rows(connection, TABLES["fee_rule"]))
    (config / "fee_rules.csv").write_text(
        (config / "fee_rules.csv").read_text() + 'US MARS,removal,,,,,,,,"1,5",per_unit,USD,2026-01-01,,x,\n'
    )
    (config / "account_settings.yaml").write_text("defaults: {reporting_currency: USD}\n")
    (failure,) = synchronise(connection, {"fee_rule", "account_setting"})
    assert isinstance(failure, InvalidRows)
    assert "unknown marketplace 'MARS'" in str(failure)
    assert "'1,5' has a decimal comma" in str(failure)
    assert len(stored_rows(connection, TABLES["fee_rule"])) == before
    assert {row["reporting_currency"] for row in stored_rows(connection, TABLES["account_setting"])} == {
        "USD"
    }
    assert synchronise(connection, {"fee_rule"}), "it is reported until it is corrected"


def test_settings_name_unknown_accounts_and_keys(config: Path) -> None:
    (config / "account_settings.yaml").write_text(
        "defaults: {vat_on_fee: RECOVERABLE}\n"
        "accounts:\n  nobody: {ads_paid_by: cash}\n  northwind_na: {ads_paid_by: cash}\n"
    )
    with pytest.raises(InvalidRows) as caught:
        config_rows("account_setting")
    text = str(caught.value)
    assert "unknown key 'vat_on_fee'. Did you mean 'vat_on_fees'?" in text
    assert "unknown account 'nobody'" in text
    assert "accounts.northwind_na, ads_paid_by: unknown value 'cash'" in text


def test_rates_of_used_currencies_are_filled_up_to_today(connection: Connection, config: Path) -> None:
    (config / "exchange_rates.yaml").write_text(
        (config / "exchange_rates.yaml")
        .read_text()
        .replace("first_day: 2023-01-01", "first_day: 2026-10-01")
        .replace("currencies: []", "currencies: [AED]")
    )
    assert synchronise(connection, {"fx_rate", "calendar"}) == []
    rows = stored_rows(connection, TABLES["fx_rate"])
    assert {row["from_currency"] for row in rows} == {"AED", "CAD", "EUR", "GBP", "MXN", "USD"}
    (one,) = [row for row in rows if (row["day"], row["from_currency"], row["to_currency"])
              == (date(2026, 10, 31), "USD", "AED")]  # fmt: skip
    assert (str(one["rate"]), one["source"], one["age_days"]) == ("3.6725", "peg", 1)
    (days,) = tuples(
        connection,
        "SELECT min(day), max(day) - (sellerops.now() AT TIME ZONE 'UTC')::date > 700 "
        "FROM sellerops_reference.calendar",
    )
    assert days == (date(2020, 1, 1), True)
