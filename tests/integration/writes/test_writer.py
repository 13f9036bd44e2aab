"""What a write does when its answer is lost, refused, late or wrong, and what the ledger keeps of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from integration.writes.fake_amazon import START, FakeAmazon, FakeClient, carry_out, plan

from sellerops.base.errors import (
    AmazonUnavailable,
    AnswerLost,
    CredentialsError,
    GiveUpError,
    RequestRefused,
    SellerOpsError,
    Throttled,
)
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.deadline import ORPHAN_AFTER, SEND_LIMIT
from sellerops.writes import Write, Writer, fence
from sellerops.writes.rows import hash_body, stamp_sent

NAME = "winter stock"


def test_what_was_carried_out_is_answered_from_the_ledger(amazon: FakeAmazon) -> None:
    assert send(amazon) == send(amazon) == plan(NAME)
    assert amazon.calls == {"lease": 1, "fine": 1}
    assert row(amazon)["status"] == 202
    assert not row(amazon)["was_found"]


@pytest.mark.parametrize("fault", ["error_after", "timeout_after"])
def test_a_lost_answer_is_looked_for_before_anything_is_sent_again(amazon: FakeAmazon, fault: str) -> None:
    amazon.faults.append(fault)
    with pytest.raises(AnswerLost) as caught:
        send(amazon)
    assert caught.value.details["key"] == amazon.write().key
    assert row(amazon)["state"] == "sent"
    assert row(amazon)["error_type"] == "AmazonUnavailable"
    assert send(amazon) == plan(NAME)
    assert amazon.calls == {"lease": 1, fault: 1, "look": 1}
    assert row(amazon)["was_found"]


@pytest.mark.parametrize("fault", ["error", "timeout"])
def test_a_call_without_effect_is_sent_again_once_an_effect_would_show(
    amazon: FakeAmazon, fault: str
) -> None:
    amazon.faults.append(fault)
    with pytest.raises(AnswerLost):
        send(amazon)
    assert send(amazon) == plan(NAME)
    (made_at,) = amazon.effects[NAME]
    assert made_at >= START + ORPHAN_AFTER
    assert amazon.calls["look"] > 2
    assert row(amazon)["sends"] == 2


def test_an_effect_that_shows_late_is_found(amazon: FakeAmazon) -> None:
    amazon.faults.append("timeout_after")
    amazon.hides = ORPHAN_AFTER.total_seconds() - 1
    assert carry_out(amazon, amazon.write()) == plan(NAME)
    assert len(amazon.effects[NAME]) == 1


def test_one_list_without_the_plan_is_not_believed(amazon: FakeAmazon) -> None:
    """The list leaves the plan out just when its absence would count."""
    amazon.faults.append("timeout_after")
    looks = []

    async def look() -> Mapping[str, Any] | None:
        looks.append(amazon.ledger.clock().now())
        is_late = looks[-1] >= START + ORPHAN_AFTER
        return plan(NAME) if is_late and looks[-2] >= START + ORPHAN_AFTER else None

    assert carry_out(amazon, replace(amazon.write(), look=look)) == plan(NAME)
    assert len(amazon.effects[NAME]) == 1


def test_an_error_while_looking_changes_nothing(amazon: FakeAmazon) -> None:
    amazon.faults.append("timeout_after")
    amazon.look_faults.append(True)
    with pytest.raises(AnswerLost):
        send(amazon)
    before = row(amazon)
    with pytest.raises(AmazonUnavailable):
        send(amazon)
    assert row(amazon) == before
    assert send(amazon) == plan(NAME)


def test_a_repeatable_write_is_sent_again_at_once(amazon: FakeAmazon) -> None:
    write = amazon.write(is_repeatable=True)
    amazon.faults.append("timeout_after")
    with pytest.raises(AnswerLost):
        send(amazon, write)
    assert send(amazon, write) == plan(NAME)
    assert amazon.effects[NAME] == [START, START]
    assert amazon.calls["look"] == 0


def test_a_repeatable_write_waits_until_its_call_must_have_ended(amazon: FakeAmazon) -> None:
    """The process was killed while it sent: another cannot know whether the call goes on."""
    write = amazon.write(is_repeatable=True)

    def die(border: str) -> None:
        if border == "before sending":
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(Writer(FakeClient(amazon, die), amazon.ledger).send(write))
    assert send(amazon, write) == plan(NAME)
    assert amazon.effects[NAME][0] >= START + ORPHAN_AFTER


@pytest.mark.parametrize(
    "change",
    [{"body": {"name": "summer stock"}}, {"path": "/elsewhere"}, {"method": "PUT"}, {"query": {"a": "b"}}],
)
def test_a_key_belongs_to_one_call(amazon: FakeAmazon, change: dict[str, Any]) -> None:
    send(amazon)
    other: Write = replace(amazon.write(), **change)
    with pytest.raises(GiveUpError, match=r"started with a different (path|body_hash|method)"):
        send(amazon, other)
    assert amazon.calls["fine"] == 1


def test_a_refusal_is_kept_with_its_reason_and_may_be_tried_again(amazon: FakeAmazon) -> None:
    amazon.faults.append("refused")
    with pytest.raises(RequestRefused):
        send(amazon)
    kept = row(amazon)
    assert (kept["state"], kept["status"], kept["error_code"]) == ("refused", 400, "BadRequest")
    assert send(amazon) == plan(NAME)
    assert row(amazon)["error"] is None
    assert amazon.calls["look"] == 0


def test_a_refusal_because_of_the_lost_call_is_no_refusal(
    amazon: FakeAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The effect shows later than it should; the second call is refused because of it."""
    amazon.faults.extend(["timeout_after", "refused"])
    amazon.hides = 10 * ORPHAN_AFTER.total_seconds()
    real = amazon.create

    def create(name: str) -> Answer:
        if amazon.effects:
            amazon.hides = 0.0
        return real(name)

    monkeypatch.setattr(amazon, "create", create)
    assert carry_out(amazon, amazon.write()) == plan(NAME)
    assert len(amazon.effects[NAME]) == 1
    assert row(amazon)["was_found"]


@pytest.mark.parametrize(("fault", "error"), [("throttled", Throttled), ("no_connection", AmazonUnavailable)])
def test_a_call_without_effect_is_repeated_until_patience_ends(
    amazon: FakeAmazon, fault: str, error: type[SellerOpsError]
) -> None:
    amazon.faults.extend([fault] * 5)
    with pytest.raises(error):
        send(amazon)
    assert amazon.calls == {"lease": 5, fault: 5}
    assert row(amazon)["state"] == "intended"
    assert send(amazon) == plan(NAME)
    assert amazon.calls["look"] == 0


def test_a_lost_answer_is_not_forgotten_over_a_throttled_repetition(amazon: FakeAmazon) -> None:
    amazon.faults.extend(["timeout", *["throttled"] * 5])
    for error in (AnswerLost, Throttled):
        with pytest.raises(error):
            send(amazon)
    assert row(amazon)["state"] == "sent"


def test_refused_credentials_are_not_tried_again(amazon: FakeAmazon) -> None:
    amazon.faults.append("bad_token")
    with pytest.raises(CredentialsError):
        send(amazon)
    assert row(amazon)["state"] == "intended"


def test_secrets_of_an_answer_are_returned_but_not_stored(
    amazon: FakeAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"uri": "https://labels.example/1?X-Amz-Signature=0123456789abcdef", "operationId": "o1"}
    monkeypatch.setattr(amazon, "create", lambda _: Answer(secret, "", 200))
    assert send(amazon) == secret
    assert row(amazon)["answer"]["operationId"] == "o1"
    assert "0123456789abcdef" not in str(row(amazon))


def test_a_ledger_that_confirms_too_late_stops_the_call(
    amazon: FakeAmazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a process was suspended at the fence: what was stamped long ago must not be sent now."""
    passed = [0.0]

    def late(*args: Any) -> bool:
        stamped = stamp_sent(*args)
        passed[0] += SEND_LIMIT + 1.0 if amazon.calls["lease"] == 1 else 0.0
        return stamped

    monkeypatch.setattr(fence, "stamp_sent", late)
    monkeypatch.setattr(fence, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + passed[0]))
    assert send(amazon) == plan(NAME)
    assert amazon.calls == {"lease": 2, "fine": 1}


def test_a_cancelled_write_goes_on(amazon: FakeAmazon) -> None:
    """The triggerer stops: its waits are cancelled at whatever they do."""

    async def begin_and_stop(name: str, after: int) -> None:
        sending = asyncio.create_task(Writer(FakeClient(amazon), amazon.ledger).send(amazon.write(name)))
        for _ in range(after):
            await asyncio.sleep(0.0005 if after % 2 else 0)
            if sending.done():
                break
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    for after in (1, 2, 3, 4, 5, 7, 9, 11, 15, 40):
        name = f"cancelled {after}"
        asyncio.run(begin_and_stop(name, after))
        assert carry_out(amazon, amazon.write(name)) == plan(name)
        assert len(amazon.effects[name]) == 1


def test_a_body_has_one_hash() -> None:
    assert hash_body({"b": 1, "a": [{"d": 2, "c": "ü"}]}) == hash_body({"a": [{"c": "ü", "d": 2}], "b": 1})
    assert hash_body({"a": [1, 2]}) != hash_body({"a": [2, 1]})
    assert hash_body(None) != hash_body({})


def send(amazon: FakeAmazon, write: Write | None = None) -> Mapping[str, Any]:
    return asyncio.run(Writer(FakeClient(amazon), amazon.ledger).send(write or amazon.write()))


def row(amazon: FakeAmazon) -> dict[str, Any]:
    found = amazon.ledger.database.run(
        lambda connection: connection.execute("SELECT * FROM sellerops.write_call").fetchone()
    )
    assert found is not None
    return dict(found)
