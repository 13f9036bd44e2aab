"""Which ASINs an account sells: as configured, else as the newest listings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.base.errors import ConfigurationError
from sellerops.collect.asins import known_asins
from sellerops.ledger import Ledger
from sellerops.settings.config_files import config_dir

US, CA = "ATVPDKIKX0DER", "A2EUQ1WTGCTBG2"
LISTINGS = """
    CREATE SCHEMA amazon_sp;
    CREATE TABLE amazon_sp.listings_all (
        account_id text, marketplace_id text, snapshot_at timestamptz, asin1 text, product_id_type text,
        product_id text
    );
    INSERT INTO amazon_sp.listings_all VALUES
        ('northwind_na', 'ATVPDKIKX0DER', '2026-11-19T04:00Z', 'B0GONE', '1', 'B0GONE'),
        ('northwind_na', 'ATVPDKIKX0DER', '2026-11-20T04:00Z', 'B0TWO', '1', 'B0TWO'),
        ('northwind_na', 'ATVPDKIKX0DER', '2026-11-20T04:00Z', 'B0TWO', '1', 'B0TWO'),
        ('northwind_na', 'ATVPDKIKX0DER', '2026-11-20T04:00Z', NULL, '1', 'B0ONE'),
        ('northwind_na', 'ATVPDKIKX0DER', '2026-11-20T04:00Z', NULL, '4', '9781234567890'),
        ('northwind_na', 'A2EUQ1WTGCTBG2', '2026-11-21T04:00Z', '', NULL, NULL),
        ('another', 'ATVPDKIKX0DER', '2026-11-22T04:00Z', 'B0OTHER', '1', 'B0OTHER')
"""


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of configuration of the test's own, with an asins.yaml to write."""
    marketplaces = (config_dir() / "marketplaces.yaml").read_text()
    (tmp_path / "marketplaces.yaml").write_text(marketplaces)
    monkeypatch.setenv("SELLEROPS_CONFIG_DIR", str(tmp_path))
    return tmp_path / "asins.yaml"


def test_the_marketplaces_newest_listings_are_used(ledger: Ledger, configured: Path) -> None:
    """Each once, sorted; an ASIN given as product id counts, a book's number does not."""
    with ledger.connection() as connection:
        connection.execute(LISTINGS)
    assert known_asins(ledger, "northwind_na", US) == ["B0ONE", "B0TWO"]
    with pytest.raises(ConfigurationError):
        known_asins(ledger, "northwind_na", CA)


def test_configuration_wins(ledger: Ledger, configured: Path) -> None:
    """A marketplace that it does not name is still looked up."""
    configured.write_text("northwind_na: {US: [B0B, B0A, B0B]}\n")
    assert known_asins(ledger, "northwind_na", US) == ["B0A", "B0B"]
    with pytest.raises(ConfigurationError, match="northwind_na in CA"):
        known_asins(ledger, "northwind_na", CA)


def test_both_remedies_are_named(ledger: Ledger, configured: Path) -> None:
    with pytest.raises(ConfigurationError) as failed:
        known_asins(ledger, "northwind_na", US)
    assert "listings_all" in failed.value.remedy
    assert "config/asins.yaml" in failed.value.remedy
    configured.write_text("northwind_na: {US: B0A}\n")
    with pytest.raises(ConfigurationError, match="is not a list of ASINs"):
        known_asins(ledger, "northwind_na", US)
