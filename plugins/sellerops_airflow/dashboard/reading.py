"""How a route of the hub runs: in a thread of the hub's own, without costs for those who may not see them,
as CSV on request, and, if it writes, with an entry in the audit log.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from sellerops.read_models.costs import cost_columns, without_costs
from sellerops.read_models.tables import Table
from sellerops_airflow.dashboard import audit
from sellerops_airflow.dashboard.access import SeesCosts, owner_only
from sellerops_airflow.dashboard.database import in_hub_thread, now, read, today
from sellerops_airflow.dashboard.json_writes import json_write
from sellerops_airflow.dashboard.tables import PagingOfRequest, check_sort, csv_response

_SEES, _REQUEST = "hub_sees_costs", "hub_request"


class HubRoute(APIRoute):
    """A route of the hub: write it as a plain ``def`` that returns models.

    After it returns, costs are hidden and tables are turned into CSV. A route that is not a GET is for
    owners, takes JSON from our own pages only, and must leave an entry in the audit log.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if _writes(options.get("methods")):
            options["dependencies"] = _with(options.get("dependencies"), json_write, owner_only)
        super().__init__(path, _as_hub_route(endpoint), **options)


def _writes(methods: Any) -> bool:
    return bool(set(methods or ("GET",)) - {"GET", "HEAD"})


def _with(dependencies: Any, *wanted: Callable[..., Any]) -> list[Any]:
    # Including a router in another one builds its routes again, from what they already have.
    found = list(dependencies or ())
    known = {each.dependency for each in found}
    return [*(Depends(each) for each in wanted if each not in known), *found]


def _as_hub_route(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    if getattr(endpoint, "is_hub_route", False):
        return endpoint
    if inspect.iscoroutinefunction(endpoint):
        raise TypeError(f"{endpoint.__name__}: write a plain def, which runs in a thread of the hub")
    signature = inspect.signature(endpoint, eval_str=True)
    row = _row_of(signature.return_annotation)
    # FastAPI passes the request to one parameter only.
    named = (each.name for each in signature.parameters.values() if each.annotation is Request)
    own_request = next(named, None)

    @functools.wraps(endpoint)
    async def run(**values: Any) -> Any:
        sees = values.pop(_SEES)
        request = values[own_request] if own_request else values.pop(_REQUEST)
        paging = next((each for each in values.values() if isinstance(each, PagingOfRequest)), None)
        if paging and row:
            check_sort(paging, row, () if sees else cost_columns(row))
        with audit.noticed() as entries:
            found = await in_hub_thread(functools.partial(endpoint, **values))
        if _writes([request.method]) and not entries:
            raise RuntimeError(f"{endpoint.__name__} left no entry in the audit log")
        shown = found if sees else _without_costs(found, row)
        if paging is None or row is None or not (paging.as_csv and isinstance(shown, Table)):
            return shown
        return csv_response(shown, row, paging, request.url.path)

    # FastAPI would unwrap it and take it for a plain function.
    del run.__wrapped__
    own = [inspect.Parameter(_SEES, inspect.Parameter.KEYWORD_ONLY, annotation=SeesCosts)]
    if own_request is None:
        own.append(inspect.Parameter(_REQUEST, inspect.Parameter.KEYWORD_ONLY, annotation=Request))
    run.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[*(each.replace(kind=each.KEYWORD_ONLY) for each in signature.parameters.values()), *own]
    )
    run.is_hub_route = True  # type: ignore[attr-defined]
    return run


def _without_costs(found: Any, row: type[BaseModel] | None) -> Any:
    shown = without_costs(found)
    if row and isinstance(shown, Table):
        return shown.model_copy(update={"hidden": cost_columns(row)})
    return shown


def _row_of(annotation: Any) -> type[BaseModel] | None:
    """The row of a ``Table[Row]``."""
    given = getattr(annotation, "__pydantic_generic_metadata__", {})
    return given["args"][0] if given.get("origin") is Table else None


__all__ = ["HubRoute", "in_hub_thread", "now", "read", "today"]
