"""Faults of the Ads API, in addition to those of any call and those of reports and documents."""

from __future__ import annotations

from collections.abc import Sequence

from amazon_sandbox.ads import data
from amazon_sandbox.core.faults import Fault, FaultBook, FaultKind, Stage, Subject

COLUMN_REFUSED = "column_refused"
THROTTLED = "ads_throttled"
THROTTLED_AFTER = "ads_throttled_after"
_CREATE = ("createAdsReport",)

MENU = (
    FaultKind(
        THROTTLED,
        Stage.REQUEST,
        "429, the call has no effect",
        {"retry_after": "seconds in Retry-After; no such header without"},
        data.OPERATIONS,
    ),
    FaultKind(
        THROTTLED_AFTER,
        Stage.ANSWER,
        "the call takes effect, the answer is 429",
        {"retry_after": "seconds in Retry-After; no such header without"},
        data.OPERATIONS,
    ),
    FaultKind(
        COLUMN_REFUSED,
        Stage.COLUMNS,
        "400 for a report with one of these columns",
        {"columns": "list of column names", "silent": "true: the refusal names no column, false"},
        _CREATE,
    ),
)


def refused_columns(
    book: FaultBook, subject: Subject, columns: Sequence[str]
) -> tuple[list[str], Fault] | None:
    """The columns that a fault refuses, and the fault; None when no fault names any of `columns`."""
    for fault in book.listed():
        if fault.matches(Stage.COLUMNS, subject):
            wrong = [name for name in columns if name in fault.options.get("columns", ())]
            if wrong and fault.count_match():
                return wrong, fault
    return None
