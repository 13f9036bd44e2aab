"""Probes share one answer: however many ask, one thread looks, and nobody takes the answer from others."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sellerops.doctor.finding import Finding, State
from sellerops_airflow.doctor.answers import Answers

FOUND = [Finding("databases", State.OK, "It answers.")]


def test_many_who_ask_at_once_wait_for_one_look_even_if_one_gives_up() -> None:
    begun, go_on = [], threading.Event()

    def look() -> list[Finding]:
        begun.append(1)
        go_on.wait(60)
        return FOUND

    async def ask() -> list[list[Finding]]:
        answers = Answers(look)
        waiting = [asyncio.create_task(answers.get()) for _ in range(5)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        go_on.set()
        found = await asyncio.gather(*waiting[1:])
        return [*found, await answers.get()]

    assert asyncio.run(ask()) == [FOUND] * 5
    assert len(begun) == 1


def test_an_old_answer_is_looked_up_again_and_an_error_is_not_kept() -> None:
    outcomes: list[object] = [FOUND, OSError("no thread"), FOUND]

    def look() -> list[Finding]:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        assert isinstance(outcome, list)
        return outcome

    async def ask() -> None:
        answers = Answers(look, keep_seconds=0.0)
        assert await answers.get() == FOUND
        with pytest.raises(OSError, match="no thread"):
            await answers.get()
        assert await answers.get() == FOUND

    asyncio.run(ask())
    assert outcomes == []
