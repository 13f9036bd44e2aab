"""getMyFeesEstimates (Product Fees v0): what Amazon would charge for each offer at its present price."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from sellerops.base.errors import UnexpectedAnswer
from sellerops.settings.marketplaces import marketplace_by_id
from sellerops.sources.common.operations import Calls, Offer, OperationInput, Page

_PATH = "/products/fees/v0/feesEstimate"
_MOST_ITEMS = 20


async def pages(calls: Calls, asked: OperationInput) -> AsyncIterator[Page]:
    """The account's priced offers in the slice's shop, twenty a call, asked for by SKU: only so does Amazon
    know the size it has measured. An offer it refuses is a row with its error.
    """
    shop = asked.slice_.marketplace_ids[0]
    priced = [offer for offer in await calls.offers(shop) if offer.price is not None]
    for first in range(0, len(priced), _MOST_ITEMS):
        body = [_item(offer, shop) for offer in priced[first : first + _MOST_ITEMS]]
        answer = await calls.post("getMyFeesEstimates", _PATH, body)
        results = answer.get("items")
        if not isinstance(results, list) or len(results) != len(body):
            raise UnexpectedAnswer("getMyFeesEstimates did not answer every item.", where=asked.slice_.label)
        yield Page({"operation": "getMyFeesEstimates", "body": body}, answer)


def _item(offer: Offer, shop: str) -> dict[str, Any]:
    """As the model's FeesEstimateByIdRequest."""
    price = {"CurrencyCode": marketplace_by_id(shop).currency, "Amount": float(offer.price or 0)}
    return {
        "IdType": "SellerSKU",
        "IdValue": offer.sku,
        "FeesEstimateRequest": {
            "MarketplaceId": shop,
            "IsAmazonFulfilled": offer.is_amazon_fulfilled,
            "PriceToEstimateFees": {"ListingPrice": price},
            "Identifier": offer.sku,
        },
    }
