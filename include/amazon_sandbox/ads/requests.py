"""Validates the bodies of POST /reporting/reports, with Amazon's error messages where they are known."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from amazon_sandbox.ads import data
from amazon_sandbox.ads.answers import AdsError, bad_report
from amazon_sandbox.ads.report_types import ReportType, report_types
from amazon_sandbox.ads.rows import ReportQuery

_NEEDED = ("adProduct", "groupBy", "columns", "reportTypeId", "timeUnit", "format")


def check_media_type(content_type: str | None) -> None:
    """Raises AdsError (415) for a Content-Type other than the two that are accepted."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind not in data.CREATE_TYPES:
        raise AdsError(415, f"Content type {kind or 'of the request'} is not supported", is_reporting=True)


def read_report_query(body: dict[str, Any], today: date) -> ReportQuery:
    """The report that a body requests. `today` is a day in the profile's time zone. Raises AdsError (400)."""
    configuration = body.get("configuration")
    missing = [name for name in ("startDate", "endDate") if not body.get(name)]
    if not isinstance(configuration, dict):
        missing.append("configuration")
        configuration = {}
    else:
        missing.extend(f"configuration {name}" for name in _NEEDED if not configuration.get(name))
    if missing:
        raise bad_report(f"Required fields are invalid or missing: {', '.join(missing)}")
    kind = report_types().get(str(configuration["reportTypeId"]))
    if kind is None:
        raise bad_report("configuration reportTypeId is unknown or invalid")
    if configuration["adProduct"] != kind.ad_product:
        raise bad_report(f"configuration adProduct is invalid for reportTypeId {kind.id}")
    if configuration["timeUnit"] not in kind.time_units:
        raise bad_report("configuration timeUnit is not supported for this report type")
    if configuration["format"] not in kind.formats:
        raise bad_report("configuration format is not supported for this report type")
    if configuration["format"] != "GZIP_JSON":
        raise bad_report("configuration format: the sandbox writes GZIP_JSON only")
    group_by = _group_by(kind, configuration["groupBy"])
    columns = _columns(kind, group_by, configuration["columns"], configuration["timeUnit"])
    filters = _filters(kind, group_by, configuration.get("filters"))
    start, end = _dates(kind, body, today)
    return ReportQuery(kind.id, group_by, columns, configuration["timeUnit"] == "DAILY", start, end, filters)


def identity_key(profile_id: int, wanted: ReportQuery) -> str:
    """The key that two requests for the same report share."""
    key = json.loads(wanted.as_json())
    key["columns"] = sorted(key["columns"])
    key["filters"] = sorted(key["filters"])
    return json.dumps([profile_id, key], sort_keys=True)


def _texts(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise bad_report(f"Required fields are invalid or missing: configuration {name}")
    return tuple(value)


def _group_by(kind: ReportType, value: Any) -> tuple[str, ...]:
    groups = _texts(value, "groupBy")
    wrong = ", ".join(group for group in groups if group not in kind.group_bys)
    if wrong:
        allowed = ", ".join(kind.group_bys)
        raise bad_report(
            f"configuration groupBy includes invalid values: ({wrong}). Allowed values: ({allowed})"
        )
    return tuple(dict.fromkeys(groups))


def _columns(kind: ReportType, group_by: tuple[str, ...], value: Any, time_unit: str) -> tuple[str, ...]:
    columns = _texts(value, "columns")
    allowed = kind.allowed(group_by)
    of_other_unit = ("startDate", "endDate") if time_unit == "DAILY" else ("date",)
    wrong = [name for name in columns if name not in allowed or name in of_other_unit]
    if wrong:
        left = ", ".join(name for name in allowed if name not in of_other_unit)
        raise bad_report(
            f"configuration columns includes invalid values: ({', '.join(wrong)}). Allowed values: ({left})"
        )
    needed = ("date",) if time_unit == "DAILY" else ("startDate", "endDate")
    absent = [name for name in needed if name not in columns]
    if absent:
        raise bad_report(
            f"configuration columns must include ({', '.join(absent)}) when timeUnit is {time_unit}"
        )
    return tuple(dict.fromkeys(columns))


def _filters(
    kind: ReportType, group_by: tuple[str, ...], value: Any
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not value:
        return ()
    if not isinstance(value, list):
        raise bad_report("configuration filters is invalid")
    found: list[tuple[str, tuple[str, ...]]] = []
    for one in value:
        if not isinstance(one, dict) or not isinstance(one.get("field"), str):
            raise bad_report("configuration filters is invalid")
        found.append((one["field"], _texts(one.get("values"), "filters values")))
    for group in group_by:
        wrong = [field for field, _ in found if field not in kind.filters[group]]
        if wrong:
            raise bad_report(
                f"configuration filters includes fields: ({', '.join(wrong)}) which are invalid for "
                f"groupBys: {group}. Allowed filters for groupBy {group}: {_written(kind.filters[group])}"
            )
        for field, values in found:
            bad = [text for text in values if text not in kind.filters[group][field]]
            if bad:
                raise bad_report(f"configuration filters has invalid values for {field}: ({', '.join(bad)})")
    return tuple(found)


def _written(filters: dict[str, tuple[str, ...]]) -> str:
    return ", ".join(f"(field: {field}, values: {', '.join(values)})" for field, values in filters.items())


def _dates(kind: ReportType, body: dict[str, Any], today: date) -> tuple[date, date]:
    start, end = _date(body, "startDate"), _date(body, "endDate")
    if end < start:
        raise bad_report(f"endDate ({end}) must be equal to or after startDate ({start})")
    if end > today:
        raise bad_report(f"endDate ({end}) must not be in the future")
    oldest = today - timedelta(days=kind.retention_days)
    if start < oldest:
        raise bad_report(
            f"startDate ({start}) must be equal to or after report type data retention start date ({oldest})"
        )
    if (end - start).days + 1 > kind.max_days:
        raise bad_report(f"startDate to endDate range must not exceed {kind.max_days} days")
    return start, end


def _date(body: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(str(body[name]))
    except ValueError as error:
        raise bad_report(f"Required fields are invalid or missing: {name}") from error
