"""The ledger as one object: what was asked, loaded, refused and changed, in Postgres schema ``sellerops``.

Every write may be repeated: when the server goes away, the call is made again for up to a minute (real time),
then RetryableError. No method takes a credential, and texts of errors are cleaned of them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sellerops.base.clock import Clock
from sellerops.calendar.slices import Slice
from sellerops.ledger import calls, clocks, database, loads, notices, requests, slice_destinations, slices
from sellerops.ledger.database import Connection, Database
from sellerops.ledger.models import (
    ApiCall,
    LoadRecord,
    Reject,
    ReportRequest,
    RequestKey,
    RequestStatus,
    RunRef,
    SchemaChange,
    SliceRow,
    SliceState,
)
from sellerops.ledger.slice_destinations import DestinationDay

_CLOCK_CACHE_SECONDS = 1.0


class Ledger:
    """The ledger in one database. Synchronous and safe to share between threads.

    :param conninfo: libpq connection string or URL.
    :param pool_size: most connections this process keeps; opened when first needed.
    :param retry_seconds: how long (real time) a call is repeated while the server is away.
    """

    def __init__(
        self, conninfo: str, pool_size: int = 4, *, retry_seconds: float = database.RETRY_SECONDS
    ) -> None:
        self.database = Database(conninfo, pool_size=pool_size, retry_seconds=retry_seconds)
        self._clock: tuple[float, Clock] | None = None

    def close(self) -> None:
        self.database.close()

    def migrate(self) -> None:
        """Bring the schema to this version; safe to call from several processes at once."""
        database.migrate(self.database.conninfo)

    def connection(self) -> AbstractContextManager[Connection]:
        """A connection to the ledger's database in a transaction: commits in the end, or rolls back."""
        return self.database.connection()

    # -- clock

    def clock(self) -> Clock:
        """The clock of ``sellerops.now()``, at most one second (real) old."""
        if self._clock is None or time.monotonic() - self._clock[0] > _CLOCK_CACHE_SECONDS:
            self._clock = (time.monotonic(), self.database.run(clocks.read_clock))
        return self._clock[1]

    def set_clock(self, clock: Clock | None) -> None:
        """Let ``sellerops.now()`` follow ``clock``; None is real time."""
        self.database.run(lambda c: clocks.write_clock(c, clock))
        self._clock = None

    # -- requests

    def find_or_open_request(
        self, key: RequestKey, *, fresh_after: datetime | None, run: RunRef
    ) -> ReportRequest:
        """The newest request of ``key`` that is under way, or ended well and is young enough; else a new one.

        ARCHIVED counts by ``reported_at``, CANCELLED by ``updated_at``; ``fresh_after`` None takes any age.
        FATAL and FAILED requests never stand in the way of a new one. Never two running requests for one key.
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
        """The request of a report that Amazon makes by itself: one row per account and report id."""
        return self.database.run(
            lambda c: requests.find_or_open_listed(
                c, key, report_id, document_id, reported_at, window_start, window_end, marketplace_ids, run
            )
        )

    def claim_create(self, request_id: int) -> bool:
        """PLANNED -> CREATING. True for exactly one caller: the one that may call createReport."""
        token = uuid.uuid4()
        return self.database.run(lambda c: requests.claim_create(c, request_id, token))

    def release_create(self, request_id: int) -> None:
        """CREATING -> PLANNED: only after Amazon refused for sure, or no orphan of it was found."""
        self.database.run(lambda c: requests.release_create(c, request_id))

    def record_created(
        self, request_id: int, report_id: str, created_by: str = "us", reported_at: datetime | None = None
    ) -> None:
        """The report exists: -> IN_QUEUE. Raises GiveUpError when the request already has another report."""
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
        """Amazon's processing status. News that come late never move a request back."""
        self.database.run(lambda c: requests.record_status(c, request_id, status, document_id, reported_at))

    def record_archived(
        self, request_id: int, *, uri: str, nbytes: int, sha256: str, headers: Mapping[str, Any]
    ) -> None:
        """The document is in the archive: -> ARCHIVED."""
        self.database.run(lambda c: requests.record_archived(c, request_id, uri, nbytes, sha256, headers))

    def record_failed(self, request_id: int, error: BaseException) -> None:
        """Nothing more will come of it: -> FAILED, with the error's type and text."""
        self.database.run(lambda c: requests.record_failed(c, request_id, error))

    def get_request(self, request_id: int) -> ReportRequest:
        """One request. Raises GiveUpError when there is none."""
        return self.database.run(lambda c: requests.get(c, request_id))

    def open_requests(self, account_id: str) -> list[ReportRequest]:
        """All requests of an account that are under way, oldest first."""
        return self.database.run(lambda c: requests.open_requests(c, account_id))

    def known_report_ids(self, account_id: str, ids: Iterable[str]) -> set[str]:
        """Those of ``ids`` that some request of the account has."""
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

        PLANNED, REQUESTED, EXPIRED and LATE do not replace LOADED, CONFIRMED_EMPTY or QUARANTINED: looking
        again says nothing against what a day already holds.
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
        """Write how every day of the slice stands in ``destination``, and what that makes of the days.

        ``destinations``: all of the report's. A day is LOADED when each of them has brought the newest
        document of it, FAILED or QUARANTINED while one is, else REQUESTED.
        """
        self.database.run(
            lambda c: slice_destinations.settle(
                c, slice_, destination, state, destinations, run, request_id, load_id, error
            )
        )

    def refresh_slice_state(self, slice_: Slice, destinations: Sequence[str]) -> None:
        """Write what the slice's days are when ``destinations`` are all of the report's from now on."""
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
        """Days as they stand in each destination, in order; what is left None is not filtered by."""
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
        """Days and their states, in order; what is left None is not filtered by. Days are inclusive.

        ``most``: only so many, the last ones.
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

    def new_load_id(self) -> int:
        """A fresh load id, to stamp rows with before the load is recorded."""
        return self.database.run(loads.new_load_id)

    def record_load(self, record: LoadRecord) -> int:
        """Store a load, return its id. Raises psycopg.errors.CheckViolation when its counts do not add up."""
        load_id = record.load_id if record.load_id is not None else self.new_load_id()
        numbered = replace(record, load_id=load_id)
        return self.database.run(lambda c: loads.insert_load(c, numbered))

    def loads(
        self,
        *,
        report: str | None = None,
        account_id: str | None = None,
        marketplace_id: str | None = None,
        request_id: int | None = None,
        limit: int = 100,
    ) -> list[LoadRecord]:
        """Loads, newest first; what is left None is not filtered by."""
        return self.database.run(
            lambda c: loads.loads(c, report, account_id, marketplace_id, request_id, limit)
        )

    def record_rejects(self, load_id: int, rejects: Iterable[Reject]) -> int:
        """Store rejected rows, return how many. One transaction; not repeated when the server goes away."""
        with self.connection() as connection:
            return loads.insert_rejects(connection, load_id, rejects)

    def record_schema_change(self, change: SchemaChange) -> bool:
        """Store a change of a column; False when it is already the last thing known about that column."""
        return self.database.run(lambda c: loads.insert_schema_change(c, change))

    # -- notices and calls

    def claim_notice(self, key: str) -> bool:
        """True for exactly one caller with ``key``: the one that tells people."""
        token = uuid.uuid4()
        return self.database.run(lambda c: notices.claim(c, key, token))

    def log_call(self, call: ApiCall) -> None:
        """Store one call to Amazon."""
        called_at = call.called_at or self.clock().now()
        self.database.run(lambda c: calls.log_call(c, call, called_at))

    def roll_api_calls(self, keep_days: int = 30) -> list[str]:
        """Make today's and tomorrow's partition of ``api_call``, drop the old ones and return their names."""
        return self.database.run(lambda c: calls.roll_days(c, keep_days))
