"""getMyFeesEstimates (Product Fees v0): what Amazon would charge for each offer at its current price."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.sources.common.operations import Calls, Offer, OperationInput, Page

_PATH = "/products/fees/v0/feesEstimate"
_MOST_ITEMS = 20


async def pages(calls: Calls, wanted: OperationInput) -> AsyncIterator[Page]:
    """Fees of the account's priced offers in the slice's marketplace, twenty per call.

    Offers are requested by SKU, because only then does Amazon use the size it has measured. An offer that
    Amazon refuses becomes a row with its error.
    """
    marketplace_id = wanted.slice_.marketplace_ids[0]
    priced = [offer for offer in await calls.offers(marketplace_id) if offer.price is not None]
    for first in range(0, len(priced), _MOST_ITEMS):
        body = [_item(offer, marketplace_id) for offer in priced[first : first + _MOST_ITEMS]]
        answer = await calls.post("getMyFeesEstimates", _PATH, body)
        results = answer.get("items")
        if not isinstance(results, list) or len(results) != len(body):
            raise UnexpectedAnswer("getMyFeesEstimates did not answer every item.", where=wanted.slice_.label)
        yield Page({"operation": "getMyFeesEstimates", "body": body}, answer)


def _item(offer: Offer, marketplace_id: str) -> dict[str, Any]:
    """A FeesEstimateByIdRequest of the model."""
    price = {"CurrencyCode": marketplace_by_id(marketplace_id).currency, "Amount": float(offer.price or 0)}
    return {
        "IdType": "SellerSKU",
        "IdValue": offer.sku,
        "FeesEstimateRequest": {
            "MarketplaceId": marketplace_id,
            "IsAmazonFulfilled": offer.is_amazon_fulfilled,
            "PriceToEstimateFees": {"ListingPrice": price},
            "Identifier": offer.sku,
        },
    }
