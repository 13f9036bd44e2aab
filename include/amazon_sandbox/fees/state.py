"""The body of getMyFeesEstimates, validated as Amazon's model requires."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.fees import data

_LARGEST = 1e9


class FeeRequest(NamedTuple):
    """One item: `price` and `shipping` in major units; `identifier` is returned with the result."""

    id_type: str
    value: str
    marketplace_id: str
    is_amazon_fulfilled: bool
    currency: str | None
    price: float
    shipping: float
    identifier: dict[str, Any]


def read(body: bytes) -> list[FeeRequest]:
    """The items of a call. Raises ApiError where Amazon refuses the whole call."""
    try:
        items = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid_input("The request body is not JSON") from error
    if not isinstance(items, list) or not items or len(items) > data.MOST_ITEMS:
        raise invalid_input("The request body must be a list", f"of 1 to {data.MOST_ITEMS} items")
    return [_item(item) for item in items]


def _item(item: Any) -> FeeRequest:
    given = _object(item, "an item")
    request = _object(given.get("FeesEstimateRequest"), "FeesEstimateRequest")
    prices = _object(request.get("PriceToEstimateFees"), "PriceToEstimateFees")
    listing = _object(prices.get("ListingPrice"), "ListingPrice")
    is_ours = request.get("IsAmazonFulfilled", False)
    programme = request.get("OptionalFulfillmentProgram")
    id_type = _text(given, "IdType")
    if id_type not in data.ID_TYPES:
        raise invalid_input("Invalid value for IdType", id_type[:100])
    if not isinstance(is_ours, bool):
        raise invalid_input("Invalid value for IsAmazonFulfilled")
    if programme is not None and programme not in data.PROGRAMMES:
        raise invalid_input("Invalid value for OptionalFulfillmentProgram")
    identifier: dict[str, Any] = {
        "MarketplaceId": _text(request, "MarketplaceId"),
        "IdType": id_type,
        "IdValue": _text(given, "IdValue"),
        "IsAmazonFulfilled": is_ours,
        "PriceToEstimateFees": _prices(prices),
        "SellerInputIdentifier": _text(request, "Identifier"),
    }
    return FeeRequest(
        id_type,
        identifier["IdValue"],
        identifier["MarketplaceId"],
        is_ours,
        identifier["PriceToEstimateFees"]["ListingPrice"].get("CurrencyCode"),
        _amount(listing, "ListingPrice"),
        _amount(_object(prices.get("Shipping") or {}, "Shipping"), "Shipping"),
        identifier | ({"OptionalFulfillmentProgram": programme} if programme else {}),
    )


def _prices(prices: dict[str, Any]) -> dict[str, Any]:
    """The fields of the prices that the model defines, to be returned."""
    given: dict[str, Any] = {}
    for name in ("ListingPrice", "Shipping"):
        if prices.get(name) is not None:
            given[name] = _money(prices[name], name)
    if prices.get("Points") is not None:
        points = _object(prices["Points"], "Points")
        number = points.get("PointsNumber", 0)
        if isinstance(number, bool) or not isinstance(number, int):
            raise invalid_input("Invalid value for PointsNumber")
        value = _money(points.get("PointsMonetaryValue") or {}, "PointsMonetaryValue")
        given["Points"] = {"PointsNumber": number, "PointsMonetaryValue": value}
    return given


def _money(value: Any, name: str) -> dict[str, Any]:
    money = _object(value, name)
    currency = money.get("CurrencyCode")
    if not isinstance(currency, str | None):
        raise invalid_input("Invalid value for CurrencyCode")
    return {"Amount": _amount(money, name)} | ({"CurrencyCode": currency} if currency else {})


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_input(f"Invalid value for {name}", "it must be an object")
    return value


def _text(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid_input("One or more required parameters missing", f"{name};")
    return value


def _amount(money: dict[str, Any], name: str) -> float:
    value = money.get("Amount", 0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _LARGEST:
        raise invalid_input(f"Invalid value for {name}.Amount")
    return float(value)
