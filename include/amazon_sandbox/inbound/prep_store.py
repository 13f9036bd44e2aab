"""The prep classifications that clients set."""

from __future__ import annotations

from amazon_sandbox.inbound.products import Prep, usual_prep
from amazon_sandbox.simulation.catalogue import Listing
from amazon_sandbox.simulation.storefront import Storefront


class PrepStore:
    """Classifications by account, marketplace and MSKU, in place of the usual ones."""

    def __init__(self) -> None:
        self._set: dict[tuple[str, str, str], tuple[str, tuple[str, ...]]] = {}

    def of(self, storefront: Storefront, listing: Listing) -> Prep:
        """The classification of a SKU."""
        found = self._set.get(_key(storefront, listing))
        # What is set before the FNSKU exists has no effect.
        if found is None or not listing.fnsku:
            return usual_prep(storefront, listing)
        return Prep(found[0], found[1], True, storefront.marketplace.country)

    def set(self, storefront: Storefront, listing: Listing, category: str, types: tuple[str, ...]) -> None:
        """Keep a classification."""
        self._set[_key(storefront, listing)] = (category, types)

    def clear(self) -> None:
        """Forget all."""
        self._set.clear()


def _key(storefront: Storefront, listing: Listing) -> tuple[str, str, str]:
    return storefront.account, storefront.marketplace.marketplace_id, listing.sku
