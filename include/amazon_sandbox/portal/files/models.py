"""The files that a page of the portal returns, and the requests from which they are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple

from amazon_sandbox.simulation import Seller, Simulation, marketplaces
from amazon_sandbox.simulation.marketplaces import Marketplace
from amazon_sandbox.simulation.storefront import Storefront

CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NoData(Exception):
    """The page lists the report as "No Data Available": there is no file."""


class UnknownFile(KeyError):
    """No page of the portal hands out a file of this kind."""


class PortalFile(NamedTuple):
    """A file as a browser downloads it."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class FileRequest:
    """One file as it was requested on a page.

    ``country``: the store that the session shows; None for files of the whole account (AWD, support, the
    third-party tool), which take the seller's first store. ``first_day``, ``last_day``: both included, local
    days of the store; None for a snapshot. ``language``: of the session, such as ``en_US``, ``de_DE``,
    ``ja_JP``. ``now``: an aware instant. ``options``: what is chosen on the page; each kind names its own
    in ``kinds``.
    """

    simulation: Simulation
    seller: Seller
    country: str | None
    first_day: date | None
    last_day: date | None
    language: str
    now: datetime
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def seconds(self) -> int:
        """`now` in UTC epoch seconds."""
        return int(self.now.timestamp())

    @property
    def marketplace(self) -> Marketplace:
        """The store's marketplace."""
        if self.country is None:
            return marketplaces.by_id(self.seller.marketplace_ids[0])
        return marketplaces.by_country(self.country)

    @property
    def storefront(self) -> Storefront:
        """The seller in the store. Raises KeyError where the seller does not sell."""
        return self.simulation.storefront(self.seller, self.marketplace.marketplace_id)

    @property
    def of_account(self) -> FileRequest:
        """The same request in the seller's first store, which has what belongs to none: bulk stock, cases."""
        return replace(self, country=None)

    @property
    def days(self) -> tuple[date, date]:
        """First and last day. Raises ValueError where the file needs a range and none was chosen."""
        if self.first_day is None or self.last_day is None or self.last_day < self.first_day:
            raise ValueError(f"this file needs a range of days; got {self.first_day} to {self.last_day}")
        return self.first_day, self.last_day
