"""What pages share that prepare a file on request and list it until it is ready.

A list shows the newest request first. It also shows requests for other ranges, and in some versions for other
reports and stores, so a row is the wanted one only if its type, range and store match. The range is read back
from the new row, because some date controls show a range that is not submitted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from sellerops.base.errors import ConfigurationError, RequestRefused, SellerOpsError
from sellerops.sources.common.portal_api import DownloadedFile, WantedFile
from sellerops.sources.common.report_api import ProcessingStatus, Report
from sellerops.sources.seller_portal import list_words as words
from sellerops.sources.seller_portal.listed_rows import ListedRow, Reading, numbered, read_row, read_status
from sellerops.sources.seller_portal.page_object import PageObject
from sellerops.sources.seller_portal.pages.loading import facts_of
from sellerops.sources.seller_portal.pages.refusals import read_dialog, refusal
from sellerops.sources.seller_portal.shown_times import month_days
from sellerops.sources.seller_portal.store_names import is_name_of

if TYPE_CHECKING:
    from playwright.sync_api import Locator

    from sellerops.sources.seller_portal.portal import Portal

# A new row appears within seconds. If a list shows none by then, the next visit looks at it again.
_LOOKS, _LOOK_MS = 50, 200.0
# A row with fewer texts is a note such as "You have not requested any reports".
_FEWEST_CELLS = 3
_TOUR = '[data-tour], kat-tour, kat-popover, [class*="joyride"]'


class ListedPage(PageObject):
    """A page object whose subclasses say where the page is and how its period is chosen.

    ``has_periods``: whether the list shows the days that a file covers.
    """

    has_periods: ClassVar[bool] = True

    def open(self, portal: Portal, options: Mapping[str, str]) -> None:
        """Show the page of the wanted report."""
        raise NotImplementedError

    def choose(self, portal: Portal, wanted: WantedFile) -> None:
        """Set the page's period controls."""
        raise NotImplementedError

    def report_type(self, options: Mapping[str, str]) -> str:
        """The wanted report, as the spec names it."""
        return self.name

    def kinds(self, portal: Portal, options: Mapping[str, str]) -> Sequence[str]:
        """Texts that the type column shows for the wanted report; none if the list has only one type."""
        return ()

    def reports(self, portal: Portal, wanted: WantedFile) -> Sequence[Report]:
        """The rows of the wanted type, range and store, newest first."""
        self.open(portal, wanted.options)
        ids = () if wanted.marketplace is None else (wanted.marketplace.id,)
        reading = self._reading(portal, wanted.options)
        return [
            row.as_report(reading, self.report_type(wanted.options), ids)
            for row, _ in self._rows(portal, wanted.options)
            if _has_days(row, wanted)
        ]

    def request(self, portal: Portal, wanted: WantedFile) -> None:
        """Choose the period, press the button and wait for the new row.

        Raises Throttled with ``virtual_seconds`` when the page says that it is too early, and PageChanged
        when the new row has a range other than the chosen one.
        """
        try:
            self.open(portal, wanted.options)
            before = {row.report_id for row, _ in self._rows(portal, wanted.options)}
            self.choose(portal, wanted)
            button = request_button(portal)
        except SellerOpsError as error:
            error.details["sent"] = False
            raise
        button.click()
        new = self._new_row(portal, wanted, before)
        if new is not None and not _has_days(new, wanted):
            shown = "no range" if new.days is None else f"{new.days[0]} to {new.days[1]}"
            raise portal.controls.changed(f"date range (the page requested {shown})")

    def download(self, portal: Portal, wanted: WantedFile, report: Report | None) -> Sequence[DownloadedFile]:
        """The file of a listed report, by its id."""
        self.open(portal, wanted.options)
        wanted_id = report.report_id if report else None
        found = ((row, at) for row, at in self._rows(portal, wanted.options) if row.report_id == wanted_id)
        row, place = next(found, (None, None))
        if row is None or place is None:
            raise RequestRefused(
                f"the page no longer lists the report {wanted_id}.",
                where=f"page {portal.page_name}",
                remedy="Clear the task to request the report again.",
            )
        if (
            read_status(self._reading(portal, wanted.options), row.status_text)[0]
            is ProcessingStatus.CANCELLED
        ):
            return ()
        button = portal.controls.find(
            "button 'Download'",
            place.get_by_role("button", name=words.pattern(words.DOWNLOAD)),
            place.get_by_role("link", name=words.pattern(words.DOWNLOAD)),
        )
        return (portal.download_from(button.click, self._facts(portal, row)),)

    def check_list(self, portal: Portal, options: Mapping[str, str]) -> None:
        """Check the parts that all these pages have: the button, and a list that can be read."""
        request_button(portal)
        reading = self._reading(portal, options)
        for row, _ in self._rows(portal, options):
            read_status(reading, row.status_text)

    def _reading(self, portal: Portal, options: Mapping[str, str]) -> Reading:
        store = portal.shown_marketplace
        owner = f"{self.name} {self.report_type(options)} of {portal.account.id}"
        if self.has_stores:
            owner += f" in {store.code}"
        return Reading(portal.page_name, store.dates[0], store.zone, owner, self.has_periods)

    def _rows(self, portal: Portal, options: Mapping[str, str]) -> list[tuple[ListedRow, Locator]]:
        """The rows of the wanted type and the shown store, newest first, with their elements."""
        reading = self._reading(portal, options)
        kinds = {words.fold(kind) for kind in self.kinds(portal, options)}
        store = portal.shown_marketplace
        found = []
        for line in portal.controls.rows():
            if len(line.texts) < _FEWEST_CELLS:
                continue
            row = read_row(reading, line.cells, line.html)
            is_ours = not self.has_stores or row.store is None or is_name_of(row.store, store)
            if is_ours and (not kinds or words.fold(row.kind) in kinds):
                found.append((row, line.locator))
        rows = numbered([row for row, _ in found])
        return [(row, place) for row, (_, place) in zip(rows, found, strict=True)]

    def _new_row(self, portal: Portal, wanted: WantedFile, before: set[str]) -> ListedRow | None:
        """The row that a request has added; None if none appears in time.

        An unknown dialog may be an announcement, so it counts as a refusal only if no row appears.
        """
        said = ""
        for _ in range(_LOOKS):
            text, rows = self._look(portal, wanted.options)
            said = said or text
            for row in rows:
                if row.report_id not in before:
                    return row
            portal.page.wait_for_timeout(_LOOK_MS)
        if said:
            raise refusal(portal.page_name, said)
        return None

    def _look(self, portal: Portal, options: Mapping[str, str]) -> tuple[str, list[ListedRow]]:
        """What a dialog says, and the rows; nothing while the page is being reloaded."""
        from playwright.sync_api import Error

        try:
            return read_dialog(portal), [row for row, _ in self._rows(portal, options)]
        except Error as error:
            if "navigation" in str(error) or "context was destroyed" in str(error):
                return "", []
            raise

    def _facts(self, portal: Portal, row: ListedRow) -> dict[str, str]:
        told = {"marketplace": portal.shown_marketplace.code} if row.store else {}
        return facts_of(
            portal,
            row.days,
            report=row.kind,
            report_id=row.report_id,
            requested_at=row.requested_at.isoformat(),
            **told,
        )


def request_button(portal: Portal) -> Locator:
    """The button that requests the file."""
    return portal.controls.button(*words.REQUEST)


def show(portal: Portal, path: str) -> None:
    """Open a page. Tours that cover it later are closed when they are in the way.

    Raises AmazonUnavailable when the page says that its data could not be loaded.
    """
    tour = portal.page.locator(_TOUR).filter(visible=True)
    portal.page.remove_locator_handler(tour)
    portal.page.add_locator_handler(tour, _close_tour)
    portal.goto(path)
    read_dialog(portal)


def _close_tour(tour: Locator) -> None:
    tour.get_by_role("button", name=words.pattern(words.CLOSE)).first.click()


def whole_month(wanted: WantedFile) -> tuple[int, int]:
    """Year and month of the wanted days. ConfigurationError unless they are exactly one month."""
    first, last = wanted.first_day, wanted.last_day
    if first is None or last is None or (first, last) != month_days(first.year, first.month):
        raise ConfigurationError(
            f"this page has files of whole months, not of {first} to {last}.",
            remedy="Set `period.kind: month` in the spec.",
        )
    return first.year, first.month


def _has_days(row: ListedRow, wanted: WantedFile) -> bool:
    """Whether a row covers the wanted days; a snapshot's row may show any."""
    return wanted.first_day is None or row.days == (wanted.first_day, wanted.last_day)
