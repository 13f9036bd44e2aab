"""Events of triggers that do work: ``{"result": {...}}`` or ``{"error": {...}}``, plain values only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sellerops.base import errors
from sellerops.base.errors import GiveUpError, SellerOpsError


def result_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """The result in an event. Raises its error, typed as it was in the triggerer."""
    if "error" in event:
        raise error_from_values(event["error"])
    result: dict[str, Any] = event["result"]
    return result


def error_to_values(error: SellerOpsError) -> dict[str, Any]:
    """The error as JSON-ready values, with all its details (Amazon's problems included).

    Its type is the nearest one in ``sellerops.base.errors``, which decides about retries.
    """
    return {
        "type": next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == errors.__name__),
        "cause": error.cause,
        "where": error.where,
        "remedy": error.remedy,
        "details": json.loads(json.dumps(error.details, default=str)),
    }


def error_from_values(values: Mapping[str, Any]) -> SellerOpsError:
    """The error from its values; GiveUpError when its type is unknown, because another version sent it."""
    found = getattr(errors, str(values["type"]), None)
    kind = found if isinstance(found, type) and issubclass(found, SellerOpsError) else GiveUpError
    return kind(values["cause"], where=values["where"], remedy=values["remedy"], **values["details"])
