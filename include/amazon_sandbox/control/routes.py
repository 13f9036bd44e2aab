"""The control calls and their paths. JSON, no login."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox.control import changes, portal, views
from amazon_sandbox.control.common import ControlError
from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.reports.state import ReportStore
from amazon_sandbox.sp_api.operations import unknown_path

Endpoint = Callable[[Request], Awaitable[Response]]


async def index(request: Request) -> Response:
    """The calls available here."""
    sandbox = sandbox_of(request)
    listed = {
        f"{'/'.join(sorted((route.methods or set()) - {'HEAD'}))} {route.path}": (
            route.endpoint.__doc__ or ""
        ).strip()
        for route in routes
    }
    return json_answer(
        {"url": sandbox.public_url, "reports": len(sandbox.state(ReportStore)), "calls": listed}
    )


async def refuse(request: Request, error: Exception) -> Response:
    """A ControlError as JSON."""
    if not isinstance(error, ControlError):
        raise error
    return json_answer({"error": {"message": error.message, "remedy": error.remedy}}, error.status)


async def wrong_path(request: Request, error: Exception) -> Response:
    """404 and 405 under /_sandbox as JSON; elsewhere as the gateway answers them."""
    if not request.url.path.startswith("/_sandbox") or not isinstance(error, HTTPException):
        return await unknown_path(request)
    message = f"{request.method} {request.url.path}: {error.detail}"
    return json_answer(
        {"error": {"message": message, "remedy": "GET /_sandbox lists the calls."}}, error.status_code
    )


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route("/_sandbox" + path, endpoint, methods=list(methods))


routes: list[Route] = [
    _route("", index, "GET"),
    _route("/clock", changes.clock, "GET", "POST"),
    _route("/accounts", views.accounts, "GET"),
    _route("/calls", views.calls, "GET", "DELETE"),
    _route("/faults", changes.faults, "GET", "POST", "DELETE"),
    _route("/faults/{fault_id}", changes.one_fault, "DELETE"),
    _route("/quotas", changes.quotas, "GET", "POST"),
    _route("/jobs", changes.jobs, "GET", "POST"),
    _route("/inbound", changes.inbound, "GET", "POST"),
    _route("/tokens", changes.tokens, "GET", "POST"),
    _route("/roles", changes.roles, "GET", "POST"),
    _route("/portal", portal.portal, "GET", "POST"),
    _route("/queues", changes.queues, "GET", "POST"),
    _route("/bulk", changes.bulk, "POST"),
    _route("/reset", changes.reset, "POST"),
    _route("/expected-figures", views.expected_figures, "GET"),
    _route("/truth", views.expected_figures, "GET"),  # the former path
    _route("/reports", views.reports, "GET"),
    _route("/queries", views.data_kiosk_queries, "GET"),
    _route("/ads", views.ads_reports, "GET"),
    _route("/slack", views.slack, "GET", "DELETE"),
    _route("/clickup", views.clickup, "GET", "DELETE"),
    _route("/telegram", views.telegram, "GET", "DELETE"),
]

exception_handlers: dict[Any, Any] = {ControlError: refuse, 404: wrong_path, 405: wrong_path}
