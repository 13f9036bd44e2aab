"""Errors of Login with Amazon, as observed from api.amazon.com."""

from __future__ import annotations

from typing import NamedTuple

TOKEN_SECONDS = 3600
OPERATION = "token"

SCOPES = ("sellingpartnerapi::notifications", "sellingpartnerapi::client_credential:rotation")


class LwaRefusal(NamedTuple):
    """An error of the token endpoint."""

    status: int
    error: str
    description: str


INVALID_CLIENT = LwaRefusal(401, "invalid_client", "Client authentication failed")
INVALID_GRANT = LwaRefusal(
    400,
    "invalid_grant",
    "The request has an invalid grant parameter : refresh_token. "
    "User may have revoked or didn't grant the permission.",
)
UNAUTHORIZED_CLIENT = LwaRefusal(400, "unauthorized_client", "Not authorized for requested operation")
UNSUPPORTED_GRANT = LwaRefusal(
    400, "unsupported_grant_type", "The authorization grant type is not supported by the authorization server"
)
INVALID_SCOPE = LwaRefusal(400, "invalid_scope", "An unknown scope was requested")
MALFORMED = LwaRefusal(400, "invalid_request", "Malformed request")
SERVER_ERROR = LwaRefusal(500, "server_error", "The authorization server encountered an unexpected error")


def missing(parameter: str) -> LwaRefusal:
    """A required parameter is absent."""
    return LwaRefusal(400, "invalid_request", f"The request is missing a required parameter : {parameter}")
