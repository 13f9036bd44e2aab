"""Amazon's marketplaces, with their currencies and local days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from amazon_sandbox.simulation import tables


@dataclass(frozen=True, slots=True, eq=False)
class Marketplace:
    """One Amazon marketplace.

    `tax_included`: list prices include tax (VAT countries); otherwise tax is added at checkout (US, CA).
    `usd_rate` and `market_size` scale the catalogue's dollar prices and the demand of the largest
    marketplace. `settlement_style` is how the settlement file writes decimals and dates: `iso_point` or
    `local_comma`.
    """

    country: str
    marketplace_id: str
    region: str
    timezone: str
    currency: str
    decimals: int
    language: str
    sales_channel: str
    tax_rate: float
    tax_included: bool
    usd_rate: float
    market_size: float
    is_b2b: bool
    settlement_style: str
    order_prefixes: tuple[str, ...]

    def money(self, minor: int) -> str:
        """Minor units as text with a decimal point: 1995 -> "19.95"; the yen has no decimals."""
        if self.decimals == 0:
            return str(minor)
        sign = "-" if minor < 0 else ""
        whole, cents = divmod(abs(minor), 100)
        return f"{sign}{whole}.{cents:02d}"

    def amount(self, minor: int) -> float:
        """Minor units as the nearest JSON number: 1995 -> 19.95."""
        return minor / 100 if self.decimals else float(minor)

    def day_bounds(self, ordinal: int) -> tuple[int, int]:
        """First second of the local day and of the next, in UTC epoch seconds (23 to 25 hours apart)."""
        return _day_start(self.timezone, ordinal), _day_start(self.timezone, ordinal + 1)

    def day_of(self, instant: datetime) -> int:
        """Ordinal of the local day that contains an aware instant."""
        return instant.astimezone(ZoneInfo(self.timezone)).toordinal()

    def day_of_epoch(self, seconds: int) -> int:
        """Ordinal of the local day that contains an instant in UTC epoch seconds."""
        return self.day_of(datetime.fromtimestamp(seconds, UTC))


@lru_cache(maxsize=32_768)
def _day_start(timezone: str, ordinal: int) -> int:
    midnight = datetime.combine(date.fromordinal(ordinal), time(), ZoneInfo(timezone))
    return int(midnight.timestamp())


def _marketplace(row: dict[str, str]) -> Marketplace:
    return Marketplace(
        country=row["country"],
        marketplace_id=row["marketplace_id"],
        region=row["region"],
        timezone=row["timezone"],
        currency=row["currency"],
        decimals=int(row["decimals"]),
        language=row["language"],
        sales_channel=row["sales_channel"],
        tax_rate=float(row["tax_rate"]),
        tax_included=row["tax_included"] == "yes",
        usd_rate=float(row["usd_rate"]),
        market_size=float(row["market_size"]),
        is_b2b=row["is_b2b"] == "yes",
        settlement_style=row["settlement_style"],
        order_prefixes=tuple(row["order_prefixes"].split()),
    )


@cache
def _tables() -> tuple[dict[str, Marketplace], dict[str, Marketplace]]:
    every = [_marketplace(row) for row in tables.rows("marketplaces")]
    return {m.marketplace_id: m for m in every}, {m.country: m for m in every}


def by_id(marketplace_id: str) -> Marketplace:
    """The marketplace with this id. Raises KeyError for an unknown id."""
    return _tables()[0][marketplace_id]


def by_country(country: str) -> Marketplace:
    """The marketplace of an ISO country code. Raises KeyError for an unknown one."""
    return _tables()[1][country]


def all_marketplaces() -> tuple[Marketplace, ...]:
    """All known marketplaces."""
    return tuple(_tables()[0].values())
