"""What Amazon's planning and restock reports derive from a SKU's stock and shipments."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.inventory import Shipped, Stock, shipped_on, stock_at
from amazon_sandbox.simulation.stock_ages import ages_of
from amazon_sandbox.simulation.storefront import Storefront

COVER_DAYS = 42  # days of stock Amazon recommends holding: about what a stock cycle sells
LEAD_DAYS = 14
MOST_DAYS = 365
PERIODS = (7, 30, 60, 90)


class Outlook(NamedTuple):
    """One SKU at an instant. `shipped`: by Amazon, over the last 7, 30, 60 and 90 closed local days."""

    listing: Listing
    stock: Stock
    today: int
    shipped: dict[int, Shipped]

    @property
    def daily_units(self) -> float:
        """Average units shipped per day over the last 30 days."""
        return self.shipped[30].units / 30

    @property
    def inbound(self) -> int:
        """Units that are announced, on their way or being received."""
        return self.stock.inbound

    def days_of(self, units: int) -> int:
        """How many days `units` last at the pace of the last 30 days, at most 365."""
        if not self.daily_units:
            return MOST_DAYS if units else 0
        return min(MOST_DAYS, int(units / self.daily_units))

    @property
    def days_of_supply(self) -> int:
        """Days of supply of what can be sold now."""
        return self.days_of(self.stock.fulfillable)

    @property
    def total_days_of_supply(self) -> int:
        """Days of supply of what can be sold now and what is on its way."""
        return self.days_of(self.stock.fulfillable + self.inbound)

    @property
    def ship_in(self) -> int:
        """Units that Amazon recommends sending."""
        wanted = round(self.daily_units * COVER_DAYS)
        return max(0, wanted - self.stock.fulfillable - self.inbound)

    @property
    def ship_date(self) -> date | None:
        """When to send them so that they arrive before the stock runs out."""
        if not self.ship_in:
            return None
        spare = max(0, self.total_days_of_supply - LEAD_DAYS)
        return date.fromordinal(self.today) + timedelta(days=spare)

    @property
    def alert(self) -> str:
        """Amazon's alert, or an empty string."""
        if not self.stock.fulfillable:
            return "out_of_stock"
        return "low_stock" if self.total_days_of_supply < LEAD_DAYS else ""

    def ages(self, storefront: Storefront, now: int) -> dict[int, int]:
        """Sellable units by age in days."""
        sent_in = self._sent_in(storefront, now)
        return ages_of(storefront, self.listing, self.stock.fulfillable, self.today, sent_in)

    def _sent_in(self, storefront: Storefront, now: int) -> Counter[int]:
        """Units received by `now` in shipments that clients created, by days since receipt."""
        found = Counter[int]()
        for shipment in storefront.created:
            received = shipment.receipt_at
            if received is not None and received <= now:
                age = self.today - storefront.marketplace.day_of_epoch(received)
                found[age] += sum(item.received for item in shipment.items if item.sku == self.listing.sku)
        return found


def outlooks(storefront: Storefront, now: int) -> list[Outlook]:
    """Every SKU with FBA stock records at `now` (UTC epoch seconds), in the catalogue's order."""
    today = storefront.marketplace.day_of_epoch(now)
    stocks = stock_at(storefront, now)
    sums: dict[str, dict[int, Shipped]] = {sku: {} for sku in stocks}
    running: dict[str, Shipped] = dict.fromkeys(stocks, Shipped())
    for back in range(1, max(PERIODS) + 1):
        for sku, shipped in shipped_on(storefront, today - back).items():
            if sku in running:
                running[sku] = running[sku].plus(shipped)
        if back in PERIODS:
            for sku, shipped in running.items():
                sums[sku][back] = shipped
    return [
        Outlook(listing, stocks[listing.sku], today, sums[listing.sku])
        for listing in storefront.listings
        if listing.sku in stocks
    ]
