"""Rows of lists of prepared files: which days they cover, when they were requested, what their status is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from sellerops.base.errors import PageChanged
from sellerops.sources.common.portal_api import UNKNOWN_TIME
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.shown_dates import find_days, find_instant
from sellerops.sources.seller_portal.store_names import is_name_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.settings.marketplaces import Marketplace
    from sellerops.sources.seller_portal.portal import Portal
    from sellerops.sources.seller_portal.tables import Row

# In English, German and Japanese, in the order in which they are looked for. A cancelled file is requested
# again by a person, like a failed one; CANCELLED means that there is no data. The Japanese word for
# "cancelled" is also the label of the button that cancels a file in progress.
_STATUSES = (
    (ProcessingStatus.CANCELLED, r"no data|keine daten|データがありません|データなし"),
    (
        ProcessingStatus.FATAL,
        r"failed|cancell?ed|fehlgeschlagen|abgebrochen|失敗|キャンセル済み|キャンセルされ",
    ),
    (
        ProcessingStatus.IN_PROGRESS,
        r"in progress|processing|queued|in queue|pending|in bearbeitung|in der warteschlange"
        r"|処理中|待機中|進行中",
    ),
    (ProcessingStatus.FATAL, r"キャンセル"),
    (ProcessingStatus.DONE, r"ready|complete|download|abgeschlossen|fertig|herunterladen|完了|ダウンロード"),
)


@dataclass(frozen=True)
class DownloadRow:
    """One row. ``cells``: texts by header; ``requested_at``: aware, to the minute, or UNKNOWN_TIME;
    ``status_text``: words and buttons; ``id``: see ``own_rows``.
    """

    cells: Mapping[str, str]
    text: str
    first_day: date
    last_day: date
    requested_at: datetime
    status_text: str
    is_downloadable: bool
    locator: Locator
    id: str = ""

    @property
    def title(self) -> str:
        """The first cell: what the file is."""
        return next(iter(self.cells.values()), "")

    def cell(self, *headers: str) -> str:
        """A cell by any of its header's texts; empty when the list has no such column."""
        return next((self.cells[each] for each in headers if each in self.cells), "")

    def is_of(self, store: Marketplace | None) -> bool:
        """Whether the row is of a store. One that names none is; if ``store`` is None, every row is."""
        shown = self.cell(*words.STORE_COLUMN)
        return store is None or shown in ("", store.code) or is_name_of(shown, store)

    def as_report(self, page: str, report_type: str) -> Report:
        """The row as a ``Report``. Raises PageChanged for an unknown status."""
        status = status_of(page, self.status_text, is_downloadable=self.is_downloadable)
        return Report(
            report_id=self.id,
            report_type=report_type,
            status=status,
            created_at=self.requested_at,
            document_id=None,
            reason=self.text if status is ProcessingStatus.FATAL else "",
        )


def rows_of(portal: Portal) -> list[DownloadRow]:
    """The rows of the page's list that show a range, in the list's order."""
    found = (_row(portal, row) for row in portal.controls.rows())
    return [row for row in found if row is not None]


def own_rows(owner: str, rows: Sequence[DownloadRow]) -> list[DownloadRow]:
    """The rows with ids that are the same on every visit: made from ``owner``, the range and the time of the
    request. Rows for which these are equal, requested in one minute, are numbered from the oldest.

    ``owner``: everything that distinguishes the wanted file from others that the page prepares, such as
    account, store and brand, whether or not the rows show it. ``rows``: the owner's, newest first.
    """
    known: Counter[str] = Counter()
    found = []
    for row in reversed(rows):
        said = f"{owner}|{row.first_day}|{row.last_day}|{row.requested_at.astimezone(UTC).isoformat()}"
        number = known[said]
        known[said] += 1
        numbered = f"{said}|{number}" if number else said
        found.append(replace(row, id=hashlib.sha256(numbered.encode()).hexdigest()[:16]))
    return found[::-1]


def status_of(page: str, text: str, *, is_downloadable: bool = False) -> ProcessingStatus:
    """The status in a row's text. Raises PageChanged for unknown words."""
    if is_downloadable:
        return ProcessingStatus.DONE
    for status, known in _STATUSES:
        if re.search(known, text, re.IGNORECASE):
            return status
    control = "status of a listed file"
    raise PageChanged(
        f"The page has no usable {control}: the row shows {text!r}.",
        where=f"page {page}",
        page=page,
        control=control,
    )


def store_of(portal: Portal) -> Marketplace:
    """The store whose date order and time zone the page uses; for a whole account, its first."""
    return portal.marketplace or portal.account.marketplaces[0]


def _row(portal: Portal, row: Row) -> DownloadRow | None:
    text, store = " ".join(row.texts), store_of(portal)
    days = find_days(text, store.dates[0])
    if len(days) < 2:
        return None
    icon = row.locator.locator('kat-icon[name="file_download"]').filter(visible=True)
    said = [cell for header, cell in row.cells.items() if words.is_one_of(header, words.STATUS_COLUMN)]
    return DownloadRow(
        cells=row.cells,
        text=text,
        first_day=days[0],
        last_day=days[1],
        requested_at=find_instant(text, store.dates[0], store.zone) or UNKNOWN_TIME,
        status_text=" ".join(said or row.texts[1:]).strip(),
        is_downloadable=icon.count() > 0,
        locator=row.locator,
    )
