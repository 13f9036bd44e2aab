"""The parameters of support calls, validated as Amazon's model requires."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple

from starlette.datastructures import QueryParams

from amazon_sandbox.core.answers import invalid_input
from amazon_sandbox.core.instants import parse_instant
from amazon_sandbox.sp_api import queries
from amazon_sandbox.support import data

_DATES = ("createdDate", "lastOutboundDate", "resolvedDate")
_FILTERS = {"caseStatuses", "primaryEmails", "ccEmails", "subjectKeywords", *_DATES}
_FIELDS = {"marketplaceId", "caseFilters", "sortField", "sortOrder", "maxResults", "nextToken"}
_LONGEST_KEYWORDS = 200


class Between(NamedTuple):
    """A filter by date; both bounds are excluded."""

    after: datetime | None
    before: datetime | None

    def has(self, moment: int | None) -> bool:
        """Whether a moment is within the bounds; a missing date passes only a filter without bounds."""
        if moment is None:
            return self.after is None and self.before is None
        is_after = self.after is None or moment > self.after.timestamp()
        return is_after and (self.before is None or moment < self.before.timestamp())


class Cases(NamedTuple):
    """A valid listCases call. ``dates``: filters by the names of the model."""

    marketplace_id: str | None
    statuses: tuple[str, ...]
    dates: dict[str, Between]
    emails: tuple[str, ...]
    copies: tuple[str, ...]
    keywords: tuple[str, ...]
    sort_field: str
    is_descending: bool
    size: int
    token: str | None
    arguments: dict[str, Any]


class Contacts(NamedTuple):
    """A valid listContacts call."""

    is_descending: bool
    size: int
    token: str | None
    arguments: dict[str, Any]


def read_cases(body: bytes) -> Cases:
    """Read a listCases call. Raises ApiError."""
    given = _object(_json(body), "the request body", _FIELDS)
    filters = _object(given.get("caseFilters") or {}, "caseFilters", _FILTERS)
    keywords = _text(filters, "subjectKeywords") or ""
    if len(keywords) > _LONGEST_KEYWORDS:
        raise invalid_input("Invalid value for subjectKeywords", f"longer than {_LONGEST_KEYWORDS}")
    return Cases(
        marketplace_id=_text(given, "marketplaceId"),
        statuses=_texts(filters, "caseStatuses", data.STATUSES),
        dates={name: _between(filters, name) for name in _DATES},
        emails=_texts(filters, "primaryEmails"),
        copies=_texts(filters, "ccEmails"),
        keywords=tuple(keywords.lower().split()),
        sort_field=_choice(given, "sortField", data.SORT_FIELDS, "CREATION_DATE"),
        is_descending=_choice(given, "sortOrder", ("ASC", "DESC"), "DESC") == "DESC",
        size=_size(given.get("maxResults", data.MOST_RESULTS)),
        token=_text(given, "nextToken"),
        arguments={name: json.dumps(given[name], sort_keys=True) for name in given if name != "nextToken"},
    )


def read_contacts(query: QueryParams) -> Contacts:
    """Read a listContacts call. Raises ApiError."""
    return Contacts(
        queries.choice(query, "sortOrder", ("ASC", "DESC"), "DESC") == "DESC",
        queries.integer(query, "maxResults", 1, data.MOST_RESULTS, data.MOST_RESULTS),
        queries.text(query, "nextToken"),
        {name: query[name] for name in query if name != "nextToken"},
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise invalid_input("The request body is not JSON") from error


def _object(value: Any, name: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise invalid_input(f"Invalid value for {name}", "it must be an object")
    unknown = sorted(set(value) - known)
    if unknown:
        raise invalid_input(f"Invalid value for {name}", f"unknown field {unknown[0][:100]}")
    return value


def _text(values: dict[str, Any], name: str) -> str | None:
    value = values.get(name)
    if value is not None and not (isinstance(value, str) and value.strip()):
        raise invalid_input(f"Invalid value for {name}", "it must be a text")
    return value


def _texts(values: dict[str, Any], name: str, known: tuple[str, ...] | None = None) -> tuple[str, ...]:
    found = values.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise invalid_input(f"Invalid value for {name}", "it must be a list of texts")
    wrong = [one for one in found if known is not None and one not in known]
    if wrong:
        raise invalid_input(f"Invalid value for {name}", wrong[0][:100])
    return tuple(found)


def _choice(values: dict[str, Any], name: str, known: tuple[str, ...], default: str) -> str:
    value = _text(values, name) or default
    if value not in known:
        raise invalid_input(f"Invalid value for {name}", f"{value[:100]}; one of {', '.join(known)}")
    return value


def _size(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= data.MOST_RESULTS:
        raise invalid_input(f"Invalid value for maxResults: it must be from 1 to {data.MOST_RESULTS}")
    return value


def _between(filters: dict[str, Any], name: str) -> Between:
    given = _object(filters.get(name) or {}, name, {"after", "before"})
    return Between(_instant(given, name, "after"), _instant(given, name, "before"))


def _instant(given: dict[str, Any], name: str, bound: str) -> datetime | None:
    value = _text(given, bound)
    parsed = parse_instant(value) if value else None
    if value and parsed is None:
        raise invalid_input(f"Invalid value for {name}.{bound}: not an ISO 8601 date time", value[:100])
    return parsed[0] if parsed else None
