"""What the two campaign reports share: report options select campaigns by their start."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from amazon_sandbox.simulation.documents import Document, FatalReport
from amazon_sandbox.simulation.report_types.periods import INVALID, Json, json_chunks
from amazon_sandbox.simulation.report_types.request import ReportRequest
from amazon_sandbox.simulation.storefront import Storefront

# Campaigns that started earlier are no longer reported.
OLDEST = timedelta(days=731)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def starts_between(report_type: str, request: ReportRequest, options: tuple[str, str]) -> tuple[int, int]:
    """The first and last requested start, in UTC epoch seconds, both inclusive.

    :raises FatalReport: when an option is missing or is not a time with a zone, or the two are in the wrong
        order.
    """
    bounds = []
    for name in options:
        text = request.options.get(name, "")
        if not text:
            raise FatalReport(report_type, f"{name} must be supplied")
        if not _INSTANT.fullmatch(text):
            raise FatalReport(report_type, INVALID)
        bounds.append(int(datetime.fromisoformat(text).timestamp()))
    if bounds[1] < bounds[0]:
        raise FatalReport(report_type, INVALID)
    oldest = int((request.as_of - OLDEST).timestamp())
    return max(bounds[0], oldest), bounds[1]


def campaign_document(report_type: str, request: ReportRequest, key: str, rows: Iterable[Json]) -> Document:
    """The document: the request's options, and the campaigns under `key`."""
    specification = {
        "reportType": report_type,
        "reportOptions": dict(request.options),
        "marketplaceIds": [marketplace.marketplace_id for marketplace in request.marketplaces],
    }
    return Document(json_chunks(specification, key, rows), "application/json")


def yesterday_over(storefront: Storefront, now: int) -> int:
    """The end of the last closed local day: figures are cumulative up to it."""
    return storefront.marketplace.day_bounds(storefront.marketplace.day_of_epoch(now))[0]


def utc(seconds: int) -> str:
    """Epoch seconds as 2026-11-20T18:03:11Z."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
