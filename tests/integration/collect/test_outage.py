"""The ledger is away while slices are waited for: the waits go on when it is back, all of them."""

from __future__ import annotations

import asyncio
import time

import pytest
from integration.collect.parts import RUN, Bench
from support.postgres import PostgresServer

from sellerops.collect import WaitFor, WaitOutcome, WaitResult
from sellerops.ledger import outages
from sellerops.ledger.database import Database
from sellerops.settings.specs import load_spec
from sellerops.sources.common.sessions import close_sessions

WAITS = 60


def test_waits_sleep_through_an_outage(
    bench: Bench, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of them probes whether it is over; none fails, and none creates a second report."""
    monkeypatch.setattr(outages, "PROBE_EVERY", 0.2)
    monkeypatch.setattr(bench.ledger.database, "retry_seconds", 2.0)
    monkeypatch.setattr(bench.ledger.database._availability, "_patience", 2.0)
    probes: list[bool] = []
    real = Database.is_reachable

    def counted(database: Database) -> bool:
        probes.append(real(database))
        return probes[-1]

    monkeypatch.setattr(Database, "is_reachable", counted)
    spec = load_spec("sales_and_traffic")
    slice_ = bench.slice_(spec)
    step = bench.collector(spec).advance(slice_, RUN)
    assert isinstance(step, WaitFor)

    async def whole() -> list[WaitResult]:
        try:
            async with asyncio.timeout(240):
                waits = [
                    asyncio.create_task(bench.collector(spec).wait(slice_, RUN, request_ids=step.request_ids))
                    for _ in range(WAITS)
                ]
                await asyncio.to_thread(postgres_server.stop)
                try:
                    while len(probes) < 5:  # noqa: ASYNC110 - set in threads
                        await asyncio.sleep(0.05)
                    assert not any(wait.done() for wait in waits)
                finally:
                    await asyncio.to_thread(postgres_server.start)
                return await asyncio.gather(*waits)
        finally:
            await close_sessions()

    begun = time.monotonic()
    results = asyncio.run(whole())
    assert {result.outcome for result in results} == {WaitOutcome.READY}
    assert bench.creates() == 1
    # However long it took; separate waits would each have probed this often.
    assert len(probes) <= 2 + (time.monotonic() - begun) / outages.PROBE_EVERY


def test_a_report_id_outlives_an_outage(
    bench: Bench, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger stays away longer than a call is repeated: the id is written all the same."""
    monkeypatch.setattr(outages, "PROBE_EVERY", 0.2)
    written: list[str] = []

    def write() -> None:
        bench.ledger.database.run(lambda connection: connection.execute("SELECT 1"))
        written.append("R1")

    async def whole() -> None:
        async with asyncio.timeout(240):
            work = asyncio.create_task(outages.retry_until_recorded(bench.ledger, write))
            while not probes:  # noqa: ASYNC110 - set in threads
                await asyncio.sleep(0.05)
            await asyncio.to_thread(postgres_server.start)
            await work

    probes: list[int] = []
    real = Database.is_reachable

    def counted(database: Database) -> bool:
        probes.append(1)
        return real(database)

    monkeypatch.setattr(Database, "is_reachable", counted)
    monkeypatch.setattr(bench.ledger.database, "retry_seconds", 1.0)
    monkeypatch.setattr(bench.ledger.database._availability, "_patience", 1.0)
    postgres_server.stop()
    try:
        asyncio.run(whole())
    finally:
        postgres_server.start()
    assert written == ["R1"]
