"""The views of Brand Analytics that no API serves: their addresses and titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sellerops.base.errors import ConfigurationError
from sellerops.sources.common.portal_api import WantedFile


@dataclass(frozen=True)
class View:
    """A view: its address, its id there, and its title in English, German and Japanese."""

    path: str
    id: str
    titles: tuple[str, ...]


VIEWS: Mapping[str, View] = {
    "search_query_performance_brand": View(
        "query-performance",
        "query-performance-brands-view",
        ("Search Query Performance", "Suchanfragenleistung", "検索クエリパフォーマンス"),
    ),
    "demographics": View(
        "demographics", "demographics-default-view", ("Demographics", "Demografische Daten", "購入者属性")
    ),
    "item_comparison": View(
        "item-comparison", "item-comparison-default-view", ("Item Comparison", "Artikelvergleich", "商品比較")
    ),
    "alternate_purchase": View(
        "alternate-purchase",
        "alternate-purchase-default-view",
        ("Alternate Purchase", "Alternativer Kauf", "代替購入"),
    ),
    "customer_loyalty": View(
        "customer-loyalty",
        "customer-loyalty-default-view",
        ("Customer Loyalty", "Kundentreue", "カスタマーロイヤルティ"),
    ),
}


def view_of(wanted: WantedFile) -> View:
    """The view that the options choose. ConfigurationError, naming the known views, if there is none."""
    name = wanted.options.get("view", "")
    if name not in VIEWS:
        raise ConfigurationError(
            f"Brand Analytics has no view {name!r}.",
            remedy=f"Write one of {', '.join(VIEWS)} as the spec's `request.options.view`.",
        )
    return VIEWS[name]
