"""The simulation's interface to the sandbox's server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import date, datetime
from typing import Any

from amazon_sandbox.simulation import bulk, marketplaces
from amazon_sandbox.simulation.created_shipments import CreatedShipment, in_order
from amazon_sandbox.simulation.documents import Document
from amazon_sandbox.simulation.figures import Figures, sales_by_sku, total
from amazon_sandbox.simulation.report_types import REQUESTABLE, ReportRequest, search_terms, settlement
from amazon_sandbox.simulation.sellers import Seller, make_sellers
from amazon_sandbox.simulation.settlements import SettlementRef, settlements_until
from amazon_sandbox.simulation.storefront import Storefront, Storefronts


class Simulation:
    """Sellers and their history, generated from a seed.

    Cheap to create: days are generated when a document needs them and kept in bounded caches. Equal seeds
    give equal bytes in every process. Instants must be aware. Thread-safe.

    :param seed: any integer.
    :param scenario: `demo` (northwind_na, northwind_eu) or `world` (more sellers and marketplaces).
    """

    def __init__(self, seed: int = 7, scenario: str = "demo") -> None:
        self.seed = seed
        self.scenario = scenario
        self.sellers = make_sellers(seed, scenario)
        self.created: tuple[CreatedShipment, ...] = ()
        self._storefronts = Storefronts(seed)

    def with_created(self, shipments: Iterable[CreatedShipment]) -> Simulation:
        """The same history with its client-created shipments (from the inbound API) replaced by `shipments`.
        The result shares this simulation's caches; this one is unchanged. Equal shipments in any order give
        equal bytes.

        :raises KeyError: unknown account, or a country the account does not sell in.
        :raises ValueError: two shipments with the same id, instants out of order, or a SKU that the
            destination did not sell through FBA when the shipment was created.
        """
        created = in_order(shipments)
        if created == self.created:
            return self
        for shipment in created:
            marketplace = marketplaces.by_country(shipment.country)
            self.storefront(self.seller(shipment.account), marketplace.marketplace_id)
        made = copy(self)
        made.created, made._storefronts = created, self._storefronts.with_created(created)
        return made

    def seller(self, account: str) -> Seller:
        """The seller of an account name. Raises KeyError for an unknown account."""
        for seller in self.sellers:
            if seller.account == account:
                return seller
        raise KeyError(f"no account {account!r} in scenario {self.scenario!r}")

    @property
    def report_types(self) -> tuple[str, ...]:
        """Report types that `document` can write. Settlements are created by Amazon; `settlements` lists
        them.
        """
        return tuple(REQUESTABLE)

    def document(
        self,
        report_type: str,
        seller: Seller,
        marketplace_ids: Sequence[str],
        start: datetime | date | None,
        end: datetime | date | None,
        options: Mapping[str, str] | None,
        as_of: datetime,
    ) -> Document | None:
        """The document of a report created at `as_of`, or None where Amazon would end the report CANCELLED
        (no data).

        Empty `marketplace_ids` means all of the seller's. Flat files take the window [start, end) in UTC;
        sales and traffic takes calendar days, both inclusive, and ignores the time part; inventory snapshots
        ignore both dates.

        :raises FatalReport: where Amazon would end the report FATAL.
        :raises KeyError: unknown report type (or one that cannot be requested), or a marketplace the seller
            is not in.
        """
        if report_type not in REQUESTABLE:
            known = ", ".join(REQUESTABLE)
            raise KeyError(f"report type {report_type!r} cannot be requested; use one of: {known}")
        storefronts = tuple(
            self.storefront(seller, marketplace_id)
            for marketplace_id in marketplace_ids or seller.marketplace_ids
        )
        request = ReportRequest(seller, storefronts, start, end, dict(options or {}), as_of)
        return REQUESTABLE[report_type](request)

    def settlements(self, seller: Seller, as_of: datetime) -> list[SettlementRef]:
        """Settlement reports that appeared in the two years up to `as_of`, oldest first, one per currency and
        fortnight.
        """
        return settlements_until(self.seed, seller, as_of)

    def settlement_document(self, seller: Seller, settlement_id: str) -> Document:
        """The GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2 document of a settlement. Raises KeyError for an
        unknown id.
        """
        return settlement.write(self._storefronts, seller, settlement_id)

    def expected_figures(
        self, seller: Seller, marketplace_id: str, day: date, as_of: datetime
    ) -> dict[str, Any]:
        """What was sold on a marketplace-local day as known at `as_of`, even if the day has not ended.

        Keys: units_ordered (int), order_items (int), ordered_product_sales (float), currency, is_closed.
        """
        storefront = self.storefront(seller, marketplace_id)
        now = int(as_of.timestamp())
        figures: Figures = total(sales_by_sku(storefront, day.toordinal(), now).values())
        return {
            "units_ordered": figures.units,
            "order_items": figures.items,
            "ordered_product_sales": storefront.marketplace.amount(figures.sales),
            "currency": storefront.marketplace.currency,
            "is_closed": now >= storefront.marketplace.day_bounds(day.toordinal())[1],
        }

    def bulk_orders(self, rows: int = 2_000_000, seller: Seller | None = None) -> Document:
        """An all-orders file of `rows` lines for load tests (default: the first seller's main
        marketplace).
        """
        owner = seller or self.sellers[0]
        return bulk.bulk_orders(self.storefront(owner, owner.marketplace_ids[0]), owner, rows)

    def bulk_search_terms(
        self, rows: int, seller: Seller | None = None, marketplace_id: str | None = None
    ) -> Document:
        """A search terms document of `rows` rows for load tests (default: the first seller's main
        marketplace).
        """
        owner = seller or self.sellers[0]
        return search_terms.bulk(self.storefront(owner, marketplace_id or owner.marketplace_ids[0]), rows)

    def bulk(self, report_type: str, rows: int, seller: Seller, marketplace_ids: Sequence[str]) -> Document:
        """A document of any size, for the types that support it."""
        if report_type == search_terms.REPORT_TYPE:
            return self.bulk_search_terms(rows, seller, next(iter(marketplace_ids), None))
        return self.bulk_orders(rows, seller)

    def storefront(self, seller: Seller, marketplace_id: str) -> Storefront:
        """A seller's storefront in a marketplace, from which all figures derive. Raises KeyError."""
        if marketplace_id not in seller.marketplace_ids:
            raise KeyError(f"account {seller.account} does not sell in marketplace {marketplace_id!r}")
        return self._storefronts.of(seller.account, marketplaces.by_id(marketplace_id))
