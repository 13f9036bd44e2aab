"""config/demand.yaml: defaults, accounts, and mistakes named with their key."""

from __future__ import annotations

from pathlib import Path

import pytest

from sellerops.base.errors import ConfigurationError
from sellerops.demand.settings import DEMAND, load_demand_settings


def test_the_shipped_file_is_valid_and_gives_the_documented_defaults() -> None:
    settings = load_demand_settings("any")
    assert (settings.production.mean, settings.transit.mean, settings.check_in.mean) == (30, 35, 7)
    assert settings.min_cover_days == 35


def test_an_account_changes_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "demand.yaml"
    path.write_text(
        "defaults: {review_days: 14, transit_days: 20}\naccounts:\n  northwind_na: {transit_days: 5}\n"
    )
    file = DEMAND.read(path)
    assert file.accounts["northwind_na"].transit_days == 5
    assert file.accounts["northwind_na"].review_days == 14
    assert file.defaults.transit_days == 20


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("defaults: {reviewdays: 14}", "reviewdays"),
        ("accounts: {northwind_na: {spikes: ignore}}", "spikes"),
        ("defaults: {review_days: 0}", "review_days"),
    ],
)
def test_a_mistake_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    path = tmp_path / "demand.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=key):
        DEMAND.read(path)
