"""The objects that tasks and triggers of one process share, such as ledger and archive.

Synchronous, as Airflow's connections and the ledger are; triggers call it with ``asyncio.to_thread``.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sellerops.base.errors import ConfigurationError
from sellerops.base.timed_cache import TimedCache
from sellerops.settings.accounts import Account, load_accounts
from sellerops.settings.logins import Login, load_logins
from sellerops.settings.specs import ReportSpec, load_spec
from sellerops_airflow.runtime.collector_like import CollectorLike

if TYPE_CHECKING:
    from sellerops.archive import Archive
    from sellerops.browsers.evidence import EvidenceStore
    from sellerops.destinations import Destination
    from sellerops.inbound.services import Services
    from sellerops.inbound.store import InboundStore
    from sellerops.ledger import Ledger
    from sellerops.rate_limits import Priority, QuotaLedger
    from sellerops.sources.seller_portal.client import SellerPortalClient

# How long a process reuses a connection, a spec or the accounts before reading them again.
_KEEP_SECONDS = 60.0
_T = TypeVar("_T")


class Runtime:
    """The shared objects of one process.

    Addresses are functions, called once each when first needed.

    :param conninfo: libpq string of the role that collects, which writes rows and ledger.
    :param archive_uri: folder or object-storage address of the archive.
    :param reader_conninfo: libpq string of the read-only role, which checks, exports and pages use.
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
        self._specs = TimedCache(_KEEP_SECONDS)
        self._accounts = TimedCache(_KEEP_SECONDS)
        self._credentials = TimedCache(_KEEP_SECONDS)

    @property
    def conninfo(self) -> str:
        """libpq string of the role that collects, including the password."""
        return self._part("conninfo", self._conninfo)

    @property
    def reader_conninfo(self) -> str:
        """libpq string of the read-only role, including the password."""
        return self._part("reader_conninfo", self._reader_conninfo)

    @property
    def ledger(self) -> Ledger:
        """The ledger in the warehouse."""

        def make() -> Ledger:
            from sellerops.ledger import Ledger

            return Ledger(self.conninfo)

        return self._part("ledger", make)

    @property
    def limits(self) -> QuotaLedger:
        """Amazon's quotas, shared by all processes through the ledger."""

        def make() -> QuotaLedger:
            from sellerops.rate_limits import QuotaLedger, load_rate_limits

            return QuotaLedger(self.ledger, load_rate_limits())

        return self._part("limits", make)

    @property
    def archive(self) -> Archive:
        """The archive of original documents. Raises ConfigurationError when it is another ledger's."""

        def make() -> Archive:
            from sellerops.archive import Archive
            from sellerops.ledger.deployment import bind_archive

            archive = Archive(self._archive_uri())
            bind_archive(self.ledger, archive)
            return archive

        return self._part("archive", make)

    def spec(self, dag_id: str) -> ReportSpec:
        """The spec of a DAG, read at most a minute ago. Raises ConfigurationError when it is invalid."""
        return self._specs.get(dag_id, lambda: load_spec(dag_id))

    def accounts(self) -> dict[str, Account]:
        """All accounts by id, read at most a minute ago."""
        return self._accounts.get("all", load_accounts)

    def account(self, account_id: str) -> Account:
        """One account. Raises ConfigurationError when ``accounts.yaml`` no longer has it."""
        accounts = self.accounts()
        if account_id not in accounts:
            raise ConfigurationError(
                f"account {account_id!r} no longer exists.",
                where="config/accounts.yaml",
                remedy="Restore it, or end this run and start a new one.",
            )
        return accounts[account_id]

    def collector(self, spec: ReportSpec, account: Account, priority: Priority) -> CollectorLike:
        """The collector of one report for one account. Raises ConfigurationError without its connection, or
        without the login or folder that its files come from.
        """
        from sellerops.collect import Collector
        from sellerops_airflow.hooks.archive import folder_client

        client: Any
        if spec.request.how == "downloaded":
            client = self.portal_client(account, load_logins().login_of(account.id, spec.request.login or ""))
        elif spec.request.how == "dropped":
            client = folder_client(account)
        else:
            client = self._client(spec.source, account, priority)
        return Collector(spec, account, client, self.ledger, self.limits, self.archive)

    @property
    def inbound_store(self) -> InboundStore:
        """The runs of FBA inbound shipments in the ledger."""
        from sellerops.inbound.store import InboundStore

        return InboundStore(self.ledger)

    def inbound_services(self, account: Account) -> Services:
        """What the steps of an FBA inbound run need. Raises ConfigurationError without its connection."""
        from sellerops.inbound.services import Services
        from sellerops.inbound.settings import INBOUND
        from sellerops.rate_limits import Priority
        from sellerops.writes.writer import Writer

        client = self._client("amazon_sp", account, Priority.SCHEDULE)
        writer = Writer(client, self.ledger)
        return Services(account, client, writer, self.ledger, self.archive, INBOUND.load())

    def login(self, dag_id: str, account_id: str) -> Login:
        """The login of a report for an account. Raises ConfigurationError as ``Logins.login_of``."""
        return load_logins().login_of(account_id, self.spec(dag_id).request.login or "")

    def login_by_id(self, login_id: str) -> Login:
        """One login. Raises ConfigurationError as ``Logins.get``."""
        return load_logins().get(login_id)

    def portal_client(self, account: Account, login: Login) -> SellerPortalClient:
        """The pages of one login. Raises ConfigurationError without its connection."""
        from sellerops_airflow.hooks.seller_portal import SellerPortalHook

        # Not cached: a wrong password is tried once, and a corrected one is used immediately.
        return SellerPortalHook(login.connection_id).client(account, login, self.ledger, self.evidence)

    @property
    def evidence(self) -> EvidenceStore:
        """The evidence of failed browser jobs, stored next to the archive's documents."""
        from sellerops.browsers.evidence import EvidenceStore

        return EvidenceStore.of_archive(self.archive.root)

    def _client(self, source_id: str, account: Account, priority: Priority) -> Any:
        from sellerops.sources.registry import source_of
        from sellerops_airflow.hooks.registry import hook_of

        key = account.connection_of(source_id)
        credentials = self._credentials.get(key, lambda: hook_of(source_id, account).get_conn())
        return source_of(source_id).client(account, credentials, self.ledger, self.limits, priority=priority)

    def forget_credentials(self, account: Account) -> None:
        """Read the account's connections again next time, because the cached credentials were refused."""
        for source in account.api_sources:
            self._credentials.forget(account.connection_of(source))

    def destination(self, name: str) -> Destination:
        """The named destination, ready to load. Raises ConfigurationError without its connection."""
        from sellerops.destinations import open_destination
        from sellerops_airflow.hooks.destinations import address_of

        return open_destination(name, address_of(name, self.conninfo), ledger=self.conninfo)

    def close(self) -> None:
        """Close the ledger, if it was opened."""
        if "ledger" in self._parts:
            self._parts.pop("ledger").close()

    def _part(self, name: str, make: Callable[[], _T]) -> _T:
        with self._lock:
            if name not in self._parts:
                self._parts[name] = make()
            return cast(_T, self._parts[name])


_lock = threading.Lock()
_current: tuple[int, Runtime] | None = None
_replacement: Runtime | None = None


def get_runtime() -> Runtime:
    """This process's runtime. A forked child gets its own, because connections do not survive a fork."""
    global _current
    if _replacement is not None:
        return _replacement
    with _lock:
        if _current is None or _current[0] != os.getpid():
            _current = (os.getpid(), _from_airflow())
        return _current[1]


@contextmanager
def use_runtime(runtime: Runtime) -> Iterator[Runtime]:
    """Make ``get_runtime`` return ``runtime`` within the block; for tests and scripts."""
    global _replacement
    before, _replacement = _replacement, runtime
    try:
        yield runtime
    finally:
        _replacement = before


def _from_airflow() -> Runtime:
    from sellerops_airflow.hooks.archive import archive_uri
    from sellerops_airflow.hooks.object_storage import use_storage_connection
    from sellerops_airflow.hooks.warehouse import READER_CONN_ID, warehouse_conninfo

    use_storage_connection()
    return Runtime(warehouse_conninfo, archive_uri, lambda: warehouse_conninfo(READER_CONN_ID))


__all__ = ["CollectorLike", "Runtime", "get_runtime", "use_runtime"]
