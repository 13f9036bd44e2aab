"""Which marketplace a call is about, found before it is handled so that faults can be matched to it."""

from __future__ import annotations

import json

from amazon_sandbox.inbound.store import InboundStore
from amazon_sandbox.sp_api.operations import Operation


def find_subject(call: Operation) -> None:
    """Note the marketplace that the path, the query or the body names or that its plan is for."""
    call.marketplace_ids = tuple(filter(None, (_of_plan(call) or _named(call),)))


def _of_plan(call: Operation) -> str | None:
    """The marketplace of the created plan that the path names, or whose operation or shipment it names."""
    path, store = call.request.path_params, call.sandbox.state(InboundStore)
    plan = store.find(path.get("plan_id", ""), call.caller.seller_id)
    if "operation_id" in path:
        operation = store.operations.find(path["operation_id"], call.caller.seller_id)
        plan = operation.plan if operation else None
    if plan is None and "shipment_id" in path:
        confirmed = store.confirmed_shipments(call.caller.seller_id)
        plan = next((each for each, one in confirmed if one.confirmation_id == path["shipment_id"]), None)
    return plan.storefront.marketplace.marketplace_id if plan else None


def _named(call: Operation) -> str | None:
    query = call.request.query_params
    named = query.get("marketplaceId") or query.get("MarketplaceId")
    if named or not call.body:
        return named
    try:
        body = json.loads(call.body)
        return str(body.get("marketplaceId") or body["destinationMarketplaces"][0])
    except (ValueError, AttributeError, LookupError, TypeError, RecursionError):
        return None  # the handler refuses it
