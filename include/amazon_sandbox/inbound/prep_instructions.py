"""v0 getPrepInstructions: the prep classification of SKUs and ASINs in the words of v0."""

from __future__ import annotations

from typing import Any

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.inbound.calls import store_of
from amazon_sandbox.inbound.products import NO_PREP, Prep
from amazon_sandbox.inbound.v0 import PREP_INSTRUCTIONS
from amazon_sandbox.simulation import marketplaces
from amazon_sandbox.simulation.storefront import Storefront
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.operations import Answer, Operation, storefront_of

_MOST = 50


async def get_prep_instructions(call: Operation) -> Answer:
    """v0 getPrepInstructions: of SKUs, ASINs or both; unknown ones are listed as invalid."""
    query = call.request.query_params
    storefront = _storefront(call, queries.needed(query, "ShipToCountryCode"))
    skus = queries.texts(query, "SellerSKUList", most=_MOST)
    asins = queries.texts(query, "ASINList", most=_MOST)
    if not skus and not asins:
        raise invalid_input("At least one of SellerSKUList and ASINList must be provided")
    book = store_of(call).prep
    by_sku = {listing.sku: listing for listing in storefront.listings}
    by_asin = {listing.asin: listing for listing in storefront.listings if not listing.is_merchant}
    return 200, {
        "payload": {
            "SKUPrepInstructionsList": [
                {
                    "SellerSKU": sku,
                    "ASIN": by_sku[sku].asin,
                    **_instructions(book.of(storefront, by_sku[sku])),
                    "AmazonPrepFeesDetailsList": [],
                }
                for sku in skus
                if sku in by_sku
            ],
            "InvalidSKUList": [
                {"SellerSKU": sku, "ErrorReason": "DoesNotExist"} for sku in skus if sku not in by_sku
            ],
            "ASINPrepInstructionsList": [
                {"ASIN": asin, **_instructions(book.of(storefront, by_asin[asin]))}
                for asin in asins
                if asin in by_asin
            ],
            "InvalidASINList": [
                {"ASIN": asin, "ErrorReason": "InvalidASIN"} for asin in asins if asin not in by_asin
            ],
        }
    }


def _storefront(call: Operation, country: str) -> Storefront:
    for marketplace_id in call.caller.marketplace_ids:
        if marketplaces.by_id(marketplace_id).country == country:
            call.marketplace_ids = (marketplace_id,)
            return storefront_of(call, marketplace_id)
    raise invalid_input("Invalid value for ShipToCountryCode", country[:100])


def _instructions(prep: Prep) -> dict[str, Any]:
    guidance = "SeePrepInstructionsList" if prep.needs_prep else "NoAdditionalPrepRequired"
    if prep.category == "UNKNOWN":
        guidance = "ConsultHelpDocuments"
    return {
        "BarcodeInstruction": "RequiresFNSKULabel" if prep.is_labelled else "CanUseOriginalBarcode",
        "PrepGuidance": guidance,
        "PrepInstructionList": [PREP_INSTRUCTIONS[kind] for kind in prep.all_types if kind != NO_PREP],
    }
