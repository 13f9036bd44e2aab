"""createRestrictedDataToken: a token for exactly the resources named, if the application has the role."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from amazon_sandbox.lwa.restricted import TOKEN_SECONDS, RestrictedTokens
from amazon_sandbox.lwa.state import Session
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint
from amazon_sandbox.tokens import data
from amazon_sandbox.tokens.state import resources_of


async def create_restricted_data_token(call: Operation) -> Answer:
    """200 with the token, 403 without the role."""
    resources = resources_of(call.body)
    restricted = call.sandbox.state(RestrictedTokens)
    if call.caller.account not in restricted.accounts:
        raise data.NO_ROLE
    expires_at = call.sandbox.clock.now() + call.sandbox.clock.lifetime(TOKEN_SECONDS)
    return 200, restricted.issue(Session(call.application, call.caller, expires_at), resources)


def _find_subject(call: Operation) -> None:
    return None


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(data.OPERATION, create_restricted_data_token, _find_subject), methods=["POST"])
]
