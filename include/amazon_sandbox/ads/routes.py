"""The operations of the Ads API: profiles and reporting v3. Exports and lists have modules of their own."""

from __future__ import annotations

from datetime import date
from typing import Any

from starlette.routing import BaseRoute, Route

from amazon_sandbox.ads import creation, data, requests, rows
from amazon_sandbox.ads.answers import AdsError, bad_report
from amazon_sandbox.ads.faults import refused_columns
from amazon_sandbox.ads.operations import AdsCall, Answer, endpoint
from amazon_sandbox.ads.state import AdsReport, AdsStore
from amazon_sandbox.core.clock import instant
from amazon_sandbox.reports.documents import presigned_url
from amazon_sandbox.reports.processing import ReportProcessor

_PROFILE_TYPES = ("seller", "vendor", "agency")


async def list_profiles(call: AdsCall) -> Answer:
    """All profiles that the token gives access to, of all kinds."""
    query = call.request.query_params
    kinds = [kind for kind in query.get("profileTypeFilter", "").split(",") if kind] or _PROFILE_TYPES
    found = [profile.as_dict() for profile in call.account.profiles if profile.type in kinds]
    return 200, found if query.get("validPaymentMethodFilter") != "false" else []


async def get_profile(call: AdsCall) -> Answer:
    """One profile."""
    profile = call.account.profile(call.request.path_params["profile_id"])
    if profile is None:
        raise AdsError(404, "Profile not found")
    return 200, profile.as_dict()


async def create_report(call: AdsCall) -> Answer:
    """POST /reporting/reports: 200 with the report, or 425 with the id of an identical one."""
    requests.check_media_type(call.request.headers.get("content-type"))
    body = call.json_body(is_reporting=True)
    now = call.sandbox.clock.now()
    today = date.fromordinal(call.profile.marketplace.day_of(instant(now)))
    wanted = requests.read_report_query(body, today)
    call.report_type = wanted.type_id
    _refuse_columns(call, wanted)
    if call.storefront is None:
        raise bad_report("reporting is not available for this account")
    same = requests.identity_key(call.profile.id, wanted)
    earlier = call.sandbox.state(AdsStore).latest(same)
    if earlier is not None and await _still_counts(call, earlier, now):
        call.report_id = earlier.id
        raise AdsError(425, f"The Request is a duplicate of : {earlier.id}", is_reporting=True)
    report = creation.create_report(
        call.sandbox,
        call.account.seller,
        call.profile,
        wanted.type_id,
        body,
        (("wanted", wanted.as_json()),),
        rows.write,
        same=same,
    )
    call.report_id = report.id
    return 200, report.as_report(None, None)


async def get_report(call: AdsCall) -> Answer:
    """GET /reporting/reports/{reportId}: with a fresh url once it is completed."""
    report = _report(call)
    report.reads += 1
    await call.sandbox.state(ReportProcessor).advance((report,))
    url, expires = fresh_url(call, report)
    return 200, report.as_report(url, expires)


async def delete_report(call: AdsCall) -> Answer:
    """DELETE /reporting/reports/{reportId}: only while PENDING."""
    report = _report(call)
    await call.sandbox.state(ReportProcessor).advance((report,))
    if not call.sandbox.state(ReportProcessor).cancel(report):
        raise bad_report(f"Report {report.id} cannot be deleted, its status is {report.ads_status}")
    return 200, report.as_report(None, None)


def fresh_url(call: AdsCall, report: AdsReport) -> tuple[str | None, float | None]:
    """A url that is valid for an hour, and when it expires; (None, None) while there is no document."""
    if report.ads_status != "COMPLETED" or report.document is None or report.hides_document:
        return None, None
    url = presigned_url(call.sandbox, report.document, encoding=None, seconds=data.URL_SECONDS)
    return url, call.sandbox.clock.now() + data.URL_SECONDS


def _refuse_columns(call: AdsCall, wanted: rows.ReportQuery) -> None:
    struck = refused_columns(call.sandbox.faults, call.subject(), wanted.columns)
    if struck is None:
        return
    wrong, fault = struck
    call.fault = fault.kind.name
    if fault.options.get("silent"):
        raise bad_report("Report configuration is invalid")
    raise bad_report(f"configuration columns includes invalid values: ({', '.join(wrong)})")


async def _still_counts(call: AdsCall, earlier: AdsReport, now: float) -> bool:
    """Whether `earlier` makes an identical request a duplicate: not if it failed or was cancelled,
    nor if it is completed and too old.
    """
    await call.sandbox.state(ReportProcessor).advance((earlier,))
    if earlier.ads_status in ("FAILED", "CANCELLED"):
        return False
    if earlier.ads_status != "COMPLETED":
        return True
    return now - earlier.created < data.DUPLICATE_SECONDS


def _report(call: AdsCall) -> AdsReport:
    report_id = call.request.path_params["report_id"]
    call.report_id = report_id
    now = call.sandbox.clock.now()
    report = call.sandbox.state(AdsStore).get(report_id, call.profile.id, now, data.KEPT_SECONDS)
    if report is None or report.report_type.startswith("exports."):
        raise AdsError(404, f"Report {report_id} not found", is_reporting=True)
    call.report_type = report.report_type
    return report


def _find_in_body(call: AdsCall) -> None:
    try:
        configuration: Any = call.json_body().get("configuration")
    except AdsError:
        return  # the handler refuses it
    if isinstance(configuration, dict) and isinstance(configuration.get("reportTypeId"), str):
        call.report_type = configuration["reportTypeId"]


def _find_in_report(call: AdsCall) -> None:
    try:
        _report(call)
    except AdsError:
        return  # the handler refuses it


_ONE = "/reporting/reports/{report_id}"

routes: list[BaseRoute] = [
    Route("/v2/profiles", endpoint("listProfiles", list_profiles, needs_profile=False), methods=["GET"]),
    Route(
        "/v2/profiles/{profile_id}", endpoint("getProfile", get_profile, needs_profile=False), methods=["GET"]
    ),
    Route("/reporting/reports", endpoint("createAdsReport", create_report, _find_in_body), methods=["POST"]),
    Route(_ONE, endpoint("getAdsReport", get_report, _find_in_report), methods=["GET"]),
    Route(_ONE, endpoint("deleteAdsReport", delete_report, _find_in_report), methods=["DELETE"]),
]
