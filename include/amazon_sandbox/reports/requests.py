"""Reads requests of the Reports API and refuses them in Amazon's words."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import ApiError, invalid_input
from amazon_sandbox.reports import data

_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?"
)
_LIST_PARAMETERS = (
    "createdUntil",
    "createdSince",
    "pageSize",
    "marketplaceIds",
    "processingStatuses",
    "reportTypes",
)

_TYPE_NAMES: Sequence[tuple[type, str]] = (
    (bool, "boolean"),
    (int, "integer"),
    (float, "number"),
    (str, "string"),
    (list, "array"),
    (dict, "object"),
)

FORBIDDEN = ApiError(403, "Unauthorized", "Access to the resource is forbidden")


class ReportSpecification(NamedTuple):
    """A valid CreateReportSpecification. `start_day`, `end_day`: the calendar days as written."""

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


def body_object(raw: bytes, content_type: str | None) -> dict[str, Any]:
    """The JSON object of a POST. Raises ApiError: 415 for another media type, 400 for anything else."""
    if content_type is not None and content_type.split(";")[0].strip().lower() != "application/json":
        raise ApiError(415, "UnsupportedMediaType", "Unsupported Media Type", f"Content-Type {content_type}")
    try:
        parsed = json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise invalid_input("Invalid request body: it is not JSON", "") from error
    if not isinstance(parsed, dict):
        raise _wrong_type(parsed, "object")
    return parsed


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
    report_types = _csv(query, "reportTypes", 10)
    if not report_types:
        raise invalid_input("One or more required parameters missing", "reportTypes;")
    for report_type in report_types:
        check_listable(report_type, has_role=has_role)
    statuses = _csv(query, "processingStatuses", None)
    wrong = [status for status in statuses if status not in data.STATUSES]
    if wrong:
        raise invalid_input(f"Invalid Processing Status {wrong[0]}")
    oldest = now - data.RETENTION
    since = _query_time(query, "createdSince")
    # A day of grace: Amazon counts the 90 days from the start of the day.
    if since is not None and since < oldest - timedelta(days=1):
        raise invalid_input("createdSince must be within the last 90 days", query["createdSince"])
    until = _query_time(query, "createdUntil")
    return ReportFilter(
        report_types,
        statuses,
        _csv(query, "marketplaceIds", 10),
        (since or oldest).timestamp(),
        (until or now).timestamp(),
        _page_size(query),
    )


def schedule_types(query: QueryParams) -> tuple[str, ...]:
    """The report types of a getReportSchedules call. Raises ApiError."""
    report_types = _csv(query, "reportTypes", 10)
    if not report_types:
        raise invalid_input("One or more required parameters missing", "reportTypes;")
    for report_type in report_types:
        check_listable(report_type)
    return report_types


def flag(query: QueryParams, name: str) -> bool:
    """A boolean parameter, false when absent. Raises ApiError for other words."""
    value = query.get(name)
    if value is None:
        return False
    if value.lower() not in ("true", "false"):
        raise invalid_input(f"Invalid value for {name}", value)
    return value.lower() == "true"


def check_listable(report_type: str, *, has_role: bool = False) -> None:
    """Raises ApiError for a type Amazon does not have, or one this seller has no role for."""
    access = data.known_types().get(report_type)
    if access is None:
        raise invalid_input(f"Invalid Report Type {report_type}")
    if access == "restricted" and not has_role:
        raise FORBIDDEN


def check_requestable(report_type: str, *, by_schedule: bool, has_role: bool = False) -> None:
    """Raises ApiError for a type that cannot be asked for, or not by a schedule."""
    check_listable(report_type, has_role=has_role)
    access = data.known_types()[report_type]
    if access == "amazon" or (by_schedule and access != "schedulable"):
        raise invalid_input(
            f"Request for report type {data.rules_of(report_type).number} is not allowed at this time"
        )


def parse_instant(text: str) -> tuple[datetime, date] | None:
    """An ISO 8601 date or date-time as UTC instant and the day as written; no offset is UTC."""
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups()[:6])
    fraction, offset = match[7], match[8]
    if second > 60:
        return None
    try:
        written = datetime(
            year,
            month,
            day,
            hour,
            minute,
            min(second, 59),
            int((fraction or "0")[:6].ljust(6, "0")),
            tzinfo=UTC,
        )
        instant = written - _offset(offset)
    except (ValueError, OverflowError):
        return None
    return instant, written.date()


def month_later(moment: datetime) -> datetime:
    """The same day of the next month, or its last day."""
    year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
    return moment.replace(year=year, month=month, day=min(moment.day, calendar.monthrange(year, month)[1]))


def _offset(text: str | None) -> timedelta:
    if text is None or text in ("Z", "z"):
        return timedelta()
    hours, minutes = int(text[1:3]), int(text[-2:])
    if hours > 23 or minutes > 59:
        raise ValueError(text)
    size = timedelta(hours=hours, minutes=minutes)
    return -size if text[0] == "-" else size


def _require(body: Mapping[str, Any], *names: str) -> None:
    absent = [name for name in names if body.get(name) is None]
    if absent:
        raise invalid_input("One or more required parameters missing", "".join(f"{name};" for name in absent))


def _report_type(body: Mapping[str, Any]) -> str:
    value = body["reportType"]
    if not isinstance(value, str):
        raise _wrong_type(value, "string")
    return value


def _marketplaces(body: Mapping[str, Any]) -> tuple[str, ...]:
    values = body["marketplaceIds"]
    if not isinstance(values, list):
        raise _wrong_type(values, "array")
    if not values:
        raise invalid_input("One or more required parameters missing", "marketplaceIds;")
    if len(values) > 25:
        raise invalid_input("Invalid request body: [array is too long: must have at most 25 elements]")
    for value in values:
        if not isinstance(value, str):
            raise _wrong_type(value, "string")
    return tuple(dict.fromkeys(values))


def _options(body: Mapping[str, Any]) -> dict[str, str]:
    options = body.get("reportOptions")
    if options is None:
        # null stands for nothing only where the field is absent altogether.
        if "reportOptions" in body:
            raise _wrong_type(None, "object")
        return {}
    if not isinstance(options, dict):
        raise _wrong_type(options, "object")
    for value in options.values():
        if not isinstance(value, str):
            raise _wrong_type(value, "string")
    return dict(options)


def _time(body: Mapping[str, Any], name: str) -> tuple[datetime, date] | None:
    if name not in body:
        return None
    value = body[name]
    if not isinstance(value, str):
        raise _wrong_type(value, "string")
    parsed = parse_instant(value)
    if parsed is None:
        raise invalid_input(f"Invalid request body: [{name} is not an ISO 8601 date time]", value)
    return parsed


def _query_time(query: QueryParams, name: str) -> datetime | None:
    if name not in query:
        return None
    # A + that was not percent-encoded arrives as a space.
    parsed = parse_instant(re.sub(r" (\d\d:?\d\d)$", r"+\1", query[name]))
    if parsed is None:
        raise invalid_input(f"Invalid value for {name}: not an ISO 8601 date time", query[name])
    return parsed[0]


def _csv(query: QueryParams, name: str, most: int | None) -> tuple[str, ...]:
    """Values joined by commas (collectionFormat csv) or repeated."""
    if name not in query:
        return ()
    values = tuple(part.strip() for text in query.getlist(name) for part in text.split(","))
    if not all(values):
        raise invalid_input(f"Invalid value for {name}", "an empty element")
    if most is not None and len(values) > most:
        raise invalid_input(f"Too many values for {name}", f"at most {most}")
    return values


def _page_size(query: QueryParams) -> int:
    text = query.get("pageSize", "10")
    if not re.fullmatch(r"\d{1,4}", text, re.ASCII) or not 1 <= int(text) <= 100:
        raise invalid_input("Invalid value for pageSize: it must be from 1 to 100", text)
    return int(text)


def _wrong_type(value: object, allowed: str) -> ApiError:
    found = next((name for kind, name in _TYPE_NAMES if isinstance(value, kind)), "null")
    mismatch = f'instance type ({found}) does not match any allowed primitive type (allowed: ["{allowed}"])'
    return invalid_input(f"Invalid request body: [{mismatch}]")
