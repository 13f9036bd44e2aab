"""The ledger as one object: what was requested, loaded, rejected and changed, in schema ``sellerops``.

Every method may raise LedgerUnavailable, and every write is idempotent: while the server is unreachable,
calls are retried for up to a minute (real time). No method takes credentials, and error texts are redacted.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice
from sellerops.ledger import calls, clocks, database, loads, notices, requests, slice_destinations, slices
from sellerops.ledger.database import Connection, Database
from sellerops.ledger.models import (
    ApiCall,
    LoadRecord,
    ReportRequest,
    RequestKey,
    RequestStatus,
    RunRef,
    SliceRow,
    SliceState,
)
from sellerops.ledger.slice_destinations import DestinationDay

_CLOCK_CACHE_SECONDS = 1.0


class Ledger:
    """The ledger in one database. Synchronous and safe to share between threads.

    :param conninfo: libpq connection string or URL.
    :param pool_size: maximum number of connections of this process, opened when first needed.
    :param retry_seconds: how long (real time) a call is retried while the server is unreachable.
    """

    def __init__(
        self, conninfo: str, pool_size: int = 4, *, retry_seconds: float = database.RETRY_SECONDS
    ) -> None:
        self.database = Database(conninfo, pool_size=pool_size, retry_seconds=retry_seconds)
        self._clock: tuple[float, Clock] | None = None

    def close(self) -> None:
        self.database.close()

    def migrate(self, revision: str = "head") -> None:
        """Migrate the schema to this version, or to a revision; several processes may call it at once."""
        database.migrate(self.database.conninfo, revision)

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection in a transaction that commits at the end, or rolls back on error."""
        return self.database.connection()

    # -- clock

    def clock(self) -> Clock:
        """The clock of ``sellerops.now()``, cached for at most one second (real time)."""
        if self._clock is None or time.monotonic() - self._clock[0] > _CLOCK_CACHE_SECONDS:
            self._clock = (time.monotonic(), self.database.run(clocks.read_clock))
        return self._clock[1]

    def set_clock(self, clock: Clock | None) -> None:
        """Make ``sellerops.now()`` follow ``clock``; None is real time."""
        self.database.run(lambda c: clocks.write_clock(c, clock))
        self._clock = None

    # -- requests

    def find_or_open_request(
        self, key: RequestKey, *, fresh_after: datetime | None, run: RunRef
    ) -> ReportRequest:
        """The newest request of ``key`` that is in progress, or done and fresh enough; else a new one.

        The age of ARCHIVED requests counts from ``reported_at``, of CANCELLED ones from ``updated_at``;
        ``fresh_after`` None accepts any age. FATAL and FAILED requests are not reused. A key never has two
        requests in progress.
        """
        return self.database.run(lambda c: requests.find_or_open(c, key, fresh_after, run))

    def find_or_open_listed(
        self,
        key: RequestKey,
        report_id: str,
        document_id: str,
        reported_at: datetime,
        window_start: datetime | None,
        window_end: datetime | None,
        marketplace_ids: tuple[str, ...],
        run: RunRef,
    ) -> ReportRequest:
        """The request of a report that Amazon creates on its schedule: one row per account and report id."""
        return self.database.run(
            lambda c: requests.find_or_open_listed(
                c, key, report_id, document_id, reported_at, window_start, window_end, marketplace_ids, run
            )
        )

    def claim_create(self, request_id: int) -> bool:
        """PLANNED -> CREATING. True for exactly one caller, who may then call createReport."""
        token = uuid.uuid4()
        return self.database.run(lambda c: requests.claim_create(c, request_id, token))

    def release_create(self, request_id: int) -> None:
        """CREATING -> PLANNED. Only if Amazon certainly refused, or if no orphaned report was found."""
        self.database.run(lambda c: requests.release_create(c, request_id))

    def record_created(
        self, request_id: int, report_id: str, created_by: str = "us", reported_at: datetime | None = None
    ) -> None:
        """Record the created report: -> IN_QUEUE.

        Raises GiveUpError if the request already has another report, or has ended without one.
        """
        self.database.run(
            lambda c: requests.record_created(c, request_id, report_id, created_by, reported_at)
        )

    def record_status(
        self,
        request_id: int,
        status: RequestStatus,
        *,
        document_id: str | None = None,
        reported_at: datetime | None = None,
    ) -> None:
        """Record Amazon's processing status. Late messages never move a request back."""
        self.database.run(lambda c: requests.record_status(c, request_id, status, document_id, reported_at))

    def record_archived(
        self, request_id: int, *, uri: str, nbytes: int, sha256: str, headers: Mapping[str, Any]
    ) -> None:
        """Record the archived document: -> ARCHIVED."""
        self.database.run(lambda c: requests.record_archived(c, request_id, uri, nbytes, sha256, headers))

    def record_failed(self, request_id: int, error: BaseException) -> None:
        """Record a permanent failure: -> FAILED, with the error's type and redacted text."""
        self.database.run(lambda c: requests.record_failed(c, request_id, error))

    def get_request(self, request_id: int) -> ReportRequest:
        """One request. Raises GiveUpError if the id is unknown."""
        return self.database.run(lambda c: requests.get(c, request_id))

    def open_requests(self, account_id: str) -> list[ReportRequest]:
        """All requests of an account that are in progress, oldest first."""
        return self.database.run(lambda c: requests.open_requests(c, account_id))

    def known_report_ids(self, account_id: str, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that belong to a request of the account."""
        wanted = list(ids)
        return self.database.run(lambda c: requests.known_report_ids(c, account_id, wanted))

    # -- slices

    def set_slice_state(
        self,
        slice_: Slice,
        state: SliceState,
        *,
        run: RunRef | None = None,
        request_id: int | None = None,
        load_id: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Write ``state`` to every day of the slice.

        PLANNED, REQUESTED, EXPIRED and LATE do not replace LOADED, CONFIRMED_EMPTY or QUARANTINED: planning
        another request does not change what a day already has.
        """
        self.database.run(lambda c: slices.set_state(c, slice_, state, run, request_id, load_id, error))

    def set_destination_state(
        self,
        slice_: Slice,
        destination: str,
        state: SliceState,
        *,
        destinations: Sequence[str],
        run: RunRef | None = None,
        request_id: int | None = None,
        load_id: int | None = None,
        error: BaseException | None = None,
    ) -> None:
        """Write the state of every day of the slice in ``destination``, and the combined state of the days.

        ``destinations``: all of the report's. While one of them is FAILED, QUARANTINED or LATE, so is the
        day. Once each of them has the newest document, the day is LOADED, or CONFIRMED_EMPTY if none has
        rows; until then it is REQUESTED.
        """
        self.database.run(
            lambda c: slice_destinations.settle(
                c, slice_, destination, state, destinations, run, request_id, load_id, error
            )
        )

    def refresh_slice_state(self, slice_: Slice, destinations: Sequence[str]) -> None:
        """Recompute the combined state of the slice's days for a changed list of ``destinations``."""
        self.database.run(lambda c: slice_destinations.recount(c, slice_, destinations))

    def destination_days(
        self,
        *,
        report: str | None = None,
        account_id: str | None = None,
        marketplace_id: str | None = None,
        days: Collection[date] | None = None,
        dag_id: str | None = None,
        run_id: str | None = None,
        state: SliceState | None = None,
    ) -> list[DestinationDay]:
        """Days with their state in each destination, in order; None means no filter."""
        wanted = {
            "report": report,
            "account_id": account_id,
            "marketplace_id": marketplace_id,
            "dag_id": dag_id,
            "run_id": run_id,
            "state": state and str(state),
        }
        return self.database.run(lambda c: slice_destinations.days(c, wanted, days))

    def slice_states(
        self,
        *,
        report: str | None = None,
        account_id: str | None = None,
        marketplace_id: str | None = None,
        first_day: date | None = None,
        last_day: date | None = None,
        states: Collection[SliceState] | None = None,
        dag_id: str | None = None,
        run_id: str | None = None,
        most: int | None = None,
    ) -> list[SliceRow]:
        """Days with their states, in order; None means no filter. Days are inclusive.

        ``most``: return at most this many rows, the last ones.
        """
        wanted = {
            "report": report,
            "account_id": account_id,
            "marketplace_id": marketplace_id,
            "dag_id": dag_id,
            "run_id": run_id,
        }
        return self.database.run(lambda c: slices.states(c, wanted, first_day, last_day, states, most))

    # -- loads

    def loads(
        self,
        *,
        report: str | None = None,
        account_id: str | None = None,
        marketplace_id: str | None = None,
        request_id: int | None = None,
        limit: int = 100,
    ) -> list[LoadRecord]:
        """Loads, newest first; None means no filter."""
        return self.database.run(
            lambda c: loads.loads(c, report, account_id, marketplace_id, request_id, limit)
        )

    # -- notices and calls

    def claim_notice(self, key: str) -> bool:
        """True for exactly one caller with ``key``, who then sends the notice."""
        token = uuid.uuid4()
        return self.database.run(lambda c: notices.claim(c, key, token))

    def log_call(self, call: ApiCall) -> None:
        """Store one call to Amazon."""
        called_at = call.called_at or self.clock().now()
        self.database.run(lambda c: calls.log_call(c, call, called_at))

    def roll_api_calls(self, keep_days: int = 30) -> list[str]:
        """Create today's and tomorrow's partition of ``api_call``; drop old ones and return their names."""
        return self.database.run(lambda c: calls.roll_days(c, keep_days))
