"""getMyFeesEstimates: up to 20 items, each with its own success or error."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.fees import data, state
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of

NAME = "getMyFeesEstimates"


async def get_my_fees_estimates(call: Operation) -> Answer:
    """A list in the order of the request."""
    items = state.read(call.body)
    own = set(call.caller.marketplace_ids)
    call.marketplace_ids = tuple(sorted({item.marketplace_id for item in items} & own))
    now = int(call.sandbox.clock.now())
    return 200, await asyncio.to_thread(lambda: [_result(call, item, now) for item in items])


def _result(call: Operation, item: state.FeeRequest, now: int) -> dict[str, Any]:
    identifier = {**item.identifier, "SellerId": call.caller.seller_id}
    if item.marketplace_id not in call.caller.marketplace_ids:
        return _failure(identifier, "The seller does not sell in this marketplace.")
    storefront = storefront_of(call, item.marketplace_id)
    if item.currency not in (None, storefront.marketplace.currency):
        return _failure(identifier, "The currency is not the marketplace's.")
    today = storefront.marketplace.day_of_epoch(now)
    listing = data.listing_of(storefront, item.id_type, item.value, today)
    if listing is None:
        return _failure(identifier, "There is a client-side error. Please verify your inputs.")
    unit = 1 if storefront.marketplace.decimals == 0 else 100
    price = round((item.price + item.shipping) * unit)
    return {
        "Status": "Success",
        "FeesEstimateIdentifier": identifier,
        "FeesEstimate": data.estimate(storefront, listing, price, item.is_amazon_fulfilled, now),
    }


def _failure(identifier: dict[str, Any], message: str) -> dict[str, Any]:
    return {
        "Status": "ClientError",
        "FeesEstimateIdentifier": identifier,
        "Error": {"Type": "Sender", "Code": "InvalidParameterValue", "Message": message, "Detail": []},
    }


def _find_subject(call: Operation) -> None:
    """The marketplaces are in the body, whose errors the handler reports."""


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(NAME, get_my_fees_estimates, _find_subject), methods=["POST"])
]
