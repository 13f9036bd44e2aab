"""Loads beside a replay: whenever one is committed, the table has its rows afterwards.

A load takes its id before it stages, so a slow one is committed behind loads with higher ids.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.archived import archive_document, load_archived

from sellerops.archive import Archive
from sellerops.base.errors import GiveUpError
from sellerops.calendar.slices import Slice, plan_slices
from sellerops.destinations import RequestMeta
from sellerops.destinations.postgres import destination as postgres
from sellerops.destinations.postgres.staging import Staging
from sellerops.ledger import Ledger
from sellerops.reprocess.load_steps import Scope
from sellerops.reprocess.replay import replay
from sellerops.settings.accounts import load_accounts
from sellerops.settings.specs import load_spec

SPEC = load_spec("fba_customer_returns")
RUN_AT = datetime(2026, 11, 20, 18, tzinfo=UTC)
FIRST, SECOND = (
    plan_slices(SPEC, load_accounts()["northwind_na"], run_at=each, now=each)[0]
    for each in (RUN_AT - timedelta(days=7), RUN_AT)
)
HEADER = "return-date\torder-id\tsku\tasin\tfnsku\tproduct-name\tquantity\tfulfillment-center-id\treason\n"
WHOLE, PART = Scope(), Scope(account_id="northwind_na")
MODES = pytest.mark.parametrize(
    ("scope", "from_archive"),
    [(WHOLE, False), (PART, False), (WHOLE, True)],
    ids=["whole", "part", "archive"],
)
_PATIENCE = 240.0


class Held:
    """A load in a thread of its own that stops where the test wants it to."""

    def __init__(self, load: Callable[[], None]) -> None:
        self.is_there, self._go = threading.Event(), threading.Event()
        self.error: BaseException | None = None
        self._load = load
        self._thread = threading.Thread(target=self._run, name="held", daemon=True)

    def stop(self) -> None:
        """Called where the load stops; other threads pass."""
        if threading.current_thread() is self._thread:
            self.is_there.set()
            assert self._go.wait(_PATIENCE)

    def go(self) -> None:
        self._go.set()

    def end(self) -> None:
        self.go()
        self._thread.join(_PATIENCE)
        assert not self._thread.is_alive()
        if self.error:
            raise self.error

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """While the load is where it stops."""
        self._thread.start()
        assert self.is_there.wait(_PATIENCE), self.error
        try:
            yield
        finally:
            self.end()

    def _run(self) -> None:
        try:
            self._load()
        except BaseException as error:  # noqa: BLE001 - the test's thread raises it
            self.error = error


class Desk:
    """An archive with one document of each of two slices, and the slow load of the second."""

    def __init__(self, ledger: Ledger, archive: Archive) -> None:
        self.ledger, self.archive = ledger, archive
        self.first = self.put(FIRST, "order-1")
        self.second = self.put(SECOND, "order-2")
        self.held = Held(lambda: self.load(SECOND, self.second))

    def put(self, slice_: Slice, order: str, *, later: timedelta = timedelta(0)) -> RequestMeta:
        day = f"{slice_.days[0]}T12:00:00+00:00"
        line = f"{day}\t{order}\tSKU\tB000000001\tX000000001\tTape\t1\tABE2\tUNWANTED_ITEM\n"
        return archive_document(self.archive, SPEC, slice_, RUN_AT + later, (HEADER + line).encode())

    def load(self, slice_: Slice, meta: RequestMeta) -> None:
        load_archived(self.ledger, self.archive, SPEC, slice_, meta)

    def replay(
        self, scope: Scope, from_archive: bool, progress: Callable[[str], None] = lambda text: None
    ) -> None:
        replay(self.ledger, self.archive, SPEC, scope, from_archive=from_archive, progress=progress)

    def orders(self) -> list[str]:
        return [
            row[0] for row in self.query("SELECT order_id FROM amazon_sp.fba_customer_returns ORDER BY 1")
        ]

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.ledger.database.conninfo) as connection:
            return connection.execute(statement).fetchall()

    def is_settled(self) -> None:
        """Rows and ledger fit: each row's load is recorded, and nothing of the rebuild is left."""
        assert self.query(
            "SELECT 1 FROM amazon_sp.fba_customer_returns r "
            "WHERE NOT EXISTS (SELECT FROM sellerops.load WHERE load.id = r.load_id)"
        ) == []  # fmt: skip
        assert self.query("SELECT 1 FROM sellerops.load WHERE table_name LIKE 'replay%'") == []


@pytest.fixture
def desk(ledger: Ledger, tmp_path: Path) -> Desk:
    return Desk(ledger, Archive(str(tmp_path / "archive")))


@MODES
def test_a_slow_load_with_a_lower_id_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, scope: Scope, from_archive: bool
) -> None:
    """It stages while a later one is committed and the replay reads the ledger; then it is committed."""
    stop_before(monkeypatch, Staging, "fill", desk.held)
    with desk.held.under_way():
        desk.load(FIRST, desk.first)
        desk.replay(scope, from_archive, progress=lambda text: desk.held.end())
    (slow, quick) = [row[0] for row in desk.query("SELECT id FROM sellerops.load ORDER BY id")][:2]
    assert slow < quick
    assert desk.orders() == ["order-1", "order-2"]
    desk.is_settled()


@MODES
def test_a_replay_waits_for_a_load_that_is_writing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, scope: Scope, from_archive: bool
) -> None:
    """Its rows are written but not committed when the rebuilt table is about to replace the live one."""
    desk.load(FIRST, desk.first)
    stop_before(monkeypatch, postgres, "write_load", desk.held)
    done = threading.Thread(target=lambda: desk.replay(scope, from_archive), daemon=True)
    with desk.held.under_way():
        done.start()
        wait_until(
            lambda: bool(desk.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
        )
        desk.held.go()
        done.join(_PATIENCE)
    assert not done.is_alive()
    assert desk.orders() == ["order-1", "order-2"]
    desk.is_settled()


@MODES
def test_a_staged_load_writes_into_the_new_table(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, scope: Scope, from_archive: bool
) -> None:
    desk.load(FIRST, desk.first)
    # A document older than the stored rows: it has to read the watermarks written by the replay.
    newer = desk.put(SECOND, "order-3", later=timedelta(days=1))
    desk.load(SECOND, newer)
    stop_before(monkeypatch, postgres, "lock_place", desk.held)
    with desk.held.under_way():
        desk.replay(scope, from_archive)
    assert desk.orders() == ["order-1", "order-3"]
    desk.is_settled()


def test_a_replay_without_the_ledger_repeats_what_is_loaded_meanwhile(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger's loads are gone; one is committed between the archive's list and the end."""
    desk.load(FIRST, desk.first)
    with psycopg.connect(desk.ledger.database.conninfo) as connection:
        connection.execute("DELETE FROM sellerops.load; DELETE FROM sellerops.table_watermark")
    late: list[RequestMeta] = []

    def arrive(text: str) -> None:
        late.append(desk.put(SECOND, "order-9", later=timedelta(days=1)))
        desk.load(SECOND, late[0])

    desk.replay(WHOLE, True, progress=arrive)
    assert desk.orders() == ["order-1", "order-9"]
    desk.is_settled()


def test_a_replay_from_the_archive_keeps_loads_still_in_the_ledger(desk: Desk) -> None:
    """A document without a load has only its sidecar; one document may serve two slices."""
    desk.load(FIRST, desk.first)
    desk.load(SECOND, desk.first)
    desk.put(FIRST, "order-4", later=timedelta(hours=-1))
    desk.load(SECOND, desk.second)
    before = desk.query("SELECT * FROM amazon_sp.fba_customer_returns ORDER BY order_id")
    loads = desk.query("SELECT id, table_name, slice, document FROM sellerops.load ORDER BY id")
    assert len(loads) == 3
    desk.replay(WHOLE, True)
    assert desk.query("SELECT * FROM amazon_sp.fba_customer_returns ORDER BY order_id") == before
    after = desk.query("SELECT id, table_name, slice, document FROM sellerops.load ORDER BY id")
    assert after[:3] == loads
    assert [(row[1], row[2]["source"]) for row in after[3:]] == [
        ("amazon_sp.fba_customer_returns", "amazon_sp")
    ]


def test_rows_that_nothing_can_make_again_stop_the_replay(desk: Desk) -> None:
    """A ledger that lost loads, then documents that are gone: the remedies work as printed."""
    desk.load(FIRST, desk.first)
    desk.load(SECOND, desk.second)
    with psycopg.connect(desk.ledger.database.conninfo) as connection:
        connection.execute("DELETE FROM sellerops.load WHERE id = (SELECT min(id) FROM sellerops.load)")
    with pytest.raises(GiveUpError, match=r"1 rows belong to loads .* --from-archive"):
        desk.replay(WHOLE, False)
    assert desk.orders() == ["order-1", "order-2"]
    kept = Path(desk.first.where.removeprefix("file://"))
    hidden = kept.rename(kept.with_suffix(".hidden"))
    with pytest.raises(GiveUpError, match=r"missing.* TRUNCATE amazon_sp.fba_customer_returns"):
        desk.replay(WHOLE, True)
    assert desk.orders() == ["order-1", "order-2"]
    hidden.rename(kept)
    desk.replay(WHOLE, True)
    assert desk.orders() == ["order-1", "order-2"]
    desk.is_settled()


def test_a_load_without_a_recorded_slice_uses_its_sidecar(desk: Desk) -> None:
    desk.load(FIRST, desk.first)
    desk.load(SECOND, desk.second)
    with psycopg.connect(desk.ledger.database.conninfo) as connection:
        oldest = "(SELECT min(id) FROM sellerops.load)"
        connection.execute(f"UPDATE sellerops.load SET slice = NULL WHERE id = {oldest}".encode())
    with pytest.raises(GiveUpError, match="Rebuild with --from-archive"):
        desk.replay(WHOLE, False)
    desk.replay(WHOLE, True)
    assert desk.orders() == ["order-1", "order-2"]


def stop_before(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, held: Held) -> None:
    inner = getattr(place, name)

    def stopping(*arguments: Any) -> Any:
        held.stop()
        return inner(*arguments)

    monkeypatch.setattr(place, name, stopping)


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)
