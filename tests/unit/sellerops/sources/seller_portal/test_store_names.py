from __future__ import annotations

import pytest

from amazon_sandbox.portal import store_names as shown
from sellerops.settings.marketplaces import marketplace
from sellerops.sources.seller_portal.store_names import is_name_of


@pytest.mark.parametrize("language", ["en_US", "de_DE", "ja_JP"])
@pytest.mark.parametrize("country", ["US", "CA", "MX", "GB", "DE", "FR", "AE", "AU", "IT", "ES", "JP"])
def test_stores_are_recognised_in_every_language(country: str, language: str) -> None:
    """The first users' stores, each by its own names only."""
    name = shown.name_of(country, language)
    assert is_name_of(name, marketplace(country))
    others = {"US", "CA", "MX", "GB", "DE", "FR", "AE", "AU", "IT", "ES", "JP"} - {country}
    assert not [each for each in others if is_name_of(name, marketplace(each))]


@pytest.mark.parametrize(
    "text", ["United States (current)", "USA (aktuell)", " アメリカ（現在）", "United  States"]
)
def test_the_mark_of_the_current_store_does_not_count(text: str) -> None:
    assert is_name_of(text, marketplace("US"))
