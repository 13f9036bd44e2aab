"""The operations that list entities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.ads.answers import AdsError
from amazon_sandbox.ads.entities import LISTS, Entity, campaigns_of, display_campaign
from amazon_sandbox.ads.operations import AdsCall, Answer, endpoint
from amazon_sandbox.simulation.ads_structure import (
    SD,
    structure_of,
)
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token

MOST_RESULTS = 100
_USUAL_STATES = ("ENABLED", "PAUSED")


def _lister(operation: str) -> Any:
    _, media_type, plural, make, id_name = LISTS[operation]

    async def list_entities(call: AdsCall) -> Answer:
        """One page of a list, by filters, maxResults and nextToken."""
        accepted = call.request.headers.get("accept", "*/*")
        if media_type not in accepted and "*/*" not in accepted:
            raise AdsError(406, "Could not find acceptable representation")
        sent = (call.request.headers.get("content-type") or "application/json").split(";")[0].strip()
        if sent != media_type and not (operation == "listSbCampaigns" and sent == "application/json"):
            raise AdsError(415, f"Content type {sent} is not supported")
        body = call.json_body()
        found = [] if call.storefront is None else make(call.storefront, structure_of(call.storefront))
        found = _filtered(found, body, id_name)
        if not body.get("includeExtendedDataFields"):
            found = [{name: value for name, value in one.items() if name != "extendedData"} for one in found]
        return 200, _page(call, operation, plural, found, body)

    return list_entities


def _filtered(found: list[Entity], body: Entity, id_name: str) -> list[Entity]:
    states = _included(body, "stateFilter") or _USUAL_STATES
    found = [one for one in found if one["state"] in states]
    for name in dict.fromkeys((id_name, "campaignId", "adGroupId", "portfolioId")):
        if ids := _included(body, f"{name}Filter"):
            found = [one for one in found if one.get(name) in ids]
    if names := _included(body, "nameFilter"):
        exact = body["nameFilter"].get("queryTermMatchType") == "EXACT_MATCH"
        found = [one for one in found if any(_is_named(one, name, exact) for name in names)]
    return found


def _is_named(entity: Entity, name: str, exact: bool) -> bool:
    own = str(entity.get("name", "")).casefold()
    return own == name.casefold() if exact else name.casefold() in own


def _included(body: Entity, name: str) -> Sequence[str]:
    selection = body.get(name)
    if selection is None:
        return ()
    include = selection.get("include") if isinstance(selection, dict) else None
    if not isinstance(include, list):
        raise AdsError(400, f"{name} must be an object with include")
    return [str(one) for one in include]


def _page(call: AdsCall, operation: str, plural: str, found: list[Entity], body: Entity) -> Entity:
    sandbox, now = call.sandbox, call.sandbox.clock.now()
    limit = body.get("maxResults", MOST_RESULTS)
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise AdsError(400, "maxResults must be a positive number")
    size = min(limit, MOST_RESULTS)
    same = {name: repr(value) for name, value in body.items() if name not in ("nextToken", "maxResults")}
    same["profile"] = str(call.profile.id)
    first = 0
    if body.get("nextToken"):
        token = str(body["nextToken"])
        resumed = read_next_token(sandbox, operation, same, token)
        first = resumed.position[0]
    page: Entity = {plural: found[first : first + size], "totalResults": len(found)}
    if first + size < len(found):
        page["nextToken"] = next_token(sandbox, operation, same, [first + size], now)
    return page


async def list_sd_campaigns(call: AdsCall) -> Answer:
    """GET /sd/campaigns: a bare list, paged by startIndex and count; states are in lower case."""
    query = call.request.query_params
    states = [text.lower() for text in query.get("stateFilter", "enabled,paused,archived").split(",")]
    first, count = query.get("startIndex", "0"), query.get("count", "100")
    if not (first.isdecimal() and count.isdecimal()):
        raise AdsError(400, "startIndex and count must be numbers")
    if call.storefront is None:
        return 200, []
    campaigns = campaigns_of(structure_of(call.storefront), SD)
    found = [display_campaign(call.storefront, one) for one in campaigns if one.state.lower() in states]
    return 200, found[int(first) : int(first) + int(count)]


routes: list[BaseRoute] = [
    *(
        Route(path, endpoint(operation, _lister(operation), media_type=media_type), methods=["POST"])
        for operation, (path, media_type, *_) in LISTS.items()
    ),
    Route("/sd/campaigns", endpoint("listSdCampaigns", list_sd_campaigns), methods=["GET"]),
]
