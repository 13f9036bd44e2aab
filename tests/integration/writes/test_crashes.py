"""Killed at any border, whatever befalls the call, a write has one effect and is answered in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from integration.collect.killing import Killed, Step, Steps, kill
from integration.writes.fake_amazon import (
    FAULTS,
    START,
    FakeAmazon,
    FakeClient,
    carry_out,
    plan,
    stepping,
)
from support.postgres import PostgresServer

from sellerops.base.clock import Clock
from sellerops.base.errors import AnswerLost
from sellerops.ledger import Ledger, waits
from sellerops.writes import Writer, writer

# From the row to the answer's storage: the borders of a write that nothing befalls.
BORDERS = [
    f"{side} {step}"
    for step in ("open_row", "lease", "stamp_sent", "sending", "record_answer")
    for side in ("before", "after")
]
LOST = [fault for fault in FAULTS if fault.startswith(("error", "timeout"))]


@pytest.mark.parametrize("befalls", [None, *FAULTS])
def test_killed_at_every_border_a_write_has_one_effect(amazon: FakeAmazon, befalls: str | None) -> None:
    whole = _run_through(amazon, "whole", befalls, None).crossed
    for number, at in enumerate(whole):
        assert _run_through(amazon, f"killed {number}", befalls, at).struck
    crossed = [step.name for step in whole]
    if befalls is None:
        assert crossed == BORDERS
    elif befalls in LOST:
        assert {"before record_lost", "after record_lost"} <= set(crossed)


@pytest.mark.parametrize("befalls", [None, "error_after", "timeout"])
def test_killed_at_every_border_beside_another_process(amazon: FakeAmazon, befalls: str | None) -> None:
    """Two processes send the same write; one is killed, and comes back once the other is done."""
    whole = _run_through(amazon, "whole", befalls, None).crossed
    for number, at in enumerate(whole):
        name = f"beside {number}"
        steps = Steps(at, kill)
        amazon.faults.append(befalls)
        with stepping(steps):
            asyncio.run(_both(amazon, name, steps.cross))
        _assert_once(amazon, name, f"{befalls}, two processes, killed at {at}")


@pytest.mark.parametrize("befalls", [None, "timeout_after"])
def test_postgres_killed_at_every_border(
    amazon: FakeAmazon, postgres_server: PostgresServer, befalls: str | None
) -> None:
    """The process keeps running; the database goes down and comes back between its steps."""

    def strike() -> None:
        postgres_server.kill()
        postgres_server.stop()
        postgres_server.start()

    # After each statement that is committed, and after the call; the others differ only in what follows.
    steps_of = ("open_row", "stamp_sent", "sending", "record_answer") if befalls is None else ("record_lost",)
    borders = [f"after {step}" for step in steps_of]
    for number, name in enumerate(borders):
        steps = _run_through(amazon, f"restarted {number}", befalls, Step(name, 1), strike)
        assert steps.struck


def test_many_processes_send_a_write_once(
    amazon: FakeAmazon, conninfo: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with a ledger and a loop of its own, on a running clock."""
    monkeypatch.setattr(writer, "sleep_until", waits.sleep_until)
    amazon.ledger.set_clock(Clock(datetime.now(UTC), START, 600.0))
    together = 8
    ledgers = [Ledger(conninfo, pool_size=1) for _ in range(together)]

    def send(ledger: Ledger) -> Mapping[str, Any]:
        return asyncio.run(Writer(FakeClient(amazon), ledger).send(amazon.write()))

    try:
        with ThreadPoolExecutor(together) as processes:
            answers = list(processes.map(send, ledgers))
    finally:
        for ledger in ledgers:
            ledger.close()
    assert answers == [plan("winter stock")] * together
    assert amazon.calls["fine"] == 1


async def _both(amazon: FakeAmazon, name: str, cross: Callable[[str], None]) -> None:
    async def until_answered(cross: Callable[[str], None]) -> None:
        for _ in range(12):
            try:
                await Writer(FakeClient(amazon, cross), amazon.ledger).send(amazon.write(name))
            except (Killed, AnswerLost):
                continue
            return
        raise AssertionError("no answer")

    await asyncio.gather(until_answered(cross), until_answered(cross))


def _run_through(
    amazon: FakeAmazon,
    name: str,
    befalls: str | None,
    at: Step | None,
    strike: Callable[[], None] = kill,
) -> Steps:
    steps = Steps(at, strike)
    amazon.faults.append(befalls)
    with stepping(steps):
        answer = carry_out(amazon, amazon.write(name), steps.cross)
    assert answer == plan(name)
    amazon.faults.clear()
    _assert_once(amazon, name, f"{befalls}, struck at {at}")
    return steps


def _assert_once(amazon: FakeAmazon, name: str, why: str) -> None:
    assert len(amazon.effects[name]) == 1, why
    row = amazon.ledger.database.run(
        lambda connection: connection.execute(
            "SELECT state, answer FROM sellerops.write_call WHERE key = %s", (amazon.write(name).key,)
        ).fetchone()
    )
    assert row == {"state": "answered", "answer": plan(name)}, why
