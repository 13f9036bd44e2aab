"""Finds the rows of a page's list that may belong to a request."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sellerops.collect.context import Tools
from sellerops.collect.creation import CLOCK_SLACK
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus, Report

# Clocks differ, and pages show times without seconds.
_SLACK = CLOCK_SLACK + timedelta(minutes=1)
ALIVE = (ProcessingStatus.IN_QUEUE, ProcessingStatus.IN_PROGRESS, ProcessingStatus.DONE)


def unknown_rows(tools: Tools, rows: Sequence[Report]) -> list[Report]:
    """The rows that belong to no request. The row of a discarded file still belongs to its request."""
    known = tools.ledger.known_report_ids(tools.account.id, [row.report_id for row in rows])
    return [row for row in rows if row.report_id not in known]


def rows_made_since(tools: Tools, rows: Sequence[Report], moment: datetime) -> list[Report]:
    """The rows that a request made at ``moment`` may have created; if none has a fitting time, the first live
    row without a time.
    """
    unknown = unknown_rows(tools, rows)
    timed = [row for row in unknown if time_of(row) and row.created_at >= moment - _SLACK]
    return timed or [row for row in unknown if not time_of(row) and row.status in ALIVE][:1]


def rows_made_now(
    tools: Tools, rows: Sequence[Report], before: Collection[str], moment: datetime
) -> list[Report]:
    """The rows that were not there ``before`` the request, whatever time they show, because pages show times
    without a time zone, or only days. If there are none, the rows whose time fits a request at ``moment``.
    """
    unknown = unknown_rows(tools, rows)
    new = [row for row in unknown if row.report_id not in before]
    return new or [row for row in unknown if time_of(row) and row.created_at >= moment - _SLACK]


def time_of(row: Report) -> datetime | None:
    """When the row was requested, if the page says so."""
    return None if row.created_at == UNKNOWN_TIME else row.created_at


def find_row(rows: Sequence[Report], report_id: str) -> Report | None:
    """The row with this id."""
    return next((row for row in rows if row.report_id == report_id), None)
