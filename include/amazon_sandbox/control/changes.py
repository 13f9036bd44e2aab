"""Control calls that change the sandbox (POST) and show its settings (GET)."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.ads import data as ads_data
from amazon_sandbox.ads.accounts import AdsAccounts
from amazon_sandbox.control import bodies
from amazon_sandbox.control.common import ControlError, find_seller, read_body, read_integer
from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.faults import InvalidFault
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.core.quotas import UsagePlan
from amazon_sandbox.core.sandbox import Sandbox, sandbox_of
from amazon_sandbox.inbound.inside import inside
from amazon_sandbox.inbound.store import InboundStore
from amazon_sandbox.lwa.restricted import RestrictedTokens
from amazon_sandbox.lwa.state import TokenStore
from amazon_sandbox.notifications.sending import NotificationSender
from amazon_sandbox.reports.budgets import DailyBudgets
from amazon_sandbox.reports.creation import BULK_TYPES, ReportCreator
from amazon_sandbox.reports.render import Renderer

WAIT_AT_A_JUMP = 30.0  # real seconds, for documents of gigabytes
_THIS_MACHINE = ("127.0.0.1", "localhost", "::1")


async def clock(request: Request) -> Response:
    """GET shows the clock, POST changes it: set, jump_seconds, freeze, speed, applied in this order.

    Before a jump all queued documents are written. Otherwise it would depend on the speed of the machine
    whether a report that is due after the jump is DONE.
    """
    sandbox = sandbox_of(request)
    if request.method == "POST":
        change = await read_body(request, bodies.ClockChange)
        to: float | None = None
        if change.set is not None:
            parsed = parse_instant(change.set)
            if parsed is None:
                raise ControlError(f"set: {change.set!r} is not a valid time", "Use 2026-11-20T08:00:00Z.")
            to = parsed[0].timestamp()
        speed = change.speed
        if change.freeze is not None:
            speed = 0.0 if change.freeze else (1.0 if speed is None else speed)
        if change.jump_seconds:
            await sandbox.state(Renderer).finish(WAIT_AT_A_JUMP)
        sandbox.clock.change(speed=speed, to=to, jump=change.jump_seconds)
    return json_answer(sandbox.clock.as_dict())


async def faults(request: Request) -> Response:
    """POST sets a fault, GET shows the faults that are set and the menu, DELETE removes all."""
    sandbox = sandbox_of(request)
    book = sandbox.faults
    if request.method == "POST":
        wanted = await read_body(request, bodies.NewFault)
        if wanted.report_type is not None and wanted.report_type not in sandbox.report_types():
            raise ControlError(
                f"unknown report type {wanted.report_type!r}", "Use Amazon's name of the type."
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


async def one_fault(request: Request) -> Response:
    """DELETE removes one fault."""
    fault_id = read_integer(request.path_params["fault_id"], "fault id")
    if sandbox_of(request).faults.remove(fault_id) is None:
        raise ControlError(f"no fault {fault_id} is set", "GET /_sandbox/faults lists them.", 404)
    return json_answer({"ok": True})


async def roles(request: Request) -> Response:
    """POST grants or revokes an account's restricted role (personal data), GET shows who has it."""
    sandbox = sandbox_of(request)
    having = sandbox.state(RestrictedTokens).accounts
    if request.method == "POST":
        wanted = await read_body(request, bodies.RoleChange)
        account = find_seller(sandbox, "account", wanted.account).account
        (having.add if wanted.restricted else having.discard)(account)
    return json_answer({seller.account: seller.account in having for seller in sandbox.simulation.sellers})


async def quotas(request: Request) -> Response:
    """POST changes a usage plan or a report type's daily budget, GET shows them and the buckets' tokens."""
    sandbox = sandbox_of(request)
    now = sandbox.clock.now()
    if request.method == "POST":
        wanted = await read_body(request, bodies.QuotaChange)
        _set_quota(sandbox, wanted, now)
    return json_answer({**sandbox.quotas.as_dict(now), "daily_budgets": sandbox.state(DailyBudgets).limits})


def _set_quota(sandbox: Sandbox, wanted: bodies.QuotaChange, now: float) -> None:
    if wanted.report_type is not None:
        if wanted.daily is None:
            sandbox.state(DailyBudgets).limits.pop(wanted.report_type, None)
        else:
            sandbox.state(DailyBudgets).limits[wanted.report_type] = wanted.daily
        return
    if wanted.operation not in sandbox.quotas.published:
        known = ", ".join(sandbox.quotas.published)
        raise ControlError(f"operation {wanted.operation!r} has no usage plan", f"Use one of: {known}.")
    if wanted.seller_id is not None:
        _check_quota_owner(sandbox, wanted.operation, wanted.seller_id)
    old = sandbox.quotas.plan(wanted.operation, wanted.seller_id or "")
    plan = UsagePlan(
        old.rate if wanted.rate is None else wanted.rate, old.burst if wanted.burst is None else wanted.burst
    )
    sandbox.quotas.set_plan(wanted.operation, wanted.seller_id, plan, now)


def _check_quota_owner(sandbox: Sandbox, operation: str, owner: str) -> None:
    if operation not in ads_data.USAGE_PLANS or operation in ads_data.WITHOUT_PROFILE:
        find_seller(sandbox, "seller_id", owner)
        return
    known = [str(profile.id) for account in sandbox.state(AdsAccounts).all for profile in account.profiles]
    if owner not in known:
        raise ControlError(
            f"seller_id: unknown profile {owner!r}",
            f"Quotas of the Ads API are per profile; use one of: {', '.join(known)}.",
            404,
        )


async def jobs(request: Request) -> Response:
    """POST changes how fast reports finish and how documents are stored; null restores each type's own."""
    pace = sandbox_of(request).state(ReportCreator).pace
    if request.method == "POST":
        wanted = await read_body(request, bodies.PaceChange)
        for name in wanted.model_fields_set:
            setattr(pace, name, getattr(wanted, name))
    names = ("queue_seconds", "progress_seconds", "reads", "compression", "rows_per_page")
    return json_answer({name: getattr(pace, name) for name in names})


async def inbound(request: Request) -> Response:
    """POST changes how long inbound operations take (null: each its own time); shows plans and operations."""
    sandbox = sandbox_of(request)
    store = sandbox.state(InboundStore)
    if request.method == "POST":
        store.operations.seconds = (await read_body(request, bodies.InboundPace)).operation_seconds
    sandbox.catch_up()
    plans = [inside(store, plan, sandbox.clock.now()) for plan in store.plans()]
    return json_answer({"operation_seconds": store.operations.seconds, "plans": plans})


async def tokens(request: Request) -> Response:
    """POST changes how long new access tokens are valid (virtual seconds)."""
    store = sandbox_of(request).state(TokenStore)
    if request.method == "POST":
        store.lifetime = (await read_body(request, bodies.TokenSettings)).lifetime_seconds
    return json_answer({"lifetime_seconds": store.lifetime})


async def queues(request: Request) -> Response:
    """POST sets the SQS server that notifications are sent to (on this machine), GET shows what was sent."""
    notification_sender = sandbox_of(request).state(NotificationSender)
    if request.method == "POST":
        wanted = await read_body(request, bodies.QueueSettings)
        url = wanted.endpoint_url.rstrip("/") if wanted.endpoint_url else None
        if url is not None and urlsplit(url).hostname not in _THIS_MACHINE:
            raise ControlError(
                f"endpoint_url {url!r} is not on this machine", "Use a URL such as http://127.0.0.1:5000."
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
    """Give the next all-orders or search terms document n rows."""
    wanted = await read_body(request, bodies.BulkSize)
    sandbox_of(request).state(ReportCreator).bulk_rows = wanted.rows
    return json_answer({"rows": wanted.rows, "report_types": BULK_TYPES})


async def reset(request: Request) -> Response:
    """Forget reports, calls, faults, quotas and messages; the clock runs on."""
    sandbox_of(request).reset()
    return json_answer({"ok": True})
