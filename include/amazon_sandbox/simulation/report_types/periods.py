"""What all Brand Analytics reports share: one marketplace, whole periods, no data before publication.

The reasons for FATAL are Amazon's own messages where they are known (from its public issue tracker).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from amazon_sandbox.simulation.documents import Document, FatalReport
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

Json = dict[str, Any]

NOT_YET = "The report data for the requested date range is not yet available."
INVALID = (
    "A client error occurred. Please double check that your parameters are valid and fulfill the "
    "requirements of the report type."
)
HOUR = 3600
# Hours from a period's end (the marketplace's midnight) to its publication.
PUBLISHED_AFTER = {"DAY": 48, "WEEK": 44, "MONTH": 72, "QUARTER": 96}
_LONGEST = 200
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class AnalyticsScope:
    """A valid request: its storefront, and the first and last day of each whole period that it covers."""

    request: ReportRequest
    storefront: Storefront
    report_period: str
    periods: tuple[tuple[date, date], ...]

    @property
    def now(self) -> int:
        """The moment the report is made, in UTC epoch seconds."""
        return self.request.now

    def money(self, minor: float) -> Json:
        """An amount in the marketplace's currency."""
        marketplace = self.storefront.marketplace
        return {"amount": marketplace.amount(round(minor)), "currencyCode": marketplace.currency}


def analytics_request(
    report_type: str, request: ReportRequest, allowed: Sequence[str], *, several: bool = False
) -> AnalyticsScope:
    """The request, checked as Amazon checks it.

    :param allowed: values of reportPeriod.
    :param several: the request may cover several periods.
    :raises FatalReport: when Amazon would end the report FATAL.
    """
    if len(request.storefronts) != 1:
        raise FatalReport(report_type, "Only one marketplaceId is supported for this report type.")
    name = request.options.get("reportPeriod", "")
    if name not in allowed:
        raise FatalReport(report_type, f"reportPeriod must be one of {', '.join(allowed)}.")
    if request.start is None or request.end is None:
        raise FatalReport(report_type, "dataStartTime and dataEndTime must be supplied")
    first, last = request.days()
    _check_aligned(report_type, name, first, last)
    periods = tuple(_periods(name, first, last))
    if len(periods) > 1 and not several:
        raise FatalReport(report_type, f"dataStartTime and dataEndTime must be of one {name}.")
    storefront = request.storefronts[0]
    closed = storefront.marketplace.day_bounds(last.toordinal())[1]
    if request.now < closed + PUBLISHED_AFTER[name] * HOUR:
        raise FatalReport(report_type, NOT_YET)
    return AnalyticsScope(request, storefront, name, periods)


def asins_asked(report_type: str, request: ReportRequest, option: str, *, required: bool) -> set[str] | None:
    """The ASINs of a report option; None if the option is absent.

    :raises FatalReport: when the option is required but absent, is longer than 200 characters, or names an
        ASIN of another brand.
    """
    text = request.options.get(option, "").strip()
    if not text:
        if required:
            raise FatalReport(report_type, f"{option} must be supplied")
        return None
    asins = set(text.split(" "))
    if len(text) > _LONGEST or not asins <= request.storefronts[0].brand_asins:
        raise FatalReport(report_type, INVALID)
    return asins


def analytics_document(scope: AnalyticsScope, report_type: str, key: str, rows: Iterable[Json]) -> Document:
    """The document: what was requested, and the rows under `key`, streamed."""
    request = scope.request
    specification = {
        "reportType": report_type,
        "reportOptions": dict(request.options),
        "dataStartTime": scope.periods[0][0].isoformat(),
        "dataEndTime": scope.periods[-1][1].isoformat(),
        "marketplaceIds": [scope.storefront.marketplace.marketplace_id],
    }
    return Document(json_chunks(specification, key, rows), "application/json")


def json_chunks(specification: Json, key: str, rows: Iterable[Json]) -> Iterator[bytes]:
    """An analytics document (`reportSpecification` and one list) in chunks of several rows."""
    yield b'{"reportSpecification":' + dump(specification) + f',"{key}":['.encode()
    held: list[bytes] = []
    lead = b""
    for row in rows:
        held.append(dump(row))
        if len(held) == 500:
            yield lead + b",".join(held)
            held, lead = [], b","
    yield (lead if held else b"") + b",".join(held) + b"]}"


def dump(value: Json) -> bytes:
    """Compact JSON in UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _check_aligned(report_type: str, name: str, first: date, last: date) -> None:
    if last < first:
        raise FatalReport(report_type, "dataStartTime must be prior to or equal to dataEndTime")
    wrong = _MISALIGNED[name](first, last)
    if wrong:
        raise FatalReport(report_type, f"{wrong} when reportPeriod={name}")


def _off_week(first: date, last: date) -> str:
    if first.isoweekday() != 7:
        return "dataStartTime must be a Sunday"
    return "" if last.weekday() == _SATURDAY else "dataEndTime must be a Saturday"


def _off_months(months: int, word: str) -> Callable[[date, date], str]:
    def check(first: date, last: date) -> str:
        if first.day != 1 or (first.month - 1) % months:
            return f"dataStartTime must be the first day of a {word}"
        after = last + timedelta(days=1)
        return (
            ""
            if after.day == 1 and (after.month - 1) % months == 0
            else (f"dataEndTime must be the last day of a {word}")
        )

    return check


_MISALIGNED: dict[str, Callable[[date, date], str]] = {
    "DAY": lambda first, last: "" if first == last else "dataStartTime must be the same day as dataEndTime",
    "WEEK": _off_week,
    "MONTH": _off_months(1, "month"),
    "QUARTER": _off_months(3, "quarter"),
}


def _periods(name: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    cursor = first
    while cursor <= last:
        end = _end_of(name, cursor)
        yield cursor, end
        cursor = end + timedelta(days=1)


def _end_of(name: str, first: date) -> date:
    if name == "DAY":
        return first
    if name == "WEEK":
        return first + timedelta(days=6)
    month = first
    for _ in range(1 if name == "MONTH" else 3):
        month = (month + timedelta(days=32)).replace(day=1)
    return month - timedelta(days=1)
