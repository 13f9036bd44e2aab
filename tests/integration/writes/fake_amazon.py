"""An Amazon in memory that makes plans by name and fails as told: for the many cases of the write path.

Its clock is the ledger's, which stands still; who sleeps moves it. So tests take no time.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from integration.collect.killing import Killed, Steps

from sellerops.base.clock import Clock
from sellerops.base.errors import (
    AmazonUnavailable,
    CredentialsError,
    RequestRefused,
    RetryableError,
    SellerOpsError,
    Throttled,
)
from sellerops.ledger import Ledger
from sellerops.settings.accounts import Account, load_accounts
from sellerops.sources.common.answers import Answer
from sellerops.sources.common.deadline import Fence, sending
from sellerops.writes import Write, Writer, fence, writer

START = datetime(2026, 11, 21, 14, 0, tzinfo=UTC)
AMAZON = "https://amazon.example"

# What may befall a call, and whether Amazon carries it out all the same.
FAULTS = {
    "throttled": False,
    "no_connection": False,
    "bad_token": False,
    "refused": False,
    "error": False,
    "error_after": True,
    "timeout": False,
    "timeout_after": True,
}
# The statements of the write path, each a border to be killed at: module and name.
_STATEMENTS = (
    (writer, "open_row"),
    (writer, "read_row"),
    (fence, "stamp_sent"),
    (writer, "record_answer"),
    (writer, "record_lost"),
    (writer, "record_without_effect"),
    (writer, "record_refused"),
)


class FakeAmazon:
    """``effects``: when each plan was made, by name. ``faults``: what befalls the next calls (None: nothing);
    ``look_faults``: whether the next looks fail. ``hides``: for how many seconds a new plan is in no list.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.effects: dict[str, list[datetime]] = {}
        self.faults: deque[str | None] = deque()
        self.look_faults: deque[bool] = deque()
        self.hides = 0.0
        self.calls: Counter[str] = Counter()

    def create(self, name: str) -> Answer:
        befalls = self.faults.popleft() if self.faults else None
        self.calls[befalls or "fine"] += 1
        if befalls is None or FAULTS[befalls]:
            self.effects.setdefault(name, []).append(self.ledger.clock().now())
        if befalls:
            raise _error(befalls)
        return Answer(plan(name), "{}", 202)

    def find(self, name: str) -> Mapping[str, Any] | None:
        self.calls["look"] += 1
        if self.look_faults and self.look_faults.popleft():
            raise AmazonUnavailable("Amazon answered 503.", where=AMAZON, status=503, sent=True)
        listed = self.ledger.clock().now() - timedelta(seconds=self.hides)
        return plan(name) if any(at <= listed for at in self.effects.get(name, [])) else None

    def write(self, name: str = "winter stock", *, is_repeatable: bool = False) -> Write:
        """The creation of a plan of this name."""

        async def look() -> Mapping[str, Any] | None:
            return self.find(name)

        return Write(
            key=f"inbound/{name}/createInboundPlan/1",
            operation="createInboundPlan",
            method="POST",
            path="/inbound/fba/2024-03-20/inboundPlans",
            found_by="a plan of this name in listInboundPlans",
            look=None if is_repeatable else look,
            body={"name": name},
        )


class FakeClient:
    """The client of one process. ``cross`` is called at each border and may kill it."""

    def __init__(self, amazon: FakeAmazon, cross: Callable[[str], None] = lambda _: None) -> None:
        self.account: Account = load_accounts()["northwind_na"]
        self._amazon, self._cross = amazon, cross

    async def lease(self, operation: str) -> None:
        self._cross("before lease")
        self._amazon.calls["lease"] += 1
        self._cross("after lease")

    async def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | Sequence[Any] | None = None,
        leased: bool = False,
        fence: Fence | None = None,
    ) -> Answer:
        assert leased, "the lease is taken before the fence"
        assert isinstance(body, Mapping)
        async with sending(fence, AMAZON):
            self._cross("before sending")
            await asyncio.sleep(0)
            answer = self._amazon.create(body["name"])
            await asyncio.sleep(0)
            self._cross("after sending")
        return answer


def plan(name: str) -> dict[str, Any]:
    """What Amazon answers, and what is found."""
    return {"inboundPlanId": f"plan of {name}", "operationId": f"operation of {name}"}


def stop_clock(ledger: Ledger, at: datetime = START) -> None:
    """From now on the ledger's clock stands still at ``at``."""
    ledger.set_clock(Clock(datetime.now(UTC), at, 0.0))


async def sleep_until(ledger: Ledger, moment: datetime) -> None:
    """In place of the real one: who sleeps moves the clock on, and nobody moves it back."""
    if moment > ledger.clock().now():
        stop_clock(ledger, moment)
    await asyncio.sleep(0)


@contextmanager
def stepping(steps: Steps) -> Iterator[None]:
    """Within the block every statement of the write path is two borders: before and after."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name in _STATEMENTS:
            patch.setattr(module, name, _around(steps, name, getattr(module, name)))
        yield


def carry_out(
    amazon: FakeAmazon, write: Write, cross: Callable[[str], None] = lambda _: None, *, tries: int = 12
) -> Mapping[str, Any]:
    """Processes, one after the other, until one has the answer; they are killed, or fail and are retried."""
    failure: BaseException | None = None
    for _ in range(tries):
        try:
            return asyncio.run(Writer(FakeClient(amazon, cross), amazon.ledger).send(write))
        except (Killed, RetryableError, RequestRefused, CredentialsError) as error:
            failure = error
    raise AssertionError(f"no answer after {tries} tries") from failure


def _around(steps: Steps, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        steps.cross(f"before {name}")
        result = real(*args, **kwargs)
        steps.cross(f"after {name}")
        return result

    return wrapped


def _error(fault: str) -> SellerOpsError:
    if fault == "throttled":
        return Throttled("Amazon answered 429.", where=AMAZON, status=429, sent=True)
    if fault == "no_connection":
        return AmazonUnavailable("cannot be reached.", where=AMAZON, sent=False)
    if fault == "bad_token":
        return CredentialsError("Amazon refused the token.", where=AMAZON, status=403, sent=True)
    if fault == "refused":
        return RequestRefused("Amazon refused it.", where=AMAZON, status=400, code="BadRequest", sent=True)
    if fault.startswith("error"):
        return AmazonUnavailable("Amazon answered 500.", where=AMAZON, status=500, sent=True)
    return AmazonUnavailable("did not answer.", where=AMAZON, sent=True)
