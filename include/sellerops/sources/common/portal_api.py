"""What ``collect`` knows about a web page: find, request and download one file, in one browser job.

``sources.seller_portal`` implements it and takes care of the browser, the sign-in, the login's lock and the
evidence of failures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from sellerops.ledger.logins import JobRef
from sellerops.settings.accounts import Account
from sellerops.settings.logins import Login
from sellerops.settings.marketplaces import Marketplace
from sellerops.sources.common.report_api import Report

# ``created_at`` of a listed report that does not say when it was requested. Other times are exact to the
# minute.
UNKNOWN_TIME = datetime(2000, 1, 1, tzinfo=UTC)


class Delivery(StrEnum):
    """``LISTED``: the page prepares the file and lists it until it is ready. ``DIRECT``: a click downloads
    the file at once.
    """

    LISTED = "listed"
    DIRECT = "direct"


@dataclass(frozen=True)
class WantedFile:
    """One file of one page.

    ``first_day``, ``last_day``: inclusive, local days of the marketplace; None for a snapshot. ``options``:
    the spec's, with placeholders filled in. ``marketplace`` is None for a file of a whole account.
    """

    account: Account
    marketplace: Marketplace | None
    first_day: date | None
    last_day: date | None
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DownloadedFile:
    """A file on this machine, below the job's own folder, which is deleted when the job ends.

    ``facts``: what the page said about the file (texts), such as the range and the marketplace it showed;
    columns ``from: "@name"`` read them.
    """

    path: Path
    name: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Visit(Protocol):
    """A browser that is signed in, shows the wanted store, and holds the login's lock.

    All methods raise PersonNeeded, PageChanged, BrowserUnavailable, AmazonUnavailable (the page could not
    load its data), Throttled (the page says that it is too early) or RequestRefused.
    """

    delivery: Delivery

    def reports(self) -> Sequence[Report]:
        """The files of the wanted type, range and store that the page lists, newest first. ``DIRECT`` pages
        list none.
        """
        ...

    def request(self) -> None:
        """Ask the page to prepare the file, which ``reports`` then lists."""
        ...

    def download(self, report: Report | None) -> Sequence[DownloadedFile]:
        """The file of the listed report or of the ``DIRECT`` page; several for a list exported page by page.
        Empty if the page says that there is no data.
        """
        ...


class PortalClient(Protocol):
    """One login's pages for one account."""

    account: Account
    login: Login

    def may_go_on(self) -> None:
        """Raise ConfigurationError if browser jobs have been switched off in the meantime."""
        ...

    def visit(self, page: str, wanted: WantedFile, job: JobRef) -> AbstractContextManager[Visit]:
        """Take the login's lock, reach the browser, sign in if need be and show the wanted store.

        Raises LoginBusy at once when another job holds the login; also ConfigurationError, LoginRefused,
        BrowserMissing and what Visit's methods raise. However the block ends, the job's row records it, its
        pages are closed and its lock is released. A failure leaves a screenshot, the page and a trace, whose
        address is ``details["evidence"]`` of the error.
        """
        ...
