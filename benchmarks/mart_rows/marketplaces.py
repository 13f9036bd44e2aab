"""The marketplaces of the generated seller."""

from __future__ import annotations

from dataclasses import dataclass

from sellerops.settings.marketplaces import marketplace


@dataclass(frozen=True)
class Marketplace:
    """A marketplace of one account. ``size``: demand relative to the largest; ``rate``: units of its currency
    per dollar; ``sales_channel``: its name in orders and settlements.
    """

    number: int
    account_id: str
    region: str
    country: str
    currency: str
    sales_channel: str
    size: float
    rate: float

    @property
    def marketplace_id(self) -> str:
        return marketplace(self.country).id

    @property
    def timezone(self) -> str:
        return str(marketplace(self.country).zone)


MARKETPLACES = (
    Marketplace(1, "northwind_na", "NA", "US", "USD", "Amazon.com", 1.0, 1.0),
    Marketplace(2, "northwind_na", "NA", "CA", "CAD", "Amazon.ca", 0.25, 1.36),
    Marketplace(3, "northwind_na", "NA", "MX", "MXN", "Amazon.com.mx", 0.12, 17.4),
    Marketplace(4, "northwind_eu", "EU", "GB", "GBP", "Amazon.co.uk", 0.6, 0.79),
    Marketplace(5, "northwind_eu", "EU", "DE", "EUR", "Amazon.de", 0.8, 0.92),
    Marketplace(6, "northwind_eu", "EU", "FR", "EUR", "Amazon.fr", 0.45, 0.92),
    Marketplace(7, "northwind_eu", "EU", "IT", "EUR", "Amazon.it", 0.35, 0.92),
)


def marketplaces_of(marketplaces: int | tuple[str, ...]) -> tuple[Marketplace, ...]:
    """That many of the first, or those of the country codes. Raises ValueError for an unknown code."""
    if isinstance(marketplaces, int):
        wanted = MARKETPLACES[:marketplaces]
    else:
        wanted = tuple(marketplace for marketplace in MARKETPLACES if marketplace.country in marketplaces)
    if len(wanted) != (marketplaces if isinstance(marketplaces, int) else len(marketplaces)):
        raise ValueError(
            f"marketplaces {marketplaces!r}; there are {', '.join(s.country for s in MARKETPLACES)}"
        )
    return wanted
