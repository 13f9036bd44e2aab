"""What moves a seller's money besides orders and refunds: one event is one transaction.

Settlements, transactions and economics all derive from the same events. An event states the storefront, the
time, the kind, how many units of which SKUs, the amount and the tax on it; `lines` returns its rows in
settlements.
"""

from __future__ import annotations

from typing import NamedTuple

from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.money.lines import BASE_FEE, DISCOUNT_ON_FEE, TAX_ON_FEE, Line
from amazon_sandbox.simulation.money.names import Name, name_of
from amazon_sandbox.simulation.storefront import Storefront


class Item(NamedTuple):
    """The part of an event that belongs to one SKU; signed minor units before tax, negative for costs.
    `listing` is None for amounts that belong to no SKU.
    """

    listing: Listing | None
    units: int
    amount: int


class Event(NamedTuple):
    """One transaction that is neither an order nor a refund.

    `kind`: a kind from `data/money_names.csv`, such as `storage.monthly`; `posted`: UTC epoch seconds;
    `reference`: unique within its kind and storefront; `tax`: on the whole event; `discount`: the part of the
    amount given back; `text`: fills `{text}` in its names; `order_id`: what the settlement shows in place of
    an order; `shows_sku`, `shows_marketplace`: whether the settlement's rows name them; `billed_in`: the
    country whose account is billed, if it is another one of the same currency; `own_lines`: lines written
    unchanged, for events that consist of more than a fee.
    """

    kind: str
    posted: int
    storefront: Storefront
    reference: str
    items: tuple[Item, ...]
    tax: int = 0
    discount: int = 0
    text: str = ""
    order_id: str = ""
    shows_sku: bool = False
    shows_marketplace: bool = False
    variant: str = ""
    own_lines: tuple[Line, ...] = ()

    @property
    def amount(self) -> int:
        """Minor units before tax and discount."""
        return sum(item.amount for item in self.items)

    @property
    def name(self) -> Name:
        """What settlements and transactions call the event on its day."""
        return name_of(self.kind, self.storefront.marketplace, self.posted, self.variant)

    def lines(self) -> tuple[Line, ...]:
        """The event's rows in the settlement; amounts of 0 have none."""
        if self.own_lines:
            return self.own_lines
        name = self.name
        base = Line(
            name.transaction_type,
            name.amount_type.format(text=self.text),
            name.amount_description.format(text=self.text),
            self.amount,
            self.posted,
            marketplace_name=self.storefront.marketplace.sales_channel if self.shows_marketplace else "",
            order_id=self.order_id,
            sku=self._sku(),
            leaf=name.leaf,
        )
        parts = [base, base._replace(amount=self.tax, leaf="Tax"), base._replace(amount=self.discount)]
        if base.amount_description == BASE_FEE:
            parts[1] = parts[1]._replace(amount_description=TAX_ON_FEE)
            parts[2] = parts[2]._replace(amount_description=DISCOUNT_ON_FEE)
        return tuple(part for part in parts if part.amount)

    def _sku(self) -> str:
        listing = self.items[0].listing if self.shows_sku and self.items else None
        return listing.sku if listing else ""


# Since 1 August 2024 Amazon's European branches add local VAT to their fees, but not to advertising.
_VAT_ON_FEES = frozenset(("GB", "DE", "FR", "IT", "ES", "NL", "PL", "BE", "SE"))


def with_tax(event: Event) -> Event:
    """The event with VAT on its fee, if the VAT has its own row, as under the newer names in Europe."""
    marketplace = event.storefront.marketplace
    if marketplace.country not in _VAT_ON_FEES or event.name.amount_description != BASE_FEE:
        return event
    return event._replace(tax=round((event.amount + event.discount) * marketplace.tax_rate))


def minor(storefront: Storefront, dollars: float) -> int:
    """Dollars converted to minor units of the storefront's currency."""
    marketplace = storefront.marketplace
    return round(dollars * marketplace.usd_rate * float(10**marketplace.decimals))
