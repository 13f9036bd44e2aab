"""What tasks and triggers share in one process: ledger, quotas, archive, credentials; made when first used.

Synchronous, since Airflow's connections and the ledger are; a trigger reaches it with ``asyncio.to_thread``,
where Airflow answers through the triggerer's own loop without blocking it.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from sellerops.base.errors import ConfigurationError
from sellerops.calendar.slices import Slice
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.specs import ReportSpec, load_spec

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.base.errors import ArchiveDamaged
    from sellerops.collect import Done, WaitFor, WaitResult
    from sellerops.destinations import Destination
    from sellerops.destinations.bigquery.address import BigQueryAddress
    from sellerops.ledger import Ledger, RunRef
    from sellerops.rate_limits import Priority, QuotaLedger
    from sellerops.sources.common.lwa import Credentials

ARCHIVE_VARIABLE = "sellerops_archive_uri"
# So long a running triggerer goes on with what it knows of a connection, a spec or the accounts.
_KEEP_SECONDS = 60.0


class CollectorLike(Protocol):
    """What operators and triggers need of ``sellerops.collect.Collector``."""

    def advance(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> Done | WaitFor: ...

    def archive_again(self, slice_: Slice, request_id: int) -> None: ...

    def give_up_document(self, request_id: int, cause: str) -> ArchiveDamaged: ...

    async def wait(
        self,
        slice_: Slice,
        run: RunRef,
        *,
        request_ids: Iterable[int] = (),
        reference: datetime | None = None,
    ) -> WaitResult: ...


class _Kept:
    """Values by key for ``_KEEP_SECONDS``; a value being made is made once. Errors are not kept."""

    def __init__(self) -> None:
        self._values: dict[Any, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def get(self, key: Any, make: Callable[[], Any]) -> Any:
        with self._lock:
            found = self._values.get(key)
            if found and time.monotonic() < found[0]:
                return found[1]
            value = make()
            self._values[key] = (time.monotonic() + _KEEP_SECONDS, value)
            return value

    def forget(self, key: Any) -> None:
        with self._lock:
            self._values.pop(key, None)


class Runtime:
    """The parts of one process. Addresses are asked once each, when first needed.

    :param reader_conninfo: of the role that checks, exports and pages read as.
    """

    def __init__(
        self,
        conninfo: Callable[[], str],
        archive_uri: Callable[[], str],
        reader_conninfo: Callable[[], str],
    ) -> None:
        self._conninfo = conninfo
        self._archive_uri = archive_uri
        self._reader_conninfo = reader_conninfo
        self._lock = threading.RLock()
        self._parts: dict[str, Any] = {}
        self._specs = _Kept()
        self._accounts = _Kept()
        self._credentials = _Kept()

    @property
    def conninfo(self) -> str:
        """libpq connection text of the warehouse; holds its password."""
        text: str = self._part("conninfo", self._conninfo)
        return text

    @property
    def reader_conninfo(self) -> str:
        """libpq connection text of the role that only reads; holds its password."""
        text: str = self._part("reader_conninfo", self._reader_conninfo)
        return text

    @property
    def ledger(self) -> Ledger:
        def make() -> Ledger:
            from sellerops.ledger import Ledger

            return Ledger(self.conninfo)

        ledger: Ledger = self._part("ledger", make)
        return ledger

    @property
    def limits(self) -> QuotaLedger:
        def make() -> QuotaLedger:
            from sellerops.rate_limits import QuotaLedger, load_rate_limits

            return QuotaLedger(self.ledger, load_rate_limits())

        limits: QuotaLedger = self._part("limits", make)
        return limits

    @property
    def archive(self) -> Archive:
        def make() -> Archive:
            from sellerops.archive import Archive
            from sellerops.ledger.deployment import bind_archive

            archive = Archive(self._archive_uri())
            bind_archive(self.ledger, archive)
            return archive

        archive: Archive = self._part("archive", make)
        return archive

    def spec(self, dag_id: str) -> ReportSpec:
        """The spec of a DAG, as its file stands (up to a minute ago)."""
        spec: ReportSpec = self._specs.get(dag_id, lambda: load_spec(dag_id))
        return spec

    def accounts(self) -> dict[str, Account]:
        """All accounts by id, as their file stands (up to a minute ago)."""
        accounts: dict[str, Account] = self._accounts.get("all", load_accounts)
        return accounts

    def account(self, account_id: str) -> Account:
        """One account. Raises ConfigurationError when ``accounts.yaml`` no longer has it."""
        accounts = self.accounts()
        if account_id not in accounts:
            raise ConfigurationError(
                f"there is no account {account_id!r} any more.",
                where="config/accounts.yaml",
                remedy="Put it back, or end this run and start a new one.",
            )
        return accounts[account_id]

    def collector(self, spec: ReportSpec, account: Account, priority: Priority) -> CollectorLike:
        """Who collects a slice of this report for this account."""
        from sellerops.collect import Collector
        from sellerops.sources.registry import source_of

        key = account.connection_of(spec.source)
        credentials = self._credentials.get(key, lambda: _credentials(account, spec.source))
        source = source_of(spec.source)
        client = source.client(account, credentials, self.ledger, self.limits, priority=priority)
        return Collector(spec, account, client, self.ledger, self.limits, self.archive)

    def forget_credentials(self, account: Account) -> None:
        """Read the account's connections anew next time: the ones at hand were refused."""
        for source in account.sources:
            self._credentials.forget(account.connection_of(source))

    def destination(self, name: str) -> Destination:
        """The destination of that name, ready to load. Raises ConfigurationError without its connection."""
        from sellerops.destinations import open_destination
        from sellerops_airflow.hooks.destinations import address_of

        return open_destination(name, address_of(name, self.conninfo), ledger=self.conninfo)

    def bigquery_address(self) -> BigQueryAddress:
        """Where the BigQuery tables are. Raises ConfigurationError without the connection."""
        from sellerops_airflow.hooks.destinations import bigquery_address

        return bigquery_address()

    def close(self) -> None:
        if "ledger" in self._parts:
            self._parts.pop("ledger").close()

    def _part(self, name: str, make: Callable[[], Any]) -> Any:
        with self._lock:
            if name not in self._parts:
                self._parts[name] = make()
            return self._parts[name]


_lock = threading.Lock()
_current: tuple[int, Runtime] | None = None
_replacement: Runtime | None = None


def get_runtime() -> Runtime:
    """This process's runtime. A forked child never uses its parent's: connections do not survive a fork."""
    global _current
    if _replacement is not None:
        return _replacement
    with _lock:
        if _current is None or _current[0] != os.getpid():
            _current = (os.getpid(), _from_airflow())
        return _current[1]


@contextmanager
def use_runtime(runtime: Runtime) -> Iterator[Runtime]:
    """Within the block ``get_runtime`` gives ``runtime``; for tests and scripts."""
    global _replacement
    before, _replacement = _replacement, runtime
    try:
        yield runtime
    finally:
        _replacement = before


def _from_airflow() -> Runtime:
    from sellerops_airflow.hooks.warehouse import READER_CONN_ID, warehouse_conninfo

    return Runtime(warehouse_conninfo, _archive_uri, lambda: warehouse_conninfo(READER_CONN_ID))


def _archive_uri() -> str:
    from airflow.sdk import Variable

    uri = Variable.get(ARCHIVE_VARIABLE, default=None)
    if not uri:
        raise ConfigurationError(
            "is not set.",
            where=f"variable {ARCHIVE_VARIABLE}",
            remedy="Set it in Admin > Variables: the folder or object-storage address of original documents.",
        )
    return str(uri)


def _credentials(account: Account, source: str) -> Credentials:
    from sellerops_airflow.hooks.registry import hook_of

    return hook_of(source, account).get_conn()
