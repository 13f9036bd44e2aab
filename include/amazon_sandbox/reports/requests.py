"""Validates requests of the Reports API, with Amazon's error messages."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import FORBIDDEN, invalid_input
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.reports import data
from amazon_sandbox.sp_api import queries
from amazon_sandbox.sp_api.bodies import wrong_type

_LIST_PARAMETERS = (
    "createdUntil",
    "createdSince",
    "pageSize",
    "marketplaceIds",
    "processingStatuses",
    "reportTypes",
)


class ReportSpecification(NamedTuple):
    """A valid CreateReportSpecification. `start_day`, `end_day`: the calendar days as given."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    start: datetime | None
    end: datetime | None
    options: dict[str, str]
    start_day: date | None = None
    end_day: date | None = None


class ScheduleSpecification(NamedTuple):
    """A valid CreateReportScheduleSpecification."""

    report_type: str
    marketplace_ids: tuple[str, ...]
    period: str
    next_creation: datetime | None
    options: dict[str, str]


class ReportFilter(NamedTuple):
    """What getReports shows: of `report_types`, created in [since, until], `page_size` at a time."""

    report_types: tuple[str, ...]
    statuses: tuple[str, ...] = ()
    marketplace_ids: tuple[str, ...] = ()
    since: float = 0.0
    until: float = float("inf")
    page_size: int = 10


def report_specification(body: Mapping[str, Any], now: datetime) -> ReportSpecification:
    """Check a createReport body. Unknown fields are ignored, as at Amazon. Raises ApiError."""
    _require(body, "marketplaceIds", "reportType")
    start, end = _time(body, "dataStartTime"), _time(body, "dataEndTime")
    for name, value in (("dataStartTime", start), ("dataEndTime", end)):
        if value is not None and value[0] > now:
            raise invalid_input(f"{name} must be prior to or equal to the current date and time")
    if start and end and start[0] > end[0]:
        raise invalid_input("dataStartTime must be prior to or equal to dataEndTime")
    return ReportSpecification(
        report_type=_report_type(body),
        marketplace_ids=_marketplaces(body),
        start=start[0] if start else None,
        end=end[0] if end else None,
        options=_options(body),
        start_day=start[1] if start else None,
        end_day=end[1] if end else None,
    )


def schedule_specification(body: Mapping[str, Any]) -> ScheduleSpecification:
    """Check a createReportSchedule body. Raises ApiError."""
    _require(body, "marketplaceIds", "period", "reportType")
    period = body["period"]
    if not isinstance(period, str) or period not in data.PERIODS:
        raise invalid_input("Invalid Schedule Period", f"period must be one of {', '.join(data.PERIODS)}")
    next_creation = _time(body, "nextReportCreationTime")
    return ScheduleSpecification(
        report_type=_report_type(body),
        marketplace_ids=_marketplaces(body),
        period=period,
        next_creation=next_creation[0] if next_creation else None,
        options=_options(body),
    )


def report_filter(query: QueryParams, now: datetime, *, has_role: bool = False) -> ReportFilter | str:
    """The filter of a getReports call, or its nextToken. Raises ApiError."""
    if "nextToken" in query:
        others = [name for name in _LIST_PARAMETERS if name in query]
        if others:
            raise invalid_input(
                "NextToken cannot be specified with other input parameters",
                "".join(f"{name};" for name in others),
            )
        return query["nextToken"]
    report_types = queries.texts(query, "reportTypes", 10)
    if not report_types:
        raise invalid_input("One or more required parameters missing", "reportTypes;")
    for report_type in report_types:
        check_listable(report_type, has_role=has_role)
    statuses = queries.texts(query, "processingStatuses")
    wrong = [status for status in statuses if status not in data.STATUSES]
    if wrong:
        raise invalid_input(f"Invalid Processing Status {wrong[0]}")
    oldest = now - data.RETENTION
    since = queries.instant(query, "createdSince")
    # A day of grace: Amazon counts the 90 days from the start of the day.
    if since is not None and since < oldest - timedelta(days=1):
        raise invalid_input("createdSince must be within the last 90 days", query["createdSince"])
    until = queries.instant(query, "createdUntil")
    return ReportFilter(
        report_types,
        statuses,
        queries.texts(query, "marketplaceIds", 10),
        (since or oldest).timestamp(),
        (until or now).timestamp(),
        _page_size(query),
    )


def schedule_types(query: QueryParams) -> tuple[str, ...]:
    """The report types of a getReportSchedules call. Raises ApiError."""
    report_types = queries.texts(query, "reportTypes", 10)
    if not report_types:
        raise invalid_input("One or more required parameters missing", "reportTypes;")
    for report_type in report_types:
        check_listable(report_type)
    return report_types


def check_listable(report_type: str, *, has_role: bool = False) -> None:
    """Raises ApiError for an unknown type, or one that needs a role the seller lacks."""
    access = data.known_types().get(report_type)
    if access is None:
        raise invalid_input(f"Invalid Report Type {report_type}")
    if access == "restricted" and not has_role:
        raise FORBIDDEN


def check_requestable(report_type: str, *, by_schedule: bool, has_role: bool = False) -> None:
    """Raises ApiError for a type that cannot be requested, or not by a schedule."""
    check_listable(report_type, has_role=has_role)
    access = data.known_types()[report_type]
    if access == "amazon" or (by_schedule and access != "schedulable"):
        raise invalid_input(
            f"Request for report type {data.rules_of(report_type).number} is not allowed at this time"
        )


def month_later(moment: datetime) -> datetime:
    """The same day of the next month, or its last day."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _require(body: Mapping[str, Any], *names: str) -> None:
    absent = [name for name in names if body.get(name) is None]
    if absent:
        raise invalid_input("One or more required parameters missing", "".join(f"{name};" for name in absent))


def _report_type(body: Mapping[str, Any]) -> str:
    value = body["reportType"]
    if not isinstance(value, str):
        raise wrong_type(value, "string")
    return value


def _marketplaces(body: Mapping[str, Any]) -> tuple[str, ...]:
    values = body["marketplaceIds"]
    if not isinstance(values, list):
        raise wrong_type(values, "array")
    if not values:
        raise invalid_input("One or more required parameters missing", "marketplaceIds;")
    if len(values) > 25:
        raise invalid_input("Invalid request body: [array is too long: must have at most 25 elements]")
    for value in values:
        if not isinstance(value, str):
            raise wrong_type(value, "string")
    return tuple(dict.fromkeys(values))


def _options(body: Mapping[str, Any]) -> dict[str, str]:
    options = body.get("reportOptions")
    if options is None:
        # Amazon accepts an absent field, but not null.
        if "reportOptions" in body:
            raise wrong_type(None, "object")
        return {}
    if not isinstance(options, dict):
        raise wrong_type(options, "object")
    for value in options.values():
        if not isinstance(value, str):
            raise wrong_type(value, "string")
    return dict(options)


def _time(body: Mapping[str, Any], name: str) -> tuple[datetime, date] | None:
    if name not in body:
        return None
    value = body[name]
    if not isinstance(value, str):
        raise wrong_type(value, "string")
    parsed = parse_instant(value)
    if parsed is None:
        raise invalid_input(f"Invalid request body: [{name} is not an ISO 8601 date time]", value)
    return parsed


def _page_size(query: QueryParams) -> int:
    text = query.get("pageSize", "10")
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= 100:
        raise invalid_input("Invalid value for pageSize: it must be from 1 to 100", text)
    return int(text)
