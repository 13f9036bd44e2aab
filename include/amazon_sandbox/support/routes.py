"""listCases, getCase and listContacts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.answers import FORBIDDEN, ApiError
from amazon_sandbox.simulation.support import RESOLVED, Case, cases_seen
from amazon_sandbox.sp_api.next_tokens import next_token, read_next_token
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint, storefront_of
from amazon_sandbox.support import data, state

_Key = Callable[[Case, int], Any]
_ORDERS: dict[str, _Key] = {
    "CASE_ID": lambda case, now: case.case_id,
    "STATUS": lambda case, now: case.status(now),
    "SUBJECT": lambda case, now: case.subject,
    "PRIMARY_EMAIL": lambda case, now: case.email,
    "CREATION_DATE": lambda case, now: case.created_at,
    "LAST_OUTBOUND_DATE": lambda case, now: case.last_outbound_at(now) or 0,
    "RESOLUTION_DATE": lambda case, now: _resolved_at(case, now) or 0,
}


async def list_cases(call: Operation) -> Answer:
    """Cases that fit all filters, sorted; the marketplace only serves authorisation."""
    wanted = state.read_cases(call.body)
    if wanted.marketplace_id not in (None, *call.caller.marketplace_ids):
        raise FORBIDDEN
    first, now = _position(call, wanted.token, wanted.arguments)
    fit = [case for case in await _cases(call, now) if _fits(case, wanted, now)]
    order = _ORDERS[wanted.sort_field]
    fit.sort(key=lambda case: (order(case, now), case.case_id), reverse=wanted.is_descending)
    rows = [data.case(case, now) for case in fit]
    return 200, _page(call, "cases", rows, first, wanted.size, now, wanted.arguments)


async def get_case(call: Operation) -> Answer:
    """One case."""
    now = int(call.sandbox.clock.now())
    return 200, data.case(await _case(call, now), now)


async def list_contacts(call: Operation) -> Answer:
    """The contacts of one case."""
    wanted = state.read_contacts(call.request.query_params)
    first, now = _position(call, wanted.token, wanted.arguments)
    contacts = list((await _case(call, now)).seen(now))
    rows = [data.contact(each) for each in (reversed(contacts) if wanted.is_descending else contacts)]
    return 200, _page(call, "contacts", rows, first, wanted.size, now, wanted.arguments)


def _fits(case: Case, wanted: state.Cases, now: int) -> bool:
    dates = {
        "createdDate": case.created_at,
        "lastOutboundDate": case.last_outbound_at(now),
        "resolvedDate": _resolved_at(case, now),
    }
    return (
        (not wanted.statuses or case.status(now) in wanted.statuses)
        and (not wanted.emails or case.email in wanted.emails)
        and (not wanted.copies or bool(set(case.copies) & set(wanted.copies)))
        and all(word in case.subject.lower() for word in wanted.keywords)
        and all(between.has(dates[name]) for name, between in wanted.dates.items())
    )


def _resolved_at(case: Case, now: int) -> int | None:
    return case.resolved_at if case.status(now) == RESOLVED else None


async def _cases(call: Operation, now: int) -> list[Case]:
    """Support knows sellers, not marketplaces: the cases are those of the seller's first storefront."""
    storefront = storefront_of(call, call.caller.marketplace_ids[0])
    return await asyncio.to_thread(cases_seen, storefront, now)


async def _case(call: Operation, now: int) -> Case:
    wanted = call.request.path_params["case_id"]
    for case in await _cases(call, now):
        if case.case_id == wanted:
            return case
    raise ApiError(404, "NotFound", "Resource not found.", f"caseId {wanted[:100]}")


def _position(call: Operation, token: str | None, arguments: dict[str, Any]) -> tuple[int, int]:
    """The first row of the page, and the moment that all pages show."""
    if token is None:
        return 0, int(call.sandbox.clock.now())
    resumed = read_next_token(call.sandbox, call.name, arguments, token)
    return resumed.position[0], int(resumed.as_of)


def _page(
    call: Operation,
    name: str,
    rows: list[dict[str, Any]],
    first: int,
    size: int,
    as_of: int,
    arguments: dict[str, Any],
) -> dict[str, Any]:
    body: dict[str, Any] = {name: rows[first : first + size]}
    if first + size < len(rows):
        body["nextToken"] = next_token(call.sandbox, call.name, arguments, [first + size], as_of)
    return body


def _find_subject(call: Operation) -> None:
    """Support names no marketplace that faults could be set for."""


routes: list[BaseRoute] = [
    Route(data.PATH, endpoint("listCases", list_cases, _find_subject), methods=["POST"]),
    Route(f"{data.PATH}/{{case_id}}", endpoint("getCase", get_case, _find_subject), methods=["GET"]),
    Route(
        f"{data.PATH}/{{case_id}}/contacts",
        endpoint("listContacts", list_contacts, _find_subject),
        methods=["GET"],
    ),
]
