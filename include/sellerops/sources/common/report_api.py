"""How a document is asked for, waited for and fetched: all that ``collect`` knows of any source.

A source says here only in what it differs; what crashes, quotas and archives need stands in ``collect`` once.
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

# Options of a request for a further page of a result: the request before it and the token that it told.
AFTER, TOKEN = "after", "paginationToken"


class ProcessingStatus(StrEnum):
    """How a report stands; the names are the Selling Partner API's. CANCELLED: there is no data."""

    IN_QUEUE = "IN_QUEUE"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"
    FATAL = "FATAL"


@dataclass(frozen=True)
class Report:
    """A report as its system tells of it. Times are aware; ``start``/``end`` are None where it has no window.

    ``reason``: why it is FATAL, where the status itself tells it. ``next_token``: of a further page.
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
    """What a create ended with. ``created_by``: ``us``, or ``adopted`` when it was there already."""

    report_id: str
    created_by: str = "us"


class Query(Protocol):
    """What is created for a request; ``start``/``end`` as sent (aware, UTC), None without a window."""

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
    """Calls for one account, each leased, checked, learnt from and written down.

    They raise typed errors: CredentialsError, RequestRefused and UnexpectedAnswer are final for the call;
    Throttled and AmazonUnavailable pass. ``error.details["sent"]`` is False when the call cannot have left.
    """

    account: Account
    priority: Priority

    @property
    def document_origins(self) -> frozenset[str]:
        """Where documents may be fetched from, beside Amazon's hosts, because the connection says so."""
        ...

    def bucket(self, operation: str) -> Bucket:
        """The token bucket of one operation for this application and account."""
        ...

    async def ready(self) -> None:
        """Open what all calls share, off the loop. CredentialsError when a part of them is missing."""
        ...

    async def lease(self, operation: str, deadline: datetime | None = None) -> None:
        """Wait for the right to make one call of ``operation``; backfills in order of their ``deadline``."""
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
    ) -> Answer:
        """One call of any operation: sent once, its answer as it was written."""
        ...


_Client = TypeVar("_Client", contravariant=True)


class Listing(Protocol[_Client]):
    """A list of reports, whoever made them. ``operation`` names the bucket of its calls."""

    operation: str
    page_size: int
    # Older reports are not served.
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
        """Newest first; each page takes a lease, if not ``leased`` the first too."""
        ...

    async def report(self, client: _Client, report_id: str) -> Report:
        """One report, with the lease of ``ReportApi.status`` held. RequestRefused when it is not known."""
        ...


class ReportApi(Protocol[_Client]):
    """Calls of one API. The lease of the operation is held by the caller, but for ``recent``, ``prepare``
    and ``mended``, which take their own.
    """

    # Names of the operations, which are those of their buckets.
    create: str
    status: str
    document: str
    # The type of the notification that a report has ended; empty: there is none.
    finished: str
    # The pace of polling widens up to this while a report is pending for hours; None: it stays.
    slowest_poll: timedelta | None
    # What other applications asked for, where that may be used; None: it cannot be known.
    listing: Listing[Any] | None

    def query(self, spec: ReportSpec, slice_: Slice, options: Mapping[str, str]) -> Query:
        """What to create for a request with these options."""
        ...

    def check(self, client: _Client, slice_: Slice) -> None:
        """Raise the SkipError of a slice for which there is rightly nothing to ask. On a worker."""
        ...

    async def prepare(self, client: _Client, slice_: Slice) -> None:
        """The same in a wait, before the first create; calls take their own leases."""
        ...

    async def ask(self, client: _Client, query: Any, request: ReportRequest, fence: Fence) -> Created:
        """Create. ``fence`` is passed right before the call leaves; what it raises passes."""
        ...

    def can_mend(self, error: RequestRefused) -> bool:
        """Whether ``mended`` may help."""
        ...

    async def mended(
        self, client: _Client, query: Any, request: ReportRequest, error: RequestRefused
    ) -> bool:
        """Whether what was refused may be asked again, because the cause was found and is left out from now
        on. Called without a claim; several may call it at once.
        """
        ...

    async def look(self, client: _Client, request: ReportRequest) -> Report:
        """How the request's report stands. RequestRefused when it can never end."""
        ...

    def recent(self, client: _Client, query: Any, since: datetime) -> AsyncIterator[Report]:
        """What was created since then and may be the query's."""
        ...

    async def address(self, client: _Client, request: ReportRequest) -> DocumentAddress:
        """Where the request's document is for some minutes."""
        ...

    def headers(self, client: _Client, request: ReportRequest) -> Mapping[str, Any]:
        """What the archive and the ledger keep beside the document: its ``facts`` (texts), and ``left_out``,
        the columns that were refused and why. On a worker.
        """
        ...


class Source(Protocol):
    """One system that reports come from; what ``sources/registry.py`` names."""

    # By the names specs give (``request.operation``).
    operations: Mapping[str, Operation]

    def report_api(self, spec: ReportSpec) -> ReportApi[Any]:
        """How the spec's documents are asked for."""
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
        """Cheap to make and free of open connections."""
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
    "Source",
]
