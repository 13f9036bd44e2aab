"""Control calls that show what the sandbox holds and what it received."""

from __future__ import annotations

from datetime import date

from starlette.requests import Request
from starlette.responses import Response

from amazon_sandbox.ads.accounts import AdsAccounts
from amazon_sandbox.ads.expected_figures import ads_figures
from amazon_sandbox.ads.state import AdsStore
from amazon_sandbox.control.common import ControlError, find_seller, read_integer, require
from amazon_sandbox.core.answers import json_answer
from amazon_sandbox.core.calls import KEPT_CALLS
from amazon_sandbox.core.clock import instant, iso_micro
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.core.sandbox import sandbox_of
from amazon_sandbox.data_kiosk.state import QueryStore
from amazon_sandbox.reports.state import ReportStore
from amazon_sandbox.sinks.clickup.state import ClickUpStore
from amazon_sandbox.sinks.messages import Messages
from amazon_sandbox.sinks.slack.state import SlackStore
from amazon_sandbox.sinks.telegram.state import TelegramStore


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
            | {"ads": sandbox.state(AdsAccounts).of(seller.account).as_dict()}
            for seller in sandbox.simulation.sellers
        ]
    )


async def calls(request: Request) -> Response:
    """The calls received; DELETE clears the log."""
    log = sandbox_of(request).calls
    if request.method == "DELETE":
        log.clear()
        return json_answer({"ok": True})
    query = request.query_params
    limit = read_integer(query.get("limit", str(KEPT_CALLS)), "limit")
    return json_answer(
        log.as_dict(query.get("operation"), query.get("seller_id"), query.get("status"), limit)
    )


async def expected_figures(request: Request) -> Response:
    """Expected figures of a marketplace-local day, as known now (or at as_of)."""
    sandbox = sandbox_of(request)
    query = request.query_params
    seller = find_seller(sandbox, "account", require(query.get("account"), "account"))
    marketplace_id = require(query.get("marketplace_id"), "marketplace_id")
    if marketplace_id not in seller.marketplace_ids:
        raise ControlError(
            f"{seller.account} does not sell in {marketplace_id!r}",
            f"Its marketplaces: {', '.join(seller.marketplace_ids)}.",
        )
    text = require(query.get("date"), "date")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise ControlError(
            f"date: {text!r} is not a valid date", "Use YYYY-MM-DD, for example 2026-11-20."
        ) from error
    as_of = instant(sandbox.clock.now())
    if "as_of" in query:
        parsed = parse_instant(query["as_of"])
        if parsed is None:
            raise ControlError(f"as_of: {query['as_of']!r} is not a valid time", "Use 2026-11-20T08:00:00Z.")
        as_of = parsed[0]
    figures = sandbox.simulation.expected_figures(seller, marketplace_id, day, as_of)
    if query.get("ads") == "true":
        figures["ads"] = ads_figures(
            sandbox.simulation.storefront(seller, marketplace_id), day, int(as_of.timestamp())
        )
    return json_answer(figures)


async def reports(request: Request) -> Response:
    """Every report of every seller, with the sandbox's internal state."""
    shown = []
    for report in sandbox_of(request).state(ReportStore).everything():
        inside = {"account": report.account, "faults": report.faults, "reads": report.reads}
        repeat = {"repeatOf": report.repeat_of.id} if report.repeat_of else {}
        shown.append(report.as_dict() | {"createdAt": iso_micro(report.created), "sandbox": inside | repeat})
    return json_answer({"reports": shown})


async def data_kiosk_queries(request: Request) -> Response:
    """Every Data Kiosk query of every seller, with the sandbox's internal state."""
    shown = []
    for query in sandbox_of(request).state(QueryStore).everything():
        inside = {"account": query.account, "faults": query.faults, "reads": query.reads}
        shown.append(query.as_dict() | {"createdAt": iso_micro(query.created), "sandbox": inside})
    return json_answer({"queries": shown})


async def ads_reports(request: Request) -> Response:
    """Every Ads report and export of every profile, with the sandbox's internal state."""
    shown = []
    for report in sandbox_of(request).state(AdsStore).everything():
        is_export = report.report_type.startswith("exports.")
        body = report.as_export(None, None) if is_export else report.as_report(None, None)
        inside = {"account": report.account, "profile_id": str(report.profile_id), "reads": report.reads}
        inside |= {"report_type": report.report_type, "faults": report.faults}
        shown.append(body | {"sandbox": inside})
    return json_answer({"reports": shown})


async def slack(request: Request) -> Response:
    """The posted messages, oldest first; DELETE deletes them."""
    return _messages(request, sandbox_of(request).state(SlackStore))


async def clickup(request: Request) -> Response:
    """The created comments, oldest first; DELETE deletes them."""
    return _messages(request, sandbox_of(request).state(ClickUpStore))


async def telegram(request: Request) -> Response:
    """The sent messages, oldest first; DELETE deletes them."""
    return _messages(request, sandbox_of(request).state(TelegramStore))


def _messages(request: Request, store: Messages) -> Response:
    if request.method == "DELETE":
        store.reset()
        return json_answer({"ok": True})
    return json_answer({"messages": list(store.messages)})
