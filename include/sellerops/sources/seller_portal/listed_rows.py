"""Reads the rows of Seller Central's lists of requested files; each becomes a ``Report``."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sellerops.base.errors import PageChanged
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.shown_times import find_moment, find_period, has_time

# The attribute of a row that has its report's id. The download's address has the id, too, but only once the
# file is ready, and an id must not change with the status.
_ID = re.compile(r"""^\s*<[^>]*\bdata-report-id=["']([\w-]{4,80})["']""", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """How to read a page's rows: its name for errors, the order of its dates, the store's time zone.

    ``owner``: which report of which store the list is about; part of the ids made for rows that have none.
    ``has_periods``: whether rows show the days that a file covers.
    """

    page: str
    order: str
    zone: tzinfo
    owner: str
    has_periods: bool = True


@dataclass(frozen=True)
class ListedRow:
    """A row as we read it. ``days``: in the store's time zone, None for a snapshot; ``store``: as the row
    names it, None if it does not; ``requested_at``: aware, UNKNOWN_TIME if the row shows only a day;
    ``status_text``: words and buttons.
    """

    report_id: str
    kind: str
    days: tuple[date, date] | None
    store: str | None
    requested_at: datetime
    status_text: str

    def as_report(self, reading: Reading, report_type: str, marketplace_ids: tuple[str, ...]) -> Report:
        """The row as a ``Report``: ``start`` and ``end`` are the store's midnights, ``end`` is exclusive.

        Raises PageChanged for an unknown status.
        """
        status, reason = read_status(reading, self.status_text)
        start, end = (None, None) if self.days is None else _bounds(self.days, reading.zone)
        return Report(
            self.report_id,
            report_type,
            status,
            self.requested_at,
            self.report_id if status is ProcessingStatus.DONE else None,
            marketplace_ids,
            start,
            end,
            reason,
        )


def read_row(reading: Reading, cells: Mapping[str, str], html: str = "") -> ListedRow:
    """Read one row. ``cells``: text by heading, including the labels of the cell's buttons; ``html``: the
    row's, for its id.

    Raises PageChanged for a missing column or an unreadable time of the request.
    """
    period = _cell(reading, cells, words.PERIOD_COLUMN) if reading.has_periods else ""
    requested = _cell(reading, cells, words.REQUESTED_COLUMN)
    requested_at = find_moment(requested, reading.order, reading.zone)
    if requested_at is None:
        raise _changed(reading, "column 'Date Requested'", f"it shows {requested!r}")
    days = find_period(period, reading.order)
    _cell(reading, cells, words.STATUS_COLUMN)
    return ListedRow(
        _id_in(html) or _digest(reading.owner, days, requested_at),
        " ".join(_optional(cells, words.TYPE_COLUMN).split()),
        days,
        _optional(cells, words.STORE_COLUMN).strip() or None,
        requested_at if has_time(requested) else UNKNOWN_TIME,
        " ".join(text for heading, text in cells.items() if words.is_one_of(heading, words.STATUS_COLUMN)),
    )


def numbered(rows: Sequence[ListedRow]) -> list[ListedRow]:
    """The rows of a list, newest first, with unique ids: rows that have no id of their own and are otherwise
    equal, because they were requested in one minute, are numbered from the oldest.
    """
    known: Counter[str] = Counter()
    found = []
    for row in reversed(rows):
        number = known[row.report_id]
        known[row.report_id] += 1
        found.append(replace(row, report_id=f"{row.report_id}-{number + 1}") if number else row)
    return found[::-1]


def read_status(reading: Reading, text: str) -> tuple[ProcessingStatus, str]:
    """A row's status from its words and buttons, and the reason of one that ended without a file.

    Raises PageChanged for unknown words.
    """
    for names, status in _STATUSES.items():
        if words.has_one_of(text, names):
            return status, (_REASON.format(shown=text) if status is ProcessingStatus.FATAL else "")
    raise _changed(reading, "status of a listed file", f"the row shows {text!r}")


_REASON = "the page lists it as {shown!r}"
# In the order in which they are looked for: a row may show its status and the buttons that go with it.
_STATUSES: Mapping[tuple[str, ...], ProcessingStatus] = {
    words.NO_DATA: ProcessingStatus.CANCELLED,
    words.CANCELED: ProcessingStatus.FATAL,
    words.FAILED: ProcessingStatus.FATAL,
    words.IN_PROGRESS: ProcessingStatus.IN_PROGRESS,
    words.CANCELED_OR_CANCEL: ProcessingStatus.FATAL,
    (*words.DOWNLOAD, *words.READY): ProcessingStatus.DONE,
    words.REQUEST_AGAIN: ProcessingStatus.FATAL,
    words.REFRESH: ProcessingStatus.IN_PROGRESS,
}


def _cell(reading: Reading, cells: Mapping[str, str], names: Iterable[str]) -> str:
    names = tuple(names)
    for heading, text in cells.items():
        if words.is_one_of(heading, names):
            return text
    shown = ", ".join(repr(heading) for heading in cells)
    raise _changed(reading, f"column {names[0]!r}", f"the list has the columns {shown}")


def _optional(cells: Mapping[str, str], names: Iterable[str]) -> str:
    names = tuple(names)
    return next((text for heading, text in cells.items() if words.is_one_of(heading, names)), "")


def _id_in(html: str) -> str | None:
    found = _ID.search(html)
    return found[1] if found else None


def _digest(owner: str, days: tuple[date, date] | None, requested_at: datetime) -> str:
    """An id for rows that have none, made from their meaning, so the page's language does not change it."""
    period = "" if days is None else f"{days[0]}/{days[1]}"
    meant = f"{owner}\n{period}\n{requested_at.astimezone(UTC).isoformat()}"
    return "row-" + hashlib.sha256(meant.encode()).hexdigest()[:24]


def _changed(reading: Reading, control: str, seen: str) -> PageChanged:
    return PageChanged(
        f"The page has no usable {control}: {seen}.",
        where=f"page {reading.page}",
        page=reading.page,
        control=control,
    )


def _bounds(days: tuple[date, date], zone: tzinfo) -> tuple[datetime, datetime]:
    first, last = days
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)
