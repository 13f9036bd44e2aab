"""Control calls under /_sandbox: clock, accounts, calls, faults, quotas and so on. JSON, no login."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from amazon_sandbox import control_bodies as bodies
from amazon_sandbox.ads import data as ads_data
from amazon_sandbox.ads.expected_figures import ads_figures
from amazon_sandbox.ads.state import known_ads_types
from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.calls import KEPT_CALLS
from amazon_sandbox.core.clock import instant, iso_micro
from amazon_sandbox.core.faults import InvalidFault
from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.data_kiosk import data as data_kiosk_data
from amazon_sandbox.reports import data as reports_data
from amazon_sandbox.reports.creation import BULK_TYPES
from amazon_sandbox.reports.requests import parse_instant
from amazon_sandbox.simulation import Seller
from amazon_sandbox.sinks.messages import Messages

Body = TypeVar("Body", bound=BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]
WAIT_AT_A_JUMP = 30.0  # real seconds, for documents of gigabytes
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


class ControlError(Exception):
    """A control call that cannot be done; says what to write instead."""

    def __init__(self, message: str, remedy: str, status: int = 400) -> None:
        self.message = message
        self.remedy = remedy
        self.status = status
        super().__init__(message)


async def clock(request: Request) -> Response:
    """GET shows, POST changes: set, jump_seconds, freeze, speed, applied in this order.

    Before a jump the documents that were asked for are written: else it would depend on the machine whether
    a report whose time the jump ends is DONE.
    """
    sandbox = sandbox_of(request)
    if request.method == "POST":
        change = await _read(request, bodies.ClockChange)
        to: float | None = None
        if change.set is not None:
            parsed = parse_instant(change.set)
            if parsed is None:
                raise ControlError(f"set: {change.set!r} is no instant", "Write it as 2026-11-20T08:00:00Z.")
            to = parsed[0].timestamp()
        speed = change.speed
        if change.freeze is not None:
            speed = 0.0 if change.freeze else (1.0 if speed is None else speed)
        if change.jump_seconds:
            await sandbox.renderer.finish(WAIT_AT_A_JUMP)
        sandbox.clock.change(speed=speed, to=to, jump=change.jump_seconds)
    return json_answer(sandbox.clock.as_dict())


async def accounts(request: Request) -> Response:
    """The sellers and their credentials, made from the seed."""
    names = (
        "account",
        "seller_id",
        "region",
        "marketplace_ids",
        "client_id",
        "client_secret",
        "refresh_token",
    )
    sandbox = sandbox_of(request)
    return json_answer(
        [
            {name: getattr(seller, name) for name in names}
            | {"ads": sandbox.ads_account(seller.account).as_dict()}
            for seller in sandbox.simulation.sellers
        ]
    )


async def calls(request: Request) -> Response:
    """What was asked; DELETE forgets it."""
    log = sandbox_of(request).calls
    if request.method == "DELETE":
        log.clear()
        return json_answer({"ok": True})
    query = request.query_params
    limit = _integer(query.get("limit", str(KEPT_CALLS)), "limit")
    return json_answer(
        log.as_dict(query.get("operation"), query.get("seller_id"), query.get("status"), limit)
    )


async def faults(request: Request) -> Response:
    """POST sets a fault, GET shows those set and the menu, DELETE removes all."""
    book = sandbox_of(request).faults
    if request.method == "POST":
        wanted = await _read(request, bodies.FaultWanted)
        known_types = (*reports_data.known_types(), *data_kiosk_data.TYPES, *known_ads_types())
        if wanted.report_type is not None and wanted.report_type not in known_types:
            raise ControlError(
                f"there is no report type {wanted.report_type!r}", "Write Amazon's name of the type."
            )
        try:
            fault = book.add(**wanted.model_dump(exclude={"fault"}), name=wanted.fault)
        except InvalidFault as error:
            raise ControlError(str(error), error.remedy) from error
        return json_answer(fault.as_dict(), 201)
    if request.method == "DELETE":
        book.clear()
        return json_answer({"ok": True})
    menu = [
        {"fault": kind.name, "stage": kind.stage, "text": kind.text, "options": dict(kind.options)}
        for kind in book.menu.values()
    ]
    return json_answer({"faults": [fault.as_dict() for fault in book.listed()], "menu": menu})


async def roles(request: Request) -> Response:
    """POST gives or takes the restricted role (personal data) at an account, GET shows who has it."""
    sandbox = sandbox_of(request)
    if request.method == "POST":
        wanted = await _read(request, bodies.RoleWanted)
        account = _seller_by(sandbox, "account", wanted.account).account
        change = sandbox.restricted.accounts.add if wanted.restricted else sandbox.restricted.accounts.discard
        change(account)
    has = sandbox.restricted.accounts
    return json_answer({seller.account: seller.account in has for seller in sandbox.simulation.sellers})


async def one_fault(request: Request) -> Response:
    """DELETE removes one fault."""
    fault_id = _integer(request.path_params["fault_id"], "fault id")
    if sandbox_of(request).faults.remove(fault_id) is None:
        raise ControlError(f"no fault {fault_id} is set", "GET /_sandbox/faults lists them.", 404)
    return json_answer({"ok": True})


async def quotas(request: Request) -> Response:
    """POST changes a usage plan or a daily budget of a report type, GET shows plans and what buckets hold."""
    sandbox = sandbox_of(request)
    now = sandbox.clock.now()
    if request.method == "POST":
        wanted = await _read(request, bodies.QuotaWanted)
        _set_quota(sandbox, wanted, now)
    return json_answer({**sandbox.quotas.as_dict(now), "daily_budgets": sandbox.daily_budgets})


def _set_quota(sandbox: Sandbox, wanted: bodies.QuotaWanted, now: float) -> None:
    if wanted.report_type is not None:
        if wanted.daily is None:
            sandbox.daily_budgets.pop(wanted.report_type, None)
        else:
            sandbox.daily_budgets[wanted.report_type] = wanted.daily
        return
    if wanted.operation not in sandbox.quotas.published:
        known = ", ".join(sandbox.quotas.published)
        raise ControlError(f"operation {wanted.operation!r} has no usage plan", f"Write one of: {known}.")
    if wanted.seller_id is not None:
        _check_quota_owner(sandbox, wanted.operation, wanted.seller_id)
    old = sandbox.quotas.plan(wanted.operation, wanted.seller_id or "")
    plan = UsagePlan(
        old.rate if wanted.rate is None else wanted.rate, old.burst if wanted.burst is None else wanted.burst
    )
    sandbox.quotas.set_plan(wanted.operation, wanted.seller_id, plan, now)


def _check_quota_owner(sandbox: Sandbox, operation: str, owner: str) -> None:
    if operation not in ads_data.USAGE_PLANS or operation in ads_data.WITHOUT_PROFILE:
        _seller_by(sandbox, "seller_id", owner)
        return
    known = [str(profile.id) for account in sandbox.ads_accounts for profile in account.profiles]
    if owner not in known:
        raise ControlError(
            f"seller_id: there is no profile {owner!r}",
            f"Quotas of the Ads API are a profile's; write one of: {', '.join(known)}.",
            404,
        )


async def jobs(request: Request) -> Response:
    """POST changes how fast reports finish and how documents are stored; null: each type's own way."""
    pace = sandbox_of(request).report_creator.pace
    if request.method == "POST":
        wanted = await _read(request, bodies.PaceWanted)
        for name in wanted.model_fields_set:
            setattr(pace, name, getattr(wanted, name))
    names = ("queue_seconds", "progress_seconds", "reads", "compression", "rows_per_page")
    return json_answer({name: getattr(pace, name) for name in names})


async def tokens(request: Request) -> Response:
    """POST changes how long access tokens live (virtual seconds)."""
    store = sandbox_of(request).tokens
    if request.method == "POST":
        store.lifetime = (await _read(request, bodies.TokensWanted)).lifetime_seconds
    return json_answer({"lifetime_seconds": store.lifetime})


async def queues(request: Request) -> Response:
    """POST sets where the SQS queues of notifications are (this machine only), GET shows what was sent."""
    notification_sender = sandbox_of(request).notification_sender
    if request.method == "POST":
        wanted = await _read(request, bodies.QueuesWanted)
        url = wanted.endpoint_url.rstrip("/") if wanted.endpoint_url else None
        if url is not None and urlsplit(url).hostname not in _THIS_MACHINE:
            raise ControlError(
                f"endpoint_url {url!r} is not on this machine", "Write one such as http://127.0.0.1:5000."
            )
        notification_sender.endpoint_url, notification_sender.region = url, wanted.region
    return json_answer(
        {
            "endpoint_url": notification_sender.endpoint_url,
            "region": notification_sender.region,
            "sent": list(notification_sender.sent),
        }
    )


async def bulk(request: Request) -> Response:
    """Make the next all-orders or search terms document n rows long."""
    wanted = await _read(request, bodies.BulkWanted)
    sandbox_of(request).report_creator.bulk_rows = wanted.rows
    return json_answer({"rows": wanted.rows, "report_types": BULK_TYPES})


async def reset(request: Request) -> Response:
    """Forget reports, calls, faults, quotas and messages; the clock runs on."""
    sandbox_of(request).reset()
    return json_answer({"ok": True})


async def expected_figures(request: Request) -> Response:
    """What was really sold on a marketplace-local day, as known now (or at as_of)."""
    sandbox = sandbox_of(request)
    query = request.query_params
    seller = _seller_by(sandbox, "account", _given(query.get("account"), "account"))
    storefront = _given(query.get("marketplace_id"), "marketplace_id")
    if storefront not in seller.marketplace_ids:
        raise ControlError(
            f"{seller.account} does not sell in {storefront!r}",
            f"Its shops: {', '.join(seller.marketplace_ids)}.",
        )
    text = _given(query.get("date"), "date")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ControlError(f"date: {text!r} is no date", "Write it as 2026-11-20.") from error
    as_of = instant(sandbox.clock.now())
    if "as_of" in query:
        parsed = parse_instant(query["as_of"])
        if parsed is None:
            raise ControlError(
                f"as_of: {query['as_of']!r} is no instant", "Write it as 2026-11-20T08:00:00Z."
            )
        as_of = parsed[0]
    said = sandbox.simulation.expected_figures(seller, storefront, day, as_of)
    if query.get("ads") == "true":
        said["ads"] = ads_figures(
            sandbox.simulation.storefront(seller, storefront), day, int(as_of.timestamp())
        )
    return json_answer(said)


async def reports(request: Request) -> Response:
    """Every report of every seller, with what only the sandbox knows."""
    shown = []
    for report in sandbox_of(request).reports.everything():
        inside = {"account": report.account, "faults": report.faults, "reads": report.reads}
        repeat = {"repeatOf": report.repeat_of.id} if report.repeat_of else {}
        shown.append(report.as_dict() | {"createdAt": iso_micro(report.created), "sandbox": inside | repeat})
    return json_answer({"reports": shown})


async def data_kiosk_queries(request: Request) -> Response:
    """Every Data Kiosk query of every seller, with what only the sandbox knows."""
    shown = []
    for query in sandbox_of(request).queries.everything():
        inside = {"account": query.account, "faults": query.faults, "reads": query.reads}
        shown.append(query.as_dict() | {"createdAt": iso_micro(query.created), "sandbox": inside})
    return json_answer({"queries": shown})


async def ads_reports(request: Request) -> Response:
    """Every Ads report and export of every profile, with what only the sandbox knows."""
    shown = []
    for report in sandbox_of(request).ads.everything():
        is_export = report.report_type.startswith("exports.")
        body = report.as_export(None, None) if is_export else report.as_report(None, None)
        inside = {"account": report.account, "profile_id": str(report.profile_id), "reads": report.reads}
        inside |= {"report_type": report.report_type, "faults": report.faults}
        shown.append(body | {"sandbox": inside})
    return json_answer({"reports": shown})


async def slack(request: Request) -> Response:
    """What was posted, oldest first; DELETE forgets it."""
    return _messages(request, sandbox_of(request).slack)


async def clickup(request: Request) -> Response:
    """The comments that were made, oldest first; DELETE forgets them."""
    return _messages(request, sandbox_of(request).clickup)


async def telegram(request: Request) -> Response:
    """The messages that were sent, oldest first; DELETE forgets them."""
    return _messages(request, sandbox_of(request).telegram)


def _messages(request: Request, store: Messages) -> Response:
    if request.method == "DELETE":
        store.clear()
        return json_answer({"ok": True})
    return json_answer({"messages": list(store.messages)})


async def index(request: Request) -> Response:
    """What can be called here."""
    sandbox = sandbox_of(request)
    listed = {
        f"{'/'.join(sorted((route.methods or set()) - {'HEAD'}))} {route.path}": (
            route.endpoint.__doc__ or ""
        ).strip()
        for route in routes
    }
    return json_answer({"url": sandbox.public_url, "reports": len(sandbox.reports), "calls": listed})


async def refuse(request: Request, error: Exception) -> Response:
    """A ControlError as JSON."""
    if not isinstance(error, ControlError):
        raise error
    return json_answer({"error": {"message": error.message, "remedy": error.remedy}}, error.status)


async def wrong_path(request: Request, error: Exception) -> Response:
    """404 and 405 under /_sandbox as JSON; elsewhere as the gateway answers them."""
    from amazon_sandbox.sp_api.operations import unknown_path

    if not request.url.path.startswith("/_sandbox") or not isinstance(error, HTTPException):
        return await unknown_path(request)
    message = f"{request.method} {request.url.path}: {error.detail}"
    return json_answer(
        {"error": {"message": message, "remedy": "GET /_sandbox lists the calls."}}, error.status_code
    )


async def _read(request: Request, model: type[Body]) -> Body:
    raw = await request.body()
    try:
        return model.model_validate(json.loads(raw) if raw else {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "body"
        raise ControlError(f"{place}: {first['msg']}", f"Fields: {', '.join(model.model_fields)}.") from error
    except ValueError as error:
        raise ControlError(f"the body is not JSON: {error}", "Send a JSON object.") from error


def _seller_by(sandbox: Sandbox, name: str, value: str) -> Seller:
    for seller in sandbox.simulation.sellers:
        if getattr(seller, name) == value:
            return seller
    known = ", ".join(str(getattr(seller, name)) for seller in sandbox.simulation.sellers)
    raise ControlError(f"{name}: there is no {value!r}", f"Write one of: {known}.", 404)


def _given(value: str | None, name: str) -> str:
    if not value:
        raise ControlError(f"parameter {name} is missing", "Needed: account, marketplace_id, date.")
    return value


def _integer(text: str, name: str) -> int:
    if not text.isdecimal():
        raise ControlError(f"{name}: {text!r} is no whole number", "Write digits.")
    return int(text)


def _route(path: str, endpoint: Endpoint, *methods: str) -> Route:
    return Route("/_sandbox" + path, endpoint, methods=list(methods))


routes: list[Route] = [
    _route("", index, "GET"),
    _route("/clock", clock, "GET", "POST"),
    _route("/accounts", accounts, "GET"),
    _route("/calls", calls, "GET", "DELETE"),
    _route("/faults", faults, "GET", "POST", "DELETE"),
    _route("/faults/{fault_id}", one_fault, "DELETE"),
    _route("/quotas", quotas, "GET", "POST"),
    _route("/jobs", jobs, "GET", "POST"),
    _route("/tokens", tokens, "GET", "POST"),
    _route("/roles", roles, "GET", "POST"),
    _route("/queues", queues, "GET", "POST"),
    _route("/bulk", bulk, "POST"),
    _route("/reset", reset, "POST"),
    _route("/truth", expected_figures, "GET"),
    _route("/reports", reports, "GET"),
    _route("/queries", data_kiosk_queries, "GET"),
    _route("/ads", ads_reports, "GET"),
    _route("/slack", slack, "GET", "DELETE"),
    _route("/clickup", clickup, "GET", "DELETE"),
    _route("/telegram", telegram, "GET", "DELETE"),
]

exception_handlers: dict[Any, Any] = {ControlError: refuse, 404: wrong_path, 405: wrong_path}
