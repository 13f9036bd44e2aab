"""What ads cost: the spend of the ads simulation, as Amazon Ads invoices it.

An invoice closes when the spend since the last one reaches a threshold, and on the last day of a month; it is
deducted from the balance some days later. `data/ads_billing.csv` lists the countries that are billed through
another country of the same currency, and those that pay by card, whose spend never reaches a settlement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from amazon_sandbox.simulation import tables
from amazon_sandbox.simulation.ads_structure import SB
from amazon_sandbox.simulation.ads_traffic import spends
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.money.events import Event, Item, minor
from amazon_sandbox.simulation.money.months import first_day, instant, month_of
from amazon_sandbox.simulation.storefront import Storefront, kept_per_storefront
from amazon_sandbox.simulation.streams import between, uniforms

THRESHOLD = 500.0  # dollars of the largest marketplace
KEPT_DAYS, KEPT_MONTHS = 800, 40
DAY = 86_400
_LATEST_DAYS = 5  # from the close of an invoice to its payment
_CREDITED_SHARE = 0.25  # of months with a credit for invalid clicks
BALANCE = "balance"

Spend = tuple[tuple[Listing | None, int], ...]


@kept_per_storefront(KEPT_DAYS)
def spend_on(storefront: Storefront, ordinal: int) -> Spend:
    """The final spend of a local day by advertised SKU (None: Sponsored Brands), in minor units."""
    sums: Counter[Listing | None] = Counter()
    for ad, spend in spends(storefront, ordinal):
        sums[None if ad.group.campaign.product == SB else ad.listing] += spend
    return tuple(sums.items())


def invoices(storefront: Storefront, start: int, end: int) -> Iterator[Event]:
    """The invoices deducted from the storefront's balance in [start, end), including those of other countries
    billed through it.
    """
    for spender, method in _billed_to(storefront):
        if method == BALANCE:
            for month in range(month_of(start - _LATEST_DAYS * DAY), month_of(end) + 1):
                for event in invoices_of_month(spender, month):
                    if start <= event.posted < end:
                        yield event._replace(storefront=storefront)


@kept_per_storefront(KEPT_MONTHS)
def invoices_of_month(storefront: Storefront, month: int) -> tuple[Event, ...]:
    """The invoices for the storefront's own ads that close in a month (its number), and its credits."""
    threshold = minor(storefront, THRESHOLD * storefront.marketplace.market_size)
    first, last = first_day(month).toordinal(), first_day(month + 1).toordinal() - 1
    found: list[Event] = []
    open_spend: Counter[Listing | None] = Counter()
    for day in range(first, last + 1):
        for listing, amount in spend_on(storefront, day):
            open_spend[listing] += amount
        if open_spend and (day == last or open_spend.total() >= threshold):
            found.append(_invoice(storefront, day, open_spend))
            open_spend = Counter()
    return (*found, *_credit(storefront, month, found))


def _invoice(storefront: Storefront, day: int, spend: Counter[Listing | None]) -> Event:
    u = uniforms(*storefront.key, day, "ads invoice")
    return Event(
        "ads.cost",
        storefront.marketplace.day_bounds(day)[1] + int(between(u[0], 1, _LATEST_DAYS - 1) * DAY),
        storefront,
        f"{storefront.marketplace.country}{day}",
        tuple(Item(listing, 0, -amount) for listing, amount in spend.items()),
    )


def _credit(storefront: Storefront, month: int, billed: list[Event]) -> Iterator[Event]:
    """A credit for clicks of a month that proved invalid after they were invoiced."""
    u = uniforms(*storefront.key, month, "ads credit")
    if billed and u[0] < _CREDITED_SHARE:
        amount = round(-billed[0].amount * between(u[1], 0.01, 0.05))
        at = instant(first_day(month), between(u[2], 20, 27) * DAY)
        reference = f"{storefront.marketplace.country}{month}"
        if amount:
            yield Event("ads.refund", at, storefront, reference, (Item(None, 0, amount),))


def _billed_to(storefront: Storefront) -> Iterator[tuple[Storefront, str]]:
    """The storefronts whose ads are billed to this one, and how they are paid."""
    country = storefront.marketplace.country
    settings = {
        row["country"]: row for row in tables.rows("ads_billing") if row["account"] == storefront.account
    }
    if country not in settings:
        yield storefront.generated, BALANCE
    for name, row in settings.items():
        if row["billed_in"] == country:
            yield storefront.sibling(name).generated, row["method"]
