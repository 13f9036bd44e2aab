"""What ``collect`` knows about a source: how its documents are requested, polled and located.

A source implements only what is specific to it; crash safety, quotas and the archive are handled once, in
``collect``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol, TypeVar

from sellerops.base.errors import RequestRefused
from sellerops.calendar.slices import Slice
from sellerops.ledger import Ledger, ReportRequest
from sellerops.rate_limits import Bucket, Priority, QuotaLedger
from sellerops.settings.accounts import Account
from sellerops.settings.specs import ReportSpec
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.deadline import Fence
from sellerops.sources.common.documents import DocumentAddress
from sellerops.sources.common.lwa import Credentials
from sellerops.sources.common.operations import Operation

# Options of a request for a further page of a result: the report id of the page before, and the next-page
# token that came with it.
AFTER, TOKEN = "after", "paginationToken"


class ProcessingStatus(StrEnum):
    """A report's status, named as in the Selling Partner API. CANCELLED: there is no data."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


@dataclass(frozen=True)
class Report:
    """A report as its source describes it. Times are aware; ``start``/``end`` are None without a window.

    ``reason``: why it is FATAL, if that comes with the status. ``next_token``: that of a further page.
    """

    report_id: str
    report_type: str
    status: ProcessingStatus
    created_at: datetime
    document_id: str | None
    marketplace_ids: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None
    reason: str = ""
    next_token: str | None = None


@dataclass(frozen=True)
class Created:
    """The result of a create. ``created_by``: ``us``, or ``adopted`` when the report already existed."""

    report_id: str
    created_by: str = "us"


class Query(Protocol):
    """What to create for a request; ``start``/``end`` as sent (aware, UTC), None without a window."""

    @property
    def report_type(self) -> str: ...

    @property
    def marketplace_ids(self) -> tuple[str, ...]: ...

    @property
    def start(self) -> datetime | None: ...

    @property
    def end(self) -> datetime | None: ...

    @property
    def options(self) -> Mapping[str, str]: ...

    def answers(self, report: Report) -> bool:
        """Whether ``report`` is what this query would create."""
        ...


class Client(Protocol):
    """Calls for one account, each leased, checked, logged and learned from.

    They raise typed errors: CredentialsError, RequestRefused and UnexpectedAnswer are final for the call;
    Throttled and AmazonUnavailable are temporary. ``error.details["sent"]`` is False when the call cannot
    have been sent.
    """

    account: Account
    priority: Priority

    @property
    def document_origins(self) -> frozenset[str]:
        """The origins besides Amazon's hosts from which the connection allows documents to be downloaded."""
        ...

    def bucket(self, operation: str) -> Bucket:
        """The token bucket of one operation for this application and account."""
        ...

    async def ready(self) -> None:
        """Open what all calls share, off the loop. CredentialsError when the credentials are incomplete."""
        ...

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills wait in order of ``deadline``."""
        ...

    async def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        leased: bool = False,
        report_type: str | None = None,
        request_id: int | None = None,
        marketplace_ids: tuple[str, ...] = (),
        fence: Fence | None = None,
    ) -> Answer:
        """Make one call of any operation and return the answer as Amazon wrote it. It is sent again only if
        its token has expired.

        ``fence`` is awaited right before the call is sent and returns how many real seconds it may take.
        """
        ...


_Client = TypeVar("_Client", contravariant=True)


class Listing(Protocol[_Client]):
    """A list of reports, whichever application created them. ``operation`` names the bucket of its calls."""

    operation: str
    page_size: int
    # Older reports are not listed.
    retention: timedelta

    def reports(
        self,
        client: _Client,
        report_type: str,
        *,
        created_since: datetime,
        created_until: datetime | None = None,
        statuses: tuple[ProcessingStatus, ...] = (),
        leased: bool = False,
    ) -> AsyncIterator[Report]:
        """Newest first; each page takes a lease, except the first if ``leased``."""
        ...

    async def report(self, client: _Client, report_id: str) -> Report:
        """One report. The caller holds the lease of the status operation. RequestRefused if it is unknown."""
        ...


class ReportApi(Protocol[_Client]):
    """One API that reports are requested from. Callers hold the lease of the operation, except for
    ``list_recent``, ``prepare`` and ``repair``, which take their own.
    """

    # The operations, which also name their buckets.
    create_operation: str
    status_operation: str
    document_operation: str
    # The type of the notification that a report is finished; empty if there is none.
    notification_type: str
    # Polling slows down to this interval while a report is pending for hours; None if it does not slow down.
    slowest_poll: timedelta | None
    # Also lists reports of other applications, if those may be reused; None if there is no list.
    listing: Listing[Any] | None

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> Query:
        """What to create for a request with these options."""
        ...

    def check(self, client: _Client, slice_: Slice) -> None:
        """Raise a SkipError if there is nothing to request for a slice. Runs on a worker."""
        ...

    async def prepare(self, client: _Client, slice_: Slice) -> None:
        """The same check in a wait, before the first create."""
        ...

    async def create(self, client: _Client, query: Any, request: ReportRequest, fence: Fence) -> Created:
        """Create the report. ``fence`` is awaited right before the call is sent; its errors propagate."""
        ...

    def can_repair(self, error: RequestRefused) -> bool:
        """Whether ``repair`` may help."""
        ...

    async def repair(
        self, client: _Client, query: Any, request: ReportRequest, error: RequestRefused
    ) -> bool:
        """Find the cause of a refusal and leave it out from now on. Returns whether the request may be
        repeated. Called without a claim, possibly by several waits at once.
        """
        ...

    async def get_report(self, client: _Client, request: ReportRequest) -> Report:
        """The request's report. RequestRefused when it can never finish."""
        ...

    def list_recent(self, client: _Client, query: Any, since: datetime) -> AsyncIterator[Report]:
        """Reports created since ``since`` that may be the query's."""
        ...

    async def get_address(self, client: _Client, request: ReportRequest) -> DocumentAddress:
        """The address of the request's document, valid for some minutes."""
        ...

    def headers(self, client: _Client, request: ReportRequest) -> Mapping[str, Any]:
        """What the archive and the ledger store with the document: its ``facts`` (texts), and ``left_out``,
        the refused columns and why they were refused. Runs on a worker.
        """
        ...


class SimpleReportApi:
    """Defaults of an API without preconditions, repairs or facts."""

    notification_type = ""
    slowest_poll: timedelta | None = None
    listing: Listing[Any] | None = None

    def check(self, client: Any, slice_: Slice) -> None:
        return None

    async def prepare(self, client: Any, slice_: Slice) -> None:
        return None

    def can_repair(self, error: RequestRefused) -> bool:
        return False

    async def repair(self, client: Any, query: Any, request: ReportRequest, error: RequestRefused) -> bool:
        return False

    def headers(self, client: Any, request: ReportRequest) -> Mapping[str, Any]:
        return {}


class Source(Protocol):
    """One system that reports come from, as ``sources/registry.py`` loads it."""

    # By the names that specs use (``request.operation``).
    operations: Mapping[str, Operation]

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        """The API that the spec's documents are requested from."""
        ...

    def client(
        self,
        account: Account,
        credentials: Credentials,
        ledger: Ledger,
        limits: QuotaLedger,
        *,
        priority: Priority = Priority.SCHEDULE,
    ) -> Client:
        """Cheap to create and free of open connections."""
        ...

    def endpoint(self, account: Account) -> str:
        """The address of the account's region."""
        ...


__all__ = [
    "AFTER",
    "TOKEN",
    "Client",
    "Created",
    "DocumentAddress",
    "Listing",
    "ProcessingStatus",
    "Query",
    "Report",
    "ReportApi",
    "SimpleReportApi",
    "Source",
]
