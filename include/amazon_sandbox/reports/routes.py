"""The nine operations of the Reports API and the download behind the presigned URLs."""

from __future__ import annotations

import itertools

from starlette.routing import BaseRoute, Route

from amazon_sandbox.core.answers import FORBIDDEN, ApiError, invalid_input
from amazon_sandbox.core.clock import instant
from amazon_sandbox.core.faults import Stage
from amazon_sandbox.lwa.restricted import RestrictedTokens
from amazon_sandbox.reports import data, requests
from amazon_sandbox.reports.budgets import DailyBudgets
from amazon_sandbox.reports.creation import ReportCreator
from amazon_sandbox.reports.documents import PREFIX, download, presigned_url
from amazon_sandbox.reports.processing import ReportProcessor
from amazon_sandbox.reports.requests import ReportFilter
from amazon_sandbox.reports.state import Report, ReportStore, Schedule, read_token, token_of
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.bodies import body_object
from amazon_sandbox.sp_api.operations import Answer, Operation, endpoint

_NO_REPORT = ApiError(404, "NotFound", "One or more of the provided ReportRequestIds could not be found.")
_NO_DOCUMENT = ApiError(404, "NotFound", "The requested report document could not be found.")
_NO_SCHEDULE = ApiError(404, "NotFound", "The requested report schedule could not be found.")
_NEEDS_RESTRICTED_TOKEN = ApiError(
    403,
    "Unauthorized",
    "Access to requested resource is denied.",
    "A restricted data token is needed for this report document.",
)


async def create_report(call: Operation) -> Answer:
    """createReport: 202 with the id only."""
    body = body_object(call.body, call.request.headers.get("content-type"))
    wanted = requests.report_specification(body, instant(call.sandbox.clock.now()))
    call.report_type, call.marketplace_ids = wanted.report_type, wanted.marketplace_ids
    requests.check_requestable(wanted.report_type, by_schedule=False, has_role=_has_role(call))
    _check_marketplaces(call, wanted.marketplace_ids)
    if not call.sandbox.state(DailyBudgets).take(call.caller.seller_id, wanted.report_type):
        raise ApiError(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
    report, call.note = call.sandbox.state(ReportCreator).create(call.caller, call.application, wanted)
    call.report_id = report.id
    return 202, {"reportId": report.id}


async def get_report(call: Operation) -> Answer:
    """getReport."""
    report = _report(call)
    report.reads += 1
    await call.sandbox.state(ReportProcessor).advance((report,))
    return 200, report.as_dict()


async def cancel_report(call: Operation) -> Answer:
    """cancelReport: only while IN_QUEUE."""
    report = _report(call)
    await call.sandbox.state(ReportProcessor).advance((report,))
    if not call.sandbox.state(ReportProcessor).cancel(report):
        raise invalid_input(f"Report cannot be cancelled, its status is {report.status}", report.id)
    return 200, {}


async def get_reports(call: Operation) -> Answer:
    """getReports, newest first; also those created by schedules and by Amazon."""
    wanted = requests.report_filter(
        call.request.query_params, instant(call.sandbox.clock.now()), has_role=_has_role(call)
    )
    position: tuple[float, int] | None = None
    if isinstance(wanted, str):
        continued = read_token(wanted)
        if continued is None:
            raise invalid_input("Invalid nextToken")
        wanted, position = continued
    call.report_type = wanted.report_types[0]
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    if data.SETTLEMENTS in wanted.report_types:
        call.sandbox.state(ReportCreator).publish_settlements(call.caller)
    page, more = await _page(call, wanted, position)
    body: dict[str, object] = {"reports": [report.as_dict() for report in page]}
    if more:
        body["nextToken"] = token_of(wanted, page[-1])
    return 200, body


async def _page(
    call: Operation, wanted: ReportFilter, position: tuple[float, int] | None
) -> tuple[list[Report], bool]:
    """The reports of a page, and whether there are more. Reports are advanced before their status is read."""
    candidates = call.sandbox.state(ReportStore).page(call.caller.seller_id, wanted, position)
    page: list[Report] = []
    while batch := list(itertools.islice(candidates, wanted.page_size)):
        await call.sandbox.state(ReportProcessor).advance(batch)
        for report in batch:
            if not wanted.statuses or report.status in wanted.statuses:
                if len(page) == wanted.page_size:
                    return page, True
                page.append(report)
    return page, False


async def get_report_document(call: Operation) -> Answer:
    """getReportDocument: a URL that is valid for 300 seconds."""
    encoded = queries.flag(call.request.query_params, "enableContentEncodingUrlHeader")
    document = call.sandbox.state(ReportStore).document(
        call.request.path_params["document_id"], call.caller.seller_id
    )
    now = call.sandbox.clock.now()
    if (
        document is None
        or document.family != "reports"
        or now - document.created > data.RETENTION.total_seconds()
    ):
        raise _NO_DOCUMENT
    if data.known_types().get(document.report_type) == "restricted" and not call.is_restricted:
        raise _NEEDS_RESTRICTED_TOKEN
    rendered = await call.sandbox.state(ReportProcessor).rendered(document)
    if rendered is None:
        raise _NO_DOCUMENT
    call.report_type, call.marketplace_ids = document.report_type, document.marketplace_ids
    fault = call.sandbox.faults.draw(Stage.LABEL, call.subject()) if call.sandbox.faults else None
    label = fault.kind.name if fault else ""
    call.fault = label or None
    is_gzip = rendered.compressed
    url = presigned_url(
        call.sandbox,
        document,
        encoding=("gzip" if encoded else "identity") if is_gzip else None,
        plain=label == "plain_labelled_gzip",
        expired=label == "expired_url",
    )
    if fault and label == "foreign_url":
        origin = str(fault.options.get("origin", "https://documents.example"))
        url = origin + url.removeprefix(call.sandbox.public_url)
    body = {"reportDocumentId": document.id, "url": url}
    if (is_gzip and label != "gzip_unlabelled") or label == "plain_labelled_gzip":
        body["compressionAlgorithm"] = "GZIP"
    return 200, body


async def create_schedule(call: Operation) -> Answer:
    """createReportSchedule: replaces the one of the same type and marketplaces."""
    body = body_object(call.body, call.request.headers.get("content-type"))
    wanted = requests.schedule_specification(body)
    call.report_type, call.marketplace_ids = wanted.report_type, wanted.marketplace_ids
    requests.check_requestable(wanted.report_type, by_schedule=True)
    _check_marketplaces(call, wanted.marketplace_ids)
    now = call.sandbox.clock.now()
    schedules = call.sandbox.state(ReportStore).schedules
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    for old in list(schedules.values()):
        if (old.seller_id, old.report_type, sorted(old.marketplace_ids)) == (
            call.caller.seller_id,
            wanted.report_type,
            sorted(wanted.marketplace_ids),
        ):
            del schedules[old.id]
    first = now if wanted.next_creation is None else max(now, wanted.next_creation.timestamp())
    schedule = Schedule(
        id=call.sandbox.state(ReportStore).new_id(now)[0],
        seller_id=call.caller.seller_id,
        report_type=wanted.report_type,
        marketplace_ids=wanted.marketplace_ids,
        period=wanted.period,
        options=wanted.options,
        application=call.application,
        next_creation=first,
    )
    schedules[schedule.id] = schedule
    return 201, {"reportScheduleId": schedule.id}


async def get_schedule(call: Operation) -> Answer:
    """getReportSchedule."""
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    return 200, _schedule(call).as_dict()


async def get_schedules(call: Operation) -> Answer:
    """getReportSchedules."""
    wanted = requests.schedule_types(call.request.query_params)
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    found = [
        schedule.as_dict()
        for schedule in call.sandbox.state(ReportStore).schedules.values()
        if schedule.seller_id == call.caller.seller_id and schedule.report_type in wanted
    ]
    return 200, {"reportSchedules": found}


async def cancel_schedule(call: Operation) -> Answer:
    """cancelReportSchedule."""
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    del call.sandbox.state(ReportStore).schedules[_schedule(call).id]
    return 200, {}


def _has_role(call: Operation) -> bool:
    return call.caller.account in call.sandbox.state(RestrictedTokens).accounts


def _report(call: Operation) -> Report:
    call.sandbox.state(ReportCreator).run_schedules(call.caller)
    report_id = call.request.path_params["report_id"]
    report = call.sandbox.state(ReportStore).get(report_id, call.caller.seller_id, call.sandbox.clock.now())
    call.report_id = report_id
    if report is None:
        raise _NO_REPORT
    call.report_type, call.marketplace_ids = report.report_type, report.marketplace_ids
    return report


def _schedule(call: Operation) -> Schedule:
    schedule = call.sandbox.state(ReportStore).schedules.get(call.request.path_params["schedule_id"])
    if schedule is None or schedule.seller_id != call.caller.seller_id:
        raise _NO_SCHEDULE
    call.report_type, call.marketplace_ids = schedule.report_type, schedule.marketplace_ids
    return schedule


def _check_marketplaces(call: Operation, marketplace_ids: tuple[str, ...]) -> None:
    if not set(marketplace_ids) <= set(call.caller.marketplace_ids):
        raise FORBIDDEN


def _no_subject(call: Operation) -> None:
    return None


def _find_in_body(call: Operation) -> None:
    try:
        body = body_object(call.body, None)
    except ApiError:
        return  # the handler refuses it
    if isinstance(body.get("reportType"), str):
        call.report_type = body["reportType"]
    if isinstance(body.get("marketplaceIds"), list):
        call.marketplace_ids = tuple(str(each) for each in body["marketplaceIds"])


def _find_in_report(call: Operation) -> None:
    report_id = call.request.path_params["report_id"]
    report = call.sandbox.state(ReportStore).get(report_id, call.caller.seller_id, call.sandbox.clock.now())
    if report is not None:
        call.report_type, call.marketplace_ids = report.report_type, report.marketplace_ids


def _find_in_document(call: Operation) -> None:
    document = call.sandbox.state(ReportStore).document(
        call.request.path_params["document_id"], call.caller.seller_id
    )
    if document is not None:
        call.report_type, call.marketplace_ids = document.report_type, document.marketplace_ids


def _find_in_query(call: Operation) -> None:
    call.report_type = call.request.query_params.get("reportTypes", "").split(",")[0] or None


_REPORTS = f"{data.BASE}/reports"
_SCHEDULES = f"{data.BASE}/schedules"

_OPERATIONS = (
    ("GET", _REPORTS, "getReports", get_reports, _find_in_query),
    ("POST", _REPORTS, "createReport", create_report, _find_in_body),
    ("GET", f"{_REPORTS}/{{report_id}}", "getReport", get_report, _find_in_report),
    ("DELETE", f"{_REPORTS}/{{report_id}}", "cancelReport", cancel_report, _find_in_report),
    (
        "GET",
        f"{data.BASE}/documents/{{document_id}}",
        "getReportDocument",
        get_report_document,
        _find_in_document,
    ),
    ("GET", _SCHEDULES, "getReportSchedules", get_schedules, _find_in_query),
    ("POST", _SCHEDULES, "createReportSchedule", create_schedule, _find_in_body),
    ("GET", f"{_SCHEDULES}/{{schedule_id}}", "getReportSchedule", get_schedule, _no_subject),
    ("DELETE", f"{_SCHEDULES}/{{schedule_id}}", "cancelReportSchedule", cancel_schedule, _no_subject),
)

routes: list[BaseRoute] = [
    *(
        Route(path, endpoint(name, handler, find_subject), methods=[method])
        for method, path, name, handler, find_subject in _OPERATIONS
    ),
    Route(PREFIX + "{document_id}", download, methods=["GET"]),
]
