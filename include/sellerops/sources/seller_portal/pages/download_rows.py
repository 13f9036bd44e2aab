"""Rows of lists of prepared files: which days they cover, when they were requested, how far they are."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal.shown_dates import find_days, find_instant

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.settings.marketplaces import Marketplace
    from sellerops.sources.seller_portal.portal import Portal
    from sellerops.sources.seller_portal.tables import Row

# In English, German and Japanese. A cancelled file is requested anew by a person, like a failed one;
# CANCELLED means that there is no data.
_STATUSES = (
    (ProcessingStatus.CANCELLED, r"no data|keine daten|データがありません|データなし"),
    (ProcessingStatus.FATAL, r"failed|cancell?ed|fehlgeschlagen|abgebrochen|失敗|キャンセル"),
    (
        ProcessingStatus.IN_PROGRESS,
        r"in progress|processing|queued|pending|in bearbeitung|in der warteschlange|処理中|待機中|進行中",
    ),
    (ProcessingStatus.DONE, r"ready|complete|download|abgeschlossen|fertig|herunterladen|完了|ダウンロード"),
)
# Long ago: a row that does not say when it was requested is never taken for one that was just requested.


@dataclass(frozen=True)
class DownloadRow:
    """One row. ``cells``: texts by header; ``requested_at``: aware, to the minute, or long ago if the row
    does not say.
    """

    cells: Mapping[str, str]
    text: str
    first_day: date
    last_day: date
    requested_at: datetime
    status: ProcessingStatus
    locator: Locator

    @property
    def id(self) -> str:
        """The same on every visit: made of what the row says besides its status."""
        said = f"{self.title}|{self.first_day}|{self.last_day}|{self.requested_at.isoformat()}"
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def title(self) -> str:
        """The first cell: what the file is."""
        return next(iter(self.cells.values()), "")

    def cell(self, *headers: str) -> str:
        """A cell by any of its header's texts; empty when the list has no such column."""
        return next((self.cells[each] for each in headers if each in self.cells), "")

    def as_report(self, report_type: str) -> Report:
        """The row in the terms of the collector."""
        return Report(
            report_id=self.id,
            report_type=report_type,
            status=self.status,
            created_at=self.requested_at,
            document_id=None,
            reason=self.text if self.status is ProcessingStatus.FATAL else "",
        )


def rows_of(portal: Portal) -> list[DownloadRow]:
    """The rows of the page's list that name a range, in its order."""
    found = (_row(portal, row) for row in portal.controls.rows())
    return [row for row in found if row is not None]


def status_of(text: str, *, is_downloadable: bool = False) -> ProcessingStatus:
    """The status that a row's text says; IN_QUEUE when it says none that is known."""
    if is_downloadable:
        return ProcessingStatus.DONE
    for status, words in _STATUSES:
        if re.search(words, text, re.IGNORECASE):
            return status
    return ProcessingStatus.IN_QUEUE


def store_of(portal: Portal) -> Marketplace:
    """The store whose dates and time zone the page uses; a whole account's first one."""
    return portal.marketplace or portal.account.marketplaces[0]


def _row(portal: Portal, row: Row) -> DownloadRow | None:
    text, store = " ".join(row.texts), store_of(portal)
    days = find_days(text, store.dates[0])
    if len(days) < 2:
        return None
    icon = row.locator.locator('kat-icon[name="file_download"]').filter(visible=True)
    return DownloadRow(
        cells=row.cells,
        text=text,
        first_day=days[0],
        last_day=days[1],
        requested_at=find_instant(text, store.dates[0], store.zone) or UNKNOWN_TIME,
        status=status_of(" ".join(row.texts[1:]), is_downloadable=icon.count() > 0),
        locator=row.locator,
    )
