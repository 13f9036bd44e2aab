"""getMarketplaceParticipations: one answer, no parameters."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from amazon_sandbox.sellers import data
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint

NAME = "getMarketplaceParticipations"


async def get_marketplace_participations(call: Operation) -> Answer:
    """The marketplaces of the seller whose token was sent."""
    return 200, {"payload": data.participations(call.caller)}


def _find_subject(call: Operation) -> None:
    """The call has no subject: it is about all of the seller's marketplaces."""


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint(NAME, get_marketplace_participations, _find_subject), methods=["GET"])
]
