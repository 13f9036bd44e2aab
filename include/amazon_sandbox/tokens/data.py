"""The Tokens API's usage plan and errors, from tokens_2021-03-01.json."""

from __future__ import annotations

from amazon_sandbox.core.answers import ApiError
from amazon_sandbox.core.quotas import UsagePlan

OPERATION = "createRestrictedDataToken"
PATH = "/tokens/2021-03-01/restrictedDataToken"
USAGE_PLANS = {OPERATION: UsagePlan(1, 10)}
MOST_RESOURCES = 50
METHODS = ("GET", "PUT", "POST", "DELETE")

NO_ROLE = ApiError(
    403,
    "Unauthorized",
    "Access to requested resource is denied.",
    "The application does not have access to one or more requested data elements.",
)


def invalid(details: str) -> ApiError:
    """400 InvalidRequest, with the model's message."""
    return ApiError(400, "InvalidRequest", "Request is missing or has invalid parameters", details)
